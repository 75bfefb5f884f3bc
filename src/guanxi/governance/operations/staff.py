"""Workspaces, their units, and who works there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import is_currency
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from guanxi.governance.models import Heartbeat, Role, Staff, Unit, User, Workspace
from guanxi.governance.operations.audit import record
from guanxi.kit import addresses, scope


class StaffRefused(ValueError):
    """What was asked cannot be done; `reason` is a code for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def create_workspace(*, name: str, owner: User, slug: str = "", **settings: Any) -> Workspace:
    """A new world with its owner. `settings`: country, timezone, currency, language, is_demo."""
    if settings.get("timezone", "UTC") not in available_timezones():
        raise StaffRefused("unknown_timezone")
    if not is_currency(settings.get("currency", "CNY")):
        raise StaffRefused("unknown_currency")
    workspace = Workspace.objects.create(name=name, slug=slug or slugify(name)[:40], **settings)
    with scope.workspace(workspace.pk):
        Staff.objects.create(user=owner, role=Role.OWNER, name=owner.name or owner.email)
    return workspace


@transaction.atomic
def change_workspace(*, workspace: Workspace, by: Staff | None, holds_money: bool, **settings: str) -> Workspace:
    """`settings`: name, country, timezone, currency, language. What stays the same is not written down.

    Raises StaffRefused; the currency of a workspace that holds money stays, because amounts are not converted.
    """
    held: Workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    changed = {name: value for name, value in settings.items() if getattr(held, name) != value}
    if changed.get("timezone", "UTC") not in available_timezones():
        raise StaffRefused("unknown_timezone")
    if not is_currency(changed.get("currency", "CNY")):
        raise StaffRefused("unknown_currency")
    if "currency" in changed and holds_money:
        raise StaffRefused("currency_stays")
    if changed:
        Workspace.objects.filter(pk=held.pk).update(**changed)
        record(act="workspace.changed", by=by, subject=held.public_id, detail={"fields": " ".join(sorted(changed))})
        held.refresh_from_db()
    return held


@transaction.atomic
def add_unit(*, name: str, parent: Unit | None = None, by: Staff | None = None) -> Unit:
    unit = Unit.objects.create(name=name, parent=parent, path="")
    unit.path = f"{parent.path if parent else ''}{unit.pk}/"
    unit.save(update_fields=["path"])
    record(act="unit.added", by=by, subject=unit.public_id)
    return unit


def add_staff(*, email: str, name: str, role: str, unit: Unit | None = None, by: Staff | None = None) -> Staff:
    """Give a login (made when it is new) a place in this workspace."""
    if role not in Role.values:
        raise StaffRefused("unknown_role")
    try:
        address = addresses.email(email)
    except addresses.BadAddress as error:
        raise StaffRefused("bad_email") from error
    try:
        with transaction.atomic():
            user = User.objects.filter(email=address).first() or User.objects.create_user(email=address, name=name)
            staff: Staff = Staff.objects.create(user=user, name=name or address, role=role, unit=unit)
            record(act="staff.added", by=by, subject=staff.public_id, detail=_place(role, unit))
            return staff
    except IntegrityError as error:
        raise StaffRefused("already_staff") from error


@transaction.atomic
def set_active(*, staff: Staff, active: bool, by: Staff | None = None) -> None:
    """The last active owner cannot be switched off: nobody could let anyone in again."""
    owners = Staff.objects.select_for_update().filter(role=Role.OWNER, is_active=True)
    if not active and staff.role == Role.OWNER and not owners.exclude(pk=staff.pk).exists():
        raise StaffRefused("last_owner")
    if Staff.objects.filter(pk=staff.pk).exclude(is_active=active).update(is_active=active):
        record(act="staff.let_in" if active else "staff.locked_out", by=by, subject=staff.public_id)


def _place(role: str, unit: Unit | None) -> dict[str, str]:
    return {"role": role, "unit": unit.public_id if unit else ""}


def set_appearance(*, user: User, language: str | None = None, theme: str | None = None) -> None:
    changes = {"language": language, "theme": theme}
    User.objects.filter(pk=user.pk).update(**{field: value for field, value in changes.items() if value is not None})


def play_forward(*, workspace: Workspace, days: int = 1) -> None:
    """Move the clock of a demo workspace; the worker then plays what has become past."""
    if not workspace.is_demo:
        raise StaffRefused("not_a_demo")
    Workspace.objects.filter(pk=workspace.pk).update(clock_shift=F("clock_shift") + timedelta(days=days))


def beat(*, process: str, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Note that a process is alive."""
    Heartbeat.objects.update_or_create(process=process, defaults={"at": now, "detail": detail or {}})
