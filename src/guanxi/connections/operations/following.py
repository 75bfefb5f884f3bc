"""What ties do when people, staff or their places change elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.connections.models import Friendship
from guanxi.connections.queries.ties import tie_keys, ties_of
from guanxi.events import operations as events


def follow_merges(happened: Sequence[events.Happened]) -> None:
    """The rows went with the person, or home again: the lake hears of it."""
    people = sorted({one for each in happened for one in (each.fact.person, each.fact.merged)})
    events.touch("ties", ties_of(people))


def follow_moves(happened: Sequence[events.Happened]) -> None:
    """An advisor has another unit."""
    staff = {each.fact.staff for each in happened}
    found = Friendship.objects.filter(staff__public_id__in=staff).values_list("pk", flat=True)
    events.touch("ties", tie_keys(Friendship, found))
