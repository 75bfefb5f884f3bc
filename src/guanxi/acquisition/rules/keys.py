"""Write keys, and the pages that may use one."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

KEY_START = "wk_"
SHOWN = 9
IN_TEXT = re.compile(rf"{KEY_START}[A-Za-z0-9_-]{{43}}")
IN_JSON = re.compile(rb'"writeKey"[ \t\r\n]{0,4}:[ \t\r\n]{0,4}"(wk_[A-Za-z0-9_-]{43})"')
LONGEST = 70
"""Of what `IN_JSON` finds."""
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


def keys_masked(text: str) -> str:
    return IN_TEXT.sub(lambda found: shown_start(found[0]) + "…", text)


def key_in(parts: Iterable[bytes]) -> str:
    """The write key that stands in a body which cannot be read as a whole, looked for part by part; "" when there is
    none, or more than one: then nobody knows which of them was meant."""
    found: set[bytes] = set()
    rest = b""
    for part in parts:
        text = rest + part
        for one in IN_JSON.finditer(text):
            found.add(one[1])
            if len(found) > 1:
                break
        rest = text[-LONGEST:]
    return found.pop().decode() if len(found) == 1 else ""


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
