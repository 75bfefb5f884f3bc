"""Some of a hand-over at a time, in the caller's transaction, which holds its staff and its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from guanxi.connections.models import FriendHandover, HandoverPart, HandoverState
from guanxi.connections.operations.handover.giving import give_friends, give_groups
from guanxi.connections.operations.handover.returning import return_groups, return_some
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people import queries as people

CHUNK = 200
"""So that nobody who is concerned waits for longer than a second, on a busy machine, too."""
GROUPS = 20
COUNTS = ["state", "problem", "shares", "friends", "left_out", "groups", "returned", "kept", "finished_at"]


def hold_staff(*ids: int) -> dict[int, Staff]:
    """Two hand-overs of one advisor come one after the other, and nobody loses access meanwhile. Asked for before the
    row of a hand-over, so that nobody waits in a circle."""
    held = Staff.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {one.pk: one for one in held}


def takers_of(of: FriendHandover) -> list[int]:
    return [taker for taker, *_ in of.shares]


def hindrance(of: FriendHandover, staff: Mapping[int, Staff]) -> str:
    """Why it cannot go on: who gave or gets friends has left meanwhile. Friends come back from whoever has left, and to
    nobody who has."""
    if (of.giver_active or of.undone_at is not None) and not staff[of.giver_id].is_active:
        return "giver_left"
    takers = takers_of(of)
    if of.undone_at is None and people.takers().filter(pk__in=takers).count() < len(takers):
        return "taker_left"
    return ""


def write_down(of: FriendHandover, friends: Mapping[int, int], groups: Mapping[int, int]) -> None:
    """Friendship → taker, group chat → taker: what is to be dealt with instead of what was."""
    HandoverPart.objects.filter(of=of).delete()
    rows: list[tuple[int | None, ...]] = [(of.pk, taker, pk, None) for pk, taker in sorted(friends.items())]
    rows += [(of.pk, taker, None, pk) for pk, taker in sorted(groups.items())]
    bulk.insert(HandoverPart, ["of_id", "taker_id", "friendship", "group"], rows)


def work(of: FriendHandover, now: datetime) -> bool:
    """The next of them; False when there was nobody left and it is finished."""
    left = HandoverPart.objects.filter(of=of).order_by("pk")
    if friends := list(left.filter(group=None)[:CHUNK]):
        _friends({one.friendship: one.taker_id for one in friends if one.friendship}, of, now)
    elif groups := list(left[:GROUPS]):
        _groups({one.group: one.taker_id for one in groups if one.group}, of, now)
    else:
        _finish(of, now)
        return False
    HandoverPart.objects.filter(pk__in=[one.pk for one in friends or groups]).delete()
    of.save(update_fields=COUNTS)
    return True


def _friends(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> None:
    if of.undone_at is None:
        went = give_friends(takers, of, now)
        of.shares = [[pk, friends + went[pk], groups] for pk, friends, groups in of.shares]
        of.friends += went.total()
        of.left_out += len(takers) - went.total()
    else:
        came = return_some(takers, of, now)
        of.returned += came
        of.kept += len(takers) - came


def _groups(takers: Mapping[int, int], of: FriendHandover, now: datetime) -> None:
    if of.undone_at is not None:
        return_groups(takers, of, now)
        return
    went = give_groups(takers, of, now)
    of.shares = [[pk, friends, groups + went[pk]] for pk, friends, groups in of.shares]
    of.groups += went.total()


def halt(of: FriendHandover, state: HandoverState, now: datetime, problem: str = "") -> None:
    """What has changed hands stays there."""
    of.state, of.problem, of.finished_at = state, problem, now
    of.save(update_fields=COUNTS)


def _finish(of: FriendHandover, now: datetime) -> None:
    """Who was erased meanwhile is among those who were left out."""
    if of.undone_at is None:
        of.state, of.left_out = HandoverState.DONE, of.total - of.friends
        names = dict(Staff.objects.filter(pk__in=takers_of(of)).values_list("pk", "public_id"))
        for taker, friends, groups in of.shares:
            if friends or groups:
                detail = {"to": names[taker], "friends": friends, "groups": groups}
                governance.record(
                    act="friends.handed_over", by=of.by, subject=of.giver.public_id, detail=detail, now=now
                )
    else:
        of.state, of.kept = HandoverState.UNDONE, of.returning - of.returned
        governance.record(
            act="friends.returned",
            by=of.undone_by,
            subject=of.giver.public_id,
            detail={"friends": of.returned},
            now=now,
        )
    of.finished_at = now
    of.save(update_fields=COUNTS)


def record(what: str, of: FriendHandover, by: Staff | None, now: datetime) -> None:
    """With how many it is about, and how many have gone or come back by now."""
    detail = {"handover": of.public_id, "friends": of.friends, "total": of.total}
    if of.undone_at is not None:
        detail |= {"friends": of.returned, "total": of.returning}
    governance.record(act=f"handover.{what}", by=by, subject=of.giver.public_id, detail=detail, now=now)
