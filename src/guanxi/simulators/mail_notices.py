"""What a mail service sends back later: a report that a message could not be handed over (RFC 3464), or that its reader
called it spam (RFC 5965)."""

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

HOST = "mail.example.test"


def bounced(raw: bytes, *, sender: str, recipient: str, status: str, said: str) -> bytes:
    """`sender` is that of the envelope: where it goes back to."""
    report = (
        f"Reporting-MTA: dns; {HOST}\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n"
    )
    words = f"This is the mail system at {HOST}.\r\n\r\nIt could not be delivered:\r\n\r\n<{recipient}>: {said}\r\n"
    subject = "Undelivered Mail Returned to Sender"
    return _report("delivery-status", sender, f"MAILER-DAEMON@{HOST}", subject, words, report, raw)


def complained(raw: bytes, *, sender: str) -> bytes:
    report = "Feedback-Type: abuse\r\nUser-Agent: guanxi-simulator/1\r\nVersion: 1\r\n"
    words = "This is an e-mail abuse report for a message that a reader marked as spam.\r\n"
    return _report("feedback-report", sender, f"feedback@{HOST}", "Abuse report", words, report, raw)


def _report(kind: str, to: str, by: str, subject: str, words: str, report: str, raw: bytes) -> bytes:
    """Written by hand: the library would not write a part of these types as their readers expect it."""
    head = EmailMessage(policy=policy.SMTP)
    head["From"], head["To"], head["Subject"] = by, to, subject
    head["Date"], head["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain=HOST)
    head["Auto-Submitted"] = "auto-replied"
    original = raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
    line = "=_guanxi_report"
    return (
        head.as_bytes().rstrip(b"\r\n")
        + (
            f'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind}; boundary="{line}"\r\n\r\n'
            f"--{line}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
            f"--{line}\r\nContent-Type: message/{kind}\r\n\r\n{report}\r\n"
            f"--{line}\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n"
            f"--{line}--\r\n"
        ).encode()
    )
