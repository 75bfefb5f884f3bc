"""Codes of the second step: what an app shows (RFC 6238), and what stands in for it once."""

from __future__ import annotations

import base64
import secrets
import unicodedata
from datetime import datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from guanxi.kit import crypto, keys

SECRET_BYTES = 20  # RFC 4226, 4, R6
DIGITS = 6
STEP_SECONDS = 30
RECOVERY_LETTERS = 10
INSTALLATION = 0  # no workspace has this id: a login belongs to none
_MISREAD = str.maketrans("oil", "011")


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def seal(secret: bytes, place: str) -> bytes:
    return crypto.seal_secret(secret.hex(), workspace_id=INSTALLATION, place=place)


def unseal(sealed: bytes, place: str) -> bytes:
    return bytes.fromhex(crypto.unseal_secret(sealed, workspace_id=INSTALLATION, place=place))


def _app(secret: bytes) -> TOTP:
    """SHA-1, since apps leave out the other hashes of the standard; in HMAC it is sound."""
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303


def uri(secret: bytes, email: str) -> str:
    return _app(secret).get_provisioning_uri(email, "Guanxi")


def typed(secret: bytes) -> str:
    """The secret in groups of four, for who cannot scan."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Which step this code belongs to, if to the present one or a neighbour: clocks of phones are a little off."""
    given, present = code.encode(), int(now.timestamp()) // STEP_SECONDS
    steps = (present, present - 1, present + 1)
    return next((step for step in steps if bytes_eq(_app(secret).generate(step * STEP_SECONDS), given)), None)


def plain(given: str) -> str:
    """A code as it is meant: an input method may write it in full width, people put spaces into it."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", given).lower() if letter.isalnum())


def is_from_app(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def new_recovery_code() -> str:
    letters = "".join(secrets.choice(keys.ALPHABET) for _ in range(RECOVERY_LETTERS))
    return f"{letters[:5]}-{letters[5:]}"


def recovery_hash(user_id: int, code: str) -> bytes:
    """Keyed: fifty bits are too few to lie about as a bare hash."""
    return crypto.lookup(INSTALLATION, "recovery code", f"{user_id}|{plain(code).translate(_MISREAD)}")
