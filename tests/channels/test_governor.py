"""Who gets a message: one rule, one statement, the same before and after."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.channels import operations, queries
from guanxi.channels.models import Account, Message, SkipReason
from guanxi.channels.queries import Errand
from guanxi.channels.rules import Consent, Decision, RecipientFacts, Verdict, decide, next_try, window_start
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.operations import Put
from tests.factories import channels as make

FINE: dict[str, Any] = {
    "marketing": True,
    "erased": False,
    "has_address": True,
    "consent": Consent.GIVEN,
    "suppressed": False,
    "lately": 0,
    "cap": 2,
    "held_out": False,
}
# In the order of the checks: each one objects although all the later ones would object as well.
OBJECTIONS: list[tuple[dict[str, Any], Decision]] = [
    ({"held_out": True}, Decision(Verdict.HOLD_OUT)),
    ({"lately": 2}, Decision(Verdict.SKIP, SkipReason.CAP)),
    ({"suppressed": True}, Decision(Verdict.SKIP, SkipReason.SUPPRESSED)),
    ({"consent": Consent.NEVER_ASKED}, Decision(Verdict.SKIP, SkipReason.NO_CONSENT)),
    ({"consent": Consent.WITHDRAWN}, Decision(Verdict.SKIP, SkipReason.WITHDRAWN)),
    ({"has_address": False}, Decision(Verdict.SKIP, SkipReason.NO_ADDRESS)),
    ({"erased": True}, Decision(Verdict.SKIP, SkipReason.ERASED)),
]


def test_the_first_objection_in_the_order_decides() -> None:
    assert decide(RecipientFacts(**FINE)) == Decision(Verdict.SEND)
    facts: dict[str, Any] = dict(FINE)
    for change, decision in OBJECTIONS:
        facts |= change
        assert decide(RecipientFacts(**facts)) == decision


def test_a_message_about_an_order_passes_all_but_the_suppression_list() -> None:
    facts: dict[str, Any] = FINE | {"marketing": False, "consent": Consent.WITHDRAWN, "lately": 9, "held_out": True}
    assert decide(RecipientFacts(**facts)) == Decision(Verdict.SEND)
    assert decide(RecipientFacts(**(facts | {"suppressed": True}))).reason == SkipReason.SUPPRESSED


def test_the_window_of_the_cap_is_calendar_days_of_the_zone() -> None:
    late = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # the 22nd in Shanghai
    assert window_start(late, 7, "Asia/Shanghai") == datetime(2026, 11, 15, 16, 0, tzinfo=UTC)
    assert window_start(late, 1, "America/New_York") == datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


def test_attempts_are_spaced_and_end(now: datetime) -> None:
    waits = [next_try(attempts=done, after=timedelta(minutes=2), now=now) for done in range(1, 6)]
    assert waits == [now + timedelta(minutes=minutes) for minutes in (2, 5, 20, 60)] + [None]


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> Account:
    return make.account(now)


def errand(account: Account, now: datetime, **given: Any) -> Errand:
    values: dict[str, Any] = {"account": account, "purpose": "marketing", "origin": "brd_test", "due_at": now}
    return Errand(**(values | given))


def outcomes(origin: str = "brd_test") -> dict[int, tuple[str, str]]:
    rows = Message.objects.filter(origin=origin).values_list("person_id", "state", "reason")
    return {person: (state, reason) for person, state, reason in rows}


def test_every_reason_is_recorded(account: Account, now: datetime) -> None:
    fine = make.person(now, "fine@example.test")
    silent = make.person(now, "silent@example.test", consent=None)
    gone = make.person(now, "gone@example.test", consent=False)
    unreachable = make.person(now)
    blocked = make.person(now, "blocked@example.test")
    make.suppress("blocked@example.test", now)
    tired = make.person(now, "tired@example.test")
    for origin in ("brd_one", "brd_two"):
        operations.plan(errand=errand(account, now, origin=origin), people=[tired.pk], content_id=None, now=now)
    erased = make.person(now, "erased@example.test")
    Person.objects.filter(pk=erased.pk).update(salt=None)
    everyone = [fine, silent, gone, unreachable, blocked, tired, erased]
    operations.plan(errand=errand(account, now), people=[one.pk for one in everyone], content_id=None, now=now)
    assert outcomes() == {
        fine.pk: ("waiting", ""),
        silent.pk: ("skipped", "no_consent"),
        gone.pk: ("skipped", "withdrawn"),
        unreachable.pk: ("skipped", "no_address"),
        blocked.pk: ("skipped", "suppressed"),
        tired.pk: ("skipped", "cap"),
        erased.pk: ("skipped", "erased"),
    }


def test_the_newest_verified_address_that_is_not_suppressed_is_used(account: Account, now: datetime) -> None:
    person = make.person(now - timedelta(days=9), "old@example.test")
    make.identity(person, "verified@example.test", now - timedelta(days=5), verified=True)
    make.say("verified@example.test", True, now)
    make.identity(person, "new@example.test", now)

    def chosen() -> bytes | None:
        [recipient] = queries.decided(errand(account, now), [person.pk], planning=True)
        return recipient.address

    assert chosen() == make.lookup("verified@example.test")
    make.suppress("verified@example.test", now)
    assert chosen() == make.lookup("new@example.test")
    make.suppress("new@example.test", now)
    assert chosen() == make.lookup("old@example.test")
    make.suppress("old@example.test", now)
    [recipient] = queries.decided(errand(account, now), [person.pk], planning=True)
    assert recipient.decision == Decision(Verdict.SKIP, SkipReason.SUPPRESSED)


def test_the_hold_out_is_the_same_at_every_look_and_another_for_each_origin(account: Account, now: datetime) -> None:
    people = make.people(now, [f"p{number}@example.test" for number in range(80)])

    def held(origin: str) -> set[int]:
        looked = queries.decided(
            errand(account, now, origin=origin, hold_out=10), [p.pk for p in people], planning=True
        )
        return {one.person for one in looked if one.decision.verdict is Verdict.HOLD_OUT}

    def bucket(origin: str, person: Person) -> int:
        digest = hashlib.sha256(f"{origin}/{person.public_id}".encode()).digest()
        return int.from_bytes(digest[:3], "big") % 100

    assert held("brd_a") == {person.pk for person in people if bucket("brd_a", person) < 10}
    assert held("brd_a") == held("brd_a") != held("brd_b")
    assert 1 <= len(held("brd_a")) <= 20


def test_a_plan_that_is_made_twice_is_made_once(account: Account, now: datetime) -> None:
    ids = [person.pk for person in make.people(now, ["a@example.test", "b@example.test"])]
    assert operations.plan(errand=errand(account, now), people=ids[:1], content_id=None, now=now) == 1
    assert operations.plan(errand=errand(account, now), people=ids, content_id=None, now=now) == 1
    assert set(outcomes()) == set(ids)


def test_people_who_are_no_longer_there_are_no_recipients(account: Account, now: datetime) -> None:
    keeper, loser = make.people(now, ["keeper@example.test", "loser@example.test"])
    Person.objects.filter(pk=loser.pk).update(merged_into=keeper)
    people = [keeper.pk, loser.pk, loser.pk + 1_000]
    assert queries.forecast(errand(account, now), people).people == 1
    assert operations.plan(errand=errand(account, now), people=people, content_id=None, now=now) == 1


numbers = count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(
        st.fixed_dictionaries(
            {
                "address": st.booleans(),
                "consent": st.sampled_from([None, True, True, True, False]),
                "suppressed": st.sampled_from([False, False, False, True]),
                "erased": st.sampled_from([False, False, False, True]),
                "earlier": st.integers(0, 3),
                "state": st.sampled_from(["accepted", "waiting", "unknown", "bounced", "held_out"]),
                "days_ago": st.integers(0, 9),
            }
        ),
        min_size=1,
        max_size=12,
    ),
    hold_out=st.sampled_from([0, 10, 50]),
    purpose=st.sampled_from(["marketing", "marketing", "transactional"]),
)
def test_what_is_forecast_is_what_is_planned(
    account: Account, now: datetime, people: list[dict[str, Any]], hold_out: int, purpose: str
) -> None:
    ids = [_with_history(account, now, one).pk for one in people]
    wanted = errand(account, now, origin=f"brd_{next(numbers)}", hold_out=hold_out, purpose=purpose)
    forecast = queries.forecast(wanted, ids)
    operations.plan(errand=wanted, people=ids, content_id=None, now=now)
    states = Counter(state for state, _ in outcomes(wanted.origin).values())
    skipped = Counter(reason for state, reason in outcomes(wanted.origin).values() if state == "skipped")
    assert (forecast.send, forecast.held_out, forecast.skipped) == (states["waiting"], states["held_out"], skipped)
    assert forecast.people == len(ids)


def _with_history(account: Account, now: datetime, given: dict[str, Any]) -> Person:
    number = next(numbers)
    address = f"h{number}@example.test" if given["address"] else ""
    person = make.person(now, address, consent=given["consent"])
    if address and given["suppressed"]:
        make.suppress(address, now)
    at = now - timedelta(days=given["days_ago"])
    for earlier in range(given["earlier"]):
        waiting = given["state"] == "waiting"
        Message.objects.create(
            origin=f"brd_before_{number}_{earlier}",
            person=person,
            account=account,
            purpose="marketing",
            state=given["state"],
            due_at=at,
            planned_at=at,
            settled_at=None if waiting else at,
        )
    if given["erased"]:
        Person.objects.filter(pk=person.pk).update(salt=None)
    return person


def test_what_waits_and_goes_first_counts_what_goes_later_does_not(account: Account, now: datetime) -> None:
    operations.set_cap(most=1, days=7)
    early, late = make.people(now, ["early@example.test", "late@example.test"])
    tomorrow = now + timedelta(days=1)
    operations.plan(errand=errand(account, now, origin="brd_now"), people=[early.pk], content_id=None, now=now)
    later = errand(account, now, origin="brd_later", due_at=now + timedelta(days=2))
    operations.plan(errand=later, people=[late.pk], content_id=None, now=now)
    wanted = errand(account, now, origin="brd_mine", due_at=tomorrow)
    operations.plan(errand=wanted, people=[early.pk, late.pk], content_id=None, now=now)
    assert outcomes("brd_mine") == {early.pk: ("skipped", "cap"), late.pk: ("waiting", "")}


def test_people_of_a_role_may_have_a_cap_of_their_own(account: Account, now: datetime) -> None:
    operations.set_cap(most=1, days=7, leader=2, employee=0)
    one, leader, employee = make.people(now, [f"{name}@example.test" for name in ("one", "leader", "employee")])
    for person, role in ((leader, "leader"), (employee, "employee")):
        people.set_role(people=[person.pk], role=role, put=Put(), now=now)
    everybody = [one.pk, leader.pk, employee.pk]
    for origin in ("brd_1", "brd_2", "brd_3"):
        operations.plan(errand=errand(account, now, origin=origin), people=everybody, content_id=None, now=now)
    none, sent = ("skipped", "cap"), ("waiting", "")
    assert outcomes("brd_1") == {one.pk: sent, leader.pk: sent, employee.pk: none}
    assert outcomes("brd_2") == {one.pk: none, leader.pk: sent, employee.pk: none}
    assert outcomes("brd_3") == {one.pk: none, leader.pk: none, employee.pk: none}
    assert queries.forecast(errand(account, now, origin="brd_4"), everybody).skipped == {"cap": 3}
