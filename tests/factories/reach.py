"""Broadcasts, and the lake that their audiences are read from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience
from guanxi.channels.models import Account
from guanxi.content.models import Content
from guanxi.events import operations as events
from guanxi.people.models import Person
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast

EVERYBODY = {"version": 1, "where": {"type": "level", "levels": ["visitor", "interactor", "fan", "friend", "customer"]}}


def into_lake(people: Iterable[Person], now: datetime) -> None:
    events.touch("people", [person.pk for person in people])
    write_lake(now)


def write_lake(now: datetime) -> None:
    while events.write_lake(now=now):
        pass


def everybody(now: datetime, rule: Any = EVERYBODY) -> Audience:
    return audiences.save_audience(name="Everybody", rule=rule, by=None, now=now)


def draft(
    now: datetime, audience: Audience, content: Content, account: Account, *, hold_out: int = 0, name: str = "Lamps"
) -> Broadcast:
    return reach.save_broadcast(
        name=name,
        audience=audience,
        content=content,
        account=account,
        hold_out_percent=hold_out,
        by=None,
        now=now,
    )


def confirmed(
    now: datetime, audience: Audience, content: Content, account: Account, *, hold_out: int = 0, name: str = "Lamps"
) -> Broadcast:
    made = draft(now, audience, content, account, hold_out=hold_out, name=name)
    return reach.confirm(broadcast=made, by=None, now=now)
