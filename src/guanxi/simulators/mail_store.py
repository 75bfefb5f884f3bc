"""What the mail simulator took, one row a recipient, in one SQLite file that survives a restart."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, cast

_SCHEMA = """
create table if not exists mails (
    id integer primary key, received_at text not null, sender text not null, recipient text not null,
    message_id text not null, subject text not null, raw blob not null
);
create index if not exists mails_recipient on mails (recipient, id);
create index if not exists mails_message_id on mails (message_id);
create table if not exists seen (reader text, mail integer, primary key (reader, mail));
create table if not exists greylisted (sender text, recipient text, primary key (sender, recipient));
"""


@dataclass(frozen=True, slots=True)
class Mail:
    id: int
    received_at: str  # ISO 8601, UTC
    sender: str  # of the envelope, as is the recipient
    recipient: str
    message_id: str
    subject: str
    raw: bytes

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self._parsed().items()]

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def header(self, name: str) -> str:
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")

    def _part(self, subtype: str) -> str:
        part = self._parsed().get_body((subtype,))
        if part is None:
            return ""
        charset = part.get_content_charset("utf-8")
        payload = part.get_payload(decode=True)
        try:
            return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
        except LookupError:
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""

    def _parsed(self) -> EmailMessage:
        return parsed(self.raw)


def empty(folder: Path) -> None:
    """Remove every mail, whether or not a server has the file open."""
    file = folder / "mail.sqlite3"
    if file.exists():
        with closing(sqlite3.connect(file, timeout=10)) as base, base:
            for table in ("mails", "seen", "greylisted"):
                base.execute(f"delete from {table}")  # noqa: S608


class Store:
    """Safe from several threads. `add` returns when the mail is on the disk's side of the database."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._base = sqlite3.connect(folder / "mail.sqlite3", check_same_thread=False)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = normal")
        self._base.executescript(_SCHEMA)

    def add(self, *, sender: str, recipients: list[str], raw: bytes) -> None:
        message = parsed(raw)
        row = (datetime.now(UTC).isoformat(timespec="milliseconds"), sender)
        about = (str(message["Message-ID"] or ""), str(message["Subject"] or ""), raw)
        with self._lock, self._base:
            self._base.executemany(
                "insert into mails (received_at, sender, recipient, message_id, subject, raw)"
                " values (?, ?, ?, ?, ?, ?)",
                [(*row, recipient.lower(), *about) for recipient in recipients],
            )

    def first_time(self, *, sender: str, recipient: str) -> bool:
        """Whether greylisting has not met this pair before; it has from now on."""
        with self._lock, self._base:
            found = self._base.execute(
                "insert into greylisted values (?, ?) on conflict do nothing", (sender.lower(), recipient.lower())
            )
            return found.rowcount == 1

    def mails(self, *, to: str = "", before: int = 0, limit: int = 100) -> list[Mail]:
        """Newest first; `to` is a whole address, `before` the id that the last page ended with, limit -1 means all."""
        rows = self._all(
            "select id, received_at, sender, recipient, message_id, subject, raw from mails"
            " where ?1 in ('', recipient) and (?2 = 0 or id < ?2) order by id desc limit ?3",
            (to.lower(), before, limit),
        )
        return [Mail(*row) for row in rows]

    def mail(self, mail_id: int) -> Mail | None:
        rows = self._all(
            "select id, received_at, sender, recipient, message_id, subject, raw from mails where id = ?", (mail_id,)
        )
        return Mail(*rows[0]) if rows else None

    def box(self, address: str, *, unseen: bool = False) -> list[int]:
        """Ids of what came for this address, with or without a plus, the oldest first."""
        local, _, domain = address.lower().rpartition("@")
        rows = self._all(
            "select id from mails where (recipient = ?1 or (recipient >= ?2 and recipient < ?3 and recipient like ?4))"
            " and not (?5 and exists (select 1 from seen where reader = ?1 and mail = mails.id)) order by id",
            (address.lower(), f"{local}+", f"{local},", f"%@{domain}", unseen),
        )
        return [int(row[0]) for row in rows]

    def see(self, address: str, mail_id: int) -> None:
        with self._lock, self._base:
            self._base.execute("insert into seen values (?, ?) on conflict do nothing", (address.lower(), mail_id))

    def total(self, *, to: str = "") -> int:
        rows = self._all("select count(*) from mails where ? in ('', recipient)", (to.lower(),))
        return cast(int, rows[0][0])

    def copies(self) -> dict[str, int]:
        """How often each Message-ID arrived: everything but 1 is a duplicate."""
        return dict(self._all("select message_id, count(*) from mails group by message_id", ()))

    def close(self) -> None:
        with self._lock:
            self._base.close()

    def _all(self, sql: str, values: tuple[str | int, ...]) -> list[Any]:
        with self._lock, closing(self._base.execute(sql, values)) as cursor:
            return cursor.fetchall()


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
