"""One change of many people: whom it means, what it skips, and that stop, kill and undo leave nothing half done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Staff, Suppression, Workspace
from guanxi.kit import crypto
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Bulk, BulkRow, Field, Person, PersonTag, Trait
from guanxi.people.operations.bulk import running
from tests.factories.people import make_person, make_staff, make_unit

Wanted = queries.Wanted


def started(by: Staff, act: str, value: dict[str, Any], chosen: Wanted | Sequence[str], now: datetime) -> Bulk:
    return people.start_bulk(act=act, value=value, chosen=chosen, by=by, now=now)


def finished(of: Bulk, now: datetime) -> Bulk:
    while people.bulk_lane(now=now):
        pass
    of.refresh_from_db()
    return of


def undone(of: Bulk, by: Staff, now: datetime) -> Bulk:
    people.undo_bulk(of=of, by=by, now=now)
    return finished(of, now)


def owners() -> dict[str, str]:
    return {one.name: one.owner.name if one.owner else "" for one in Person.objects.select_related("owner")}


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)


def test_everyone_who_fits_at_the_start_is_changed_and_goes_back(workspace: Workspace, now: datetime) -> None:
    boss, ann, bob = make_staff("Boss"), make_staff("Ann", "advisor"), make_staff("Bob", "advisor")
    for name in ("A", "B", "C"):
        make_person(name, now=now, owner=ann)
    make_person("D", now=now, owner=bob)
    make_person("E", now=now)
    of = started(boss, "owner", {"owner": bob.pk}, Wanted(owner=ann.pk), now)
    people.bulk_lane(now=now)
    make_person("Later", now=now, owner=ann)
    of = finished(of, now)
    assert (of.state, of.total, of.done, of.changed, of.skipped) == ("done", 3, 3, 3, {})
    assert owners() == {"A": "Bob", "B": "Bob", "C": "Bob", "D": "Bob", "E": "", "Later": "Ann"}
    of = undone(of, boss, now)
    assert (of.state, of.restored, of.kept) == ("undone", 3, {})
    assert owners() == {"A": "Ann", "B": "Ann", "C": "Ann", "D": "Bob", "E": "", "Later": "Ann"}
    acts = list(AuditEntry.objects.filter(act__startswith="bulk").order_by("number").values_list("act", flat=True))
    assert acts == ["bulk.started", "bulk.finished", "bulk.undone"]


def test_what_was_changed_since_stays_and_is_counted(workspace: Workspace, now: datetime) -> None:
    boss, ann, bob = make_staff("Boss"), make_staff("Ann", "advisor"), make_staff("Bob", "advisor")
    one, two = make_person("A", now=now), make_person("B", now=now)
    of = finished(started(boss, "owner", {"owner": ann.pk}, [one.public_id, two.public_id], now), now)
    Person.objects.filter(pk=one.pk).update(owner=bob)
    of = undone(of, boss, now)
    assert (of.restored, of.kept, owners()) == (1, {"changed_since": 1}, {"A": "Bob", "B": ""})


def test_a_manager_changes_only_whom_they_see_and_only_to_what_is_theirs(workspace: Workspace, now: datetime) -> None:
    north, south = make_unit("North"), make_unit("South")
    store = make_unit("Store", north)
    boss = make_staff("Han", "manager", north)
    seller, other = make_staff("Ann", "advisor", store), make_staff("Bob", "advisor", south)
    mine, theirs = make_person("Mine", now=now, unit=store), make_person("Theirs", now=now, unit=south)
    both = [mine.public_id, theirs.public_id]
    of = finished(started(boss, "owner", {"owner": seller.pk}, both, now), now)
    assert (of.total, of.changed, owners()) == (1, 1, {"Mine": "Ann", "Theirs": ""})
    for act, value in (("owner", {"owner": other.pk}), ("unit", {"unit": south.pk}), ("unit", {"unit": None})):
        with pytest.raises(people.BulkRefused, match="no_such_value"):
            started(boss, act, value, both, now)
    assert finished(started(boss, "unit", {"unit": north.pk}, Wanted(), now), now).changed == 1
    with pytest.raises(people.BulkRefused, match="not_allowed"):
        started(boss, "suppress", {}, both, now)
    with pytest.raises(people.BulkRefused, match="not_allowed"):
        started(seller, "owner", {"owner": seller.pk}, both, now)


def test_who_leaves_the_scope_in_between_is_skipped(workspace: Workspace, now: datetime) -> None:
    north, south = make_unit("North"), make_unit("South")
    boss = make_staff("Han", "manager", north)
    for name in ("A", "B", "C"):
        make_person(name, now=now, unit=north)
    of = started(boss, "owner", {"owner": boss.pk}, Wanted(), now)
    people.bulk_lane(now=now)
    Person.objects.filter(name="C").update(unit=south)
    Person.objects.filter(name="B").delete()
    of = finished(of, now)
    assert (of.changed, of.skipped) == (1, {"not_there": 2})


def test_a_trait_is_set_and_goes_back_to_what_it_was(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    field = Field.objects.create(key="visits", label="Visits", kind="number")
    known = {"A": "7", "B": "3"}
    for name in ("A", "B", "C"):
        person = make_person(name, now=now)
        if name in known:
            Trait.objects.create(person=person, field=field, value=known[name])
    of = finished(started(boss, "trait", {"field": field.pk, "value": "3.0"}, Wanted(), now), now)
    assert (of.changed, of.skipped) == (2, {"already": 1})
    assert dict(Trait.objects.values_list("person__name", "value")) == {"A": "3", "B": "3", "C": "3"}
    assert undone(of, boss, now).restored == 2
    assert dict(Trait.objects.values_list("person__name", "value")) == known
    taken = finished(started(boss, "trait", {"field": field.pk, "value": ""}, Wanted(), now), now)
    assert (taken.changed, Trait.objects.count()) == (2, 0)
    undone(taken, boss, now)
    assert dict(Trait.objects.values_list("person__name", "value")) == known
    with pytest.raises(people.BulkRefused, match="bad_value"):
        started(boss, "trait", {"field": field.pk, "value": "many"}, Wanted(), now)


def test_no_more_email_keeps_what_stood_on_the_list_before(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    for name in ("a", "b"):
        make_person(name, now=now, identities={"email": f"{name}@example.test"})
    make_person("c", now=now)
    mail = {name: crypto.lookup(workspace.pk, "email", f"{name}@example.test") for name in ("a", "b")}
    governance.suppress(channel="email", address=mail["a"], reason="hard_bounce", now=now)
    of = finished(started(boss, "suppress", {}, Wanted(), now), now)
    assert (of.changed, of.skipped, Suppression.objects.count()) == (1, {"already": 1, "no_email": 1}, 2)
    governance.suppress(channel="email", address=mail["b"], reason="complaint", now=now)
    assert undone(of, boss, now).kept == {"changed_since": 1}
    assert dict(Suppression.objects.values_list("reason", "channel")) == {"hard_bounce": "email", "complaint": "email"}
    again = finished(started(boss, "suppress", {}, Wanted(), now), now)
    assert again.changed == 0


def test_stopped_it_goes_on_where_it_stopped(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    for name in "ABCDE":
        make_person(name, now=now)
    of = started(boss, "owner", {"owner": boss.pk}, Wanted(), now)
    people.bulk_lane(now=now)
    people.bulk_lane(now=now)
    people.stop_bulk(of=of, by=boss, now=now)
    of = finished(of, now)
    assert (of.state, of.done, of.changed) == ("stopped", 2, 2)
    people.resume_bulk(of=of, by=boss, now=now)
    of = finished(of, now)
    assert (of.state, of.done, of.changed, len(set(BulkRow.objects.values_list("person")))) == ("done", 5, 5, 5)


def test_a_turn_that_breaks_leaves_nothing_of_itself(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = make_staff("Boss")
    for name in "ABC":
        make_person(name, now=now)
    of = started(boss, "owner", {"owner": boss.pk}, Wanted(), now)
    people.bulk_lane(now=now)

    def broken(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(running, "_went_on", broken)
        people.bulk_lane(now=now)
    assert set(owners().values()) == {""}
    of = finished(of, now)
    assert (of.state, of.done, of.changed, set(owners().values())) == ("done", 3, 3, {"Boss"})


def test_a_target_that_is_gone_ends_it_with_words(workspace: Workspace, now: datetime) -> None:
    boss, field = make_staff("Boss"), Field.objects.create(key="x", label="X")
    make_person("A", now=now)
    of = started(boss, "trait", {"field": field.pk, "value": "y"}, Wanted(), now)
    field.delete()
    of = finished(of, now)
    assert (of.state, of.problem, of.changed) == ("failed", "target_gone", 0)


def test_after_seven_days_nothing_goes_back_and_the_journal_is_gone(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    make_person("A", now=now)
    of = finished(started(boss, "owner", {"owner": boss.pk}, Wanted(), now), now)
    later = now + timedelta(days=7)
    with pytest.raises(people.BulkRefused, match="too_late"):
        people.undo_bulk(of=of, by=boss, now=later)
    people.bulk_lane(now=later + timedelta(minutes=1))
    assert not BulkRow.objects.exists()


def test_tags_of_many_come_and_go_back_with_what_they_replaced(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    mood = people.create_tag_group(name="Mood", exclusive=True, by=boss, now=now)
    warm, cold = people.create_tags(group=mood, names=["Warm", "Cold"], by=boss, now=now)
    everybody = [make_person(name, now=now) for name in "ABC"]
    ids = [person.pk for person in everybody]
    people.tag_people(people=ids[:1], add=[warm], put=people.Put(by=boss, reason="called"), now=now)
    people.tag_people(people=ids[1:2], add=[cold], put=people.Put(by=boss), now=now)
    before = sorted(PersonTag.objects.values_list("pk", "person", "tag", "since", "how", "reason"))
    of = finished(started(boss, "tag", {"add": [cold.pk], "remove": []}, Wanted(), now), now)
    assert (of.state, of.changed, of.skipped) == ("done", 2, {"already": 1})
    assert set(PersonTag.objects.values_list("tag", flat=True)) == {cold.pk}
    assert queries.count_people(boss, Wanted(tags_all=(cold.pk,))) == 3
    of = undone(of, boss, now)
    assert (of.restored, of.kept) == (2, {})
    assert sorted(PersonTag.objects.values_list("pk", "person", "tag", "since", "how", "reason")) == before
    for wrong, reason in (
        ({"add": [warm.pk, cold.pk], "remove": []}, "two_of_a_group"),
        ({"add": [10**9], "remove": []}, "no_such_value"),
    ):
        with pytest.raises(people.BulkRefused, match=reason):
            started(boss, "tag", wrong, Wanted(), now)


def test_a_role_of_many_comes_and_goes_back(workspace: Workspace, now: datetime) -> None:
    boss = make_staff("Boss")
    ann, bob = make_person("A", now=now), make_person("B", now=now)
    people.set_role(people=[ann.pk], role="employee", put=people.Put(by=boss), now=now)
    of = finished(started(boss, "role", {"role": "leader"}, Wanted(), now), now)
    assert queries.roles_of([ann.pk, bob.pk]) == {ann.pk: "leader", bob.pk: "leader"}
    undone(of, boss, now)
    assert queries.roles_of([ann.pk, bob.pk]) == {ann.pk: "employee"}
