"""What people change about their own login."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from guanxi.governance.models import RememberedDevice, SignInLink, Staff, User
from guanxi.governance.operations import tries
from guanxi.governance.operations.noting import note_login
from guanxi.governance.queries import entered, workspaces_of
from guanxi.governance.rules import ACCOUNT_LIMIT


class PasswordRefused(ValueError):
    """`reasons`: wrong_current alone, or all of password_too_short, password_too_similar and password_too_common."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


@transaction.atomic
def rename(*, user: User, name: str) -> None:
    """Colleagues see the new name in every workspace where this login is active."""
    User.objects.filter(pk=user.pk).update(name=name)
    for workspace in workspaces_of(user):
        with entered(workspace):
            Staff.objects.filter(user=user).update(name=name)


@sensitive_variables("current", "password")
def set_password(*, user: User, current: str | None, password: str, now: datetime) -> None:
    """`current` is left out where the login has just proved itself otherwise: by a link, or its second step.

    Every session of the login ends, as Django binds them to the password; sign-in links that still work do too.

    Raises PasswordRefused, and TooManyTries: who finds a session open must not guess the password in it.
    """
    if current is not None and user.has_usable_password():
        prove_password(user=user, password=current, now=now)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused([one.code or "" for one in error.error_list]) from error
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        RememberedDevice.objects.filter(user=user).delete()
        open_links = SignInLink.objects.filter(user=user, used_at=None, invites=False)
        open_links.filter(expires_at__gt=now).update(expires_at=now)
        note_login(user=user, act="login.password_changed")


@sensitive_variables("password")
def prove_password(*, user: User, password: str, now: datetime) -> None:
    """Raises PasswordRefused and TooManyTries."""
    place = f"{user.email}|own account"
    tries.take({place: ACCOUNT_LIMIT}, now)
    if not user.check_password(password):
        raise PasswordRefused(["wrong_current"])
    tries.forget(place)
