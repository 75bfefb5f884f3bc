"""Hand over, stop, go on, take back. A few change hands here; of more only the state is set, and the lane does the
rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.connections.operations.handover.returning import friends_to_return, groups_to_return
from guanxi.connections.operations.handover.working import (
    GROUPS,
    halt,
    hindrance,
    hold_staff,
    record,
    takers_of,
    work,
    write_down,
)
from guanxi.connections.queries import HANDOVER_WORKING, FriendsWanted, friends_to_give, groups_to_give, in_time
from guanxi.connections.rules import dealt
from guanxi.governance.models import Staff
from guanxi.people import queries as people

TAKERS_AT_MOST = 50
AT_ONCE = 300
AFTER = timedelta(microseconds=1)
"""Of two things at one moment the end would hold."""


class FriendsKept(ValueError):
    """`reason`: inactive (nobody takes people over without access), holds_no_people, oneself, nobody (no taker),
    too_many (takers), at_work (their friends are changing hands already), not_running, not_stopped, too_late (to take
    it back), giver_left (nobody comes back to somebody without access)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def hand_over_friends(
    *,
    giver: Staff,
    takers: Sequence[Staff],
    by: Staff | None,
    now: datetime,
    wanted: FriendsWanted | None = None,
    friends: Sequence[int] | None = None,
    change: str = "",
) -> FriendHandover | None:
    """The friends of `giver` (those who are `wanted`, or named by key) are shared among `takers`, in turn; without a
    choice their group chats, too. Who they are is settled here. None when there is nobody. Raises FriendsKept."""
    there = _held(giver, takers)
    _alone(there, giver, now)
    held = friends_to_give(giver, wanted)
    if friends is not None:
        held = held.filter(pk__in=friends)
    ids = list(dict.fromkeys(one.pk for one in takers))
    going = _takers(list(held.order_by("pk").values_list("pk", flat=True)), ids)
    chats: Mapping[int, int] = {}
    if wanted is None and friends is None:
        chats = _takers(list(groups_to_give(giver).order_by("pk").values_list("pk", flat=True)), ids)
    if not going and not chats:
        return None
    of: FriendHandover = FriendHandover.objects.create(
        giver=giver,
        by=by,
        at=now,
        state=HandoverState.RUNNING,
        giver_active=there[giver.pk].is_active,
        shares=[[pk, 0, 0] for pk in ids],
        total=len(going),
        friends=0,
        groups=0,
        change=change,
    )
    write_down(of, going, chats)
    if _at_once(going, chats, of, now):
        if not of.friends and not of.groups:
            of.delete()
            return None
        return of
    record("started", of, by, now)
    return of


def _takers(things: Sequence[int], takers: Sequence[int]) -> dict[int, int]:
    return {thing: taker for taker, some in dealt(things, takers).items() for thing in some}


def _at_once(friends: Mapping[int, int], groups: Mapping[int, int], of: FriendHandover, now: datetime) -> bool:
    if len(friends) > AT_ONCE or len(groups) > GROUPS:
        return False
    while work(of, now):
        pass
    return True


def check_handover(*, giver: Staff, takers: Sequence[Staff]) -> None:
    """What `hand_over_friends` would refuse now, for who only asks. Raises FriendsKept."""
    ids = _chosen(giver, takers)
    there = {one.pk: one for one in Staff.objects.filter(pk__in={giver.pk, *ids})}
    _may_take(ids, there)
    for one in _at_work(giver):
        if not hindrance(one, there):
            raise FriendsKept("at_work")


def _held(giver: Staff, takers: Sequence[Staff]) -> Mapping[int, Staff]:
    ids = _chosen(giver, takers)
    held = hold_staff(giver.pk, *ids)
    _may_take(ids, held)
    return held


def _chosen(giver: Staff, takers: Sequence[Staff]) -> set[int]:
    if not takers:
        raise FriendsKept("nobody")
    if len(takers) > TAKERS_AT_MOST:
        raise FriendsKept("too_many")
    ids = {one.pk for one in takers}
    if giver.pk in ids:
        raise FriendsKept("oneself")
    return ids


def _may_take(takers: set[int], held: Mapping[int, Staff]) -> None:
    if not all(held[pk].is_active for pk in takers):
        raise FriendsKept("inactive")
    if people.takers().filter(pk__in=takers).count() != len(takers):
        raise FriendsKept("holds_no_people")


def _may_get_back(giver: Staff) -> None:
    if not giver.is_active:
        raise FriendsKept("giver_left")


def _alone(staff: Mapping[int, Staff], giver: Staff, now: datetime) -> None:
    """One at a time of one giver; one that cannot go on, because somebody has left, makes way."""
    for one in _at_work(giver).select_for_update():
        problem = hindrance(one, staff)
        if not problem:
            raise FriendsKept("at_work")
        halt(one, HandoverState.STOPPED, now, problem)


def _at_work(giver: Staff) -> QuerySet[FriendHandover]:
    found: QuerySet[FriendHandover] = FriendHandover.objects.filter(giver=giver, state__in=HANDOVER_WORKING)
    return found.order_by("pk")


@transaction.atomic
def stop_handover(*, of: FriendHandover, by: Staff | None, now: datetime) -> FriendHandover:
    """After those who are changing hands now; who has done so stays there. Raises FriendsKept."""
    held: FriendHandover = FriendHandover.objects.select_for_update().get(pk=of.pk)
    if held.state not in HANDOVER_WORKING:
        raise FriendsKept("not_running")
    halt(held, HandoverState.STOPPED, now)
    record("stopped", held, by, now)
    return held


@transaction.atomic
def resume_handover(*, of: FriendHandover, by: Staff | None, now: datetime) -> FriendHandover:
    """Where it stopped, with whoever still has access. Raises FriendsKept."""
    staff, held = _both(of)
    if held.state not in (HandoverState.STOPPED, HandoverState.FAILED):
        raise FriendsKept("not_stopped")
    _alone(staff, held.giver, now)
    if held.undone_at is None:
        _may_take(set(takers_of(held)), staff)
    else:
        _may_get_back(staff[held.giver_id])
    held.state = HandoverState.UNDOING if held.undone_at else HandoverState.RUNNING
    held.problem, held.finished_at, held.giver_active = "", None, staff[held.giver_id].is_active
    held.save(update_fields=["state", "problem", "finished_at", "giver_active"])
    record("resumed", held, by, now)
    return held


@transaction.atomic
def return_friends(*, of: FriendHandover, by: Staff | None, now: datetime, turn_round: bool = False) -> FriendHandover:
    """Within seven days, whom the takers still have comes back, and so do group chats; who was a taker's friend before
    stays theirs, too. What has changed hands or ended since stays. Raises FriendsKept.

    `turn_round`: also while it runs, for it goes back with what it went along with.
    """
    staff, held = _both(of)
    if held.undone_at is not None or not in_time(held, now):
        raise FriendsKept("too_late")
    _may_get_back(staff[held.giver_id])
    if not turn_round:
        _alone(staff, held.giver, now)
    friends, groups = friends_to_return(held), groups_to_return(held)
    held.state, held.problem, held.finished_at = HandoverState.UNDOING, "", None
    held.undone_at = max(now, held.at + AFTER)
    held.undone_by, held.returning = by, len(friends)
    held.giver_active = staff[held.giver_id].is_active
    held.save()
    write_down(held, friends, groups)
    if not _at_once(friends, groups, held, now):
        record("turned_back", held, by, now)
    return held


def _both(of: FriendHandover) -> tuple[dict[int, Staff], FriendHandover]:
    staff = hold_staff(of.giver_id, *takers_of(of))
    held: FriendHandover = FriendHandover.objects.select_for_update().get(pk=of.pk)
    return staff, held
