"""DKIM (RFC 6376): the key pair of a domain, what to publish for it, and the signature under a message."""

import base64
from dataclasses import dataclass
from datetime import datetime

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

# RFC 6376 5.4.1, and the two of one-click unsubscribe, which RFC 8058 4 wants covered. A name that is not in the
# message is signed as absent, so that nobody can add it on the way.
COVERED = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"auto-submitted",
    b"content-type",
    b"content-transfer-encoding",
    b"mime-version",
)
RSA_BITS = 2048  # RFC 8301 3.2: at least 1024, should be 2048; longer ones do not fit everywhere in DNS
_TEXT_BYTES = 255  # of one string of a TXT record (RFC 1035 3.3.14)


@dataclass(frozen=True, slots=True)
class Signature:
    selector: str
    key: str  # PEM

    def __repr__(self) -> str:
        return f"Signature({self.selector!r})"


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode("ascii")


def new_selector(now: datetime, taken: str) -> str:
    """A name that tells when it was made; a second one of the same day gets a letter."""
    name = f"gx{now:%Y%m%d}"
    return name if name != taken else f"{name}b"


def public_key(pem: str) -> str:
    """Base 64 of the SubjectPublicKeyInfo, as the `p=` of a record has it."""
    public = serialization.load_pem_private_key(pem.encode("ascii"), password=None).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def record(selector: str, domain: str, pem: str) -> tuple[str, str, str]:
    """(name, type, value); the value in quoted strings of at most 255 characters, as zone files and most pages want."""
    whole = f"v=DKIM1; k=rsa; p={public_key(pem)}"
    parts = [whole[start : start + _TEXT_BYTES] for start in range(0, len(whole), _TEXT_BYTES)]
    return f"{selector}._domainkey.{domain}", "TXT", " ".join(f'"{part}"' for part in parts)


def signed(content: bytes, *, domain: str, signature: Signature) -> bytes:
    header: bytes = dkim.sign(
        content,
        signature.selector.encode("ascii"),
        domain.encode("ascii"),
        signature.key.encode("ascii"),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(COVERED),
    )
    return header + content
