"""How close a person is to the brand and to each advisor, why, and until when; and a touch that no channel told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from guanxi.connections import queries as connections
from guanxi.connections.queries import Because, Close
from guanxi.console.choices import Day
from guanxi.console.strength_words import BANDS, TOUCHES
from guanxi.console.templatetags.figures import day
from guanxi.people.models import Person

BY_HAND = ("meeting", "message_in", "reply", "share", "complaint_resolved")
REFUSALS = {
    "kind": gettext_lazy("Choose what it was."),
    "future": gettext_lazy("This day has not come yet."),
    "gone": gettext_lazy("They were merged or erased meanwhile."),
}


@dataclass(frozen=True)
class Shown:
    """Somebody's closeness in words; `percent` is its part of the bar."""

    name: str
    band: str
    tone: str
    percent: int
    because: str
    falls: str


class TouchForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[(kind, TOUCHES[kind]) for kind in BY_HAND],
        error_messages={"required": REFUSALS["kind"], "invalid_choice": REFUSALS["kind"]},
    )
    day = Day(
        label=gettext_lazy("Day"),
        required=False,
        help_text=gettext_lazy("Empty: today."),
    )

    def moment(self, now: datetime) -> datetime:
        chosen = self.cleaned_data["day"]
        if chosen is None or chosen == timezone.localdate(now):
            return now
        return datetime.combine(chosen, time(12), timezone.get_current_timezone())

    def refuse(self, reason: str) -> None:
        self.add_error("kind" if reason == "kind" else "day", REFUSALS[reason])


def closeness(person: Person, now: datetime, form: TouchForm | None = None) -> dict[str, Any]:
    """For the page of a person."""
    known = connections.closeness(person, now)
    return {
        "all": [
            _shown(_("With the brand"), known.brand, now),
            *(_shown(one.staff.name, one, now) for one in known.advisors if one.staff),
        ],
        "counted": known.counted,
        "form": form or TouchForm(),
        "open": form is not None,
    }


def _shown(name: str, of: Close, now: datetime) -> Shown:
    label, tone = BANDS[of.band]
    falls = ""
    if of.weaker_at is not None:
        words = _("Falls to neutral on %(day)s.") if of.band == "strong" else _("Falls to weak on %(day)s.")
        falls = words % {"day": day(of.weaker_at)}
    return Shown(name, str(label), tone, round(of.strength * 100), _because(of.because, now), falls)


def _because(because: list[Because], now: datetime) -> str:
    told = [_one(one, now) for one in because[:3]]
    return _("Because: %(reasons)s.") % {"reasons": _(", ").join(told)} if told else ""


def _one(one: Because, now: datetime) -> str:
    days = max((timezone.localdate(now) - timezone.localdate(one.at)).days, 0)
    ago = _("today") if days == 0 else ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    match one.kind:
        case "order":
            return _("ordered %(ago)s") % {"ago": ago}
        case "message_out":
            return _("we wrote %(ago)s") % {"ago": ago}
        case "message_in":
            return _("wrote or became a friend %(ago)s") % {"ago": ago}
        case "reply":
            return _("replied %(ago)s") % {"ago": ago}
        case "visit":
            return _("was on the site or in the app %(ago)s") % {"ago": ago}
        case "share":
            return _("passed something on %(ago)s") % {"ago": ago}
        case "referral":
            return _("brought somebody %(ago)s") % {"ago": ago}
        case "meeting":
            return _("met in person %(ago)s") % {"ago": ago}
        case _complaint:
            return _("a complaint was settled %(ago)s") % {"ago": ago}
