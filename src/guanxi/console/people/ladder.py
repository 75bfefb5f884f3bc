"""Where a person stands and stood, with the proof of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.console.choices import Day
from guanxi.console.people import words
from guanxi.people import queries
from guanxi.people.models import Level, Membership, Person
from guanxi.people.queries import KnownProof

SHOWN = 12
REFUSALS = {
    "future": gettext_lazy("This day has not come yet."),
    "already": gettext_lazy("They are a member already."),
    "none": gettext_lazy("They are no member any more."),
    "before": gettext_lazy("They joined after this day."),
    "gone": gettext_lazy("They were merged or erased meanwhile."),
}
HOW = {
    "staff": gettext_lazy("entered by hand"),
    "api": gettext_lazy("by another system"),
    "import": gettext_lazy("by a file"),
}


@dataclass(frozen=True)
class Stay:
    """A level with its proof, or a membership; `why_over` says what ended it."""

    label: str
    tone: str
    since: datetime
    proof: str
    until: datetime | None
    why_over: str


class DayForm(forms.Form):
    """From which day on; nothing means today."""

    since = Day(
        label=gettext_lazy("Member since"),
        required=False,
        help_text=gettext_lazy("Empty: from today on."),
    )

    def moment(self, now: datetime) -> datetime:
        day = self.cleaned_data["since"]
        if day is None or day == timezone.localdate(now):
            return now
        return datetime.combine(day, time(), timezone.get_current_timezone())

    def refuse(self, reason: str) -> None:
        self.add_error("since", REFUSALS[reason])


def standing(
    person: Person, proofs: Sequence[KnownProof], sent: Mapping[str, str], form: DayForm | None = None
) -> dict[str, Any]:
    """For the page of a person."""
    rows = queries.memberships(person)
    member = next((one for one in rows if one.ended_at is None), None)
    return {
        "levels": [_level(one, sent) for one in proofs[:SHOWN]],
        "more": max(len(proofs) - SHOWN, 0),
        "memberships": [_membership(one) for one in rows],
        "member": member,
        "form": form or DayForm(),
    }


def _level(proof: KnownProof, sent: Mapping[str, str]) -> Stay:
    return Stay(
        str(Level(proof.level).label),
        words.level_tone(proof.level),
        proof.since,
        words.proof_words(proof.proof, proof.label, sent),
        proof.ended_at,
        words.proof_words(proof.ended_by, "", sent) if proof.ended_by else "",
    )


def _membership(one: Membership) -> Stay:
    how = str(HOW.get(one.proof, one.proof))
    over = str(HOW.get(one.ended_by, one.ended_by)) if one.ended_at else ""
    return Stay(_("Member"), "acc", one.since, one.label or how, one.ended_at, over)
