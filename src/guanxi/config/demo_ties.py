"""Who knows whom in the demo: friends of its advisors, followers, a group chat for each store, who brought whom, who is
a member. All of it is invented, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from guanxi.channels import operations as channels
from guanxi.channels.models import Account
from guanxi.config import demo_story
from guanxi.connections import operations as connections
from guanxi.connections.models import Friendship, FriendState, GroupChat
from guanxi.connections.operations import FollowTold, FriendTold, GroupTold, Referral
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.people import operations as crowd
from guanxi.people.models import Person

SOURCE = "demo"
SOURCES = ("scan", "scan", "card", "group", "phone_search", "acquisition_link", "colleague")
REMARKS = ("asks for recipes", "shops on Fridays", "two children", "likes tastings")
DAYS = 200
HANDED_OVER = 6


@transaction.atomic
def bring_ties(owner: Staff, now: datetime) -> None:
    if Friendship.objects.exists():
        return
    dice = Random(demo_story.SLUG)  # noqa: S311
    messenger, page = (channels.record_account(kind=kind, name=name, now=now) for kind, name in demo_story.TIE_ACCOUNTS)
    people = list(Person.objects.filter(merged_into=None, erased_at=None).order_by("pk"))
    advisors = list(Staff.objects.filter(user__email__in=demo_story.ADVISORS).order_by("pk"))
    _friends(people, advisors, messenger, dice, now)
    follows = [FollowTold(one.pk, page.pk, True, _at(dice, now)) for one in people if dice.random() < 0.25]
    connections.note_follows(follows, now=now, source=SOURCE)
    _groups(people, advisors, messenger, dice, now)
    _referrals(people, dice, now)
    _members(people, dice, now)
    first, second = advisors[:2]
    some = Friendship.objects.filter(staff=first, state=FriendState.ACTIVE).order_by("pk")
    going = list(some.values_list("pk", flat=True)[:HANDED_OVER])
    connections.hand_over_friends(giver=first, takers=[second], by=owner, now=now, friends=going)
    noted = [messenger.public_id, page.public_id, *GroupChat.objects.values_list("public_id", flat=True)]
    governance.note_demo(noted)


def _at(dice: Random, now: datetime, least: int = 2) -> datetime:
    """Somewhere in the last months, by day."""
    return now - timedelta(days=dice.randint(least, DAYS), minutes=dice.randint(0, 600))


def _friends(
    people: Sequence[Person], advisors: Sequence[Staff], account: Account, dice: Random, now: datetime
) -> None:
    by_key = {one.pk: one for one in advisors}
    told: list[FriendTold] = []
    for person in people:
        if dice.random() > 0.6:
            continue
        advisor = by_key.get(person.owner_id or 0) or dice.choice(advisors)
        at, source = _at(dice, now, 30), dice.choice(SOURCES)
        remark = dice.choice(REMARKS) if dice.random() < 0.2 else None
        told.append(FriendTold(person.pk, advisor.pk, account.pk, "added", at, source, remark))
        if dice.random() < 0.16:
            end = dice.choice(("removed_by_friend", "removed_by_friend", "removed_by_staff", "blocked"))
            told.append(FriendTold(person.pk, advisor.pk, account.pk, end, at + timedelta(days=dice.randint(1, 28))))
        if dice.random() < 0.08:
            other = dice.choice([one for one in advisors if one != advisor])
            kind = "requested" if dice.random() < 0.3 else "added"
            told.append(FriendTold(person.pk, other.pk, account.pk, kind, _at(dice, now), source))
    connections.note_friend_facts(told, now=now, source=SOURCE)


def _groups(people: Sequence[Person], advisors: Sequence[Staff], account: Account, dice: Random, now: datetime) -> None:
    told: list[GroupTold] = []
    for number, (advisor, name) in enumerate(zip(advisors, demo_story.GROUPS, strict=False)):
        group, made = f"demo-{number}", now - timedelta(days=DAYS)
        told += [
            GroupTold(account.pk, group, "created", made, text=name, owner=advisor.pk),
            GroupTold(account.pk, group, "member_joined", made, staff=advisor.pk, how="created"),
        ]
        for person in dice.sample(people, min(24, len(people) // 4)):
            at, how = _at(dice, now, 30), dice.choice(("invited", "scan", "link"))
            inviter = advisor.pk if how == "invited" else None
            told.append(GroupTold(account.pk, group, "member_joined", at, person=person.pk, how=how, by_staff=inviter))
            if dice.random() < 0.15:
                left = at + timedelta(days=dice.randint(1, 28))
                told.append(GroupTold(account.pk, group, "member_left", left, person=person.pk, how="left"))
    connections.note_group_facts(told, now=now, source=SOURCE)


def _referrals(people: Sequence[Person], dice: Random, now: datetime) -> None:
    """Chains of a few levels: somebody brings others, and some of those bring more."""
    told: list[Referral] = []
    waiting = list(people[: min(120, len(people))])
    dice.shuffle(waiting)
    bringers = waiting[: max(2, len(waiting) // 15)]
    for person in waiting[len(bringers) :][:60]:
        bringer = dice.choice(bringers)
        told.append(Referral(bringer.pk, person.pk, dice.choice(("invite", "card", "code", "word")), _at(dice, now)))
        if dice.random() < 0.3:
            bringers.append(person)
    connections.refer(told, now=now, source=SOURCE)


def _members(people: Sequence[Person], dice: Random, now: datetime) -> None:
    """Some joined, and a few of them left again."""
    since = {one.pk: _at(dice, now, 20) for one in people if dice.random() < 0.3}
    joining = [crowd.Joining(pk, at) for pk, at in since.items()]
    crowd.members_join(joining=joining, proof="staff", now=now, source=SOURCE)
    for at in (now - timedelta(days=days) for days in (18, 9, 4)):
        left = dice.sample(sorted(since), max(1, len(since) // 30))
        crowd.members_leave(people=left, at=at, because="staff", now=now)
