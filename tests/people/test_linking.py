"""Whose an event is: by its ids, at once, for thousands of calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Field, Identity, Pair, Person, Trait
from guanxi.people.operations import Answer, Call
from guanxi.people.rules.linking import IDS_A_PERSON
from tests.factories.people import make_person


@pytest.fixture
def link(workspace: Workspace, now: datetime) -> Any:
    def linked(*ids: tuple[str, ...], traits: dict[str, str] | None = None, later: int = 0) -> Answer:
        at = now + timedelta(minutes=later)
        [answer] = people.link_many([Call(ids, at, traits or {})], source="web", now=at)
        return answer

    return linked


def held(person: Any) -> set[str]:
    return set(Identity.objects.filter(person_id=person).values_list("kind", flat=True))


def test_an_unknown_id_makes_a_visitor_once(link: Any) -> None:
    one = link(("cookie", "c1"))
    assert one == link(("cookie", "c1")) == Answer(one.person)
    person = Person.objects.get()
    assert (person.pk, person.level, person.source) == (one.person, "visitor", "web")


def test_a_visitor_who_says_who_they_are_keeps_what_they_did(link: Any) -> None:
    visitor = link(("cookie", "c1")).person
    assert link(("cookie", "c1"), ("customer_number", "7")).person == visitor
    assert link(("customer_number", "7"), ("email", "Lin@Example.test")).person == visitor
    assert link(("email", "lin@example.test")).person == visitor
    assert held(visitor) == {"cookie", "customer_number", "email"}


def test_a_second_customer_on_the_same_browser_is_another_person(link: Any) -> None:
    first = link(("cookie", "c1"), ("customer_number", "7")).person
    second = link(("cookie", "c1"), ("customer_number", "8")).person
    assert first != second and link(("cookie", "c1")).person == first
    assert not Pair.objects.exists()


def test_ids_that_say_otherwise_go_to_review_and_join_nobody(link: Any) -> None:
    first = link(("customer_number", "7"), ("email", "lin@example.test")).person
    second = link(("customer_number", "8"), ("email", "lin@example.test")).person
    assert first != second and link(("email", "lin@example.test")).person == first
    [pair] = Pair.objects.all()
    assert (pair.first_id, pair.second_id, pair.origin, pair.state) == (first, second, "conflict", "open")
    because = pair.evidence.pop("because")
    assert (because["kind"], because["identity"]) == ("email", Identity.objects.get(kind="email").pk)
    assert pair.evidence == {"conflict": ["customer_number"]}


def test_an_id_that_came_with_more_than_five_people_leads_to_nobody(link: Any) -> None:
    first = link(("device", "kiosk"), ("customer_number", "0")).person
    for number in range(1, 7):
        link(("device", "kiosk"), ("customer_number", str(number)))
    assert link(("device", "kiosk")) == Answer(None, "shared_id")
    assert link(("device", "kiosk"), ("customer_number", "0")).person == first


def test_the_order_of_calls_in_a_batch_counts_as_if_they_came_one_by_one(workspace: Workspace, now: datetime) -> None:
    calls = [
        Call([("cookie", "c1")], now),
        Call([("cookie", "c2")], now),
        Call([("cookie", "c1"), ("email", "lin@example.test")], now),
        Call([("cookie", "c2"), ("email", "lin@example.test")], now),
        Call([("cookie", "c2")], now),
    ]
    answers = {one.person for one in people.link_many(calls, source="web", now=now)}
    assert answers == {Person.objects.get().pk}


def test_the_same_id_of_two_corps_is_two_people(link: Any) -> None:
    assert link(("wecom", "u1", "corp-a")).person != link(("wecom", "u1", "corp-b")).person
    assert link(("wecom", "u1")) == Answer(None, "place_missing")
    assert link(("email", "a@example.test", "corp-a")) == Answer(None, "place_unknown")


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([], "no_ids"),
        ([("cookie", "a\x00b")], "control_character"),
        ([("customer_number", "a\u2028b"), ("cookie", "fine")], "control_character"),
        ([("cookie", "c" * 121)], "too_long"),
        ([("passport", "1")], "unknown_kind"),
        ([("phone", "123")], "bad_phone"),
        ([("cookie", " ")], "empty"),
        ([("cookie", str(number)) for number in range(21)], "too_many_ids"),
        ([("customer_number", "7"), ("customer_number", "8")], "conflicting_ids"),
    ],
)
def test_ids_that_cannot_be_are_refused_with_a_reason(link: Any, ids: list[tuple[str, ...]], reason: str) -> None:
    assert link(*ids) == Answer(None, reason, ((ids[0][0], reason),) if reason in ("bad_phone", "empty") else ())
    assert not Person.objects.exists()


def test_a_phone_that_cannot_be_read_is_left_out_and_the_rest_counts(link: Any) -> None:
    answer = link(("cookie", "c1"), ("phone", "123"))
    assert answer == Answer(answer.person, "", (("phone", "bad_phone"),)) and held(answer.person) == {"cookie"}


def test_a_person_takes_no_more_than_so_many_ids(workspace: Workspace, now: datetime) -> None:
    calls = [Call([("customer_number", "7"), ("cookie", str(n))], now) for n in range(IDS_A_PERSON + 5)]
    answers = people.link_many(calls, source="web", now=now)
    assert len({one.person for one in answers}) == 1
    assert answers[-1].left_out == (("cookie", "too_many_ids"),)
    assert Identity.objects.count() == IDS_A_PERSON


def test_somebody_who_is_being_erased_gets_nothing_more(link: Any, now: datetime) -> None:
    person = make_person(now=now, identities={"email": "lin@example.test"})
    people.erase_person(person=person, by=None, reason="asked", now=now)
    assert link(("email", "lin@example.test")) == Answer(None, "erased")
    assert link(("email", "lin@example.test"), ("cookie", "c1")) == Answer(None, "erased")


def test_the_newest_word_of_a_declared_field_is_kept(link: Any) -> None:
    Field.objects.create(key="city", label="City")
    Field.objects.create(key="size", label="Size", kind="number")
    person = link(("customer_number", "7"), traits={"city": "Suzhou", "size": "38"}, later=5).person
    answer = link(("customer_number", "7"), traits={"city": "Old Town", "size": "wide", "secret": "x"}, later=1)
    assert answer == Answer(person, "", (("trait:size", "not_number"), ("trait:secret", "unknown_field")))
    assert dict(Trait.objects.values_list("field__key", "value")) == {"city": "Suzhou", "size": "38"}
    link(("customer_number", "7"), traits={"city": "Hangzhou"}, later=9)
    assert Trait.objects.get(field__key="city").value == "Hangzhou"


def test_known_ids_cost_the_same_queries_for_one_call_and_for_a_thousand(workspace: Workspace, now: datetime) -> None:
    calls = [Call([("cookie", str(number))], now) for number in range(1000)]
    people.link_many(calls, source="web", now=now)
    counts = []
    for some in (calls[:1], calls):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            people.link_many(some, source="web", now=now)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5
