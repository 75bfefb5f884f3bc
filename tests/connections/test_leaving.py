"""Nobody's friends are left behind when an advisor goes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from guanxi.connections import operations as connections
from guanxi.connections.models import Friendship, GroupChat
from guanxi.connections.operations import FriendsKept, GroupTold
from guanxi.connections.queries import FriendsWanted, friends_page, held_friends, leavers_of_changes
from guanxi.connections.rules import HELD
from guanxi.events.models import Fact
from guanxi.governance import operations as governance
from guanxi.governance import queries as governance_queries
from guanxi.governance.models import Staff, Workspace
from guanxi.people import operations as people
from guanxi.people.models import Person
from tests.connections.world import advisor, messenger, say, some_people
from tests.factories.people import make_staff


def test_the_friends_of_a_leaver_go_where_their_people_go(workspace: Workspace, now: datetime) -> None:
    owner, ann, bo, account = make_staff("Owner"), advisor("Ann"), advisor("Bo"), messenger(now)
    for person in some_people(now, 3):
        say(person, ann, account, (9, "added"), now=now)
    governance.set_active(staff=ann, active=False, by=owner)
    assert people.hand_over(giver=ann, taker=None, by=owner, now=now) is None
    assert held_friends([ann, bo]) == {ann.pk: 3}
    assert people.hand_over(giver=ann, taker=bo, by=owner, now=now) is None
    assert held_friends([ann, bo]) == {bo.pk: 3}
    assert set(Friendship.objects.filter(staff=bo).values_list("source", flat=True)) == {"inherited"}


def test_each_role_has_a_list_of_friends_that_it_may_see(workspace: Workspace, now: datetime) -> None:
    account, unit = messenger(now), governance.add_unit(name="East")
    ann, bo, manager = advisor("Ann"), advisor("Bo"), make_staff("Max", "manager", unit)
    one, two = some_people(now, 2)
    type(one).objects.filter(pk=one.pk).update(unit=unit)
    for person, staff in ((one, ann), (two, ann), (two, bo)):
        say(person, staff, account, (9, "added"), now=now)

    def sees(staff: object, **wanted: object) -> int:
        return len(friends_page(staff, FriendsWanted(**wanted))[0])  # type: ignore[arg-type]

    everybody = make_staff("Owner")
    assert [sees(one) for one in (everybody, manager, ann, bo, make_staff("Iris", "integrator"))] == [3, 1, 2, 1, 0]
    assert (sees(everybody, advisor=bo.pk), sees(everybody, state="blocked")) == (1, 0)
    first, mark = friends_page(everybody, FriendsWanted(), size=2)
    second, end = friends_page(everybody, FriendsWanted(), size=2, after=mark)
    assert ({row.pk for row in first + second}, end) == ({*Friendship.objects.values_list("pk", flat=True)}, "")


def owned_by(staff: Staff) -> set[str]:
    held = Friendship.objects.filter(staff=staff, state__in=HELD)
    return set(held.values_list("person__name", flat=True))


def test_friends_are_shared_in_turn_and_come_back_but_a_takers_own_friend_stays(
    workspace: Workspace, now: datetime
) -> None:
    owner, ann, bo, cy, account = make_staff("Owner"), advisor("Ann"), advisor("Bo"), advisor("Cy"), messenger(now)
    some = some_people(now, 5)
    for person in some:
        say(person, ann, account, (9, "added"), now=now, source="scan")
    say(some[0], bo, account, (8, "added"), now=now)
    of = connections.hand_over_friends(
        giver=ann, takers=[bo, cy], by=owner, now=now, wanted=FriendsWanted(source="scan")
    )
    assert of and (of.friends, of.shares) == (5, [[bo.pk, 3, 0], [cy.pk, 2, 0]])
    assert [owned_by(one) for one in (ann, bo, cy)] == [
        set(), {"Person 0", "Person 2", "Person 4"}, {"Person 1", "Person 3"}
    ]  # fmt: skip
    later = now + timedelta(days=1)
    say(some[2], bo, account, (0, "removed_by_friend"), now=later)
    connections.return_friends(of=of, by=owner, now=later)
    of.refresh_from_db()
    assert (of.undone_at, of.returned) == (later, 4)
    assert [owned_by(one) for one in (ann, bo, cy)] == [
        {"Person 0", "Person 1", "Person 3", "Person 4"}, {"Person 0"}, set()
    ]  # fmt: skip
    assert not Fact.objects.filter(name="level.lost", person__in=[one.pk for one in (some[0], some[1], *some[3:])])
    for days in (1, 8):
        with pytest.raises(FriendsKept, match="too_late"):
            connections.return_friends(of=of, by=owner, now=now + timedelta(days=days))


def test_with_the_people_of_a_leaver_their_friends_come_back(workspace: Workspace, now: datetime) -> None:
    owner, ann, bo, account = make_staff("Owner"), advisor("Ann"), advisor("Bo"), messenger(now)
    [person] = some_people(now)
    Person.objects.filter(pk=person.pk).update(owner=ann)
    say(person, ann, account, (9, "added"), now=now)
    group = GroupTold(account.pk, "wrA", "created", now - timedelta(days=9), text="Tea", owner=ann.pk)
    connections.note_group_facts([group], now=now, source="wecom")
    governance.set_active(staff=ann, active=False, by=owner)
    change = people.hand_over(giver=ann, taker=bo, by=owner, now=now)
    assert change is not None
    while people.bulk_lane(now=now):
        pass
    change.refresh_from_db()
    assert (owned_by(bo), Person.objects.get().owner, GroupChat.objects.get().owner) == ({"Person 0"}, bo, bo)
    with pytest.raises(FriendsKept, match="giver_left"):
        people.undo_bulk(of=change, by=owner, now=now + timedelta(hours=1))
    assert leavers_of_changes([change.public_id], now) == {change.public_id: "Ann"}
    governance.set_active(staff=ann, active=True, by=owner)
    assert leavers_of_changes([change.public_id], now) == {}
    people.undo_bulk(of=change, by=owner, now=now + timedelta(hours=1))
    while people.bulk_lane(now=now):
        pass
    assert (owned_by(bo), owned_by(ann)) == (set(), {"Person 0"})
    assert (Person.objects.get().owner, GroupChat.objects.get().owner) == (ann, ann)


def test_of_two_hand_overs_at_once_each_friend_goes_once(committed_workspace: Workspace, now: datetime) -> None:
    owner, ann, account = make_staff("Owner"), advisor("Ann"), messenger(now)
    takers = [advisor("Bo"), advisor("Cy")]
    for person in some_people(now, 4):
        say(person, ann, account, (9, "added"), now=now)
    ready = threading.Barrier(2)

    def go(taker: Staff) -> int:
        try:
            with governance_queries.entered(committed_workspace):
                ready.wait(5)
                of = connections.hand_over_friends(giver=ann, takers=[taker], by=owner, now=now)
                return of.friends if of else 0
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(go, takers)) == [0, 4]
    assert sorted(len(owned_by(one)) for one in (ann, *takers)) == [0, 0, 4]
