"""Group chats and who is in them from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from guanxi.connections.models import GroupChat, GroupMembership, JoinedBy, LeftBy, MemberFact
from guanxi.connections.operations import reading
from guanxi.connections.operations.groups import JOINED, LEFT, GroupTold, note_group_facts
from guanxi.connections.operations.import_friends import (
    TiesPlan,
    advisors_by_email,
    all_told,
    count,
    rejected_for,
)
from guanxi.connections.operations.taking_back import TakeBackGroups, TakeBackMembers
from guanxi.connections.rules import WECOM_JOIN_SCENES, WECOM_QUIT_SCENES
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.port import ImportContext, ImportField, ImportOption, Objection, Ready, Rejected, Row, Text, UndoStep

OF_STAFF = ("owner", "staff", "invited_by")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Of a group alone when neither `who` nor `staff` says who is in it."""

    row_no: int
    account: str
    group: str
    name: str
    owner: str
    created_at: datetime | None
    who: tuple[reading.Who, ...]
    staff: str
    since: datetime | None
    until: datetime | None
    how: str
    left: str
    invited_by: str

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class _Known:
    name: str = ""
    owner: int | None = None
    created_at: datetime | None = None


@dataclass
class _There:
    """What is known of the groups and places that a chunk speaks of."""

    groups: dict[tuple[int, str], _Known] = field(default_factory=dict)
    places: dict[tuple[int, str, int, int], set[tuple[datetime, bool]]] = field(default_factory=dict)
    """Account, group, person or 0, staff or 0 → when they came and went."""


class GroupsKind:
    key = "groups"
    position = 90
    label: Text = _("Group chats and their members")
    description: Text = _("Which group chats there are, whose they are, and who is in them since when.")
    needs: Text = _("Import people first; add the advisors under Staff and units.")
    fields: tuple[ImportField, ...] = (
        reading.ACCOUNT_FIELD,
        ImportField(
            "group",
            _("Id of the group chat"),
            required=True,
            synonyms=("chat_id", "chatid", "group_id", "群id", "群聊id", "그룹 아이디"),
            example="wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA",
            help=_("The messenger's own."),
        ),
        ImportField(
            "group_name",
            _("Name of the group chat"),
            synonyms=("chat_name", "群名", "群名称", "그룹명"),
            example=_("Spring tasting"),
        ),
        ImportField(
            "owner",
            _("E-mail of its owner"),
            synonyms=("group_owner", "群主", "群主邮箱", "방장", "방장 이메일"),
        ),
        ImportField("created_at", _("Created at"), synonyms=("create_time", "建群时间", "创建时间", "생성일시")),
        *reading.WHO_FIELDS,
        ImportField(
            "staff",
            _("E-mail of a member of staff in it"),
            synonyms=("staff_email", "员工", "员工邮箱", "직원", "직원 이메일"),
        ),
        ImportField(
            "since",
            _("Joined at"),
            synonyms=("joined_at", "join_time", "入群时间", "가입일시", "참여일시"),
            example="2026-03-14 09:00",
        ),
        ImportField("ended_at", _("Left at"), synonyms=("left_at", "quit_time", "退群时间", "퇴장일시")),
        ImportField(
            "how",
            _("How they came"),
            synonyms=("join_scene", "joined_by", "入群方式", "참여 방식"),
            example="scan",
            help="invited, link, scan, created",
        ),
        ImportField(
            "left",
            _("How they went"),
            synonyms=("quit_scene", "left_by", "退群方式", "퇴장 방식"),
            help="left, removed",
        ),
        ImportField(
            "invited_by",
            _("E-mail of the advisor who invited them"),
            synonyms=("inviter", "邀请人", "초대한 사람"),
        ),
    )
    options: tuple[ImportOption, ...] = (reading.UNKNOWN_ACCOUNT,)
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Text] = reading.MESSAGES

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        """A file of groups alone is fine."""
        return []

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return reading.read(rows, lambda row: _group(row, context))

    def plan(self, ready: Sequence[GroupRow], context: ImportContext) -> TiesPlan:
        persons = reading.find_people(one for row in ready for one in row.who)
        staff = advisors_by_email({getattr(row, name) for row in ready for name in OF_STAFF} - {""})
        plan = TiesPlan(accounts=reading.accounts(context))
        there = _known({row.group for row in ready}, set(persons.values()), set(staff.values()))
        for row in ready:
            person = reading.first_known(row.who, persons)
            if rejected := _rejected(row, person, staff, plan, context):
                plan.rejected.append(rejected)
            else:
                account = plan.accounts.get(row.account.casefold(), 0)
                told = _told(row, person, staff, there, account, context)
                count(plan, _news(row, person, staff, there, account, told))
                plan.told.append((row.account, _of_account(told)))
        return plan

    def write(self, plan: TiesPlan, context: ImportContext) -> None:
        note_group_facts(all_told(plan, context), now=context.now, source=context.source, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (people.RestoreChanges(Person), TakeBackMembers(), TakeBackGroups(), people.RemoveRows(GroupChat))


def _group(row: Row, context: ImportContext) -> GroupRow:
    staff = reading.text(row, "staff", 254).lower()
    since, until = reading.instant(row, "since", context), reading.instant(row, "ended_at", context)
    ids = any(row.cells.get(one.key, "").strip() for one in reading.WHO_FIELDS)
    if (ids or staff) and since is None and until is None:
        raise reading.Unfit("required", field="since")
    reading.in_order(row, since, until)
    left = reading.word(row, "left", LeftBy, WECOM_QUIT_SCENES)
    if left not in ("", LeftBy.UNKNOWN) and until is None:
        raise reading.Unfit("end_missing", field="left", value=reading.text(row, "left", 40), other="ended_at")
    return GroupRow(
        row_no=row.row_no,
        account=reading.text(row, "account", 120, required=True),
        group=reading.text(row, "group", 120, required=True),
        name=reading.text(row, "group_name", 120),
        owner=reading.text(row, "owner", 254).lower(),
        created_at=reading.instant(row, "created_at", context),
        who=reading.who(row, context) if ids or (since and not staff) else (),
        staff=staff,
        since=since,
        until=until,
        how=reading.word(row, "how", JoinedBy, WECOM_JOIN_SCENES),
        left=left,
        invited_by=reading.text(row, "invited_by", 254).lower(),
    )


def _rejected(
    row: GroupRow, person: int | None, staff: Mapping[str, int], plan: TiesPlan, context: ImportContext
) -> Rejected | None:
    for email in (row.owner, row.staff, row.invited_by):
        if email and email not in staff:
            return Rejected(row.row_no, "unknown_advisor", {"value": email})
    if row.who and row.staff:
        return Rejected(row.row_no, "person_and_staff")
    if row.staff and row.staff == row.invited_by:
        return Rejected(row.row_no, "invited_by_themselves")
    return rejected_for(row, person if row.who else 0, plan, context)


def _told(
    row: GroupRow, person: int | None, staff: Mapping[str, int], there: _There, account: int, context: ImportContext
) -> list[GroupTold]:
    """What nobody knows yet of the group, and what the row says of a place in it. The account follows."""

    def say(kind: str, at: datetime, text: str = "", owner: int | None = None) -> GroupTold:
        return GroupTold(account, row.group, kind=kind, at=at, text=text, owner=owner)

    known, owner = there.groups.get((account, row.group), _Known()), staff.get(row.owner)
    told: list[GroupTold] = []
    if row.created_at is not None:
        if known.created_at != row.created_at:
            told.append(say("created", row.created_at, row.name, owner))
    else:
        if row.name and row.name != known.name:
            told.append(say("renamed", context.now, row.name))
        if owner and owner != known.owner:
            told.append(say("owner_changed", context.now, owner=owner))
    member = staff.get(row.staff)
    if person is not None or member is not None:
        for kind, at, how in ((JOINED, row.since, row.how), (LEFT, row.until, row.left)):
            if at is not None:
                by = staff.get(row.invited_by) if kind == JOINED else None
                told.append(
                    GroupTold(account, row.group, kind=kind, at=at, person=person, staff=member, how=how, by_staff=by)
                )
    return told


def _news(
    row: GroupRow,
    person: int | None,
    staff: Mapping[str, int],
    there: _There,
    account: int,
    told: Sequence[GroupTold],
) -> bool | None:
    """Whether the row says more than is known; None when nothing is."""
    of_group = any(one.kind not in (JOINED, LEFT) for one in told)
    if not row.who and not row.staff:
        return of_group if (account, row.group) in there.groups else None
    known = there.places.get((account, row.group, person or 0, staff.get(row.staff, 0)))
    if known is None:
        return None
    return of_group or any((one.at, one.kind == JOINED) not in known for one in told)


def _of_account(told: Sequence[GroupTold]) -> Callable[[int], Sequence[GroupTold]]:
    """An account that is noted with the first of its rows has a key only then."""

    def of_account(account: int) -> list[GroupTold]:
        return [
            one if one.account == account else GroupTold(account, **{name: getattr(one, name) for name in _BESIDE})
            for one in told
        ]

    return of_account


_BESIDE = ("group", "kind", "at", "text", "owner", "person", "staff", "how", "by_person", "by_staff")


def _known(groups: Collection[str], persons: Iterable[int], staff: Iterable[int]) -> _There:
    there = _There()
    chats = {one.pk: one for one in GroupChat.objects.filter(external_id__in=groups)}
    for one in chats.values():
        there.groups[one.account_id, one.external_id] = _Known(one.name, one.owner_id, one.created_at)
    places = GroupMembership.objects.filter(group__in=chats)
    rows = {
        pk: (group, person or 0, member or 0)
        for wanted in (places.filter(person__in=set(persons)), places.filter(staff__in=set(staff)))
        for pk, group, person, member in wanted.values_list("pk", "group", "person", "staff")
    }
    facts: dict[int, set[tuple[datetime, bool]]] = defaultdict(set)
    for pk, at, begins in MemberFact.objects.filter(membership__in=rows).values_list("membership", "at", "begins"):
        facts[pk].add((at, begins))
    for pk, (group, person, member) in rows.items():
        there.places[chats[group].account_id, chats[group].external_id, person, member] = facts[pk]
    return there
