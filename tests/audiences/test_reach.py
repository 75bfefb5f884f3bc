"""Audiences know of consent and of who can be reached what the governor knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.audiences import queries as audiences
from guanxi.channels import queries
from guanxi.channels.queries import Errand
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Identity, Person
from tests.factories import channels as make
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake


def address(person: Person) -> bytes:
    return bytes(Identity.objects.get(person=person, kind="email").lookup)


def fit(now: datetime, **clause: Any) -> list[int]:
    write_lake(now)
    rule = {"version": 1, "where": {"channel": "email", **clause}}
    found: list[int] = audiences.members(rule, now=now)["person"].to_pylist()
    return found


def told(now: datetime) -> dict[str, list[int]]:
    states = {state: fit(now, type="consent", state=state) for state in ("given", "withdrawn", "none")}
    return states | {
        "reachable": fit(now, type="reachable"),
        "about orders": fit(now, type="reachable", purpose="transactional"),
    }


def test_every_change_of_consent_and_of_the_list_is_known_to_audiences(workspace: Workspace, now: datetime) -> None:
    lin, wang, zhao = (make_person(one, now=now, identities={"email": f"{one}@example.test"}) for one in "abc")
    nobody = make_person("d", now=now)
    everybody = [one.pk for one in (lin, wang, zhao, nobody)]
    assert told(now) == {
        "given": [], "withdrawn": [], "none": everybody, "reachable": [], "about orders": everybody[:3],
    }  # fmt: skip
    for one in (lin, wang):
        governance.give_consent(channel="email", address=address(one), purpose="marketing", source="form", now=now)
    governance.withdraw_consent(channel="email", address=address(zhao), purpose="marketing", source="form", now=now)
    governance.suppress_many(channel="email", addresses=[address(wang)], reason="manual", now=now)
    assert told(now) == {
        "given": [lin.pk, wang.pk], "withdrawn": [zhao.pk], "none": [nobody.pk],
        "reachable": [lin.pk], "about orders": [lin.pk, zhao.pk],
    }  # fmt: skip
    errand = Errand(account=make.account(now), purpose="marketing", origin="x", due_at=now)
    sent = [one.person for one in queries.decided(errand, everybody, planning=False) if one.decision.verdict == "send"]
    assert sent == fit(now, type="reachable")
    governance.unsuppress(channel="email", address=address(wang))
    boss = make_staff("Boss")
    people.merge_people(keep=lin, drop=zhao, by=boss, now=now)
    assert told(now) == {
        "given": [wang.pk], "withdrawn": [lin.pk], "none": [nobody.pk],
        "reachable": [wang.pk], "about orders": [lin.pk, wang.pk],
    }  # fmt: skip
