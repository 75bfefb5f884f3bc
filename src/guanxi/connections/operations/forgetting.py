"""What is left of ties when somebody is erased."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from guanxi.connections.models import GroupMembership, ReferralEdge
from guanxi.connections.operations.groups import is_in, recount
from guanxi.connections.operations.referring import elect_again
from guanxi.kit.personal import Who


def forget_places(whom: Who, now: datetime) -> None:
    """They are in no group any more, and no group counts them."""
    mine = GroupMembership.objects.filter(person__in=whom.people)
    grew: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for place in mine.values("group_id", "since", "until"):
        grew[place["group_id"]][0] -= is_in(place)
    mine.delete()
    recount(grew)


def forget_referrals(whom: Who, now: datetime) -> None:
    """Whom they had brought was brought by who claimed it next."""
    mine = ReferralEdge.objects.filter(Q(bringer__in=whom.people) | Q(brought__in=whom.people))
    left = set(mine.filter(is_first=True).values_list("brought", flat=True)) - set(whom.people)
    mine.delete()
    elect_again(left)
