"""What an SMTP server's no means for the message, the address or the account.

RFC 5321 4.2 gives the classes (4yz: not now, 5yz: not like this), RFC 3463 the enhanced codes (subject and detail),
which say more and win: `550 5.7.1` is our reputation, not a missing mailbox, and must not suppress a person.
"""

import re
from datetime import timedelta

from guanxi.channels.port import Category, ChannelError, Reconnect, Refused, Retry, printable
from guanxi.kit.net.smtp import SmtpRefused, Step

_ENHANCED = re.compile(r"\s*([45])\.(\d{1,3})\.(\d{1,3})\b")

# (subject, detail) of RFC 3463, or the subject alone
_PERMANENT: dict[tuple[int, int] | int, Category] = {
    (1, 7): Category.AUTH,  # bad sender's mailbox address syntax
    (1, 8): Category.AUTH,  # bad sender's system address
    1: Category.HARD_BOUNCE,  # 3.2: addressing status; 5.1.10 of RFC 7505: the domain takes no mail
    (2, 1): Category.HARD_BOUNCE,  # 3.3: mailbox disabled
    (2, 2): Category.SOFT_BOUNCE,  # 3.3: mailbox full
    (2, 3): Category.CONTENT,  # 3.3: message length exceeds administrative limit
    (3, 4): Category.CONTENT,  # 3.4: message too big for system
    (4, 1): Category.HARD_BOUNCE,  # quirk 2: Exchange Online for a recipient it does not know
    (4, 4): Category.HARD_BOUNCE,  # 3.5: unable to route
    (4, 5): Category.THROTTLED,  # quirk 1: Gmail's daily limit of the sending account
    6: Category.CONTENT,  # 3.7: content or media status
    (7, 8): Category.AUTH,  # RFC 4954 6: authentication credentials invalid
    (7, 9): Category.AUTH,  # RFC 4954 6: authentication mechanism is too weak
    7: Category.BLOCKED,  # 3.8: security or policy status
}
_BY_CODE: dict[tuple[Step, int], Category] = {
    (Step.RCPT, 550): Category.HARD_BOUNCE,  # RFC 5321 4.2.3: mailbox unavailable
    (Step.RCPT, 551): Category.HARD_BOUNCE,  # user not local
    (Step.RCPT, 553): Category.HARD_BOUNCE,  # mailbox name not allowed
    (Step.RCPT, 556): Category.HARD_BOUNCE,  # RFC 7504: domain does not accept mail
    (Step.RCPT, 552): Category.SOFT_BOUNCE,  # exceeded storage allocation
    (Step.MAIL, 552): Category.CONTENT,  # RFC 1870 6.1: message size exceeds fixed maximum
    (Step.END, 552): Category.SOFT_BOUNCE,
    (Step.END, 550): Category.BLOCKED,
    (Step.END, 554): Category.CONTENT,  # RFC 5321 4.2.3: transaction failed
}
_ACCOUNT_STEPS = {Step.GREETING, Step.HELLO, Step.TLS, Step.LOGIN}
_SIGN_IN_CODES = {530, 534, 535, 538}  # RFC 4954 6


def judged(refusal: SmtpRefused, address: str) -> ChannelError:
    detail = without_address(f"{refusal.code} {refusal.text}", address)
    if refusal.code < 500:
        return _not_now(refusal, detail)
    if refusal.step in _ACCOUNT_STEPS or refusal.code in _SIGN_IN_CODES:
        return Reconnect(detail)
    category = _category(refusal)
    if category is Category.THROTTLED:
        return Retry(timedelta(hours=1), category, detail)
    # Whatever is said about MAIL FROM is said about our sender, so every message would meet it (RFC 5321 3.3).
    if category is Category.AUTH or (refusal.step is Step.MAIL and category is not Category.CONTENT):
        return Reconnect(detail)
    return Refused(category, detail)


def _category(refusal: SmtpRefused) -> Category:
    return permanent(*_enhanced(refusal.text)) or _BY_CODE.get((refusal.step, refusal.code), Category.UNKNOWN)


def permanent(subject: int, point: int) -> Category | None:
    """What 5.`subject`.`point` means, if it says anything."""
    return _PERMANENT.get((subject, point)) or _PERMANENT.get(subject)


def _not_now(refusal: SmtpRefused, detail: str) -> Retry:
    """The server's own wish for a pause is not machine-readable; these are the least that senders keep in practice
    (RFC 5321 4.5.4.1 asks for 30 minutes on the whole, RFC 6647 5 lets greylisting end within minutes)."""
    subject, point = _enhanced(refusal.text)
    if (subject, point) == (2, 2) or refusal.code == 452:
        return Retry(timedelta(hours=1), Category.SOFT_BOUNCE, detail)
    if subject == 7 or (subject, point) in {(4, 5), (3, 2)}:
        return Retry(timedelta(minutes=5), Category.THROTTLED, detail)
    if refusal.code == 421:
        return Retry(timedelta(minutes=1), Category.NETWORK, detail)
    return Retry(timedelta(minutes=5), Category.SOFT_BOUNCE, detail)


def _enhanced(text: str) -> tuple[int, int]:
    found = _ENHANCED.match(text)
    return (int(found[2]), int(found[3])) if found else (0, 0)


def without_address(text: str, address: str) -> str:
    """Servers like to repeat the address; what is kept about a message must outlive the person's erasure."""
    line = re.sub(re.escape(address), "(address)", " ".join(printable(text).split()), flags=re.IGNORECASE)
    return line[:300]
