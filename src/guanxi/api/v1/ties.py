"""Ties: friends of advisors, follows, group chats, and who brought whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.parties import Parties, PersonRef, StaffRef, members
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import At, Id, In, Line, Listed, Moment, Named, Out, Page, chosen, named, newest, one, page
from guanxi.channels import operations as channels
from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import (
    BroughtBy,
    Follow,
    FriendHandover,
    Friendship,
    FriendSource,
    FriendState,
    GroupChat,
    GroupMembership,
    JoinedBy,
    LeftBy,
    ReferralEdge,
)
from guanxi.connections.operations import FollowTold, FriendTold, GroupTold, Referral, Refused
from guanxi.connections.operations.friends import TELLABLE
from guanxi.connections.queries import Brought, FriendsWanted
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Person

router = Router(tags=["Ties"])
VIEW, TELL = Permission.PEOPLE_VIEW, Permission.PEOPLE_IMPORT
MOST = 1_000

States = Literal["pending", "active", "deleted_by_them", "deleted_by_us", "blocked", "handed_over"]
Ways = Literal[
    "unknown", "scan", "phone_search", "card", "group", "phone_book", "wechat_contact", "outside_app", "email_search",
    "video_channel", "calendar", "meeting", "wechat_friend", "hardware", "door_service", "acquisition_link", "custom",
    "demand", "colleague", "assigned", "handed_over", "inherited",
]  # fmt: skip
FriendKinds = Literal[
    "requested", "half_added", "added", "removed_by_friend", "removed_by_staff", "blocked", "unblocked", "described"
]
GroupKinds = Literal[
    "created", "renamed", "notice_changed", "owner_changed", "dismissed", "member_joined", "member_left"
]
Hows = Literal["", "unknown", "invited", "link", "scan", "created", "left", "removed"]
Bys = Literal["invite", "code", "card", "group", "coupon", "word"]
assert set(States.__args__) == set(FriendState.values)  # type: ignore[attr-defined]
assert set(Ways.__args__) == set(FriendSource.values)  # type: ignore[attr-defined]
assert set(FriendKinds.__args__) == set(TELLABLE)  # type: ignore[attr-defined]
assert set(Hows.__args__) == {"", *JoinedBy.values, *LeftBy.values}  # type: ignore[attr-defined]
assert set(Bys.__args__) == set(BroughtBy.values)  # type: ignore[attr-defined]


class FriendOut(Out):
    """`person` is null when the maker of the key may not see who it was. `since` is when the friendship began that
    stands or stood last, `state_at` when its state did."""

    id: str
    person: Named | None
    advisor: Named
    account: Named
    state: States
    source: Ways
    since: At
    state_at: At
    remark: str
    description: str


class HeldOut(Out):
    """A time in which an advisor had the person, and why: `added`, `handed_over` or `inherited`."""

    advisor: str
    since: At
    until: At | None
    why: str
    whence: str | None = Field(description="The advisor who had them before.")


class FriendWithPast(FriendOut):
    held: list[HeldOut] = Field(description="Who had the person on this account, the earliest first.")


class FollowOut(Out):
    """`until` is null while it stands; `since` is null when only the end was told."""

    id: str
    person: Named | None
    account: Named
    since: At | None
    until: At | None


class GroupOut(Out):
    id: str
    external_id: str
    name: str
    notice: str
    account: Named
    owner: Named | None
    people: int
    staff: int
    created_at: At | None
    dismissed_at: At | None


class MemberOut(Out):
    """A person or a member of staff; `person` is null when the maker of the key may not see who it is."""

    person: Named | None
    staff: Named | None
    since: At | None
    until: At | None
    joined_by: str
    left_by: str | None
    invited_by: Named | None = Field(description="A member of staff.")


class PlaceOut(Out):
    group: Named
    since: At | None
    until: At | None
    joined_by: str


class ReferralOut(Out):
    """`bringer` brought `brought`. The earliest claim is the first bringer's; the others are kept as claims."""

    id: str
    bringer: Named | None
    brought: Named | None
    by: Bys
    at: At
    is_first: bool


class BroughtOut(Out):
    person: Named | None
    by: Bys
    at: At
    is_first: bool


class TiesOut(Out):
    friends: list[FriendWithPast]
    follows: list[FollowOut]
    groups: list[PlaceOut]
    brought_by: list[BroughtOut]
    brought: list[BroughtOut] = Field(description="The latest ten.")
    levels: list[int] = Field(description="How many they brought, how many those brought, and so on.")


class RefusedOut(Out):
    """`at` counts from 0: the place in the list that was sent."""

    at: int
    reason: str


class Told(Out):
    recorded: int
    refused: list[RefusedOut]


class FriendFactIn(In):
    """`described` says `remark` and `description` only."""

    person: PersonRef
    advisor: StaffRef
    account: Id("acc")  # type: ignore[valid-type]
    kind: FriendKinds
    at: Moment
    source: Ways = "unknown"
    remark: Line | None = Field(None, max_length=80)
    description: Line | None = Field(None, max_length=300)


class FriendFacts(In):
    facts: list[FriendFactIn] = Field(min_length=1, max_length=MOST)


class FollowFactIn(In):
    person: PersonRef
    account: Id("acc")  # type: ignore[valid-type]
    kind: Literal["followed", "unfollowed"]
    at: Moment


class FollowFacts(In):
    facts: list[FollowFactIn] = Field(min_length=1, max_length=MOST)


class GroupFactIn(In):
    """`group` is the messenger's own id. `text` is the name or notice, `owner` a member of staff; of `member_joined`
    and `member_left` say `person` or `staff`, `how`, and who invited them."""

    account: Id("acc")  # type: ignore[valid-type]
    group: Line = Field(min_length=1, max_length=120)
    kind: GroupKinds
    at: Moment
    text: str = Field("", max_length=1_000, pattern=r"^[^\x00]*$")
    owner: StaffRef | None = None
    person: PersonRef | None = None
    staff: StaffRef | None = None
    how: Hows = ""
    invited_by_person: PersonRef | None = None
    invited_by_staff: StaffRef | None = None


class GroupFacts(In):
    facts: list[GroupFactIn] = Field(min_length=1, max_length=MOST)


class ReferralIn(In):
    bringer: PersonRef
    brought: PersonRef
    by: Bys
    at: Moment


class Referrals(In):
    referrals: list[ReferralIn] = Field(min_length=1, max_length=MOST)


class FriendsAsked(Listed):
    advisor: Id("stf") | None = None  # type: ignore[valid-type]
    account: Id("acc") | None = None  # type: ignore[valid-type]
    state: States | Literal[""] = ""
    source: Ways | Literal[""] = ""
    since_from: Moment | None = None
    since_until: Moment | None = Field(None, description="Not counted.")


class GroupsAsked(Listed):
    account: Id("acc") | None = None  # type: ignore[valid-type]
    external_id: Line = Field("", max_length=120, description="The messenger's own id.")


class MembersAsked(Listed):
    now_only: bool = Field(True, description="Without those who left.")


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


class RecordedAccount(In):
    """An account of a messenger for which no channel is installed: ties are kept of it, nothing is sent from it."""

    kind: str = Field(pattern="^[a-z][a-z0-9_]{1,19}$", description="Such as wecom, wechat or weibo.")
    name: Line = Field(min_length=1, max_length=120)


class AccountOut(Out):
    id: str
    kind: str
    name: str


@router.get("/friends", **op(VIEW, Page[FriendOut], refusals=("bad_cursor",)))
def list_friends(request: ApiRequest, asked: Query[FriendsAsked]) -> Page[FriendOut]:
    """List friends of advisors

    The newest friendship first. A key of an advisor sees their own.
    """
    advisor, account = (
        chosen(Staff.objects.all(), asked.advisor, "advisor"),
        chosen(Account.objects.all(), asked.account, "account"),
    )
    wanted = FriendsWanted(
        advisor=advisor.pk if advisor else None,
        account=account.pk if account else None,
        state=asked.state,
        source=asked.source,
        since_from=asked.since_from,
        since_until=asked.since_until,
    )
    rows, after = queries.friends_page(request.staff, wanted, after=asked.after, size=asked.limit)
    seen = queries.seen_people(request.staff, [row.person_id for row in rows])
    return page([FriendOut(**_friend(row, seen.get(row.person_id))) for row in rows], after)


@router.post("/friends/facts", **op(TELL, Told))
def record_friends(request: ApiRequest, body: FriendFacts) -> Told:
    """Record what happened between advisors and people

    In any order, as often as you like: the times decide. What is refused is named by its place, the rest is kept.
    """
    ids = Parties(
        people=[each.person for each in body.facts],
        staff=[each.advisor for each in body.facts],
        accounts=[each.account for each in body.facts],
    )
    told = [
        FriendTold(
            ids.person(each.person),
            ids.member(each.advisor),
            ids.account(each.account),
            each.kind,
            each.at,
            "" if each.source == "unknown" else each.source,
            each.remark,
            each.description,
        )
        for each in body.facts
    ]
    return _told(told, connections.note_friend_facts(told, now=request.now, source="api"))


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
            shares=[ShareOut(taker=_named(one), friends=shares[one.pk]) for one in takers],
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


@router.get("/people/{person_id}/ties", **op(VIEW, TiesOut))
def get_ties(request: ApiRequest, person_id: str) -> TiesOut:
    """The ties of a person

    Their advisors, whom they follow, their group chats, who brought them and whom they brought.
    """
    person = found(request, person_id)
    known = queries.ties(person, request.staff)
    return TiesOut(
        friends=[
            FriendWithPast(
                **_friend(each.friendship, person),
                held=[
                    HeldOut(
                        advisor=held.advisor, since=held.since, until=held.until, why=held.why,
                        whence=held.whence or None,
                    )
                    for held in each.history
                ],
            )
            for each in known.friends
        ],
        follows=[_follow(each, person) for each in known.follows],
        groups=[
            PlaceOut(
                group=_named(each.group), since=each.since, until=each.until, joined_by=each.joined_by
            )
            for each in known.groups
        ],
        brought_by=[_brought(each) for each in known.bringers],
        brought=[_brought(each) for each in known.brought],
        levels=list(known.levels),
    )  # fmt: skip


@router.get("/follows", **op(VIEW, Page[FollowOut], refusals=("bad_cursor",)))
def list_follows(request: ApiRequest, asked: Query[Listed]) -> Page[FollowOut]:
    """List who follows

    The newest first, those who no longer do too.
    """
    visible = Follow.objects.filter(person__in=people.visible(request.staff)).select_related("account", "person")
    rows, after = newest(visible, asked)
    return page([_follow(row, row.person) for row in rows], after)


@router.post("/follows/facts", **op(TELL, Told))
def record_follows(request: ApiRequest, body: FollowFacts) -> Told:
    """Record who follows an account, and who no longer does

    In any order, as often as you like: the times decide.
    """
    ids = Parties(people=[each.person for each in body.facts], accounts=[each.account for each in body.facts])
    told = [
        FollowTold(ids.person(each.person), ids.account(each.account), each.kind == "followed", each.at)
        for each in body.facts
    ]
    return _told(told, connections.note_follows(told, now=request.now, source="api"))


@router.get("/groups", **op(VIEW, Page[GroupOut], refusals=("bad_cursor",)))
def list_groups(request: ApiRequest, asked: Query[GroupsAsked]) -> Page[GroupOut]:
    """List group chats

    The newest first, or the one that a messenger knows by its id.
    """
    account = chosen(Account.objects.all(), asked.account, "account")
    rows, after = queries.groups_page(
        request.staff,
        account=account.pk if account else None,
        external_id=asked.external_id,
        after=asked.after,
        size=asked.limit,
    )
    return page([_group(row) for row in rows], after)


@router.post("/groups/facts", **op(TELL, Told))
def record_groups(request: ApiRequest, body: GroupFacts) -> Told:
    """Record what happened in group chats

    A group is there from the first fact that names it. In any order, as often as you like: the times decide.
    """
    whoever = [one for each in body.facts for one in (each.person, each.invited_by_person) if one]
    of_staff = [one for each in body.facts for one in (each.staff, each.owner, each.invited_by_staff) if one]
    ids = Parties(people=whoever, staff=of_staff, accounts=[each.account for each in body.facts])
    told = [
        GroupTold(
            account=ids.account(each.account),
            group=each.group,
            kind=each.kind,
            at=each.at,
            text=each.text,
            owner=ids.member(each.owner) if each.owner else None,
            person=ids.person(each.person) if each.person else None,
            staff=ids.member(each.staff) if each.staff else None,
            how=each.how,
            by_person=ids.person(each.invited_by_person) if each.invited_by_person else None,
            by_staff=ids.member(each.invited_by_staff) if each.invited_by_staff else None,
        )
        for each in body.facts
    ]
    return _told(told, connections.note_group_facts(told, now=request.now, source="api"))


@router.get("/groups/{group_id}", **op(VIEW, GroupOut))
def get_group(request: ApiRequest, group_id: str) -> GroupOut:
    """Get a group chat

    With how many are in it now.
    """
    return _group(one(queries.visible_groups(request.staff).select_related("account", "owner"), group_id))


@router.get("/groups/{group_id}/members", **op(VIEW, Page[MemberOut], refusals=("bad_cursor",)))
def list_members(request: ApiRequest, group_id: str, asked: Query[MembersAsked]) -> Page[MemberOut]:
    """List the members of a group chat

    The latest to come first.
    """
    group = one(queries.visible_groups(request.staff), group_id)
    rows, after = queries.members_page(group, now_only=asked.now_only, after=asked.after, size=asked.limit)
    seen = queries.seen_people(request.staff, [row.person_id for row in rows])
    return page([_member(row, seen.get(row.person_id or 0)) for row in rows], after)


@router.get("/referrals", **op(VIEW, Page[ReferralOut], refusals=("bad_cursor",)))
def list_referrals(request: ApiRequest, asked: Query[Listed]) -> Page[ReferralOut]:
    """List who brought whom

    The newest first: whoever was brought is seen by the maker of the key.
    """
    visible = ReferralEdge.objects.filter(brought__in=people.visible(request.staff))
    rows, after = newest(visible.select_related("brought"), asked)
    seen = queries.seen_people(request.staff, [row.bringer_id for row in rows])
    return page([_referral(row, seen.get(row.bringer_id)) for row in rows], after)


@router.post("/referrals", **op(TELL, Told))
def record_referrals(request: ApiRequest, body: Referrals) -> Told:
    """Record who brought whom

    The earliest claim on a person holds, the others are kept. What would close a ring is refused.
    """
    ids = Parties(people=[one for each in body.referrals for one in (each.bringer, each.brought)])
    told = [Referral(ids.person(each.bringer), ids.person(each.brought), each.by, each.at) for each in body.referrals]
    return _told(told, connections.refer(told, now=request.now, source="api"))


@router.post("/channels/recorded", **op(Permission.CHANNELS_MANAGE, AccountOut, status=201))
def record_channel(request: ApiRequest, body: RecordedAccount) -> AccountOut:
    """Note an account of which only ties are kept

    The one with this kind and name, if it is there already.
    """
    account = channels.record_account(kind=body.kind, name=body.name.strip(), now=request.now, by=request.staff)
    return AccountOut(id=account.public_id, kind=account.kind, name=account.name)


def _shares(of: FriendHandover, takers: Iterable[Staff]) -> list[ShareOut]:
    known = {one.pk: one for one in takers}
    return [ShareOut(taker=_named(known[pk]), friends=friends) for pk, friends in of.shares if pk in known]


def _handover(of: FriendHandover, takers: Iterable[Staff]) -> FriendHandoverOut:
    return FriendHandoverOut(
        id=of.public_id,
        friends=of.friends,
        groups=of.groups,
        shares=_shares(of, takers),
        giver=_named(of.giver),
        by=named(of.by),
        at=of.at,
        undone_at=of.undone_at,
        returned=of.returned,
    )


def _told(told: Sequence[Any], refused: Sequence[Refused]) -> Told:
    return Told(
        recorded=len(told) - len(refused), refused=[RefusedOut(at=one.at, reason=one.reason) for one in refused]
    )


def _named(row: Any) -> Named:
    return Named(id=row.public_id, name=str(row))


def _friend(row: Friendship, person: Person | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "person": named(person),
        "advisor": _named(row.staff),
        "account": _named(row.account),
        "state": row.state,
        "source": row.source,
        "since": row.since,
        "state_at": row.state_at,
        "remark": row.remark,
        "description": row.description,
    }


def _follow(row: Follow, person: Person) -> FollowOut:
    return FollowOut(
        id=row.public_id, person=named(person), account=_named(row.account), since=row.since, until=row.until
    )


def _group(row: GroupChat) -> GroupOut:
    return GroupOut(
        id=row.public_id,
        external_id=row.external_id,
        name=row.name,
        notice=row.notice,
        account=_named(row.account),
        owner=named(row.owner),
        people=row.people,
        staff=row.staff,
        created_at=row.created_at,
        dismissed_at=row.dismissed_at,
    )


def _member(row: GroupMembership, person: Person | None) -> MemberOut:
    return MemberOut(
        person=named(person),
        staff=named(row.staff),
        since=row.since,
        until=row.until,
        joined_by=row.joined_by,
        left_by=row.left_by or None,
        invited_by=named(row.invited_by_staff),
    )


def _brought(row: Brought) -> BroughtOut:
    return BroughtOut(person=named(row.person), by=row.by, at=row.at, is_first=row.is_first)  # type: ignore[arg-type]


def _referral(row: ReferralEdge, bringer: Person | None) -> ReferralOut:
    return ReferralOut(
        id=row.public_id,
        bringer=named(bringer),
        brought=named(row.brought),
        by=row.by,  # type: ignore[arg-type]
        at=row.at,
        is_first=row.is_first,
    )
