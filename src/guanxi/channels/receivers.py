"""What channels does when something happens elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from guanxi.channels import operations
from guanxi.channels.models import Message
from guanxi.events import registry as events
from guanxi.people.registry import Moves, in_a_merge


def reconsider(happened: Sequence[Any]) -> None:
    people: dict[str, set[int]] = defaultdict(set)
    for item in happened:
        people[item.fact.channel].add(item.fact.person)
    for channel, those in people.items():
        operations.reconsider(people=sorted(those), channel=channel)


events.subscribe("consent.withdrawn", reconsider)
in_a_merge(Moves(Message, one=("origin", "account", "step")))
