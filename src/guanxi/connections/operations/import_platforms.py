"""How many follow people elsewhere, from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.connections.models import Platform
from guanxi.connections.operations import reading
from guanxi.connections.operations.platforms import (
    HANDLE,
    MOST,
    Followers,
    TakeBackFollowers,
    flaw,
    write_followers,
)
from guanxi.connections.queries.platforms import newest
from guanxi.kit import cells
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

FLAWS = {"platform": "unknown_platform", "followers": "not_followers", "future": "in_the_future", "handle": "too_long"}
NAMES = {
    **{value: value for value in Platform.values},
    "微博": "weibo",
    "小红书": "xiaohongshu",
    "抖音": "douyin",
    "快手": "kuaishou",
    "哔哩哔哩": "bilibili",
    "b站": "bilibili",
    "公众号": "wechat",
    "微信公众号": "wechat",
    "知乎": "zhihu",
    "naver blog": "naver",
    "네이버 블로그": "naver",
    "twitter": "x",
    "red": "xiaohongshu",
    "인스타그램": "instagram",
    "유튜브": "youtube",
    "wechat official account": "wechat",
}


@dataclass(frozen=True, slots=True)
class PlatformRow:
    row_no: int
    who: tuple[reading.Who, ...]
    told: Followers

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return ()


@dataclass
class PlatformsPlan(Plan):
    told: list[Followers] = field(default_factory=list)


class PlatformsKind:
    key = "platforms"
    position = 110
    label: Text = _("Followers on platforms")
    description: Text = _("How many follow a person on Weibo, Xiaohongshu, Instagram and the like, and as of when.")
    needs: Text = _("Import people first.")
    fields: tuple[ImportField, ...] = (
        *reading.WHO_FIELDS,
        ImportField(
            "platform",
            _("Platform"),
            required=True,
            synonyms=("network", "site", "平台", "플랫폼"),
            example="weibo",
            help=", ".join(Platform.values),
        ),
        ImportField(
            "handle", _("Name there"), synonyms=("handle", "username", "nickname", "昵称", "账号名", "닉네임", "핸들")
        ),
        ImportField(
            "followers",
            _("Followers"),
            required=True,
            synonyms=("fans", "follower count", "粉丝", "粉丝数", "关注者", "팔로워", "팔로워 수"),
            example="128000",
        ),
        ImportField(
            "as_of",
            pgettext_lazy("column", "As of"),
            synonyms=("date", "on", "截至", "统计日期", "기준일"),
            example="2026-11-01",
            help=_("Empty: the day of the import."),
        ),
    )
    options: tuple[ImportOption, ...] = ()
    takes_traits = False
    keep_together: str | None = None
    messages: Mapping[str, Text] = {
        **reading.MESSAGES,
        "unknown_platform": _("%(value)s is not a platform that is known. Write other for any further one."),
        "not_followers": _("%(value)s is not a number of followers. Write it in digits."),
    }

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        return reading.who_objections(columns)

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        day = context.now.astimezone(context.timezone).date()
        return reading.read(rows, lambda row: _read(row, context, day))

    def plan(self, ready: Sequence[PlatformRow], context: ImportContext) -> PlatformsPlan:
        persons = reading.find_people(one for row in ready for one in row.who)
        known = {
            (row.person_id, row.platform, row.as_of, row.followers)
            for rows in newest(list(persons.values())).values()
            for row in rows
        }
        plan = PlatformsPlan()
        for row in ready:
            person = reading.first_known(row.who, persons)
            if person is None:
                plan.rejected.append(reading.nobody(row.row_no, row.who))
                continue
            told = Followers(person, row.told.platform, row.told.handle, row.told.followers, row.told.as_of)
            if (person, told.platform, told.as_of, told.followers) in known:
                plan.unchanged += 1
            else:
                plan.created += 1
                plan.told.append(told)
        return plan

    def write(self, plan: Any, context: ImportContext) -> None:
        write_followers(plan.told, now=context.now, source=context.source, import_id=context.import_id)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return (TakeBackFollowers(),)


def _read(row: Row, context: ImportContext, day: date) -> PlatformRow:
    said = reading.text(row, "platform", 60, required=True)
    count = reading.text(row, "followers", 40, required=True)
    at = reading.instant(row, "as_of", context)
    as_of = at.astimezone(context.timezone).date() if at else day
    told = Followers(0, NAMES.get(said.casefold(), ""), reading.text(row, "handle", HANDLE), _count(count), as_of)
    if reason := flaw(told, day):
        value = {"platform": said, "followers": count}.get(reason, f"{as_of}")
        raise reading.Unfit(FLAWS[reason], field="as_of" if reason == "future" else reason, value=value)
    return PlatformRow(row.row_no, reading.who(row, context), told)


def _count(text: str) -> int:
    try:
        value = cells.number(text)
    except cells.BadCell:
        return -1
    return int(value) if value == int(value) and value <= MOST else -1
