"""What of what is said to people needs a field of theirs."""

from __future__ import annotations

from guanxi.content import queries as contents
from guanxi.people.models import Field
from guanxi.people.registry import FieldUse
from guanxi.reach.models import Broadcast, BroadcastState

OVER = (BroadcastState.DONE, BroadcastState.CANCELLED)


def needing(field: Field) -> list[FieldUse]:
    """Contents that say it: the broadcasts that are not over, and what no broadcast has used yet."""
    found: list[FieldUse] = []
    for content in contents.saying(field.key):
        broadcasts = list(Broadcast.objects.filter(content=content).order_by("pk"))
        found += [FieldUse("broadcast", one.public_id, one.name) for one in broadcasts if one.state not in OVER]
        if not broadcasts:
            found.append(FieldUse("content", content.public_id, content.name))
    return found
