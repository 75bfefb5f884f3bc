"""Write keys, and the pages that may use one."""

import hashlib
import secrets
from urllib.parse import urlsplit

KEY_START = "wk_"
SHOWN = 9
DEFAULT_PORTS = {"http": 80, "https": 443}


class BadOrigin(ValueError):
    """Not a scheme and a host, such as https://shop.example."""


def new_key() -> str:
    return KEY_START + secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """256 random bits need no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).digest()


def shown_start(key: str) -> str:
    return key[:SHOWN]


def origin_of(text: str) -> str:
    """The origin of an address as browsers say it (RFC 6454, 6.1): lower case, without path or a usual port."""
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise BadOrigin(text) from None
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username or parts.password or "*" in host:
        raise BadOrigin(text)
    if not host.isascii():
        host = host.encode("idna").decode()
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != DEFAULT_PORTS[parts.scheme] else "")
