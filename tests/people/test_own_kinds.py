"""Kinds of ids that a workspace adds: what they join, and what may be changed once there are ids."""

from __future__ import annotations

from datetime import datetime

import pytest

from guanxi.governance.models import AuditEntry, Staff, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Identity, OwnKind, Person
from guanxi.people.operations import Call, KindRefused, KindWanted
from tests.factories.people import make_staff


@pytest.fixture
def by(workspace: Workspace) -> Staff:
    return make_staff()


def linked(now: datetime, *ids: tuple[str, ...]) -> int | None:
    [answer] = people.link_many([Call(ids, now)], source="web", now=now)
    return answer.person


def refused(**changes: object) -> str:
    with pytest.raises(KindRefused) as refusal:
        people.add_kind(**changes)  # type: ignore[arg-type]
    return refusal.value.reason


def test_an_own_kind_that_proves_joins_people_within_its_place(by: Staff, now: datetime) -> None:
    people.add_kind(wanted=KindWanted("会员卡", single=True, place="shop"), by=by, now=now)
    [kind] = OwnKind.objects.all()
    assert kind.key == "hui_yuan_ka"
    first = linked(now, ("hui_yuan_ka", "7", "north"))
    assert linked(now, ("hui_yuan_ka", "7", "north"), ("email", "lin@example.test")) == first
    assert linked(now, ("hui_yuan_ka", "7", "south")) != first
    assert linked(now, ("hui_yuan_ka", "7")) is None
    known = {one.kind.key: one.ids for one in queries.known_kinds() if one.ids}
    assert known == {"hui_yuan_ka": 2, "email": 1}
    assert list(AuditEntry.objects.order_by("pk").values_list("act", "detail")) == [
        ("id_kind.added", {"kind": "hui_yuan_ka", "trust": "proof"})
    ]


def test_what_would_be_mistaken_for_another_kind_is_refused(by: Staff, now: datetime) -> None:
    people.add_kind(wanted=KindWanted("Loyalty card"), key="loyalty", by=by, now=now)
    assert refused(wanted=KindWanted("Letters"), key="email", by=by, now=now) == "built_in"
    assert refused(wanted=KindWanted("Letters"), key="loyalty", by=by, now=now) == "same_key"
    assert refused(wanted=KindWanted("loyalty CARD"), by=by, now=now) == "same_name"
    assert refused(wanted=KindWanted("车牌号"), by=by, now=now) == "same_name"
    assert refused(wanted=KindWanted("Card\x07"), by=by, now=now) == "no_name"
    assert refused(wanted=KindWanted("Card"), key="Card 1", by=by, now=now) == "bad_key"
    for number in range(49):
        people.add_kind(wanted=KindWanted(f"Card {number}"), by=by, now=now)
    assert refused(wanted=KindWanted("One more"), by=by, now=now) == "too_many"
    assert OwnKind.objects.count() == 50


def test_what_its_ids_are_kept_as_stays_and_what_they_joined_stays_joined(by: Staff, now: datetime) -> None:
    card = people.add_kind(wanted=KindWanted("Card"), by=by, now=now)
    first = linked(now, ("email", "lin@example.test"))
    second = linked(now, ("card", "7"))
    assert linked(now, ("email", "lin@example.test"), ("card", "7")) == first
    assert queries.work_of(card).merges == 1
    for wanted, reason in (
        (KindWanted("Card", keeps="plain"), "in_use"),
        (KindWanted("Card", place="shop"), "in_use"),
    ):
        with pytest.raises(KindRefused, match=reason):
            people.change_kind(kind=card, wanted=wanted, by=by, now=now)
    with pytest.raises(KindRefused, match="in_use"):
        people.remove_kind(kind=card, by=by, now=now)
    people.change_kind(kind=card, wanted=KindWanted("Card", trust="household", single=True), by=by, now=now)
    card.refresh_from_db()
    assert (card.trust, card.single) == ("household", False)
    assert second and Person.objects.get(pk=second).merged_into_id == first
    third = linked(now, ("phone", "+8613800002210"))
    assert linked(now, ("phone", "+8613800002210"), ("card", "7")) == third != first


def test_ids_that_came_with_others_never_begin_to_prove(by: Staff, now: datetime) -> None:
    tag = people.add_kind(wanted=KindWanted("Tag", trust="household"), by=by, now=now)
    people.change_kind(kind=tag, wanted=KindWanted("Tag", trust="proof"), by=by, now=now)
    people.change_kind(kind=tag, wanted=KindWanted("Tag", trust="household"), by=by, now=now)
    linked(now, ("customer_number", "1"), ("tag", "x"))
    linked(now, ("customer_number", "2"), ("tag", "x"))
    tag.refresh_from_db()
    with pytest.raises(KindRefused, match="seen_with_others"):
        people.change_kind(kind=tag, wanted=KindWanted("Tag", trust="proof"), by=by, now=now)


def test_only_what_nobody_has_two_of_becomes_one_a_person(by: Staff, now: datetime) -> None:
    card = people.add_kind(wanted=KindWanted("Card"), by=by, now=now)
    linked(now, ("card", "7"), ("card", "8"))
    with pytest.raises(KindRefused, match="several_each"):
        people.change_kind(kind=card, wanted=KindWanted("Card", single=True), by=by, now=now)
    Identity.objects.all()[1].delete()
    assert people.change_kind(kind=card, wanted=KindWanted("Card", single=True), by=by, now=now).single


def test_a_kind_that_nobody_has_goes(by: Staff, now: datetime) -> None:
    card = people.add_kind(wanted=KindWanted("Card"), by=by, now=now)
    people.remove_kind(kind=card, by=by, now=now)
    assert not OwnKind.objects.exists()
    assert linked(now, ("card", "7")) is None
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == ["id_kind.added", "id_kind.removed"]
