"""Who brought whom, from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.connections.models import BroughtBy
from guanxi.connections.operations import reading
from guanxi.connections.operations.import_friends import count
from guanxi.connections.operations.referring import Referral, Tree, refer
from guanxi.connections.operations.taking_back import TakeBackReferrals
from guanxi.connections.rules import makes_a_cycle
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

BRINGER = "bringer_"


@dataclass(frozen=True, slots=True)
class ReferralRow:
    row_no: int
    who: tuple[reading.Who, ...]
    bringer: tuple[reading.Who, ...]
    by: str
    at: datetime

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()


@dataclass
class ReferralsPlan(Plan):
    told: list[Referral] = field(default_factory=list)


class ReferralsKind:
    key = "referrals"
    position = 100
    label: Text = _("Who brought whom")
    description: Text = _("Which person brought which, when and by what.")
    needs: Text = _("Import people first.")
    fields: tuple[ImportField, ...] = (
        *reading.WHO_FIELDS,
        ImportField(
            "bringer_customer_number",
            _("Customer number of who brought them"),
            synonyms=(
                "bringer",
                "referrer",
                "referred_by",
                "推荐人",
                "推荐人编号",
                "介绍人",
                "추천인",
                "추천인 고객번호",
            ),
            example="C-10024",
        ),
        ImportField(
            "bringer_email",
            _("E-mail of who brought them"),
            synonyms=("referrer_email", "推荐人邮箱", "介绍人邮箱", "추천인 이메일"),
        ),
        ImportField(
            "bringer_phone",
            _("Phone of who brought them"),
            synonyms=("referrer_phone", "推荐人手机", "推荐人手机号", "介绍人手机", "추천인 전화번호"),
        ),
        ImportField(
            "bringer_wecom",
            _("WeCom id of who brought them"),
            synonyms=("referrer_external_userid", "推荐人外部联系人id"),
        ),
        ImportField(
            "at",
            _("Brought at"),
            required=True,
            synonyms=("referred_at", "date", "time", "推荐时间", "介绍时间", "추천일시"),
            example="2026-03-14 09:00",
        ),
        ImportField(
            "by",
            _("By what"),
            synonyms=("how", "推荐方式", "추천 방식"),
            example="invite",
            help=", ".join(BroughtBy.values),
        ),
    )
    options: tuple[ImportOption, ...] = ()
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Text] = reading.MESSAGES

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        found = reading.who_objections(columns)
        bringers = any(one.startswith(BRINGER) for one in columns.values())
        return found if bringers else [*found, Objection("bringer_missing")]

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return reading.read(rows, lambda row: _referral(row, context))

    def plan(self, ready: Sequence[ReferralRow], context: ImportContext) -> ReferralsPlan:
        persons = reading.find_people(one for row in ready for one in (*row.who, *row.bringer))
        plan = ReferralsPlan()
        tree = Tree(set(persons.values()))
        meant: list[tuple[ReferralRow, int, int]] = []
        for row in ready:
            brought, bringer = (reading.first_known(some, persons) for some in (row.who, row.bringer))
            if brought is None or bringer is None:
                unknown = row.who if brought is None else row.bringer
                plan.rejected.append(reading.nobody(row.row_no, unknown))
            elif brought == bringer:
                plan.rejected.append(Rejected(row.row_no, "brought_themselves"))
            else:
                meant.append((row, bringer, brought))
        for row, bringer, brought in sorted(meant, key=lambda one: (one[0].at, one[0].row_no)):
            one = Referral(bringer, brought, row.by, row.at)
            if makes_a_cycle(bringer, brought, tree.bringers):
                plan.rejected.append(Rejected(row.row_no, "cycle"))
                continue
            count(plan, tree.is_news(one))
            tree.add(one)
            plan.told.append(one)
        return plan

    def write(self, plan: Any, context: ImportContext) -> None:
        refer(plan.told, now=context.now, source=context.source, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (TakeBackReferrals(),)


def _referral(row: Row, context: ImportContext) -> ReferralRow:
    at = reading.instant(row, "at", context)
    if at is None:
        raise reading.Unfit("required", field="at")
    return ReferralRow(
        row_no=row.row_no,
        who=reading.who(row, context),
        bringer=reading.who(row, context, prefix=BRINGER),
        by=reading.word(row, "by", BroughtBy) or BroughtBy.WORD.value,
        at=at,
    )
