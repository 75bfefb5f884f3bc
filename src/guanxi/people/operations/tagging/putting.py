"""Tags put on people and taken off, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection, transaction

from guanxi.events import operations as events
from guanxi.governance.models import Staff
from guanxi.kit import bulk, rows, scope
from guanxi.people.events import RoleChanged, TagAdded, TagRemoved
from guanxi.people.models import Person, PersonTag, Role, Tag, TaggedBy, TagRefusal
from guanxi.people.operations.tagging.defaults import give_defaults
from guanxi.people.rules.tags import HANDS, Standing, Verdict, slot, verdict

KEPT = ("id", "tag_id", "slot", "since", "how", "by_id", "reason", "rule", "expires_at", "import_id")
REASON_LIMIT = 200


class TagRefused(ValueError):
    """`reason`: archived, both, exclusive, not_yours, past; or of a name: empty, too_long, unseen, separator, taken,
    too_many, in_use, asked, two_of_them, other_group, same, no_rule. `audiences` are the names of those that ask."""

    def __init__(self, reason: str, name: str = "", audiences: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.name, self.audiences = reason, name, audiences


@dataclass(frozen=True, slots=True)
class Put:
    """How tags come to people, and what is kept of it."""

    how: str = TaggedBy.STAFF
    by: Staff | None = None
    reason: str = ""
    expires_at: datetime | None = None
    rule: int | None = None
    import_id: int | None = None


@dataclass(slots=True)
class Tagged:
    """What came of it for one person: rows as they were before, ids of rows that are new, tags that rules may not put
    on any more, those that they may again, and tags that were held back."""

    gone: list[dict[str, Any]] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    let: list[int] = field(default_factory=list)
    held_back: list[int] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.gone or self.new or self.refused or self.let)


def slot_of(tag: Tag) -> int:
    return slot(tag.pk, tag.group_id, exclusive=tag.group is not None and tag.group.exclusive, role=bool(tag.role))


@transaction.atomic
def tag_people(
    *, people: Sequence[int], add: Sequence[Tag] = (), remove: Sequence[Tag] = (), put: Put, now: datetime
) -> dict[int, Tagged]:
    """Put tags on people and take others off; a tag of an exclusive group takes the place of the one before. Raises
    TagRefused. Those who are merged away or erased are left out of the answer.

    What a rule put on and a hand takes off is remembered: no rule puts it on again.
    """
    names_stay()
    add, remove = _fresh(add), _fresh(remove)
    _check(add, remove, put, now)
    slots = {tag.pk: slot_of(tag) for tag in chain(add, remove)}
    found = {person: Tagged() for person in held(people)}
    there = _there(found, slots)
    refusals = _refusals(found, add)
    new: list[list[Any]] = []
    for person, outcome in found.items():
        for tag in remove:
            row = there.get((person, slots[tag.pk]))
            if row is not None and row["tag_id"] == tag.pk:
                outcome.gone.append(row)
                if put.how in HANDS and row["how"] == TaggedBy.RULE:
                    outcome.refused.append(tag.pk)
        for tag in add:
            row = there.get((person, slots[tag.pk]))
            standing = Standing(row["tag_id"], row["how"]) if row else None
            said = verdict(tag.pk, put.how, standing, refused=(person, tag.pk) in refusals)
            if said == Verdict.REFUSED:
                outcome.held_back.append(tag.pk)
            elif said != Verdict.ALREADY:
                if row is not None and row not in outcome.gone:
                    outcome.gone.append(row)
                since = row["since"] if row is not None and said == Verdict.TAKE_OVER else now
                new.append([person, tag.pk, slots[tag.pk], since])
            if put.how in HANDS and (person, tag.pk) in refusals:
                outcome.let.append(tag.pk)
    _write(found, new, put, now)
    _tell(found, new, {tag.pk: tag for tag in chain(add, remove)}, put, now)
    for tag in add:
        if tag.role:
            _give(tag, found, new, put, now)
    return found


def _give(tag: Tag, found: Mapping[int, Tagged], new: list[list[Any]], put: Put, now: datetime) -> None:
    """What comes with a role, to those who were something else before."""
    ids = {person: iter(one.new) for person, one in found.items()}
    rows_of = [(person, which, next(ids[person])) for person, which, *_rest in new]
    came = {
        person: row
        for person, which, row in rows_of
        if which == tag.pk and all(before["tag_id"] != tag.pk for before in found[person].gone)
    }
    give_defaults(tag.role, came, how=put.how, now=now, import_id=put.import_id)


LOCK = "guanxi.tags.{}"


def names_stay() -> None:
    """Many put tags on at once; whoever changes groups and names waits for them, and they for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [LOCK.format(scope.current())])


def held(people: Iterable[int]) -> list[int]:
    """Those who still stand for themselves, each held until the end."""
    standing = Person.objects.filter(merged_into=None, erased_at=None)
    found = standing.extra(**bulk.any_number("people_person.id", people)).order_by("pk")
    return list(found.select_for_update(no_key=True).values_list("pk", flat=True))


def _fresh(tags: Sequence[Tag]) -> list[Tag]:
    """As they are now, with their groups."""
    found = Tag.objects.select_related("group").in_bulk([one.pk for one in tags])
    return [found[pk] for pk in dict.fromkeys(one.pk for one in tags) if pk in found]


def _check(add: Sequence[Tag], remove: Sequence[Tag], put: Put, now: datetime) -> None:
    if gone := next((tag for tag in add if tag.archived_at is not None), None):
        raise TagRefused("archived", gone.name)
    if both := {tag.pk for tag in add} & {tag.pk for tag in remove}:
        raise TagRefused("both", next(tag.name for tag in add if tag.pk in both))
    if len({slot_of(tag) for tag in add}) != len(add):
        raise TagRefused("exclusive")
    mine = put.by.pk if put.by else None
    if other := next((tag for tag in chain(add, remove) if tag.staff_id not in (None, mine)), None):
        raise TagRefused("not_yours", other.name)
    if put.expires_at is not None and put.expires_at <= now:
        raise TagRefused("past")


def _there(people: Iterable[int], slots: Mapping[int, int]) -> dict[tuple[int, int], dict[str, Any]]:
    mine = PersonTag.objects.filter(slot__in=set(slots.values())).extra(**bulk.any_number("person_id", people))
    return {(row["person_id"], row["slot"]): row for row in mine.values("person_id", *KEPT)}


def _refusals(people: Iterable[int], tags: Sequence[Tag]) -> set[tuple[int, int]]:
    if not tags:
        return set()
    found = TagRefusal.objects.filter(tag__in=tags).extra(**bulk.any_number("person_id", people))
    return set(found.values_list("person_id", "tag_id"))


def _write(found: Mapping[int, Tagged], new: list[list[Any]], put: Put, now: datetime) -> None:
    ids = rows.next_ids(PersonTag, len(new)) if new else []
    for pk, (person, *_rest) in zip(ids, new, strict=True):
        found[person].new.append(pk)
    gone = [row["id"] for one in found.values() for row in one.gone]
    remove_rows(gone)
    by = put.by.pk if put.by else None
    kept = (str(put.how), by, put.reason[:REASON_LIMIT], put.rule, put.expires_at, put.import_id)
    bulk.insert(
        PersonTag,
        ["id", "person_id", "tag_id", "slot", "since", "how", "by_id", "reason", "rule", "expires_at", "import_id"],
        ((pk, *row, *kept) for pk, row in zip(ids, new, strict=True)),
    )
    events.touch("tags", [*gone, *ids])
    refused = [(person, tag, by, now) for person, one in found.items() for tag in one.refused]
    if refused:
        bulk.insert(TagRefusal, ["person_id", "tag_id", "by_id", "at"], refused, or_ignore=True)
    forget_refusals((person, tag) for person, one in found.items() for tag in one.let)


def remove_rows(ids: Sequence[int]) -> None:
    if ids:
        PersonTag.objects.extra(**bulk.any_number("people_persontag.id", ids)).delete()


def forget_refusals(pairs: Iterable[tuple[int, int]]) -> None:
    by_tag: dict[int, list[int]] = defaultdict(list)
    for person, tag in pairs:
        by_tag[tag].append(person)
    for tag, people in by_tag.items():
        TagRefusal.objects.filter(tag=tag, person__in=people).delete()


def let_rules(*, person: Person, tag: Tag) -> None:
    """Rules may put on again what a hand took off."""
    TagRefusal.objects.filter(person=person, tag=tag).delete()


def _tell(found: Mapping[int, Tagged], new: list[list[Any]], known: Mapping[int, Tag], put: Put, now: datetime) -> None:
    came: dict[int, list[int]] = defaultdict(list)
    for person, tag, *_rest in new:
        came[person].append(tag)
    changes = {person: ([row["tag_id"] for row in one.gone], came[person]) for person, one in found.items()}
    tell(changes, known, how=put.how, now=now, import_id=put.import_id)


def tell(
    changes: Mapping[int, tuple[Sequence[int], Sequence[int]]],
    known: Mapping[int, Tag],
    *,
    how: str,
    now: datetime,
    import_id: int | None = None,
) -> None:
    """Facts for each person's tags that went and that came. One's own tags are nobody else's business: no fact."""
    wanted = {tag for gone, new in changes.values() for tag in (*gone, *new)} - set(known)
    every = {**known, **Tag.objects.in_bulk(wanted)}
    facts: list[Any] = []
    moved: list[int] = []
    for person, (gone, new) in changes.items():
        if not gone and not new:
            continue
        left = [every[pk] for pk in gone if pk not in new]
        came = [every[pk] for pk in new if pk not in gone]
        roles = [tag.role for tag in came if tag.role] or [Role.CONSUMER for tag in left if tag.role]
        if roles:
            moved.append(person)
            facts.append(RoleChanged(person, str(roles[0]), str(how), import_id))
        facts += [TagRemoved(person, tag.public_id, tag.name, str(how), import_id) for tag in left if tag.group_id]
        facts += [TagAdded(person, tag.public_id, tag.name, str(how), import_id) for tag in came if tag.group_id]
    events.announce_many([events.Happened(fact, now) for fact in facts], received_at=now)
    if moved:
        events.touch("people", moved)
