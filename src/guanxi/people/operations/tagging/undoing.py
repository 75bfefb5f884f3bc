"""What `tag_people` did, taken back exactly: rows come back as they were, under their old ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from guanxi.events import operations as events
from guanxi.kit import bulk
from guanxi.people.models import PersonTag, Tag, TagRefusal
from guanxi.people.operations.tagging.defaults import take_back_defaults
from guanxi.people.operations.tagging.putting import KEPT, Tagged, forget_refusals, held, remove_rows, tell

INSTANTS = ("since", "expires_at")


def kept(one: Tagged) -> dict[str, Any]:
    """As JSON, for `untag_people`."""
    said: dict[str, Any] = msgspec.to_builtins(
        {
            "gone": [{name: row[name] for name in KEPT} for row in one.gone],
            "new": one.new,
            "refused": one.refused,
            "let": one.let,
        }
    )
    return said


@transaction.atomic
def untag_people(
    *, before: Mapping[int, Mapping[str, Any]], how: str, now: datetime, import_id: int | None = None
) -> set[int]:
    """Given what `tag_people` said of each person (`kept`), those of whom all could go back. Whoever was changed since,
    or had a tag that is not there any more, stays as they are."""
    standing = set(held(before))
    new = {
        row["id"]: row
        for row in PersonTag.objects.extra(
            **bulk.any_number("people_persontag.id", [pk for was in before.values() for pk in was["new"]])
        ).values("id", "person_id", "tag_id")
    }
    taken = _taken(before)
    tags = set(
        Tag.objects.filter(pk__in={row["tag_id"] for was in before.values() for row in was["gone"]}).values_list(
            "pk", flat=True
        )
    )

    def goes_back(person: int, was: Mapping[str, Any]) -> bool:
        mine = set(was["new"])
        return (
            person in standing
            and all(pk in new and new[pk]["person_id"] == person for pk in mine)
            and all(row["tag_id"] in tags for row in was["gone"])
            and all(taken.get((person, row["slot"]), next(iter(mine), 0)) in mine | {0} for row in was["gone"])
        )

    back = {person: was for person, was in before.items() if goes_back(person, was)}
    _put_back(back, now)
    changes = {
        person: ([new[pk]["tag_id"] for pk in was["new"]], [row["tag_id"] for row in was["gone"]])
        for person, was in back.items()
    }
    tell(changes, {}, how=how, now=now, import_id=import_id)
    return set(back)


def _taken(before: Mapping[int, Mapping[str, Any]]) -> dict[tuple[int, int], int]:
    """What stands now where rows are to come back: (person, slot) → row."""
    slots = {row["slot"] for was in before.values() for row in was["gone"]}
    rows = PersonTag.objects.filter(slot__in=slots).extra(**bulk.any_number("person_id", before))
    return {(person, slot): pk for person, slot, pk in rows.values_list("person_id", "slot", "pk")}


def _put_back(back: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    going = [pk for was in back.values() for pk in was["new"]]
    remove_rows(going)
    take_back_defaults(going)
    coming = [{**row, "person_id": person} for person, was in back.items() for row in was["gone"]]
    columns = [*KEPT, "person_id"]
    bulk.insert(
        PersonTag,
        columns,
        (
            [datetime.fromisoformat(row[name]) if name in INSTANTS and row[name] else row[name] for name in columns]
            for row in coming
        ),
    )
    events.touch("tags", [*going, *(row["id"] for row in coming)])
    forget_refusals((person, tag) for person, was in back.items() for tag in was["refused"])
    let = [(person, tag, now) for person, was in back.items() for tag in was["let"]]
    bulk.insert(TagRefusal, ["person_id", "tag_id", "at"], let, or_ignore=True)
