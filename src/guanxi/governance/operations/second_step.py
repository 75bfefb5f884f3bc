"""The second step of signing in: an app that shows codes, and recovery codes for the day without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from guanxi.governance import codes
from guanxi.governance.models import Authenticator, Passkey, RecoveryCode, User
from guanxi.governance.operations import tries
from guanxi.governance.operations.noting import note_login
from guanxi.governance.operations.sessions import end_every_session, end_other_sessions
from guanxi.governance.rules import ACCOUNT_LIMIT, SECOND_STEP_LIMIT
from guanxi.kit import crypto

RECOVERY_CODES = 10


class CodeRefused(Exception):
    """The code is wrong, too old, or was used."""


@dataclass(frozen=True)
class Offer:
    """What an app needs to know: as an address for a QR code, and to type."""

    uri: str
    typed: str


def offer_authenticator(*, user: User) -> str:
    """A new secret, sealed, for the session to keep until a code proves that the app has it."""
    return codes.seal(codes.new_secret(), _offered(user)).hex()


def open_offer(*, user: User, offered: str) -> Offer:
    secret = codes.unseal(bytes.fromhex(offered), _offered(user))
    return Offer(codes.uri(secret, user.email), codes.typed(secret))


@transaction.atomic
def turn_on_authenticator(*, user: User, offered: str, code: str, here: str, now: datetime) -> list[str]:
    """The first recovery codes, if there were none. Sessions other than `here` end. Raises CodeRefused."""
    secret = codes.unseal(bytes.fromhex(offered), _offered(user))
    step = codes.step_of(secret, codes.plain(code), now)
    if step is None:
        raise CodeRefused
    kept = {"secret": codes.seal(secret, _kept(user)), "last_step": step, "added_at": now}
    Authenticator.objects.update_or_create(user=user, defaults=kept)
    end_other_sessions(user=user, but=here, now=now)
    note_login(user=user, act="login.authenticator_added")
    return first_recovery_codes(user)


@transaction.atomic
def turn_off_authenticator(*, user: User, here: str, now: datetime) -> None:
    if not Authenticator.objects.filter(user=user).delete()[0]:
        return
    note_login(user=user, act="login.authenticator_removed")
    end_other_sessions(user=user, but=here, now=now)
    drop_idle_recovery_codes(user)


@transaction.atomic
def renew_recovery_codes(*, user: User) -> list[str]:
    """New ones; the old ones stop working."""
    note_login(user=user, act="login.recovery_codes_made")
    RecoveryCode.objects.filter(user=user).delete()
    made = [codes.new_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=codes.recovery_hash(user.pk, code)) for code in made
    )
    return made


def first_recovery_codes(user: User) -> list[str]:
    return [] if RecoveryCode.objects.filter(user=user).exists() else renew_recovery_codes(user=user)


def drop_idle_recovery_codes(user: User) -> None:
    """They stand in for something; when that is gone, they are too."""
    if not Authenticator.objects.filter(user=user).exists() and not Passkey.objects.filter(user=user).exists():
        RecoveryCode.objects.filter(user=user).delete()


@transaction.atomic
def forget_second_step(*, user: User) -> None:
    """Everything was lost, and somebody who may decide it has made sure who asks."""
    for model in (Authenticator, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()
    end_every_session(user=user)


@sensitive_variables("code")
def use_code(*, user: User, code: str, address: str, device: str, now: datetime) -> bool:
    """Whether it was a recovery code. Raises CodeRefused and TooManyTries.

    Who gets here knows the password; from places where this login never was, all tries together are counted too. No
    transaction spans this: a failure must stay counted.
    """
    place = f"{user.email}|second step|" + (f"device|{device}" if device else f"address|{address}")
    everywhere = f"{user.email}|second step"
    tries.take({place: ACCOUNT_LIMIT} | ({} if device else {everywhere: SECOND_STEP_LIMIT}), now)
    given = codes.plain(code)
    if not (_use_app(user, given, now) if codes.is_from_app(given) else _use_recovery(user, given, now)):
        raise CodeRefused
    tries.forget(place)
    tries.give_back(everywhere, SECOND_STEP_LIMIT, now)
    return not codes.is_from_app(given)


def _use_app(user: User, code: str, now: datetime) -> bool:
    app = Authenticator.objects.filter(user=user).first()
    if app is None:
        return False
    try:
        step = codes.step_of(codes.unseal(bytes(app.secret), _kept(user)), code, now)
    except crypto.Unreadable:  # the installation has another root key than when it was sealed
        return False
    newer = Authenticator.objects.filter(pk=app.pk, last_step__lt=step) if step is not None else None
    return bool(newer is not None and newer.update(last_step=step))


def _use_recovery(user: User, code: str, now: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used_at=None)
    return bool(unused.filter(code_hash=codes.recovery_hash(user.pk, code)).update(used_at=now))


def _offered(user: User) -> str:
    return f"authenticator|{user.pk}|offered"


def _kept(user: User) -> str:
    return f"authenticator|{user.pk}"
