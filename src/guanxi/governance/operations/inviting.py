"""Bringing someone in: a place in the workspace, and a link that its holder takes it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.views.decorators.debug import sensitive_variables

from guanxi.governance.models import SignInLink, Staff, Unit, User, Workspace
from guanxi.governance.operations.account import PasswordRefused
from guanxi.governance.operations.audit import record
from guanxi.governance.operations.sign_in import LinkRefused, check_sign_in_link, make_link, take_link
from guanxi.governance.operations.staff import StaffRefused, place_of, take_place
from guanxi.governance.queries import entered, is_known, may_give
from guanxi.kit import scope

INVITATION_LASTS = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    link: SignInLink
    workspace: Workspace
    staff: Staff
    is_known: bool
    """The login is in use: its holder signs in and joins. Otherwise whoever has the link makes it theirs."""


@transaction.atomic
def invite(*, email: str, name: str, role: str, unit: Unit | None, by: Staff, now: datetime) -> tuple[Staff, str]:
    """A place that only the link gives, and the token of that link for `/join/<token>`, shown once.

    Raises StaffRefused.
    """
    staff = keep_place(email=email, name=name, role=role, unit=unit, by=by)
    return staff, _link(staff, now)


@transaction.atomic
def keep_place(*, email: str, name: str, role: str, unit: Unit | None, by: Staff) -> Staff:
    """An invitation without its link: `invite_again` makes that. Raises StaffRefused."""
    if not may_give(by.role, role):
        raise StaffRefused("above_own_role")
    staff = take_place(email=email, name=name, role=role, unit=unit, is_active=False, is_invited=True)
    record(act="staff.invited", by=by, subject=staff.public_id, detail=place_of(role, unit))
    return staff


@transaction.atomic
def invite_again(*, staff: Staff, by: Staff, now: datetime) -> str:
    """A new link; the one before stops working. Raises StaffRefused."""
    if not Staff.objects.select_for_update(no_key=True).filter(pk=staff.pk, is_invited=True).exists():
        raise StaffRefused("not_invited")
    record(act="staff.invited_again", by=by, subject=staff.public_id)
    return _link(staff, now)


@transaction.atomic
def withdraw_invitation(*, staff: Staff, by: Staff) -> None:
    """The place goes with the link. One that something points at stays on the list as invited, without a link: nobody
    took it, so that it can only be offered again."""
    if not Staff.objects.select_for_update(no_key=True).filter(pk=staff.pk, is_invited=True).exists():
        raise StaffRefused("not_invited")
    _links(staff).delete()
    record(act="staff.invitation_withdrawn", by=by, subject=staff.public_id)
    try:
        with transaction.atomic():
            staff.delete()
    except ProtectedError:
        return


def check_invitation(*, token: str, now: datetime) -> Invitation:
    """Raises LinkRefused."""
    link = check_sign_in_link(token=token, now=now, invites=True)
    if link.made_for is None:
        raise LinkRefused("unknown")
    with entered(link.made_for):
        staff = Staff.objects.filter(user=link.user, is_invited=True).first()
    if staff is None:
        raise LinkRefused("expired")
    return Invitation(link, link.made_for, staff, is_known(link.user))


@sensitive_variables("password")
def accept_invitation(*, token: str, name: str, language: str, password: str, now: datetime) -> User:
    """A new login comes in for the first time. Raises LinkRefused, and PasswordRefused: then the link still works."""
    invitation = check_invitation(token=token, now=now)
    user = invitation.link.user
    if invitation.is_known:
        raise LinkRefused("unknown")
    user.name, user.language = name, language
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise PasswordRefused([one.code or "" for one in error.error_list]) from error
        user.set_password(password)
    with transaction.atomic():
        _join(invitation, now)
        user.save(update_fields=["name", "language", "password"])
    return user


@transaction.atomic
def join(*, token: str, user: User, now: datetime) -> Workspace:
    """A login that is in use takes its place; by signing in it has proved itself. Raises LinkRefused."""
    invitation = check_invitation(token=token, now=now)
    if invitation.link.user != user:
        raise LinkRefused("unknown")
    _join(invitation, now)
    return invitation.workspace


def _join(invitation: Invitation, now: datetime) -> None:
    take_link(invitation.link, now)
    name = invitation.link.user.name or invitation.staff.name
    with entered(invitation.workspace):
        Staff.objects.filter(pk=invitation.staff.pk).update(is_active=True, is_invited=False, name=name)
        record(act="staff.joined", by=invitation.staff, subject=invitation.staff.public_id)


def _link(staff: Staff, now: datetime) -> str:
    _links(staff).delete()
    workspace = Workspace.objects.get(pk=scope.current())
    return make_link(staff.user, now=now, lasts=INVITATION_LASTS, workspace=workspace, invites=True)


def _links(staff: Staff) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(user=staff.user, made_for=scope.current(), invites=True, used_at=None)
