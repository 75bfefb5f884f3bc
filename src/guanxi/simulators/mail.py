"""A mail server for the demo and the tests: real SMTP in, an inbox to look at, failures to order.

    python -m guanxi.simulators.mail --smtp-port 2525 --web-port 8025 --folder /path

Listens on 127.0.0.1 only. The local part of a recipient plays a failure when it is one of these words, or begins with
one that is not followed by a letter (`bounce@`, `bounce.ann@`, `full-7@`, but not `fuller@`):

    bounce    550 5.1.1, no such mailbox
    full      552 5.2.2, mailbox full
    greylist  451 4.7.1 the first time that a sender writes, then accepted
    slow      accepted after two seconds; `slow5@` after five
    drop      kept, but the line is cut before the answer
    late      accepted, and then returned: the mailbox does not exist
    overfull  accepted, and then returned: the mailbox is full
    spam      accepted, and then reported as spam

What is returned goes to the sender of the envelope, whose mailbox can be read over IMAP. With `--return-one-in 50`, one
address in fifty does as `late` does.
"""

import argparse
import asyncio
import re
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from aiosmtpd.smtp import SMTP, Envelope, Session

from guanxi.simulators import mail_notices
from guanxi.simulators.mail_imap import ImapServer
from guanxi.simulators.mail_pages import Inbox
from guanxi.simulators.mail_store import Mail, Store

HOST = "127.0.0.1"
_PLAYED = re.compile(r"(bounce|full|greylist|slow|drop|late|overfull|spam)(?![a-z+])(\d{0,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailServer:
    """A running simulator."""

    smtp_port: int
    web_port: int
    imap_port: int
    store: Store
    _smtp: "_SmtpThread"
    _web: Inbox
    _imap: ImapServer

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.web_port}/"

    @property
    def connections(self) -> int:
        """How many SMTP sessions were opened since the start."""
        return self._smtp.connections

    def mails(self, to: str = "") -> list[Mail]:
        """All of them, newest first."""
        return self.store.mails(to=to, limit=-1)

    def stop(self) -> None:
        self._smtp.stop()
        self._web.stop()
        self._imap.stop()
        self.store.close()


def serve(smtp_port: int, web_port: int, folder: Path, *, imap_port: int = 0, return_one_in: int = 0) -> MailServer:
    """Port 0 takes a free one. Raises OSError when a port is busy. Returns when all listen."""
    with _listening(smtp_port) as smtp, _listening(web_port) as web, _listening(imap_port) as imap:
        store = Store(folder)
        return MailServer(
            smtp_port=smtp.getsockname()[1],
            web_port=web.getsockname()[1],
            imap_port=imap.getsockname()[1],
            store=store,
            _smtp=_SmtpThread(_Mailbox(store, return_one_in), smtp.dup()),
            _web=Inbox(store, web.dup()),
            _imap=ImapServer(store, imap.dup()),
        )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="guanxi.simulators.mail", description="A mail server to play with.")
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--web-port", type=int, default=8025)
    parser.add_argument("--imap-port", type=int, default=1143)
    parser.add_argument("--return-one-in", type=int, default=0, help="so many addresses return what they accepted")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails are kept")
    options = parser.parse_args(argv)
    stopped = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopped.set())
    try:
        server = serve(
            options.smtp_port,
            options.web_port,
            options.folder,
            imap_port=options.imap_port,
            return_one_in=options.return_one_in,
        )
    except OSError as error:
        ports = f"{options.smtp_port}, {options.web_port} and {options.imap_port}"
        sys.stderr.write(f"mail: cannot listen on {HOST}, ports {ports}: {error}\n")
        return 1
    sys.stdout.write(f"mail: smtp {HOST}:{server.smtp_port}, imap {HOST}:{server.imap_port}, inbox {server.url}\n")
    sys.stdout.flush()
    stopped.wait()
    server.stop()
    return 0


def _listening(port: int) -> socket.socket:
    """Listening; the caller's `with` closes this handle, a copy of it lives on in the thread."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(100)
    except OSError:
        listener.close()
        raise
    return listener


class _SmtpThread:
    def __init__(self, mailbox: "_Mailbox", listener: socket.socket) -> None:
        self._loop = asyncio.new_event_loop()
        self._mailbox = mailbox
        self.connections = 0
        self._server = self._loop.run_until_complete(self._loop.create_server(self._session, sock=listener))
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-smtp", daemon=True)
        self._thread.start()

    def _session(self) -> SMTP:
        self.connections += 1
        return SMTP(self._mailbox, hostname="mail.example.test", enable_SMTPUTF8=True, loop=self._loop)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.run_until_complete(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        sessions = asyncio.all_tasks() - {asyncio.current_task()}
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


class _Mailbox:
    """Hooks of aiosmtpd, named by it."""

    def __init__(self, store: Store, return_one_in: int) -> None:
        self._store, self._return_one_in = store, return_one_in

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match _played(address):
            case "bounce", _:
                return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
            case "full", _:
                return "552 5.2.2 Mailbox full"
            case "greylist", _ if self._store.first_time(sender=envelope.mail_from or "", recipient=address):
                return "451 4.7.1 Greylisted, please try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self._store.add(sender=envelope.mail_from or "", recipients=envelope.rcpt_tos, raw=envelope.original_content)
        for address in envelope.rcpt_tos:
            self._send_back(envelope, address)
            match _played(address):
                case "slow", seconds:
                    await asyncio.sleep(seconds)
                case "drop", _ if isinstance(server.transport, asyncio.WriteTransport):
                    server.transport.abort()
        return "250 2.0.0 Ok: kept"

    def _send_back(self, envelope: Envelope, address: str) -> None:
        """Never about a notice, which has no sender (RFC 5321 4.5.5)."""
        sender, raw = envelope.mail_from or "", envelope.original_content
        if not sender or not isinstance(raw, bytes):
            return
        word = _played(address)[0] or ("late" if self._returns(address) else "")
        match word:
            case "late":
                said = "550 5.1.1 User unknown"
                back = mail_notices.bounced(raw, sender=sender, recipient=address, status="5.1.1", said=said)
            case "overfull":
                said = "452 4.2.2 Mailbox full"
                back = mail_notices.bounced(raw, sender=sender, recipient=address, status="4.2.2", said=said)
            case "spam":
                back = mail_notices.complained(raw, sender=sender)
            case _:
                return
        self._store.add(sender="", recipients=[sender], raw=back)

    def _returns(self, address: str) -> bool:
        return bool(self._return_one_in) and crc32(address.lower().encode()) % self._return_one_in == 0


def _played(address: str) -> tuple[str, int]:
    found = _PLAYED.match(address)
    return (found[1].lower(), int(found[2] or 2)) if found else ("", 0)


if __name__ == "__main__":
    sys.exit(main())
