"""What a message that came back says: a bounce (RFC 3464), a complaint (RFC 5965), or nothing of ours.

Everything here was written by a stranger. It is read as text, with bounds, and nothing of it is kept but a status code.
"""

import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from hashlib import sha256

from guanxi.channels.plugins.email.answers import permanent
from guanxi.channels.port import Category, Inbound

MOST_BYTES = 512 * 1024  # the rest of a longer message is not fetched; what a notice says stands in its beginning
MOST_PARTS = 60  # a notice has three; parts within parts cost a frame of the stack each
MOST_TEXT = 64 * 1024

BOUNCED, COMPLAINED, DELAYED = "message.bounced", "message.complained", "message.delayed"
COMPLAINTS = {"abuse", "fraud", "opt-out", "virus", "other"}  # RFC 5965 3.1 and 7.3; `not-spam` takes one back

_KEY = re.compile(r"<(msg_[0-9a-z]{26})@", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)[ \-]")
_DAEMON = re.compile(r"\b(mailer-daemon|postmaster|mail delivery (sub)?system)\b", re.IGNORECASE)
_UNDELIVERED = re.compile(
    r"undeliver|not.{0,20}deliver|delivery.{0,30}(fail|status)|returned mail|failure notice"
    r"|退信|无法投递|반송|전송 실패",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(r"delayed|warning|will (be retried|keep trying|retry)|延迟|지연", re.IGNORECASE)


def read(raw: bytes, *, return_address: str, now: datetime) -> Inbound:
    """`name` is empty for everything that is no notice about a message: answers, out-of-office, advertising."""
    external_id = sha256(_own_id(raw) or raw).hexdigest()
    if _too_many_parts(raw):
        return Inbound(external_id=external_id, name="", address="", occurred_at=now)
    notice = message_from_bytes(raw)
    name, status, category = _said(notice)
    texts = _texts(notice, raw)
    return Inbound(
        external_id=external_id,
        name=name,
        address="",
        occurred_at=now,
        return_token=_token(notice, texts, return_address) if name else "",
        message_key=_key(texts) if name else "",
        props={"category": category.value, "status": status} if name == BOUNCED else {},
    )


def _too_many_parts(raw: bytes) -> bool:
    return len(re.findall(rb"(?im)^content-type:", raw)) > MOST_PARTS or raw.lower().count(b"multipart/") > MOST_PARTS


def _own_id(raw: bytes) -> bytes:
    """The notice's own Message-ID: a server that was interrupted may store the same message twice."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    found = re.search(rb"(?im)^message-id:\s*(<[^<>\s]{1,250}>)", head)
    return found[1] if found else b""


def _said(notice: Message) -> tuple[str, str, Category]:
    match notice.get_content_type(), str(notice.get_param("report-type", "")).lower():
        case "multipart/report", "feedback-report":
            return (COMPLAINED if _feedback(notice) in COMPLAINTS else ""), "", Category.UNKNOWN
        case "multipart/report", "delivery-status":
            return _by_report(notice) or _by_words(notice)
    if notice.get("X-Failed-Recipients") or (_DAEMON.search(_header(notice, "From")) and _looks_undelivered(notice)):
        return _by_words(notice)
    return "", "", Category.UNKNOWN


def _feedback(notice: Message) -> str:
    for part in notice.walk():
        if part.get_content_type() == "message/feedback-report":
            # Some write the fields into the body of the part, where the parser sees a message in the message.
            held = part.get_payload()
            fields = held[0] if isinstance(held, list) and held and isinstance(held[0], Message) else part
            return _header(fields, "Feedback-Type").strip().lower()
    return ""


def _by_report(notice: Message) -> tuple[str, str, Category] | None:
    """The first recipient that it speaks of: ours have one each."""
    for part in notice.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if not isinstance(block, Message) or not block.get("Action"):
                continue
            action = _header(block, "Action").strip().lower()
            if action == "delayed":
                return DELAYED, "", Category.UNKNOWN
            if action != "failed":
                return "", "", Category.UNKNOWN
            return _bounce(_header(block, "Status"), _header(block, "Diagnostic-Code"))
    return None


def _by_words(notice: Message) -> tuple[str, str, Category]:
    """qmail, old Exim and many appliances write no report (RFC 3464 came after them): what counts is the code that the
    other server gave, which all of them quote."""
    text = _text(notice)
    if not _STATUS.search(text) and not _CODE.search(text):
        trying = _STILL_TRYING.search(_header(notice, "Subject")) or _STILL_TRYING.search(text[:2000])
        return (DELAYED if trying else BOUNCED), "", Category.SOFT_BOUNCE
    if _STILL_TRYING.search(_header(notice, "Subject")):
        return DELAYED, "", Category.UNKNOWN
    return _bounce("", text)


def _bounce(status: str, diagnostic: str) -> tuple[str, str, Category]:
    """The code of the server that refused says more than the summary of the one that reports it (5.0.0, very often)."""
    summary, quoted = _STATUS.search(status), _STATUS.search(diagnostic)
    code = _CODE.search(diagnostic)
    exact = quoted if quoted and (summary is None or summary[2] == "0") else summary
    if exact is None:
        number = int(code[1]) if code else 0
        hard = number in {550, 551, 553, 556}
        return BOUNCED, str(number or ""), Category.HARD_BOUNCE if hard else Category.SOFT_BOUNCE
    shown = f"{exact[1]}.{int(exact[2])}.{int(exact[3])}"
    if exact[1] != "5":
        return BOUNCED, shown, Category.SOFT_BOUNCE
    return BOUNCED, shown, permanent(int(exact[2]), int(exact[3])) or Category.HARD_BOUNCE


def _looks_undelivered(notice: Message) -> bool:
    return bool(_UNDELIVERED.search(_header(notice, "Subject")) or _UNDELIVERED.search(_text(notice)[:2000]))


def _token(notice: Message, texts: list[str], return_address: str) -> str:
    """Where it was sent to says it best; some servers hand mail on under another address and keep ours inside only."""
    local, _, domain = return_address.rpartition("@")
    if not local:
        return ""
    ours = re.compile(re.escape(local) + r"\+([a-z0-9]{42})@" + re.escape(domain), re.IGNORECASE)
    heads = [_header(notice, name) for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To")]
    return next((found[1].lower() for text in [*heads, *texts] if (found := ours.search(text))), "")


def _key(texts: list[str]) -> str:
    return next((found[1].lower() for text in texts if (found := _KEY.search(text))), "")


def _texts(notice: Message, raw: bytes) -> list[str]:
    """As it came, and what is hidden in an encoding."""
    hidden = [part for part in notice.walk() if str(part.get("Content-Transfer-Encoding", "")).lower() != "7bit"]
    return [raw.decode("latin-1"), *(_decoded(part) for part in hidden if not part.is_multipart())]


def _text(notice: Message) -> str:
    """What is there to read before the message that came back."""
    found = []
    for part in notice.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            break
        if part.get_content_maintype() == "text":
            found.append(_decoded(part))
    return "\n".join(found)[:MOST_TEXT]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload[:MOST_TEXT].decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _header(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:2000]
