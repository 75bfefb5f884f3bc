"""Getting in: by a password, or by a link that works once and is kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from guanxi.governance.models import SignInFailure, SignInLink, User, Workspace
from guanxi.governance.operations import tries
from guanxi.governance.operations.noting import note_login
from guanxi.governance.queries import workspaces_of
from guanxi.governance.rules import ACCOUNT_LIMIT, ADDRESS_LIMIT, SPREAD_LIMIT

LINK_LASTS = timedelta(hours=24)


class LinkRefused(Exception):
    """The link is unknown, used, or too old; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def create_sign_in_link(*, user: User, now: datetime) -> str:
    """A token for `/sign-in/<token>`. It is shown once; the database keeps only its hash."""
    return make_link(user, now=now, lasts=LINK_LASTS)


def make_link(
    user: User, *, now: datetime, lasts: timedelta, workspace: Workspace | None = None, invites: bool = False
) -> str:
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user,
        made_for=workspace,
        invites=invites,
        token_hash=_hash(token),
        created_at=now,
        expires_at=now + lasts,
    )
    return token


def check_sign_in_link(*, token: str, now: datetime, invites: bool = False) -> SignInLink:
    """Raises LinkRefused. What an owner made opens no login that works in other workspaces too by now."""
    found = SignInLink.objects.filter(token_hash=_hash(token), invites=invites)
    link = found.select_related("user", "made_for").first()
    if link is None:
        raise LinkRefused("unknown")
    if link.used_at is not None:
        raise LinkRefused("used")
    if link.expires_at <= now or not link.user.is_active:
        raise LinkRefused("expired")
    if link.made_for and not invites and workspaces_of(link.user) != [link.made_for]:
        raise LinkRefused("expired")
    return link


@transaction.atomic
def use_sign_in_link(*, token: str, now: datetime) -> User:
    """Consume the link. Two browsers at once: one gets in."""
    return take_link(check_sign_in_link(token=token, now=now), now).user


def take_link(link: SignInLink, now: datetime) -> SignInLink:
    if not SignInLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=now):
        raise LinkRefused("used")
    return link


def note_sign_in(*, user: User, way: str, second: str = "") -> None:
    """`way`: password, link or passkey; `second`: app or recovery_code."""
    note_login(user=user, act="login.signed_in", detail={"way": way, "second": second} if second else {"way": way})


@sensitive_variables("password")
def use_password(*, email: str, password: str, address: str, device: str, now: datetime) -> User | None:
    """The login, if the password is right. Raises TooManyTries.

    `device` names a device on which this login was signed in before: only its own failures hold it up, so that nobody
    who fails elsewhere, or next to it, locks the owner out. Elsewhere all places together are counted too: many
    addresses, each with a few guesses, are one attack. No transaction spans this: a failure must stay counted.
    A login that does not exist costs the same work as a wrong password, down to the row that notes the failure.
    """
    place = f"{email}|device|{device}" if device else f"{email}|address|{address}"
    everywhere = {address: ADDRESS_LIMIT, f"{email}|everywhere": SPREAD_LIMIT}
    tries.take({place: ACCOUNT_LIMIT} | ({} if device else everywhere), now)
    user = authenticate(None, username=email, password=password)
    if user is None:
        SignInFailure.objects.create(user=User.objects.filter(email=email).first(), at=now)
        return None
    tries.forget(place)
    for name, limit in everywhere.items():
        tries.give_back(name, limit, now)
    return user
