"""Friends, follows, a group chat and referrals for the pages."""

from __future__ import annotations

from datetime import timedelta

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.models import FriendSource, GroupChat
from guanxi.connections.operations import FollowTold, FriendTold, GroupTold, Referral
from guanxi.governance.models import Staff
from guanxi.kit import clock
from guanxi.people.models import Person

STATES = ("added", "removed_by_friend", "removed_by_staff", "blocked")


def make_ties(person: Person, advisor: Staff, account: Account) -> str:
    """The public id of the group chat."""
    now = clock.now()
    then = now - timedelta(days=40)
    told = [FriendTold(person.pk, advisor.pk, account.pk, "added", then, source=FriendSource.SCAN, remark="爱喝茶")]
    connections.note_friend_facts(told, now=now, source="test")
    connections.note_follows([FollowTold(person.pk, account.pk, True, then)], now=now, source="test")
    group = [
        GroupTold(account.pk, "wrGroup", "created", then, text="龙井茶友群", owner=advisor.pk),
        GroupTold(account.pk, "wrGroup", "notice_changed", then, text="每周三上新"),
        GroupTold(account.pk, "wrGroup", "member_joined", then, staff=advisor.pk, how="created"),
        GroupTold(account.pk, "wrGroup", "member_joined", then, person=person.pk, how="scan"),
    ]
    connections.note_group_facts(group, now=now, source="test")
    return str(GroupChat.objects.get(external_id="wrGroup").public_id)


def make_many_ties(people: list[Person], advisors: list[Staff], account: Account) -> None:
    """In each state, with somebody who was handed over, in a group, and brought by each other."""
    now = clock.now()
    then = now - timedelta(days=30)
    sources = FriendSource.values
    told = [
        FriendTold(
            person.pk,
            advisors[number % len(advisors)].pk,
            account.pk,
            kind,
            then + timedelta(days=step, minutes=number),
            source=sources[number % len(sources)] if kind == "added" else "",
        )
        for number, person in enumerate(people)
        for step, kind in enumerate(dict.fromkeys(("added", STATES[number % 4])))
    ]
    connections.note_friend_facts(told, now=now, source="test")
    joined = [
        GroupTold(
            account.pk, "wrGroup", "member_joined", then, person=person.pk, how="invited", by_staff=advisors[0].pk
        )
        for person in people[:20]
    ]
    joined += [
        GroupTold(account.pk, "wrGroup", "member_left", now, person=person.pk, how="left") for person in people[:3]
    ]
    connections.note_group_facts(joined, now=now, source="test")
    edges = [Referral(people[0].pk, one.pk, "card", then) for one in people[1:6]]
    edges += [Referral(people[1].pk, one.pk, "invite", then) for one in people[6:9]]
    connections.refer(edges, now=now, source="test")
    if len(advisors) > 1:
        connections.hand_over_friends(giver=advisors[0], takers=[advisors[1]], by=None, now=now)
