"""Hand-overs of friends, and their way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.friends import Ways
from guanxi.api.v1.parties import StaffRef, members
from guanxi.api.v1.shapes import At, Id, In, Listed, Moment, Named, Out, Page, chosen, named, naming, newest, one, page
from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import FriendHandover
from guanxi.connections.queries import FriendsWanted
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission

router = Router(tags=["Ties"])


class HandOverFriends(In):
    """Without a choice all friends go, and the group chats, too. Several takers get them in turn."""

    giver: StaffRef
    taker: StaffRef | None = None
    takers: list[StaffRef] = Field(default_factory=list, max_length=50)
    account: Id("acc") | None = None  # type: ignore[valid-type]
    source: Ways | Literal[""] = ""
    since_from: Moment | None = None
    since_until: Moment | None = Field(None, description="Not counted.")
    only_say: bool = Field(False, description="Say how many would go to whom, and hand nobody over.")


class ShareOut(Out):
    taker: Named
    friends: int


class FriendsHandedOver(Out):
    """`handover` is null when nobody went."""

    handover: str | None
    friends: int
    groups: int
    shares: list[ShareOut]


class FriendHandoverOut(Out):
    id: str
    friends: int
    groups: int
    shares: list[ShareOut]
    giver: Named
    by: Named | None
    at: At
    undone_at: At | None
    returned: int = Field(description="How many friends came back.")


@router.post("/friends/hand-over", **op(Permission.PEOPLE_BULK, FriendsHandedOver, refusals=("conflict",)))
def hand_over_friends(request: ApiRequest, body: HandOverFriends) -> FriendsHandedOver:
    """Hand the friends of an advisor over

    With remarks and sources, at once; they can come back for seven days. A manager hands over within their units.
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
        shares, groups = queries.would_go(giver, takers, given)
        return FriendsHandedOver(
            handover=None,
            friends=sum(shares.values()),
            groups=groups,
            shares=[ShareOut(taker=naming(one), friends=shares[one.pk]) for one in takers],
        )
    of = connections.hand_over_friends(giver=giver, takers=takers, by=request.staff, now=request.now, wanted=given)
    if of is None:
        return FriendsHandedOver(handover=None, friends=0, groups=0, shares=[])
    return FriendsHandedOver(handover=of.public_id, friends=of.friends, groups=of.groups, shares=_shares(of, takers))


@router.get("/friends/hand-overs", **op(Permission.PEOPLE_BULK, Page[FriendHandoverOut], refusals=("bad_cursor",)))
def list_friend_handovers(request: ApiRequest, asked: Query[Listed]) -> Page[FriendHandoverOut]:
    """List hand-overs of friends

    The newest first. A manager sees those of advisors in their units.
    """
    rows, after = newest(queries.handovers_of(request.staff), asked)
    takers = list(Staff.objects.filter(pk__in={taker for row in rows for taker, _friends in row.shares}))
    return page([_handover(row, takers) for row in rows], after)


@router.post(
    "/friends/hand-overs/{handover_id}/undo", **op(Permission.PEOPLE_BULK, FriendHandoverOut, refusals=("conflict",))
)
def undo_friend_handover(request: ApiRequest, handover_id: str) -> FriendHandoverOut:
    """Take a hand-over of friends back

    Within seven days. Whom the takers still have comes back; who was their friend before stays theirs, too.
    """
    of = connections.return_friends(
        of=one(queries.handovers_of(request.staff), handover_id), by=request.staff, now=request.now
    )
    return _handover(of, list(Staff.objects.filter(pk__in=[taker for taker, _friends in of.shares])))


def _shares(of: FriendHandover, takers: Iterable[Staff]) -> list[ShareOut]:
    known = {one.pk: one for one in takers}
    return [ShareOut(taker=naming(known[pk]), friends=friends) for pk, friends in of.shares if pk in known]


def _handover(of: FriendHandover, takers: Iterable[Staff]) -> FriendHandoverOut:
    return FriendHandoverOut(
        id=of.public_id,
        friends=of.friends,
        groups=of.groups,
        shares=_shares(of, takers),
        giver=naming(of.giver),
        by=named(of.by),
        at=of.at,
        undone_at=of.undone_at,
        returned=of.returned,
    )
