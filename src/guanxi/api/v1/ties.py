"""The ties of a person, follows, and accounts of which only ties are kept."""

from __future__ import annotations

from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.friends import FriendOut, friend
from guanxi.api.v1.parties import Parties, PersonRef
from guanxi.api.v1.people import found
from guanxi.api.v1.referrals import Bys
from guanxi.api.v1.shapes import At, Id, In, Listed, Moment, Name, Named, Out, Page, named, naming, newest, page
from guanxi.api.v1.telling import MOST, TELL, Told, outcome
from guanxi.channels import operations as channels
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import Follow
from guanxi.connections.operations import FollowTold
from guanxi.connections.queries import Brought, Place
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Person

router = Router(tags=["Ties"])
VIEW = Permission.PEOPLE_VIEW


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


class PlaceOut(Out):
    group: Named
    since: At | None
    until: At | None
    joined_by: str
    invited_by: Named | None = Field(description="A member of staff.")
    invited_by_person: Named | None = Field(description="Null when nobody did, or somebody who may not be seen.")


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


class FollowFactIn(In):
    person: PersonRef
    account: Id("acc")  # type: ignore[valid-type]
    kind: Literal["followed", "unfollowed"]
    at: Moment


class FollowFacts(In):
    facts: list[FollowFactIn] = Field(min_length=1, max_length=MOST)


class RecordedAccount(In):
    """An account of a messenger for which no channel is installed: ties are kept of it, nothing is sent from it."""

    kind: str = Field(pattern="^[a-z][a-z0-9_]{1,19}$", description="Such as wecom, wechat or weibo.")
    name: Name


class AccountOut(Out):
    id: str
    kind: str
    name: str


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
                **friend(each.friendship, person),
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
        groups=[_place(each) for each in known.groups],
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
    return outcome(told, connections.note_follows(told, now=request.now, source="api"))


@router.post("/channels/recorded", **op(Permission.CHANNELS_MANAGE, AccountOut, status=201))
def record_channel(request: ApiRequest, body: RecordedAccount) -> AccountOut:
    """Note an account of which only ties are kept

    The one with this kind and name, if it is there already.
    """
    account = channels.record_account(kind=body.kind, name=body.name, now=request.now, by=request.staff)
    return AccountOut(id=account.public_id, kind=account.kind, name=account.name)


def _follow(row: Follow, person: Person) -> FollowOut:
    return FollowOut(
        id=row.public_id, person=named(person), account=naming(row.account), since=row.since, until=row.until
    )


def _place(place: Place) -> PlaceOut:
    row = place.membership
    return PlaceOut(
        group=naming(row.group),
        since=row.since,
        until=row.until,
        joined_by=row.joined_by,
        invited_by=named(row.invited_by_staff),
        invited_by_person=named(place.inviter),
    )


def _brought(row: Brought) -> BroughtOut:
    return BroughtOut(person=named(row.person), by=row.by, at=row.at, is_first=row.is_first)  # type: ignore[arg-type]
