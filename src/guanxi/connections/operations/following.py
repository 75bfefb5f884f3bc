"""What ties do when people, staff or their places change elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.connections.models import FriendHandover, Friendship
from guanxi.connections.operations.describing import show_words
from guanxi.connections.operations.follows import FOLLOWS, prove_follows_again
from guanxi.connections.operations.friends import FRIENDS, prove_friends_again
from guanxi.connections.operations.groups import PEOPLE_IN_GROUPS
from guanxi.connections.operations.handover import hand_over_friends, return_friends
from guanxi.connections.queries import in_time
from guanxi.connections.queries.mirror import tie_keys, ties_of
from guanxi.events import operations as events
from guanxi.governance.models import Staff
from guanxi.people.events import PeopleHandedOver


def follow_merges(happened: Sequence[events.Happened]) -> None:
    """The rows went with the person, or home again: of a tie that both had, the one that stands is shown, and the lake
    hears of it."""
    people = sorted({one for each in happened for one in (each.fact.person, each.fact.merged)})
    for book in (FRIENDS, FOLLOWS, PEOPLE_IN_GROUPS):
        book.show(people)
    show_words(set(Friendship.objects.filter(person__in=people).values_list("person", "staff", "account")))
    events.touch("ties", ties_of(people))


def follow_unmerges(happened: Sequence[events.Happened]) -> None:
    for each in happened:
        parted = sorted({each.fact.person, each.fact.merged})
        prove_friends_again(parted, each.at)
        prove_follows_again(parted, each.at)


def follow_handovers(happened: Sequence[events.Happened]) -> None:
    """The friends of a leaver go where their people go. Handed to nobody, they wait with the leaver."""
    for each in happened:
        if each.fact.taker and each.fact.taker != each.fact.giver:
            there = {one.public_id: one for one in Staff.objects.filter(public_id__in=_named(each.fact))}
            hand_over_friends(
                giver=there[each.fact.giver],
                takers=[there[each.fact.taker]],
                by=there.get(each.fact.by),
                now=each.at,
                change=each.fact.change,
            )


def follow_taken_back(happened: Sequence[events.Happened]) -> None:
    """With the people of a leaver their friends come back."""
    for each in happened:
        of = FriendHandover.objects.filter(change=each.fact.change, undone_at=None).first()
        if of is not None and in_time(of, each.at):
            by = Staff.objects.filter(public_id=each.fact.by).first()
            return_friends(of=of, by=by, now=each.at, turn_round=True)


def _named(fact: PeopleHandedOver) -> list[str]:
    return [fact.giver, fact.taker, fact.by]


def follow_moves(happened: Sequence[events.Happened]) -> None:
    """An advisor has another unit."""
    staff = {each.fact.staff for each in happened}
    found = Friendship.objects.filter(staff__public_id__in=staff).values_list("pk", flat=True)
    events.touch("ties", tie_keys(Friendship, found))
