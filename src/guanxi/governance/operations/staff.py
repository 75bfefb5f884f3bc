"""Workspaces, their units, and who works there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import is_currency
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.text import slugify

from guanxi.events import operations as events
from guanxi.governance.events import StaffMoved
from guanxi.governance.models import (
    Heartbeat,
    Role,
    SignInLink,
    Staff,
    Unit,
    User,
    Workspace,
)
from guanxi.governance.operations.audit import record
from guanxi.governance.operations.second_step import forget_second_step
from guanxi.governance.operations.sessions import end_every_session
from guanxi.governance.operations.sign_in import LINK_LASTS, make_link
from guanxi.governance.queries import may_give, workspaces_of
from guanxi.governance.rules import IDLE_HOURS, SESSION_DAYS
from guanxi.kit import addresses, clock, scope


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
def add_staff(*, email: str, name: str, role: str, unit: Unit | None = None, by: Staff | None = None) -> Staff:
    """Give a login (made when it is new) a place in this workspace, for whoever runs the server. Doors invite."""
    staff = take_place(email=email, name=name, role=role, unit=unit)
    record(act="staff.added", by=by, subject=staff.public_id, detail=place_of(role, unit))
    return staff


def take_place(*, email: str, name: str, role: str, unit: Unit | None, **given: bool) -> Staff:
    """Raises StaffRefused."""
    if role not in Role.values:
        raise StaffRefused("unknown_role")
    try:
        address = addresses.email(email)
    except addresses.BadAddress as error:
        raise StaffRefused("bad_email") from error
    try:
        with transaction.atomic():
            user = User.objects.filter(email=address).first() or User.objects.create_user(email=address, name=name)
            staff: Staff = Staff.objects.create(user=user, name=name or address, role=role, unit=unit, **given)
            return staff
    except IntegrityError as error:
        raise StaffRefused("already_staff") from error


@transaction.atomic
def set_active(*, staff: Staff, active: bool, by: Staff | None = None) -> None:
    """Who loses the last place is signed out everywhere, and no link lets them in again.

    The last active owner cannot be switched off: nobody could let anyone in again. Who was invited comes in by the
    invitation only.
    """
    staff = hold_place(staff=staff)
    if active and staff.is_invited:
        raise StaffRefused("invited")
    if not active:
        _leave_an_owner(staff)
    if not Staff.objects.filter(pk=staff.pk).exclude(is_active=active).update(is_active=active):
        return
    record(act="staff.let_in" if active else "staff.locked_out", by=by, subject=staff.public_id)
    if not active and not workspaces_of(staff.user):
        end_every_session(user=staff.user)
        SignInLink.objects.filter(user=staff.user, used_at=None, invites=False).delete()


@transaction.atomic
def change_place(*, staff: Staff, role: str, unit: Unit | None, by: Staff) -> None:
    """What they see and may do changes with their next request. The last active owner stays one."""
    if role not in Role.values:
        raise StaffRefused("unknown_role")
    staff = hold_place(staff=staff)
    if not may_give(by.role, role):
        raise StaffRefused("above_own_role")
    if role != Role.OWNER:
        _leave_an_owner(staff)
    if (staff.role, staff.unit) == (role, unit):
        return
    Staff.objects.filter(pk=staff.pk).update(role=role, unit=unit)
    before = {f"{name}_before": value for name, value in place_of(staff.role, staff.unit).items()}
    record(act="staff.changed", by=by, subject=staff.public_id, detail=place_of(role, unit) | before)
    if staff.unit != unit:
        events.tell(StaffMoved(staff.public_id, unit.public_id if unit else ""), at=clock.now())


@transaction.atomic
def link_for_staff(*, staff: Staff, by: Staff, now: datetime) -> str:
    """A sign-in link, for who has no password any more. Raises StaffRefused."""
    workspace = _in_the_hands_of_this_workspace(staff)
    record(act="staff.link_made", by=by, subject=staff.public_id)
    return make_link(staff.user, now=now, lasts=LINK_LASTS, workspace=workspace)


@transaction.atomic
def remove_second_step(*, staff: Staff, by: Staff) -> None:
    """For who has lost phone, passkeys and codes: the next sign-in takes one step. Raises StaffRefused."""
    _in_the_hands_of_this_workspace(staff)
    forget_second_step(user=staff.user)
    record(act="staff.second_step_removed", by=by, subject=staff.public_id)


@transaction.atomic
def need_second_step(*, workspace: Workspace, needed: bool, by: Staff) -> None:
    if Workspace.objects.filter(pk=workspace.pk).exclude(needs_second_step=needed).update(needs_second_step=needed):
        record(act="security.second_step_needed" if needed else "security.second_step_left_open", by=by)


@transaction.atomic
def limit_sessions(*, workspace: Workspace, idle_hours: int, days: int, by: Staff) -> None:
    """How long a login stays in without use, and at all. Raises StaffRefused."""
    if idle_hours not in IDLE_HOURS or days not in SESSION_DAYS:
        raise StaffRefused("bad_limit")
    limits = {"idle_hours": idle_hours, "session_days": days}
    if Workspace.objects.filter(pk=workspace.pk).exclude(**limits).update(**limits):
        record(act="security.sessions_limited", by=by, detail=limits)


def hold_place(*, staff: Staff) -> Staff:
    """The row as it is now; the rows of all owners with it, in one order, so that two of them never leave at once."""
    rows = Staff.objects.select_for_update(of=("self",), no_key=True).select_related("user", "unit")
    return next(one for one in rows.filter(Q(pk=staff.pk) | Q(role=Role.OWNER)).order_by("pk") if one.pk == staff.pk)


def _leave_an_owner(staff: Staff) -> None:
    owners = Staff.objects.filter(role=Role.OWNER, is_active=True)
    if staff.role == Role.OWNER and staff.is_active and not owners.exclude(pk=staff.pk).exists():
        raise StaffRefused("last_owner")


def _in_the_hands_of_this_workspace(staff: Staff) -> Workspace:
    """A login that works in another workspace too is not for the owner of this one to open."""
    works_in = workspaces_of(staff.user)
    if not hold_place(staff=staff).is_active:
        raise StaffRefused("no_access")
    if [one.pk for one in works_in] != [scope.current()]:
        raise StaffRefused("works_elsewhere")
    return works_in[0]


def place_of(role: str, unit: Unit | None) -> dict[str, str]:
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
