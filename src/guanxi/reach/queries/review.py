"""What the sender sees before sending: the same figures that planning will give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from guanxi.audiences import queries as audiences
from guanxi.channels import queries as channels
from guanxi.content import queries as content
from guanxi.content.models import Variant
from guanxi.events import queries as events
from guanxi.governance.models import Purpose
from guanxi.kit import scope
from guanxi.reach.models import Broadcast


@dataclass(frozen=True, slots=True)
class Problem:
    """What must be mended before sending; `explain` puts it into words. `code` is no_audience, bad_rule, empty, nobody,
    no_content, missing_language, bad_template, no_account, account_off, account_problem or no_imprint."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """`people` of the audience are `send` + `held_out` + all of `skipped` (by reason). `lake_waiting` rows have not
    been counted yet; 0 means that the figures are up to date."""

    people: int = 0
    send: int = 0
    held_out: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    lake_waiting: int = 0
    problems: tuple[Problem, ...] = ()


def errand(broadcast: Broadcast, due_at: datetime) -> channels.Errand:
    assert broadcast.account is not None
    return channels.Errand(
        account=broadcast.account,
        purpose=broadcast.purpose,
        origin=broadcast.origin,
        due_at=due_at,
        hold_out=broadcast.hold_out_percent,
    )


def review(broadcast: Broadcast, *, now: datetime) -> Review:
    """Of a draft. Who gets it is decided as of the time that it is scheduled for."""
    waiting = events.waiting()
    try:
        people = _people(broadcast, now)
    except audiences.RuleError as error:
        return Review(lake_waiting=waiting, problems=(Problem("bad_rule", error.message), *_without(broadcast)))
    found = problems(broadcast, people)
    if broadcast.account is None:
        return Review(people=len(people), lake_waiting=waiting, problems=tuple(found))
    due_at = max(now, broadcast.scheduled_at or now)
    forecast = channels.forecast(errand(broadcast, due_at), people)
    if people and not forecast.send:
        found.append(Problem("nobody"))
    return Review(
        people=forecast.people,
        send=forecast.send,
        held_out=forecast.held_out,
        skipped=dict(forecast.skipped.most_common()),
        lake_waiting=waiting,
        problems=tuple(found),
    )


def _people(broadcast: Broadcast, now: datetime) -> list[int]:
    if broadcast.audience is None:
        return []
    found: list[int] = audiences.members(audiences.people_rule(broadcast.audience), now=now)["person"].to_pylist()
    return found


def problems(broadcast: Broadcast, people: Sequence[int]) -> list[Problem]:
    """Everything that stands in the way of sending to these people, but for the governor."""
    found = [] if broadcast.audience else [Problem("no_audience")]
    if broadcast.audience and not people:
        found.append(Problem("empty"))
    return [*found, *_without(broadcast), *_language_problems(broadcast, people)]


def _without(broadcast: Broadcast) -> list[Problem]:
    found = [] if broadcast.content else [Problem("no_content")]
    account = broadcast.account
    if account is None:
        return [*found, Problem("no_account")]
    if not account.is_active:
        found.append(Problem("account_off", account.name))
    if account.problem:
        found.append(Problem("account_problem", account.problem))
    if broadcast.purpose == Purpose.MARKETING and channels.sender_imprint(account) == "":
        found.append(Problem("no_imprint", account.name))
    return found


def _language_problems(broadcast: Broadcast, people: Sequence[int]) -> list[Problem]:
    if broadcast.content is None or broadcast.account is None:
        return []
    channel = broadcast.account.kind
    missing = content.missing_languages(broadcast.content, channel, _languages(people))
    variants = [
        content.Words(one.language, one.subject, one.body, one.channel)
        for one in Variant.objects.filter(content=broadcast.content, channel=channel)
    ]
    wrong = content.problems(variants)
    return [Problem("missing_language", language) for language in missing] + [
        Problem("bad_template", f"{language}, {part}: {content.explain(problem)}")
        for (language, part), problem in wrong.items()
    ]


def _languages(people: Sequence[int]) -> set[str]:
    """In which languages these people read; empty where nothing is known, which means the workspace's."""
    sql = "SELECT DISTINCT language FROM people_person WHERE workspace_id = %s AND id = ANY(%s) AND language <> ''"
    with connection.cursor() as cursor:
        cursor.execute(sql, [scope.current(), list(people)])
        return {row[0] for row in cursor.fetchall()}


def explain(problem: Problem) -> str:
    """For staff, in the current language."""
    match problem.code:
        case "no_audience":
            return _("Choose an audience.")
        case "bad_rule":
            return _("The rule of the audience does not work any more: %(detail)s") % {"detail": problem.detail}
        case "empty":
            return _("Nobody is in this audience. Change its rule or choose another one.")
        case "nobody":
            return _("Nobody in this audience may get this message. The reasons are listed below.")
        case "no_content":
            return _("Choose what to say.")
        case "missing_language":
            return _(
                "The content has no words in “%(detail)s”. Write them, or let it fall back to another language."
            ) % {"detail": problem.detail}
        case "bad_template":
            return _("The content needs to be corrected: %(detail)s") % {"detail": problem.detail}
        case "no_account":
            return _("Choose an account to send from.")
        case "account_off":
            return _("The account “%(detail)s” is switched off. Switch it on or choose another one.") % {
                "detail": problem.detail
            }
        case "no_imprint":
            return _(
                "The account “%(detail)s” does not say who sends: marketing needs a name and a postal address at its "
                "end. Whoever looks after channels adds them in its settings."
            ) % {"detail": problem.detail}
        case _:
            return _("The account has a problem: %(detail)s. Mend it, then connect it again.") % {
                "detail": problem.detail
            }
