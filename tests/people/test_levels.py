"""The ladder: the highest level with an open proof."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.events.models import Fact
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import LevelProof, Person
from guanxi.people.operations.levels import settle_proofs
from tests.factories.people import make_person


def told(person: Person) -> list[tuple[str, str]]:
    facts = Fact.objects.filter(person=person.pk, name__startswith="level.").order_by("pk")
    return [(fact.name, fact.props["level"]) for fact in facts]


def prove(person: Person, level: str, now: datetime, **given: Any) -> None:
    proof = people.Proof(person.pk, given.pop("since", now), given.pop("reference", None), given.pop("label", ""))
    people.prove_level(level=level, proof=given.pop("proof", level), proofs=[proof], now=now, **given)


def test_a_proof_lifts_to_its_level_and_says_so_once(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    earlier = now - timedelta(days=90)
    prove(person, "customer", now, proof="order.paid", since=earlier, reference=1, label="A-1")
    prove(person, "customer", now, proof="order.paid", reference=2)
    prove(person, "fan", now)
    person.refresh_from_db()
    fact = Fact.objects.get(person=person.pk)
    assert (person.level, fact.name, fact.occurred_at, fact.props) == (
        *("customer", "level.reached", earlier),
        {"level": "customer", "proof": "order.paid", "label": "A-1"},
    )


def test_the_level_falls_only_with_its_last_proof(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    prove(person, "fan", now)
    for order in (1, 2):
        prove(person, "customer", now, proof="order.paid", reference=order)
    for order in (1, 2):
        people.end_proof(proof="order.paid", references=[(person.pk, order)], because="order.refunded", now=now)
        person.refresh_from_db()
        assert person.level == ("customer" if order == 1 else "fan")
    assert told(person) == [("level.reached", "fan"), ("level.reached", "customer"), ("level.lost", "customer")]
    assert set(LevelProof.objects.filter(proof="order.paid").values_list("ended_by", flat=True)) == {"order.refunded"}


def test_a_level_that_is_proven_again_is_told_after_it_was_lost(workspace: Workspace, now: datetime) -> None:
    person, earlier, later = make_person(now=now), now - timedelta(days=9), now - timedelta(days=2)
    prove(person, "customer", now, proof="order.paid", since=earlier, reference=1)
    people.end_proof(proof="order.paid", references=[(person.pk, 1)], because="order.refunded", now=later)
    prove(person, "customer", now, proof="order.paid", since=earlier, reference=1)
    facts = Fact.objects.filter(person=person.pk).order_by("occurred_at", "pk").values_list("name", "occurred_at")
    assert list(facts) == [("level.reached", earlier), ("level.lost", later), ("level.reached", later)]


def test_a_proof_that_ended_before_it_began_holds_when_it_is_proven_again(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    prove(person, "fan", now)
    earlier = now - timedelta(days=2)
    people.end_proof(proof="fan", references=[(person.pk, None)], because="unfollowed", now=earlier)
    prove(person, "fan", now)
    person.refresh_from_db()
    assert (person.level, list(LevelProof.objects.values_list("since", "ended_at"))) == ("fan", [(now, None)])


def test_an_earlier_beginning_that_a_file_knew_goes_with_it_and_what_others_said_stays(
    workspace: Workspace, now: datetime
) -> None:
    person = make_person(now=now)
    nine, seven, five = (now - timedelta(days=ago) for ago in (9, 7, 5))
    prove(person, "fan", now, since=five)
    prove(person, "fan", now, since=nine, import_id=7)
    prove(person, "fan", now, since=seven)
    rows = LevelProof.objects.order_by("since").values_list("since", "ended_at", "import_id")
    assert list(rows) == [(nine, None, 7), (five, None, None)]
    people.TakeBackProofs().take_back(import_id=7, after=0, limit=10, now=now)
    person.refresh_from_db()
    assert (person.level, list(rows.all())) == ("fan", [(five, None, None)])


def test_an_ended_proof_that_is_proven_again_holds_again(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    prove(person, "fan", now)
    people.end_proof(proof="fan", references=[(person.pk, None)], because="unfollowed", now=now)
    prove(person, "fan", now)
    person.refresh_from_db()
    assert (person.level, LevelProof.objects.count(), LevelProof.objects.get().ended_at) == ("fan", 1, None)


@pytest.mark.parametrize("many", [1, 3])
def test_the_queries_do_not_grow_with_the_people(
    workspace: Workspace, now: datetime, many: int, django_assert_num_queries: Any
) -> None:
    proofs = [people.Proof(make_person(f"P{i}", now=now).pk, now, i) for i in range(many)]
    with django_assert_num_queries(20, exact=False):
        people.prove_level(level="customer", proof="order.paid", proofs=proofs, now=now)
    assert set(Person.objects.values_list("level", flat=True)) == {"customer"}


def test_a_proof_put_back_by_undo_lifts_without_a_fact(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    prove(person, "fan", now)
    people.end_proof(proof="fan", references=[(person.pk, None)], because="unfollowed", now=now)
    LevelProof.objects.update(ended_at=None)
    settle_proofs([LevelProof.objects.get().pk], now)
    person.refresh_from_db()
    assert (person.level, told(person)) == ("fan", [("level.reached", "fan"), ("level.lost", "fan")])


def test_what_was_lost_and_won_back_later_is_two_rows_of_history(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    lost, back = now + timedelta(days=5), now + timedelta(days=9)
    prove(person, "fan", now)
    people.end_proof(proof="fan", references=[(person.pk, None)], because="unfollowed", now=lost)
    for _twice in range(2):
        prove(person, "fan", back, since=back)
    person.refresh_from_db()
    rows = list(LevelProof.objects.order_by("since").values_list("since", "ended_at", "ended_by"))
    assert (person.level, rows) == ("fan", [(now, lost, "unfollowed"), (back, None, "")])
