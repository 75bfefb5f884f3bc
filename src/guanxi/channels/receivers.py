"""What channels does when something happens elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from guanxi.channels import operations, queries
from guanxi.channels.models import Message
from guanxi.events import operations as tell
from guanxi.events import registry as events
from guanxi.people.registry import Moves, in_a_merge


def reconsider(happened: Sequence[Any]) -> None:
    people: dict[str, set[int]] = defaultdict(set)
    for item in happened:
        people[item.fact.channel].add(item.fact.person)
    for channel, those in people.items():
        operations.reconsider(people=sorted(those), channel=channel)


def look_at_reach(happened: Sequence[Any]) -> None:
    for item in happened:
        tell.touch("reach", queries.holders(item.fact.channel, item.fact.addresses))


events.mirror("reach", queries.reach_mirrored)
events.subscribe("consent.withdrawn", reconsider)
events.subscribe("addresses.changed", look_at_reach)
in_a_merge(Moves(Message, one=("origin", "account", "step")))
