"""Hand-overs of friends, and their way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.friends import Ways
from guanxi.api.v1.parties import StaffRef, members
from guanxi.api.v1.shapes import (
    At,
    Id,
    In,
    Listed,
    Moment,
    Named,
    Out,
    Page,
    chosen,
    named,
    naming,
    newest,
    one,
    page,
    tagged,
)
from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import FriendHandover, HandoverState
from guanxi.connections.queries import FriendsWanted
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission

router = Router(tags=["Ties"])
MAY = Permission.PEOPLE_BULK
States = Literal["running", "stopped", "done", "failed", "undoing", "undone"]
assert set(States.__args__) == set(HandoverState.values)  # type: ignore[attr-defined]


class HandOverFriends(In):
    """Without a choice all friends go, and the group chats, too. Several takers get them in turn."""

    giver: StaffRef
    taker: StaffRef | None = None
    takers: list[StaffRef] = Field(default_factory=list, max_length=50)
    account: Id("acc") | None = None  # type: ignore[valid-type]
    source: Ways | Literal[""] = ""
    since_from: Moment | None = None
    since_until: Moment | None = Field(None, description="Not counted.")
    only_say: bool = Field(
        False, description="Say how many would go to whom, or what is refused, and hand nobody over."
    )


class ShareOut(Out):
    taker: Named
    friends: int


class FriendsHandedOver(Out):
    """`handover` and `state` are null when nobody went. While it is `running` the worker goes on, and `friends`,
    `groups` and `shares` say how many have gone: GET /friends/hand-overs/{id}."""

    handover: str | None
    state: States | None
    total: int = Field(description="How many friends it is about.")
    friends: int
    groups: int
    shares: list[ShareOut]


class FriendHandoverOut(Out):
    """Of `total` friends `friends` went and `left_out` did not, because they changed hands, ended or began anew
    meanwhile; of `returning`, `returned` came back and `kept` did not.
    """

    id: str
    state: States
    problem: Literal["taker_left", "giver_left", "unexpected"] | None = Field(description="Why it stopped by itself.")
    total: int
    friends: int
    left_out: int
    groups: int
    shares: list[ShareOut]
    giver: Named
    by: Named | None
    at: At
    finished_at: At | None
    undone_at: At | None
    returning: int
    returned: int = Field(description="How many friends came back.")
    kept: int
    may_undo: bool


@router.post("/friends/hand-over", **op(MAY, FriendsHandedOver, refusals=("conflict",)))
def hand_over_friends(request: ApiRequest, body: HandOverFriends) -> FriendsHandedOver:
    """Hand the friends of an advisor over

    With remarks and sources; they can come back for seven days. Up to 300 go at once, all or none. More are `running`
    in the answer: who goes is settled, and the worker hands them over. One at a time of one giver. A manager hands over
    within their units.
    """
    there = queries.staff_for(request.staff)
    asked = [*([body.taker] if body.taker else []), *body.takers]
    known = members(there, {"giver": body.giver, **{f"takers.{at}": name for at, name in enumerate(asked)}})
    giver = known.pop("giver")
    takers = list({one.pk: one for one in known.values()}.values())
    account = chosen(Account.objects.all(), body.account, "account")
    wanted = FriendsWanted(
        account=account.pk if account else None,
        source=body.source,
        since_from=body.since_from,
        since_until=body.since_until,
    )
    given = None if wanted == FriendsWanted() else wanted
    if body.only_say:
        connections.check_handover(giver=giver, takers=takers)
        shares, groups = queries.would_go(giver, takers, given)
        return FriendsHandedOver(
            handover=None,
            state=None,
            total=sum(shares.values()),
            friends=sum(shares.values()),
            groups=groups,
            shares=[ShareOut(taker=naming(one), friends=shares[one.pk]) for one in takers],
        )
    of = connections.hand_over_friends(giver=giver, takers=takers, by=request.staff, now=request.now, wanted=given)
    if of is None:
        return FriendsHandedOver(handover=None, state=None, total=0, friends=0, groups=0, shares=[])
    return FriendsHandedOver(
        handover=of.public_id,
        state=of.state,  # type: ignore[arg-type]
        total=of.total,
        friends=of.friends,
        groups=of.groups,
        shares=_shares(of, takers),
    )


@router.get("/friends/hand-overs", **op(MAY, Page[FriendHandoverOut], refusals=("bad_cursor",)))
def list_friend_handovers(request: ApiRequest, asked: Query[Listed]) -> Page[FriendHandoverOut]:
    """List hand-overs of friends

    The newest first. A manager sees those of advisors in their units.
    """
    rows, after = newest(queries.handovers_of(request.staff), asked)
    takers = list(Staff.objects.filter(pk__in={taker for row in rows for taker, *_ in row.shares}))
    return page([_handover(request, row, takers) for row in rows], after)


@router.get("/friends/hand-overs/{handover_id}", **op(MAY, FriendHandoverOut, thing=True))
def get_friend_handover(request: ApiRequest, handover_id: str) -> FriendHandoverOut:
    """Get a hand-over of friends

    Ask again every few seconds while it is `running` or `undoing`.
    """
    of = one(queries.handovers_of(request.staff), handover_id)
    takers = Staff.objects.filter(pk__in=[taker for taker, *_ in of.shares])
    return tagged(request, _handover(request, of, list(takers)))


def _turned(request: ApiRequest, handover_id: str, turn: Callable[..., FriendHandover]) -> FriendHandoverOut:
    turn(of=one(queries.handovers_of(request.staff), handover_id), by=request.staff, now=request.now)
    return get_friend_handover(request, handover_id)


@router.post("/friends/hand-overs/{handover_id}/stop", **op(MAY, FriendHandoverOut, thing=True, refusals=("conflict",)))
def stop_friend_handover(request: ApiRequest, handover_id: str) -> FriendHandoverOut:
    """Stop a hand-over of friends

    After those who are changing hands now; who has done so stays there.
    """
    return _turned(request, handover_id, connections.stop_handover)


@router.post(
    "/friends/hand-overs/{handover_id}/resume", **op(MAY, FriendHandoverOut, thing=True, refusals=("conflict",))
)
def resume_friend_handover(request: ApiRequest, handover_id: str) -> FriendHandoverOut:
    """Go on with a hand-over of friends

    Where it was stopped or failed, also on the way back: then only while the giver has access (409).
    """
    return _turned(request, handover_id, connections.resume_handover)


@router.post("/friends/hand-overs/{handover_id}/undo", **op(MAY, FriendHandoverOut, thing=True, refusals=("conflict",)))
def undo_friend_handover(request: ApiRequest, handover_id: str) -> FriendHandoverOut:
    """Take a hand-over of friends back

    Within seven days, to a giver with access: one who has left gets it again first (409). Whom the takers still have
    comes back, more than 300 in the background; who was their friend before stays theirs, too.
    """
    return _turned(request, handover_id, connections.return_friends)


def _shares(of: FriendHandover, takers: Iterable[Staff]) -> list[ShareOut]:
    known = {one.pk: one for one in takers}
    return [ShareOut(taker=naming(known[pk]), friends=friends) for pk, friends, *_ in of.shares if pk in known]


def _handover(request: ApiRequest, of: FriendHandover, takers: Iterable[Staff]) -> FriendHandoverOut:
    return FriendHandoverOut(
        id=of.public_id,
        state=of.state,  # type: ignore[arg-type]
        problem=of.problem or None,  # type: ignore[arg-type]
        total=of.total,
        friends=of.friends,
        left_out=of.left_out,
        groups=of.groups,
        shares=_shares(of, takers),
        giver=naming(of.giver),
        by=named(of.by),
        at=of.at,
        finished_at=of.finished_at,
        undone_at=of.undone_at,
        returning=of.returning,
        returned=of.returned,
        kept=of.kept,
        may_undo=queries.may_return(of, request.now),
    )
