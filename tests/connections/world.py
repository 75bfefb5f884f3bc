"""Advisors, accounts and people for tests of ties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections.operations import FriendTold, Refused
from guanxi.governance.models import Staff
from guanxi.people.models import Person
from tests.factories.people import make_person, make_staff

__all__ = ["advisor", "messenger", "say", "some_people"]


def messenger(now: datetime, name: str = "Lumen on WeCom") -> Account:
    account: Account = Account.objects.create(kind="wecom", name=name, is_active=False, created_at=now)
    return account


def advisor(name: str, **given: Any) -> Staff:
    return make_staff(name, role="advisor", **given)


def some_people(now: datetime, number: int = 1) -> list[Person]:
    return [make_person(f"Person {at}", now=now) for at in range(number)]


def say(
    person: Person, staff: Staff, account: Account, *told: tuple[int, str], now: datetime, **given: Any
) -> list[Refused]:
    """(days before now, what happened)"""
    return connections.note_friend_facts(
        [FriendTold(person.pk, staff.pk, account.pk, kind, now - timedelta(days=ago), **given) for ago, kind in told],
        now=now,
        source="wecom",
    )
