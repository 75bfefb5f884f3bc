"""Friends of advisors and followers of accounts from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from guanxi.connections.models import (
    Follow,
    FollowFact,
    FriendFact,
    FriendFactKind,
    Friendship,
    FriendSource,
    FriendState,
)
from guanxi.connections.operations import reading
from guanxi.connections.operations.checking import parties
from guanxi.connections.operations.follows import FollowTold, note_follows
from guanxi.connections.operations.friends import DESCRIBED, FriendTold, note_friend_facts
from guanxi.connections.operations.taking_back import TakeBackFollows, TakeBackFriends, TakeBackWords
from guanxi.connections.rules import WECOM_ADD_WAYS
from guanxi.governance.models import Staff
from guanxi.people import operations as people
from guanxi.people.models import Person
from guanxi.people.port import (
    ImportContext,
    ImportField,
    ImportOption,
    Objection,
    Plan,
    Ready,
    Rejected,
    Row,
    Text,
    UndoStep,
)

# What a state says has happened after the beginning.
ENDS = {
    FriendState.ACTIVE: None,
    FriendState.DELETED_BY_THEM: FriendFactKind.REMOVED_BY_FRIEND,
    FriendState.DELETED_BY_US: FriendFactKind.REMOVED_BY_STAFF,
    FriendState.BLOCKED: FriendFactKind.BLOCKED,
}
# Words of files beside those of the console.
STATES = {
    "": FriendState.ACTIVE,
    "friend": FriendState.ACTIVE,
    "친구": FriendState.ACTIVE,
    "요청": FriendState.PENDING,
    "被删除": FriendState.DELETED_BY_THEM,
    "已删除": FriendState.DELETED_BY_US,
    "被拉黑": FriendState.BLOCKED,
    "차단": FriendState.BLOCKED,
}
ENDED_STATES = "deleted_by_them, deleted_by_us, blocked"
KNOWN_STATES = f"active, pending, {ENDED_STATES}"


@dataclass(frozen=True, slots=True)
class FriendRow:
    row_no: int
    who: tuple[reading.Who, ...]
    advisor: str
    account: str
    happened: tuple[tuple[str, datetime], ...]
    source: str
    remark: str | None
    description: str | None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class FollowRow:
    row_no: int
    who: tuple[reading.Who, ...]
    account: str
    since: datetime
    until: datetime | None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()


@dataclass
class TiesPlan(Plan):
    """`told` makes the facts of a row once its account is known; by the account's name."""

    told: list[tuple[str, Callable[[int], Sequence[Any]]]] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)


class FriendsKind:
    key = "friends"
    position = 70
    label: Text = _("Friends of advisors")
    description: Text = _("Who is a friend of which advisor, on which account, since when, and how they met.")
    needs: Text = _("Import people first; add the advisors under Staff and units.")
    fields: tuple[ImportField, ...] = (
        *reading.WHO_FIELDS,
        ImportField(
            "advisor",
            _("E-mail of the advisor"),
            required=True,
            synonyms=("staff", "owner", "advisor_email", "顾问", "顾问邮箱", "员工", "담당자", "담당자 이메일"),
            example="chen@example.test",
        ),
        reading.ACCOUNT_FIELD,
        ImportField("state", _("State"), synonyms=("status", "状态", "상태"), help=KNOWN_STATES, example="active"),
        reading.SINCE_FIELD,
        reading.ENDED_FIELD,
        ImportField("source", _("Source"), synonyms=("add_way", "来源", "添加方式", "출처"), example="scan"),
        ImportField("remark", _("Remark"), synonyms=("alias", "备注", "메모")),
        ImportField("description", _("Description"), synonyms=("描述", "설명")),
    )
    options: tuple[ImportOption, ...] = (reading.UNKNOWN_ACCOUNT,)
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Text] = reading.MESSAGES

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return reading.who_objections(columns)

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return reading.read(rows, lambda row: _friend(row, context))

    def plan(self, ready: Sequence[FriendRow], context: ImportContext) -> TiesPlan:
        persons = reading.find_people(one for row in ready for one in row.who)
        advisors = advisors_by_email({row.advisor for row in ready})
        there = parties(people_ids=set(persons.values()), staff=set(advisors.values()))
        plan, known = TiesPlan(accounts=reading.accounts(context)), _known_friends(persons.values())
        for row in ready:
            person = reading.first_known(row.who, persons)
            staff = advisors.get(row.advisor)
            if rejected := rejected_for(row, person, plan, context):
                plan.rejected.append(rejected)
            elif staff is None:
                plan.rejected.append(Rejected(row.row_no, "unknown_advisor", {"value": row.advisor}))
            elif person is not None and (fault := there.fault(person=person, staff=staff)):
                plan.rejected.append(reading.nobody(row.row_no, row.who, fault))
            elif person is not None:
                key = (person, staff, plan.accounts.get(row.account.casefold(), 0))
                count(plan, _news(row, known.get(key)))
                plan.told.append((row.account, _friend_told(row, person, staff)))
        return plan

    def write(self, plan: TiesPlan, context: ImportContext) -> None:
        note_friend_facts(all_told(plan, context), now=context.now, source=context.source, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (people.RestoreChanges(Person), people.TakeBackProofs(), TakeBackFriends(), TakeBackWords())


class FollowsKind:
    key = "follows"
    position = 80
    label: Text = _("Followers of accounts")
    description: Text = _("Who follows which account, since when, and until when.")
    needs: Text = _("Import people first.")
    fields: tuple[ImportField, ...] = (
        *reading.WHO_FIELDS,
        reading.ACCOUNT_FIELD,
        reading.SINCE_FIELD,
        ImportField("ended_at", _("Ended at"), synonyms=reading.ENDED_FIELD.synonyms),
    )
    options: tuple[ImportOption, ...] = (reading.UNKNOWN_ACCOUNT,)
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Text] = reading.MESSAGES

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return reading.who_objections(columns)

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return reading.read(rows, lambda row: _follow(row, context))

    def plan(self, ready: Sequence[FollowRow], context: ImportContext) -> TiesPlan:
        persons = reading.find_people(one for row in ready for one in row.who)
        plan, known = TiesPlan(accounts=reading.accounts(context)), _known_follows(persons.values())
        for row in ready:
            person = reading.first_known(row.who, persons)
            if rejected := rejected_for(row, person, plan, context):
                plan.rejected.append(rejected)
            elif person is not None:
                facts = {(row.since, True), *([(row.until, False)] if row.until else [])}
                there_already = known.get((person, plan.accounts.get(row.account.casefold(), 0)))
                count(plan, None if there_already is None else bool(facts - there_already))
                plan.told.append((row.account, _follow_told(row, person)))
        return plan

    def write(self, plan: TiesPlan, context: ImportContext) -> None:
        note_follows(all_told(plan, context), now=context.now, source=context.source, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (people.RestoreChanges(Person), people.TakeBackProofs(), TakeBackFollows())


def _friend(row: Row, context: ImportContext) -> FriendRow:
    began, ended = reading.began(row, context), reading.instant(row, "ended_at", context)
    reading.in_order(row, began, ended)
    state = _state(row, has_end=ended is not None)
    if state == FriendState.PENDING:
        happened: tuple[tuple[str, datetime], ...] = ((FriendFactKind.REQUESTED.value, began),)
    else:
        end = ENDS[state]
        after = ((end.value, ended or began),) if end else ()
        happened = ((FriendFactKind.ADDED.value, began), *after)
    return FriendRow(
        row_no=row.row_no,
        who=reading.who(row, context),
        advisor=reading.text(row, "advisor", 254, required=True).lower(),
        account=reading.text(row, "account", 120, required=True),
        happened=happened,
        source=reading.word(row, "source", FriendSource, WECOM_ADD_WAYS),
        remark=reading.text(row, "remark", 80) or None,
        description=reading.text(row, "description", 300) or None,
    )


def _state(row: Row, *, has_end: bool) -> FriendState:
    said = reading.text(row, "state", 40)
    state = STATES.get(said.casefold()) or reading.names_of(FriendState).get(said.casefold())
    if state is None or state == FriendState.HANDED_OVER:
        raise reading.Unfit("unknown_state", value=said, known=KNOWN_STATES)
    if has_end and not said:
        raise reading.Unfit("state_missing", field="state", other="ended_at", known=ENDED_STATES)
    if has_end and not ENDS.get(FriendState(state)):
        raise reading.Unfit("has_not_ended", field="state", value=said, other="ended_at")
    return FriendState(state)


def _follow(row: Row, context: ImportContext) -> FollowRow:
    since, until = reading.began(row, context), reading.instant(row, "ended_at", context)
    reading.in_order(row, since, until)
    return FollowRow(
        row_no=row.row_no,
        who=reading.who(row, context),
        account=reading.text(row, "account", 120, required=True),
        since=since,
        until=until,
    )


class TieRow(Protocol):
    @property
    def row_no(self) -> int: ...

    @property
    def who(self) -> tuple[reading.Who, ...]: ...

    @property
    def account(self) -> str: ...


def rejected_for(row: TieRow, person: int | None, plan: TiesPlan, context: ImportContext) -> Rejected | None:
    if person is None:
        return reading.nobody(row.row_no, row.who)
    must_be_known = context.options.get("unknown_account") == "reject"
    if must_be_known and row.account.casefold() not in plan.accounts:
        return Rejected(row.row_no, "unknown_account", {"value": row.account})
    return None


def advisors_by_email(emails: set[str]) -> dict[str, int]:
    return dict(Staff.objects.filter(user__email__in=emails).values_list("user__email", "pk"))


Known = tuple[set[tuple[datetime, str]], str, str]


def _known_friends(persons: Any) -> dict[tuple[int, int, int], Known]:
    rows = {one.pk: one for one in Friendship.objects.filter(person__in=set(persons))}
    told: dict[int, set[tuple[datetime, str]]] = defaultdict(set)
    for pk, at, kind in FriendFact.objects.filter(friendship__in=rows).values_list("friendship", "at", "kind"):
        told[pk].add((at, kind))
    return {
        (one.person_id, one.staff_id, one.account_id): (told[pk], one.remark, one.description)
        for pk, one in rows.items()
    }


def _known_follows(persons: Any) -> dict[tuple[int, int], set[tuple[datetime, bool]]]:
    rows = {pk: key for pk, *key in Follow.objects.filter(person__in=set(persons)).values_list(
        "pk", "person_id", "account_id"
    )}  # fmt: skip
    told: dict[tuple[int, int], set[tuple[datetime, bool]]] = {(a, b): set() for a, b in rows.values()}
    for pk, at, begins in FollowFact.objects.filter(follow__in=rows).values_list("follow", "at", "begins"):
        person, account = rows[pk]
        told[person, account].add((at, begins))
    return told


def _news(row: FriendRow, known: Known | None) -> bool | None:
    """Whether the row says more than is known; None when nothing is."""
    if known is None:
        return None
    told, remark, description = known
    news = any((at, kind) not in told for kind, at in row.happened)
    return news or row.remark not in (None, remark) or row.description not in (None, description)


def count(plan: Plan, news: bool | None) -> None:
    if news is None:
        plan.created += 1
    elif news:
        plan.updated += 1
    else:
        plan.unchanged += 1


def _friend_told(row: FriendRow, person: int, staff: int) -> Callable[[int], Sequence[FriendTold]]:
    def told(account: int) -> list[FriendTold]:
        begins = {FriendFactKind.ADDED, FriendFactKind.REQUESTED}
        facts = [
            FriendTold(person, staff, account, kind, at, row.source if kind in begins else "")
            for kind, at in row.happened
        ]
        if row.remark is not None or row.description is not None:
            latest = max(at for _kind, at in row.happened)
            facts.append(
                FriendTold(person, staff, account, DESCRIBED, latest, remark=row.remark, description=row.description)
            )
        return facts

    return told


def _follow_told(row: FollowRow, person: int) -> Callable[[int], Sequence[FollowTold]]:
    def told(account: int) -> list[FollowTold]:
        ends = [FollowTold(person, account, False, row.until)] if row.until else []
        return [FollowTold(person, account, True, row.since), *ends]

    return told


def all_told(plan: TiesPlan, context: ImportContext) -> list[Any]:
    missing = [name for name, _told in plan.told if name.casefold() not in plan.accounts]
    there = plan.accounts | reading.add_accounts(missing, context)
    return [fact for name, told in plan.told for fact in told(there[name.casefold()])]
