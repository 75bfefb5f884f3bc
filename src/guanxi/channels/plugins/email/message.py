"""An Outbound as the bytes of one Internet message (RFC 5322). Nothing in it can start a header of its own."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from guanxi.channels.plugins.email.signing import Signature, signed
from guanxi.channels.port import Category, Outbound, Refused
from guanxi.kit import addresses

# Other names are ours to write, or the receiving server's.
_FURTHER_HEADERS = re.compile(
    r"(x-[a-z0-9-]+|list-id|feedback-id|in-reply-to|references|auto-submitted|precedence)", re.IGNORECASE
)
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")  # printable ASCII without <, > and space; a header line holds 998
_DOMAIN = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+", re.ASCII)
# The header block is written here, by hand: `EmailMessage` reads a value before it writes it (an encoded word in a
# subject comes out decoded), drops spaces where it folds (Python 3.11) and encodes long links, which no reader undoes.
_TOKEN = re.compile(r"[a-z0-9]{1,42}")
TOKEN_ROOM = 64 - len("+") - 42  # a local part has at most 64 characters (RFC 5321 4.5.3.1.1)
_BODY = EmailPolicy(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letter:
    message_id: str
    sender: str  # of the envelope
    recipient: str
    content: bytes
    utf8: bool  # needs a server with SMTPUTF8 (RFC 6531)


def is_one_line(text: str) -> bool:
    """No control character, no line or paragraph separator, no half of a surrogate pair."""
    return not any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in text)


def compose(
    outbound: Outbound,
    *,
    sender_name: str,
    sender_address: str,
    reply_to: str,
    now: datetime,
    return_address: str = "",
    dkim: Signature | None = None,
) -> Letter:
    """Raises Refused: CONTENT for what cannot be written, HARD_BOUNCE for what is no address."""
    _require_clean(outbound)
    sender, recipient = _wired(sender_address), _wired(outbound.address)
    answers_to = outbound.reply_to or reply_to
    replies = _wired(answers_to, category=Category.CONTENT) if answers_to else ""
    returns_to = _returning(outbound, return_address) or sender
    utf8 = not (sender + recipient + replies + returns_to).isascii()
    message_id = f"<{outbound.key}@{sender.rpartition('@')[2]}>"

    headers = [
        ("From", _mailbox("From", outbound.sender or sender_name, sender)),
        ("To", recipient),
        *([("Reply-To", replies)] if replies else []),
        ("Subject", _words("Subject", outbound.subject)),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id),
        *([("Content-Language", outbound.locale.replace("_", "-"))] if outbound.locale else []),
        *_unsubscribe_headers(outbound.unsubscribe_url),
        *_stream_headers(outbound, sender.rpartition("@")[2]),
        *((name, _words(name, value)) for name, value in outbound.headers),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    content = head.encode() + _body(outbound)
    if dkim is not None:
        content = signed(content, domain=sender.rpartition("@")[2], signature=dkim)
    return Letter(message_id, returns_to, recipient, content, utf8)


def _returning(outbound: Outbound, address: str) -> str:
    """The sender of the envelope, an own one for each message (VERP): it says what came back, whatever the text of the
    notice. Servers may write it in lower case, so the token has one case only."""
    if not address:
        return ""
    local, _, domain = _wired(address, category=Category.AUTH).rpartition("@")
    if not outbound.return_token:
        return f"{local}@{domain}"
    if not _TOKEN.fullmatch(outbound.return_token):
        raise Refused(Category.CONTENT, "the return token cannot be part of an address")
    return f"{local}+{outbound.return_token}@{domain}"


def _stream_headers(outbound: Outbound, domain: str) -> list[tuple[str, str]]:
    """Marketing names its list (RFC 2919) and the broadcast that Google's statistics shall count together (Feedback-ID:
    three fields of our own and a sender). What a program sends about an order asks other programs for no answer (RFC
    3834 5.2)."""
    given = {name.lower() for name, _ in outbound.headers}
    if outbound.unsubscribe_url:
        sender = sha256(domain.encode()).hexdigest()[:12]
        own = [("List-Id", f"<marketing.{domain}>")]
        own += [("Feedback-ID", f"{outbound.origin}:marketing:guanxi:{sender}")] if outbound.origin else []
    else:
        own = [("Auto-Submitted", "auto-generated")]
    return [(name, value) for name, value in own if name.lower() not in given]


def _body(outbound: Outbound) -> bytes:
    body = EmailMessage(policy=_BODY)
    body.set_content(outbound.text)
    if outbound.html:
        body.add_alternative(outbound.html, subtype="html")
    return body.as_bytes()


def _words(name: str, text: str) -> str:
    """A header's text, folded, and encoded (RFC 2047) when it is more than ASCII or looks encoded already."""
    plain = text.isascii() and "=?" not in text
    return Header(text, "us-ascii" if plain else "utf-8", header_name=name).encode(linesep="\r\n")


def _mailbox(header: str, name: str, address: str) -> str:
    if not name:
        return address
    plain = name.isascii() and "=?" not in name
    return f"{_quoted(name) if plain else _words(header, name)} <{address}>"


def _quoted(name: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _unsubscribe_headers(url: str) -> list[tuple[str, str]]:
    """RFC 8058 3.1 wants HTTPS for one click. The demo's own plain-http loopback address counts as well, so that what
    is shown there is what happens in earnest; for any other http link only RFC 2369's header is written."""
    if not url:
        return []
    headers = [("List-Unsubscribe", f"<{url}>")]
    if url.startswith("https://") or _is_loopback(urlsplit(url).hostname or ""):
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _require_clean(outbound: Outbound) -> None:
    lines = {
        "address": outbound.address,
        "subject": outbound.subject,
        "sender name": outbound.sender,
        "reply-to address": outbound.reply_to,
        "locale": outbound.locale,
        "key": outbound.key,
        "origin": outbound.origin,
        **{f"header {name!r}": name + value for name, value in outbound.headers},
    }
    for what, text in lines.items():
        if not is_one_line(text):
            raise Refused(Category.CONTENT, f"the {what} holds a line break or another control character")
    for name, _ in outbound.headers:
        if not _FURTHER_HEADERS.fullmatch(name):
            raise Refused(Category.CONTENT, f"the header {name!r} may not be set")
    if outbound.unsubscribe_url and not _LINK.fullmatch(outbound.unsubscribe_url):
        raise Refused(Category.CONTENT, "the unsubscribe link is not a web address")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,40}", outbound.locale):
        raise Refused(Category.CONTENT, "the locale is not a language tag")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", outbound.key):
        raise Refused(Category.CONTENT, "the key cannot be part of a Message-ID")
    if any("\ud800" <= character <= "\udfff" for character in outbound.text + outbound.html):
        raise Refused(Category.CONTENT, "the text holds half of a character")


def _wired(address: str, category: Category = Category.HARD_BOUNCE) -> str:
    """The address as servers know it: the domain in ASCII (RFC 5891), the local part untouched."""
    local, _, domain = address.rpartition("@")
    try:
        addresses.email(address)
        wired = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (addresses.BadAddress, idna.IDNAError):
        wired = ""
    if not _DOMAIN.fullmatch(wired):
        raise Refused(category, "this is not an e-mail address")
    return f"{local}@{wired}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
