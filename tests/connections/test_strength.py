"""Strength: the same whatever the order, whoever was merged, and whether it was counted bit by bit or anew."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.commerce.events import OrderPaid
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.events import TouchRecorded
from guanxi.connections.models import Bond, StrengthCount
from guanxi.connections.queries import recount
from guanxi.connections.rules import strength as rule
from guanxi.events import operations as events
from guanxi.events.lake import EVENTS
from guanxi.events.models import Touched
from guanxi.governance.models import AuditEntry, Staff, Workspace
from guanxi.kit import keys
from guanxi.people import operations as people
from guanxi.people.events import ImportFinished
from guanxi.people.models import Person, Strength
from tests.factories.people import make_person, make_staff

BY = rule.Rules()
START = datetime(2026, 1, 1, tzinfo=UTC)
touches = st.builds(
    lambda kind, minutes, channel: rule.touch(BY, kind, START + timedelta(minutes=minutes), channel),
    st.sampled_from(sorted(rule.WEIGHTS)),
    st.integers(0, 600_000),
    st.sampled_from(["email", "web", "shop", ""]),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(touches, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_touches_in_any_order_and_portions_add_up_to_the_same(some: list[rule.Touches], luck: random.Random) -> None:
    whole = rule.together(BY, some)
    assert whole is not None
    shuffled = luck.sample(some, len(some))
    cut = luck.randint(0, len(some))
    parts = [part for part in (rule.together(BY, shuffled[:cut]), rule.together(BY, shuffled[cut:])) if part]
    again = rule.together(BY, parts)
    assert again is not None
    assert (again.at, again.inward, again.outward, again.channels) == (
        *(whole.at, whole.inward, whole.outward, whole.channels),
    )
    assert again.sums == pytest.approx(whole.sums, rel=1e-9)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(touches, min_size=1, max_size=12), st.sampled_from(rule.ROLES))
def test_the_moment_of_a_threshold_is_where_strength_passes_it(some: list[rule.Touches], role: str) -> None:
    whole = rule.together(BY, some)
    assert whole is not None
    for threshold in (BY.weak_below, BY.strong_above):
        moment = rule.until(BY, whole, role, threshold)
        assert moment is not None
        assert rule.strength(BY, whole, role, moment) == pytest.approx(threshold, abs=1e-6)


def test_what_counts_and_how_much() -> None:
    now = START + timedelta(days=60)
    order = rule.touch(BY, "order", START, "shop")
    assert rule.strength(BY, order, "consumer", START) == pytest.approx(1 - 2.718281828**-1.5, abs=1e-6)
    assert rule.strength(BY, order, "consumer", now) == pytest.approx(1 - 2.718281828**-0.75, abs=1e-6)
    both = rule.together(BY, [order, rule.touch(BY, "message_out", START, "email")])
    assert both is not None and rule.factor(BY, both) == pytest.approx(1.25 * 1.15)
    assert [rule.flaws(rule.Rules(weak_below=0.7)), rule.flaws(BY)] == [{"weak_below": "order"}, {}]


# In the house


def told(now: datetime, *facts: tuple[int, int, str]) -> None:
    """(person, days ago, what): order, met by an advisor, event on the site."""
    rows = []
    for person, ago, what in facts:
        at = now - timedelta(days=ago)
        if what == "order":
            rows.append(events.Happened(OrderPaid(person, 1, 100, "CNY"), at))
        else:
            recorded = TouchRecorded(person, "meeting", what)
            rows.append(events.Happened(recorded, at))
    events.announce_many(rows, received_at=now)


def counted(now: datetime) -> None:
    while events.write_lake(now=now):
        pass
    while connections.strength_lane(now=now):
        pass


def known() -> tuple[list[Any], list[Any]]:
    bonds = [
        (
            *(bond.person_id, bond.staff_id, round(bond.at, 3), round(bond.consumer, 9)),
            *(bond.inward, bond.outward, bond.channels, bond.days),
        )
        for bond in Bond.objects.order_by("person", "staff")
    ]
    held: Any = Strength.objects.order_by("person").values_list("person", "strong_until", "neutral_until")
    return bonds, [(one, *(round(at.timestamp()) for at in moments)) for one, *moments in held]


def visits(person: Person, now: datetime, *ago: int, name: str = "visit.page") -> None:
    """Events of a site, as intake keeps them."""
    times = [now - timedelta(days=days) for days in ago]
    values = {
        "month": [f"{at:%Y-%m}" for at in times],
        "event_id": [keys.event_id() for _ in times],
        "person": [person.pk] * len(times),
        "name": [name] * len(times),
        "occurred_at": times,
        "received_at": [now] * len(times),
        "source": ["src_1"] * len(times),
    }
    table = pa.table(
        {
            field.name: pa.array(values[field.name], field.type)
            if field.name in values
            else pa.nulls(len(times), field.type)
            for field in EVENTS
        }
    )
    events.keep(table, received_at=now, until=now + timedelta(days=30))


@pytest.fixture
def advisor(workspace: Workspace) -> Staff:
    return make_staff("Grace", role="advisor")


def test_bit_by_bit_and_anew_give_the_same(workspace: Workspace, now: datetime, advisor: Staff) -> None:
    one, other = make_person(now=now), make_person("Other", now=now)
    counted(now)
    told(now, (one.pk, 40, "order"), (one.pk, 3, advisor.public_id), (other.pk, 100, "order"))
    visits(one, now, 5, 5, 9)
    counted(now)
    told(now, (one.pk, 80, "order"))
    visits(one, now, 5, 2)
    visits(other, now, 1, name="track.cart_filled")
    counted(now)
    before = known()
    connections.ask_anew(now=now)
    counted(now)
    assert known() == before
    other.refresh_from_db()
    assert (len(before[0]), other.level) == (3, "interactor")
    close = queries.closeness(one, now)
    assert ([one.staff for one in close.advisors], close.brand.band, close.counted) == ([advisor], "strong", True)
    assert [(one.kind, one.count) for one in close.brand.because] == [("visit", 3), ("meeting", 1), ("order", 2)]


def test_a_late_visit_is_counted_once_by_counting_anew(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    counted(now)
    visits(person, now, 200)
    counted(now)
    visits(person, now, 200)
    counted(now)
    assert Bond.objects.get().consumer == pytest.approx(0.2)
    assert StrengthCount.objects.get().anew_since is None


def test_two_who_become_one_are_as_close_as_both_and_part_as_they_were(workspace: Workspace, now: datetime) -> None:
    keep, drop, staff = make_person(now=now), make_person("Other", now=now), make_staff()
    counted(now)
    told(now, (keep.pk, 10, "order"), (drop.pk, 20, "order"))
    counted(now)
    apart = known()
    merge = people.merge_people(keep=keep, drop=drop, by=staff, now=now)
    counted(now)
    both = Strength.objects.get(person=keep).neutral_until
    told_of_one = make_person("Both", now=now)
    told(now, (told_of_one.pk, 10, "order"), (told_of_one.pk, 20, "order"))
    counted(now)
    same = Strength.objects.get(person=told_of_one).neutral_until
    assert abs(both - same) < timedelta(seconds=1)
    people.undo_merge(merge=merge, by=staff, now=now)
    counted(now)
    gone = told_of_one.pk
    bonds, held = known()
    assert ([b for b in bonds if b[0] != gone], [h for h in held if h[0] != gone]) == apart


def test_what_an_import_brought_leaves_with_it(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    counted(now)
    told(now, (person.pk, 10, "order"))
    counted(now)
    before = known()
    imported = OrderPaid(person.pk, 2, 100, "CNY", import_id=77)
    events.announce(imported, at=now)
    counted(now)
    assert known() != before
    events.retract(import_id=77, now=now)
    events.tell(ImportFinished(77, "undone"), at=now)
    counted(now)
    assert known() == before


@pytest.mark.parametrize(("kind", "ago", "reason"), [("order", 0, "kind"), ("meeting", -1, "future")])
def test_a_touch_that_cannot_be_is_refused(
    workspace: Workspace, now: datetime, kind: str, ago: int, reason: str
) -> None:
    person = make_person(now=now)
    with pytest.raises(connections.TouchRefused) as refused:
        connections.record_touch(person=person, kind=kind, at=now - timedelta(days=ago), now=now)
    assert refused.value.reason == reason


def test_an_erased_person_has_no_strength(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    told(now, (person.pk, 10, "order"))
    people.erase_person(person=person, by=make_staff(), reason="asked", now=now)
    while people.work_personal(now=now):
        pass
    counted(now)
    assert known() == ([], [])


# Settings


def test_a_changed_rule_is_previewed_then_counted_and_both_agree(workspace: Workspace, now: datetime) -> None:
    buyer, old_buyer, stranger = make_person(now=now), make_person("Old", now=now), make_person("New", now=now)
    told(now, (buyer.pk, 10, "order"), (old_buyer.pk, 300, "order"))
    counted(now)
    wanted = replace(BY, weights={**BY.weights, "order": 0.3}, reciprocal=1.5)
    seen = queries.strength_preview(wanted, now)
    assert seen.moves == {("strong", "weak"): 1, ("weak", "weak"): 2}
    assert (seen.of, seen.people, seen.changed) == (3, 3, 1)
    [one] = seen.examples
    assert (one.person, one.before, one.after) == (buyer, "strong", "weak")
    assert one.strength_before == pytest.approx(queries.closeness(buyer, now).brand.strength, abs=1e-6)
    connections.set_strength_rules(rules=wanted, version=0, by=None, now=now)
    assert queries.strength_settings().counting
    counted(now)
    assert one.strength_after == pytest.approx(queries.closeness(buyer, now).brand.strength, abs=1e-6)
    assert queries.bands_of([buyer.pk, old_buyer.pk, stranger.pk], now) == dict.fromkeys(
        [buyer.pk, old_buyer.pk, stranger.pk], "weak"
    )
    entry = AuditEntry.objects.get(act="strength.changed")
    assert entry.detail == {"order": "1.5 → 0.3", "reciprocal": "1.25 → 1.5"}


def test_who_saves_over_somebody_elses_change_is_refused(workspace: Workspace, now: datetime) -> None:
    one, other = replace(BY, per_channel=0.3), replace(BY, per_channel=0.2)
    assert connections.set_strength_rules(rules=one, version=0, by=None, now=now)
    with pytest.raises(connections.StrengthRefused) as refused:
        connections.set_strength_rules(rules=other, version=0, by=None, now=now)
    assert (refused.value.reason, queries.strength_settings().rules) == ("changed", one)
    assert not connections.set_strength_rules(rules=one, version=1, by=None, now=now)


@pytest.mark.parametrize(
    ("wrong", "flaws"),
    [
        ({"order": -1}, {"order": "weight"}),
        ({"consumer": 0}, {"consumer": "half_life"}),
        ({"reciprocal": 0.5}, {"reciprocal": "reciprocal"}),
        ({"weak_below": 0.7}, {"weak_below": "order"}),
        (dict.fromkeys(rule.WEIGHTS, 0), {"reply": "nothing"}),
    ],
)
def test_rules_that_cannot_be_are_refused_and_nothing_is_kept(
    workspace: Workspace, now: datetime, wrong: dict[str, float], flaws: dict[str, str]
) -> None:
    with pytest.raises(connections.StrengthRefused) as refused:
        connections.set_strength_rules(rules=rule.of_values(wrong), version=0, by=None, now=now)
    assert (refused.value.flaws, queries.strength_settings().version) == (flaws, 0)


def test_counting_anew_writes_only_what_differs(workspace: Workspace, now: datetime, advisor: Staff) -> None:
    some = [make_person(f"Person {at}", now=now) for at in range(3)]
    told(now, *((one.pk, 10, "order") for one in some), (some[0].pk, 3, advisor.public_id))
    counted(now)
    before = {bond.pk: bond.consumer for bond in Bond.objects.all()}
    Bond.objects.filter(person=some[1]).update(consumer=9)
    Strength.objects.filter(person=some[2]).update(neutral_until=now)
    Touched.objects.all().delete()
    connections.ask_anew(now=now)
    assert connections.count_anew(now=now)
    assert {bond.pk: bond.consumer for bond in Bond.objects.all()} == before
    assert list(Touched.objects.values_list("mirror", "key")) == [("people", some[2].pk)]
    assert known()[1][2][2] > now.timestamp()


def test_rules_that_are_saved_while_everything_is_counted_are_not_lost(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(now=now)
    told(now, (person.pk, 10, "order"))
    counted(now)
    connections.ask_anew(now=now)
    read, saved = recount.changes, replace(BY, weights={**BY.weights, "order": 0.3})

    def changes(*given: Any) -> Any:
        found = read(*given)
        if queries.strength_settings().version == 0:
            connections.set_strength_rules(rules=saved, version=0, by=None, now=now)
        return found

    monkeypatch.setattr(recount, "changes", changes)
    assert not connections.count_anew(now=now)
    counted(now)
    assert Bond.objects.get().consumer == pytest.approx(0.3)
    assert not queries.strength_settings().counting
