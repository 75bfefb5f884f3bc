"""What happened to group chats, and who came and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from guanxi.channels.models import Account
from guanxi.connections import events as facts
from guanxi.connections.models import (
    GroupChat,
    GroupFact,
    GroupFactKind,
    GroupMembership,
    JoinedBy,
    LeftBy,
    MemberFact,
)
from guanxi.connections.operations.book import Book, Facts, Key, Noted, stands
from guanxi.connections.operations.checking import Parties, Refused, has_not_happened, parties
from guanxi.connections.operations.friends import CHUNK
from guanxi.connections.queries.mirror import tie_keys
from guanxi.connections.rules import GroupHappening, Turn, group_standing, span
from guanxi.events import operations as events
from guanxi.governance.models import Staff
from guanxi.kit import keys, scope
from guanxi.people import operations as people

NAME_LIMIT = 120
JOINED, LEFT = "member_joined", "member_left"
OF_MEMBERS = frozenset({JOINED, LEFT})


@dataclass(frozen=True, slots=True)
class GroupTold:
    """One thing that happened to the group chat that the account knows as `group`.

    `kind` is a GroupFactKind (`text` is the name or notice, `owner` a member of staff), or member_joined and
    member_left: `person` or `staff` came or went, `how` is a JoinedBy or LeftBy; `by_person` or `by_staff` invited
    them.
    """

    account: int
    group: str
    kind: str
    at: datetime
    text: str = ""
    owner: int | None = None
    person: int | None = None
    staff: int | None = None
    how: str = ""
    by_person: int | None = None
    by_staff: int | None = None


def _derive_group(told: Facts) -> Mapping[str, Any]:
    now = group_standing(GroupHappening(at, kind, text, owner or 0) for at, kind, text, owner in told)
    return {
        "name": now.name[:NAME_LIMIT],
        "notice": now.notice,
        "owner_id": now.owner or None,
        "created_at": now.created_at,
        "dismissed_at": now.dismissed_at,
    }


def _derive_member(told: Facts) -> Mapping[str, Any]:
    """How they came is the last word about the time that stands, and so is how they went."""
    now = span(Turn(at, begins) for at, begins, *_ in told)
    came = [fact for fact in told if fact[1] and fact[0] == now.since]
    went = [fact for fact in told if not fact[1] and fact[0] == now.until]
    _, _, how, by_person, by_staff = max(came, key=_known) if came else (None, True, "", None, None)
    return {
        "first_at": now.first_at,
        "since": now.since,
        "until": now.until,
        "joined_by": _way(how, invited=bool(by_person or by_staff)),
        "left_by": (max(went, key=_known)[2] or LeftBy.UNKNOWN) if went else "",
        "invited_by_person_id": by_person,
        "invited_by_staff_id": by_staff,
    }


def _way(how: str, *, invited: bool) -> str:
    if how in ("", JoinedBy.UNKNOWN):
        return JoinedBy.INVITED if invited else JoinedBy.UNKNOWN
    return how


def _known(fact: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of two words at one moment, the one that says more."""
    _at, _begins, how, by_person, by_staff = fact
    return how not in ("", "unknown"), how, by_person or 0, by_staff or 0


GROUPS = Book(
    rows=GroupChat,
    facts=GroupFact,
    link="group_id",
    key=("id",),
    told=("at", "kind", "text", "owner_id"),
    derive=_derive_group,
    derived=("name", "notice", "owner_id", "created_at", "dismissed_at"),
)
_MEMBER: dict[str, Any] = {
    "rows": GroupMembership,
    "facts": MemberFact,
    "link": "membership_id",
    "told": ("at", "begins", "how", "by_person", "by_staff"),
    "derive": _derive_member,
    "derived": ("first_at", "since", "until", "joined_by", "left_by", "invited_by_person_id", "invited_by_staff_id"),
}
PEOPLE_IN_GROUPS = Book(key=("person_id", "group_id"), rank=stands, begins=lambda fact: bool(fact[1]), **_MEMBER)
STAFF_IN_GROUPS = Book(key=("staff_id", "group_id"), **_MEMBER)


def note_group_facts(
    told: Sequence[GroupTold], *, now: datetime, source: str, import_id: int | None = None
) -> list[Refused]:
    """Facts of many groups and their members, in any order and as often as one likes; says which were refused."""
    refused: list[Refused] = []
    for start in range(0, len(told), CHUNK):
        refused += _note(told[start : start + CHUNK], start, now, source, import_id)
    return refused


@transaction.atomic
def _note(told: Sequence[GroupTold], start: int, now: datetime, source: str, import_id: int | None) -> list[Refused]:
    there = parties(
        people_ids={one for each in told for one in (each.person, each.by_person) if one},
        staff={one for each in told for one in (each.staff, each.owner, each.by_staff) if one},
        accounts={each.account for each in told},
    )
    refused = [Refused(start + at, fault) for at, one in enumerate(told) if (fault := _fault(one, there, now))]
    out = {one.at - start for one in refused}
    kept = [one for at, one in enumerate(told) if at not in out]
    groups = _groups(kept, import_id)
    _note_groups(kept, groups, there, source, import_id)
    _note_members(kept, groups, there, now, source, import_id)
    return refused


def _fault(one: GroupTold, there: Parties, now: datetime) -> str:
    if has_not_happened(one.at, now):
        return "in_future"
    if one.kind in OF_MEMBERS:
        if (one.person is None) == (one.staff is None):
            return "unknown_person"
        if one.how not in ("", *(JoinedBy.values if one.kind == JOINED else LeftBy.values)):
            return "bad_kind"
    elif one.kind not in GroupFactKind.values:
        return "bad_kind"
    return (
        there.fault(person=one.person, account=one.account)
        or there.fault(staff=one.staff)
        or there.fault(staff=one.owner)
        or there.fault(person=one.by_person, staff=None)
        or there.fault(staff=one.by_staff)
        or ("invited_by_themselves" if one.kind == JOINED and _invited_themselves(one, there) else "")
    )


def _invited_themselves(one: GroupTold, there: Parties) -> bool:
    if one.by_staff is not None and one.by_staff == one.staff:
        return True
    if one.person is None or one.by_person is None:
        return False
    return there.people[one.person] == there.people[one.by_person]


def _groups(told: Sequence[GroupTold], import_id: int | None) -> dict[tuple[int, str], GroupChat]:
    """The groups that are spoken of; one that nobody told of before is there from now on."""
    wanted = {(one.account, one.group) for one in told}
    known = _found(wanted)
    new = [
        GroupChat(public_id=keys.new("grp"), account_id=account, external_id=group, import_id=import_id)
        for account, group in sorted(wanted - set(known))
    ]
    GroupChat.objects.bulk_create(new, ignore_conflicts=True)
    return _found(wanted) if new else known


def _found(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], GroupChat]:
    ids = {group for _, group in wanted}
    rows = GroupChat.objects.filter(account__in={account for account, _ in wanted}, external_id__in=ids)
    return {(one.account_id, one.external_id): one for one in rows if (one.account_id, one.external_id) in wanted}


def _note_groups(
    told: Sequence[GroupTold],
    groups: Mapping[tuple[int, str], GroupChat],
    there: Parties,
    source: str,
    import_id: int | None,
) -> None:
    by_key: dict[Key, Facts] = defaultdict(set)
    for one in told:
        if one.kind not in OF_MEMBERS:
            pk = groups[one.account, one.group].pk
            by_key[(pk,)].add((one.at, str(one.kind), one.text[:1000], one.owner))
    noted = GROUPS.note(by_key, source=source, import_id=import_id)
    by_pk = {one.pk: one for one in groups.values()}
    events.touch("ties", members_of([one.pk for one in noted if _concerns_members(one)]))
    if import_id is not None:  # what a file knows of a group is no news
        return
    for row in noted:
        group = by_pk[row.pk]
        for at, kind, _text, owner in sorted(row.new, key=str):
            events.tell(_group_fact(kind, group, there.accounts[group.account_id], there.staff.get(owner)), at=at)


def _concerns_members(one: Noted) -> bool:
    """Whether rows of the mirror say it: whose the group is, and that it is gone."""
    return any((one.before or {}).get(name) != one.after[name] for name in ("owner_id", "dismissed_at"))


def members_of(groups: Sequence[int]) -> list[int]:
    found = GroupMembership.objects.filter(group__in=groups, person__isnull=False).values_list("pk", flat=True)
    return tie_keys(GroupMembership, found) if groups else []


def _group_fact(kind: str, group: GroupChat, account: Account, owner: Staff | None) -> Any:
    where = {"group": group.public_id, "account": account.public_id}
    match kind:
        case GroupFactKind.CREATED:
            return facts.GroupCreated(**where, owner=owner.public_id if owner else "")
        case GroupFactKind.OWNER_CHANGED:
            return facts.GroupOwnerChanged(**where, owner=owner.public_id if owner else "")
        case GroupFactKind.DISMISSED:
            return facts.GroupDismissed(**where)
        case _:
            return facts.GroupUpdated(**where, what="name" if kind == GroupFactKind.RENAMED else "notice")


def _note_members(
    told: Sequence[GroupTold],
    groups: Mapping[tuple[int, str], GroupChat],
    there: Parties,
    now: datetime,
    source: str,
    import_id: int | None,
) -> None:
    of_people: dict[Key, Facts] = defaultdict(set)
    of_staff: dict[Key, Facts] = defaultdict(set)
    for one in told:
        if one.kind not in OF_MEMBERS:
            continue
        inviter = there.people[one.by_person] if one.by_person else None
        fact = (one.at, one.kind == JOINED, one.how, inviter, one.by_staff)
        group = groups[one.account, one.group].pk
        if one.person is not None:
            of_people[there.people[one.person], group].add(fact)
        elif one.staff is not None:
            of_staff[one.staff, group].add(fact)
    came = PEOPLE_IN_GROUPS.note(of_people, source=source, import_id=import_id)
    with_us = STAFF_IN_GROUPS.note(of_staff, source=source, import_id=import_id)
    count(came, with_us)
    events.touch("ties", tie_keys(GroupMembership, [one.pk for one in came if one.changed]))
    moments: dict[int, datetime] = {}
    for row in came:
        for at, *_ in row.new:
            moments[row.key[0]] = max(at, moments.get(row.key[0], at))
    if moments:
        people.saw(moments, import_id=import_id)
    announce_members(came, list(groups.values()), there, now=now, source=source, import_id=import_id)


def announce_members(
    came: Sequence[Noted],
    groups: Sequence[GroupChat],
    there: Parties,
    *,
    now: datetime,
    source: str,
    import_id: int | None = None,
) -> None:
    by_pk = {one.pk: one for one in groups}
    happened = [found for row in came for found in _happened(row, by_pk[row.key[1]], there, import_id)]
    events.announce_many(happened, received_at=now, source=source)


def count(came: Sequence[Noted], with_us: Sequence[Noted]) -> None:
    """How many are in each group now, kept by what changed: a group of a hundred thousand is never counted through."""
    change: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for place, noted in enumerate((came, with_us)):
        for one in noted:
            change[one.key[1]][place] += is_in(one.after) - is_in(one.before)
    recount(change)


def recount(change: Mapping[int, Sequence[int]]) -> None:
    """Group → by how many people and members of staff it grew."""
    moved = {group: counts for group, counts in change.items() if any(counts)}
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {GroupChat._meta.db_table} chat SET people = people + moved.came, staff = staff + moved.ours "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS moved(id, came, ours) "
            "WHERE chat.id = moved.id AND chat.workspace_id = %s",
            [
                list(moved),
                [counts[0] for counts in moved.values()],
                [counts[1] for counts in moved.values()],
                scope.current(),
            ],
        )


def is_in(member: Mapping[str, Any] | None) -> int:
    return 0 if member is None else stands(member)


def _happened(one: Noted, group: GroupChat, there: Parties, import_id: int | None) -> list[events.Happened]:
    where = there.accounts[group.account_id]
    return [
        events.Happened(
            (facts.GroupMemberJoined if begins else facts.GroupMemberLeft)(
                one.key[0], group.public_id, where.public_id, how, where.kind, import_id
            ),
            at,
        )
        for at, begins, how, *_ in sorted(one.new, key=str)
    ]
