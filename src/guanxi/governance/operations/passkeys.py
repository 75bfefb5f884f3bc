"""Passkeys (WebAuthn): a key on a device that its holder unlocks, so that one gesture is both steps."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import webauthn
from django.db import IntegrityError, transaction
from webauthn.helpers import options_to_json, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from guanxi.governance.models import Passkey, User
from guanxi.governance.operations.noting import note_login
from guanxi.governance.operations.second_step import drop_idle_recovery_codes, first_recovery_codes
from guanxi.governance.operations.sessions import end_other_sessions

CHALLENGE_BYTES = 32
PASSKEYS_AT_MOST = 20
TRANSPORTS = {one.value for one in AuthenticatorTransport}


class PasskeyRefused(Exception):
    """`reason`: unknown, wrong, taken or too_many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Site:
    """For whom a passkey is made: the host name, and the origin as the browser says it."""

    host: str
    origin: str


def new_challenge() -> bytes:
    return secrets.token_bytes(CHALLENGE_BYTES)


def options_to_add(*, user: User, site: Site, challenge: bytes) -> str:
    """JSON for `navigator.credentials.create`."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name="Guanxi",
            user_id=user.public_id.encode(),
            user_name=user.email,
            user_display_name=user.name or user.email,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_known(user),
        )
    )


def options_to_use(*, user: User | None, site: Site, challenge: bytes) -> str:
    """JSON for `navigator.credentials.get`; without a user, the device offers the logins that it knows."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            allow_credentials=_known(user) if user else None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


@transaction.atomic
def add_passkey(
    *, user: User, name: str, credential: str, challenge: bytes, site: Site, here: str, now: datetime
) -> list[str]:
    """The first recovery codes, if there were none. Sessions other than `here` end. Raises PasskeyRefused."""
    if Passkey.objects.filter(user=user).count() >= PASSKEYS_AT_MOST:
        raise PasskeyRefused("too_many")
    try:
        checked = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        given = webauthn.helpers.parse_registration_credential_json(credential)
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("wrong") from error
    try:
        with transaction.atomic():
            Passkey.objects.create(
                user=user,
                name=name,
                credential_id=checked.credential_id,
                public_key=checked.credential_public_key,
                sign_count=checked.sign_count,
                transports=[one.value for one in given.response.transports or []],
                added_at=now,
            )
    except IntegrityError as error:
        raise PasskeyRefused("taken") from error
    end_other_sessions(user=user, but=here, now=now)
    note_login(user=user, act="login.passkey_added")
    return first_recovery_codes(user)


@transaction.atomic
def use_passkey(*, credential: str, challenge: bytes, site: Site, now: datetime) -> User:
    """Whose passkey answered this challenge. Raises PasskeyRefused.

    A counter that does not grow is a copy of the key; passkeys that several devices share leave it at zero.
    """
    given = _parsed(credential)
    found = Passkey.objects.select_for_update().select_related("user").filter(credential_id=given.raw_id).first()
    if found is None or not found.user.is_active:
        raise PasskeyRefused("unknown")
    if given.response.user_handle not in (None, found.user.public_id.encode()):
        raise PasskeyRefused("wrong")
    try:
        checked = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("wrong") from error
    Passkey.objects.filter(pk=found.pk).update(sign_count=checked.new_sign_count, used_at=now)
    return found.user


@transaction.atomic
def remove_passkey(*, user: User, public_id: str, here: str, now: datetime) -> bool:
    """Whether there was such a passkey of this login."""
    if not Passkey.objects.filter(user=user, public_id=public_id).delete()[0]:
        return False
    note_login(user=user, act="login.passkey_removed")
    end_other_sessions(user=user, but=here, now=now)
    drop_idle_recovery_codes(user)
    return True


def _parsed(credential: str) -> AuthenticationCredential:
    try:
        return parse_authentication_credential_json(credential)
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("wrong") from error


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(one.credential_id),
            transports=[AuthenticatorTransport(way) for way in one.transports if way in TRANSPORTS],
        )
        for one in Passkey.objects.filter(user=user)
    ]
