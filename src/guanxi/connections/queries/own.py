"""Whom an advisor sees besides the people that they own."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from guanxi.connections.models import Friendship, FriendState
from guanxi.governance.models import Staff


def friends_of(staff: Staff) -> QuerySet[Any]:
    """The keys of the people with whom they are friends now."""
    return Friendship.objects.filter(staff=staff, state=FriendState.ACTIVE).order_by().values("person")
