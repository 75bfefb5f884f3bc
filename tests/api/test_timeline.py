"""What the API tells of facts: public ids of those whom a key may see, and no number that is a key of a row."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest

from guanxi.api.v1.timeline import happenings
from guanxi.connections.events import PersonReferred
from guanxi.events import operations as events
from guanxi.events.queries import TimelineEntry
from guanxi.events.rules import columns, props
from guanxi.governance.models import Role, Workspace
from guanxi.integrations.rules import FACTS, data
from guanxi.people import operations as people
from tests.api.callers import key_of
from tests.factories.people import make_person, make_staff

NUMBERS = {"amount_minor", "lines", "quantity", "size", "entered", "left"}
"""Those that count something. Every other whole number of a fact is the key of a row."""
KEY = 712345


def with_keys(kind: Any) -> Any:
    def value(name: str, of: str) -> Any:
        if "int" not in of:
            return "said"
        return 3 if name in NUMBERS else KEY

    return kind(**{one.name: value(one.name, str(one.type)) for one in fields(kind)})


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.name)
def test_no_key_of_a_row_goes_out(workspace: Workspace, now: datetime, kind: Any) -> None:
    fact = with_keys(kind)
    told = columns(fact)
    about = {name: told.get(name) for name in ("channel", "amount_minor", "currency", "order_id", "message_id")}
    entry = TimelineEntry(event_id=b"0" * 16, name=kind.name, at=now, props=props(fact), **about)
    [said] = happenings([entry], make_staff())
    assert str(KEY) not in said.model_dump_json()
    assert str(KEY) not in str(data(fact, {}))


def test_somebody_else_is_told_by_their_id_if_the_key_sees_them(workspace: Workspace, now: datetime) -> None:
    advisor = make_staff("Max", Role.ADVISOR)
    mine, twin = (make_person(name, now=now, owner=advisor) for name in ("Mine", "Twin"))
    friend, stranger = make_person("Friend", now=now, owner=advisor), make_person("Stranger", now=now)
    merge = people.merge_people(keep=mine, drop=twin, by=None, now=now)
    people.undo_merge(merge=merge, by=None, now=now)
    people.merge_people(keep=mine, drop=twin, by=None, now=now)
    for bringer in (friend, stranger):
        events.announce(PersonReferred(person=mine.pk, bringer=bringer.pk, by="card"), at=now)
    path = f"/people/{mine.public_id}/timeline?name=person."
    said = [(one["name"], one["about"]) for one in key_of(advisor)[1].get(path)["data"]]
    referred = [about for name, about in said if name == "person.referred"]
    assert sorted(referred, key=len) == [{"by": "card"}, {"by": "card", "bringer": friend.public_id}]
    twins = [about for name, about in said if name in ("person.merged", "person.unmerged")]
    assert twins == [{"merged": twin.public_id}] * 3
