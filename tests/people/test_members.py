"""Members: beside the ladder, with day and proof, from the page, a program or a file."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guanxi.events.models import Fact
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import ImportState, Membership, Person
from guanxi.people.operations import MembershipRefused
from tests.factories.people import csv_file, done, make_person, make_staff, undone, uploaded

COLUMNS = {"email": "email", "member": "member", "since": "member_since"}


def told(person: Person) -> list[tuple[str, datetime]]:
    return list(
        Fact.objects.filter(person=person.pk, name__startswith="member.")
        .order_by("pk")
        .values_list("name", "occurred_at")
    )


def test_somebody_joins_leaves_and_comes_back_and_all_of_it_is_kept(workspace: Workspace, now: datetime) -> None:
    person = make_person(now=now)
    joined, left = now - timedelta(days=30), now - timedelta(days=10)
    people.join(person=person, since=joined, proof="staff", now=now)
    people.leave(person=person, at=left, because="staff", now=now)
    people.join(person=person, since=now, proof="api", label="Card 7", now=now)
    rows = [(one.since, one.proof, one.label, one.ended_at, one.ended_by) for one in queries.memberships(person)]
    assert rows == [(now, "api", "Card 7", None, ""), (joined, "staff", "", left, "staff")]
    assert told(person) == [("member.joined", joined), ("member.left", left), ("member.joined", now)]
    assert queries.mirrored([person.pk]).column("member").to_pylist() == [True]
    person.refresh_from_db()
    assert person.level == "visitor"


@pytest.mark.parametrize("reason", ["future", "already", "none", "before", "gone"])
def test_what_cannot_be_is_refused_and_changes_nothing(workspace: Workspace, now: datetime, reason: str) -> None:
    person, other = make_person(now=now), make_person("Other", now=now)
    if reason in ("already", "before"):
        people.join(person=person, since=now, proof="staff", now=now)
    if reason == "gone":
        people.merge_people(keep=other, drop=person, by=make_staff(), now=now)
    before = list(Membership.objects.values())
    with pytest.raises(MembershipRefused) as refused:
        if reason in ("none", "before"):
            people.leave(person=person, at=now - timedelta(days=1), because="staff", now=now)
        else:
            since = now + timedelta(days=1) if reason == "future" else now
            people.join(person=person, since=since, proof="staff", now=now)
    assert (refused.value.reason, list(Membership.objects.values())) == (reason, before)


def test_memberships_follow_a_merge_and_go_home_with_its_undo(workspace: Workspace, now: datetime) -> None:
    keep, drop, staff = make_person(now=now), make_person("Other", now=now), make_staff()
    people.join(person=drop, since=now, proof="staff", now=now)
    merge = people.merge_people(keep=keep, drop=drop, by=staff, now=now)
    assert queries.members_of([keep.pk, drop.pk]) == {keep.pk}
    people.undo_merge(merge=merge, by=staff, now=now)
    assert queries.members_of([keep.pk, drop.pk]) == {drop.pk}


def test_a_file_says_who_is_a_member_and_is_taken_back_whole(workspace: Workspace, now: datetime) -> None:
    staying = make_person("Staying", now=now, identities={"email": "staying@example.test"})
    leaving = make_person("Leaving", now=now, identities={"email": "leaving@example.test"})
    people.join(person=leaving, since=now - timedelta(days=5), proof="staff", now=now)
    before = list(Membership.objects.values())
    file = csv_file(
        ["email", "member", "since"],
        ["new@example.test", "yes", "2026-03-14"],
        ["staying@example.test", "yes", ""],
        ["leaving@example.test", "no", ""],
        ["odd@example.test", "no", "2026-03-14"],
        ["later@example.test", "", "2199-01-01"],
        ["nothing@example.test", "", ""],
    )
    of = done(uploaded(file, COLUMNS, now=now), now)
    new = Person.objects.get(pk=queries.lookup_by_identity("email", ["new@example.test"])["new@example.test"])
    assert (of.created, of.updated, of.rejected) == (2, 2, 2)
    assert queries.members_of(list(Person.objects.values_list("pk", flat=True))) == {new.pk, staying.pk}
    assert Membership.objects.get(person=leaving).ended_by == "import"
    of = undone(of, now)
    assert (of.state, list(Membership.objects.values())) == (ImportState.UNDONE, before)
