"""Group chats and who is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.parties import Parties, PersonRef, StaffRef
from guanxi.api.v1.shapes import At, Id, In, Line, Listed, Moment, Named, Out, Page, chosen, named, naming, one, page
from guanxi.api.v1.telling import MOST, TELL, Told, outcome
from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import GroupChat, GroupMembership, JoinedBy, LeftBy
from guanxi.connections.operations import GroupTold
from guanxi.connections.operations.groups import NAME_LIMIT, OF_MEMBERS
from guanxi.governance.queries import Permission
from guanxi.people.models import Person

router = Router(tags=["Ties"])
VIEW = Permission.PEOPLE_VIEW

GroupKinds = Literal[
    "created", "renamed", "notice_changed", "owner_changed", "dismissed", "member_joined", "member_left"
]
Hows = Literal["", "unknown", "invited", "link", "scan", "created", "left", "removed"]
assert set(Hows.__args__) == {"", *JoinedBy.values, *LeftBy.values}  # type: ignore[attr-defined]


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
    invited_by_person: Named | None = Field(description="Null when nobody did, or somebody who may not be seen.")


class GroupFactIn(In):
    """`group` is the messenger's own id. `text` is the name (of 120 characters at most) or notice, `owner` a member of
    staff; of `member_joined` and `member_left` say `person` or `staff`, `how`, and who invited them; nobody invites
    themselves."""

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


class GroupsAsked(Listed):
    account: Id("acc") | None = None  # type: ignore[valid-type]
    external_id: Line = Field("", max_length=120, description="The messenger's own id.")


class MembersAsked(Listed):
    now_only: bool = Field(True, description="Without those who left.")


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
    for at, each in enumerate(body.facts):
        _check(each, f"facts.{at}")
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
    return outcome(told, connections.note_group_facts(told, now=request.now, source="api"))


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
    seen = queries.seen_people(request.staff, [pk for row in rows for pk in (row.person_id, row.invited_by_person_id)])
    return page([_member(row, seen) for row in rows], after)


def _check(fact: GroupFactIn, at: str) -> None:
    if fact.kind in OF_MEMBERS and fact.person and fact.staff:
        raise invalid(f"{at}.staff", "Send either person or staff: each has a fact of their own.")
    if fact.kind in OF_MEMBERS and not (fact.person or fact.staff):
        raise invalid(f"{at}.person", "Say who came or went: person or staff.", "missing")
    if fact.kind == "owner_changed" and not fact.owner:
        raise invalid(f"{at}.owner", "Say whose the group is now.", "missing")
    if fact.kind == "renamed" and not fact.text.strip():
        raise invalid(f"{at}.text", "Say the new name.", "missing")
    if fact.kind in ("created", "renamed") and len(fact.text) > NAME_LIMIT:
        raise invalid(f"{at}.text", f"The name of a group holds {NAME_LIMIT} characters at most.", "too_long")


def _group(row: GroupChat) -> GroupOut:
    return GroupOut(
        id=row.public_id,
        external_id=row.external_id,
        name=row.name,
        notice=row.notice,
        account=naming(row.account),
        owner=named(row.owner),
        people=row.people,
        staff=row.staff,
        created_at=row.created_at,
        dismissed_at=row.dismissed_at,
    )


def _member(row: GroupMembership, seen: Mapping[int, Person]) -> MemberOut:
    return MemberOut(
        person=named(seen.get(row.person_id or 0)),
        staff=named(row.staff),
        since=row.since,
        until=row.until,
        joined_by=row.joined_by,
        left_by=row.left_by or None,
        invited_by=named(row.invited_by_staff),
        invited_by_person=named(seen.get(row.invited_by_person_id or 0)),
    )
