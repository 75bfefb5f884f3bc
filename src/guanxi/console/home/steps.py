"""The way from nothing to a first broadcast: each step ticks itself from what is really there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account, Check, CheckKind, Message, MessageState
from guanxi.content.models import Content
from guanxi.governance.models import Consent, Purpose
from guanxi.governance.queries import Permission, may
from guanxi.people.models import Person
from guanxi.reach.models import Broadcast, BroadcastState


@dataclass(frozen=True)
class Step:
    permission: Permission
    route: str
    label: Any
    text: Any
    done: Callable[[], bool]


def _tested() -> bool:
    if not Account.objects.filter(is_active=True).exists():
        return False
    checked = Check.objects.filter(kind=CheckKind.CONNECTION).exists()
    return checked or Message.objects.filter(state=MessageState.ACCEPTED).exists()


WAY = (
    Step(
        Permission.CHANNELS_MANAGE,
        "channels",
        _("Connect a channel and test it"),
        _("Your own mail server is enough."),
        _tested,
    ),
    Step(
        Permission.PEOPLE_IMPORT,
        "imports",
        _("Import people"),
        _("From a sheet: CSV, Excel or Parquet."),
        lambda: Person.objects.exists(),
    ),
    Step(
        Permission.PEOPLE_IMPORT,
        "imports",
        _("Bring their consent"),
        _("A column of the sheet, or a statement with its proof. Without consent nobody gets marketing."),
        lambda: Consent.objects.filter(purpose=Purpose.MARKETING, granted=True).exists(),
    ),
    Step(
        Permission.AUDIENCES_EDIT,
        "audiences",
        _("Make an audience"),
        _("Say whom you mean by a rule."),
        lambda: Audience.objects.exists(),
    ),
    Step(
        Permission.CONTENT_EDIT,
        "contents",
        _("Write content"),
        _("One text, in each language you need."),
        lambda: Content.objects.exists(),
    ),
    Step(
        Permission.BROADCASTS_EDIT,
        "broadcasts",
        _("Send a broadcast"),
        _("You see who gets it and who not before anything leaves."),
        lambda: Broadcast.objects.exclude(state=BroadcastState.DRAFT).exists(),
    ),
)


def first_steps(role: str, slug: str) -> list[dict[str, Any]]:
    """As far as this role walks it; gone once it has been walked."""
    steps = [
        {"label": one.label, "text": one.text, "url": reverse(one.route, args=[slug]), "done": one.done()}
        for one in WAY
        if may(role, one.permission)
    ]
    return [] if all(step["done"] for step in steps) else steps
