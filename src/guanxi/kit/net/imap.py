"""A mailbox read over IMAP (RFC 3501), on the guarded socket, with limits on time and on what a server may send."""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

from guanxi.kit.net.guard import Forbidden, NetError, Peer, Unreachable, connect, time_limit
from guanxi.kit.net.smtp import Security, Step, Untrusted

MOST_LITERAL = 20_000_000  # bytes that a server may announce at once


class ImapRefused(NetError):
    """The server answered no."""


class ImapSession:
    """One folder, opened for reading and flagging."""

    def __init__(self, imap: "_CheckedImap") -> None:
        self._imap = imap

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The line is cut after so long, whatever the server is doing."""
        with time_limit(seconds, lambda: self._imap.line):
            yield

    def unseen(self) -> list[int]:
        """The UIDs of what was not marked as read, the oldest first."""
        [found] = self._ask("SEARCH", "UNSEEN")[:1] or [b""]
        return sorted(int(uid) for uid in (found or b"").split())

    def fetch(self, uid: int, most_bytes: int) -> bytes:
        """The beginning of a message, whole if it is no longer than that; it stays unread. Empty: it is gone."""
        answer = self._ask("FETCH", str(uid), f"(BODY.PEEK[]<0.{most_bytes}>)")
        return next((part[1] for part in answer if isinstance(part, tuple)), b"")

    def mark_seen(self, uid: int) -> None:
        self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def close(self) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        with _line():
            kind, answer = self._imap.uid(command, *arguments)
        if kind != "OK":
            raise ImapRefused(f"{command}: {_words(answer)}")
        return list(answer)


def connect_imap(
    host: str,
    port: int,
    *,
    security: Security,
    username: str,
    password: str,
    folder: str = "INBOX",
    timeout: float = 30,
    peers: Iterable[Peer] | None = None,
    tls: ssl.SSLContext | None = None,
    passed: Callable[[Step], None] = lambda step: None,
    whole: float | None = None,
) -> ImapSession:
    """As `connect_smtp`, with a folder opened. Raises Forbidden, Unreachable, Untrusted and ImapRefused."""
    context = tls or ssl.create_default_context()
    imap = _CheckedImap(host, port, peers, context if security == "tls" else None, timeout, passed)
    try:
        with _line(), time_limit(whole, lambda: imap.line):
            imap.open_line()
            passed(Step.GREETING)
            if security == "starttls":
                _start_tls(imap, context)
                passed(Step.TLS)
            _login(imap, username, password, encrypted=security != "none")
            passed(Step.LOGIN)
            kind, answer = imap.select(_quoted(folder))
            if kind != "OK":
                raise ImapRefused(_words(answer))
            passed(Step.FOLDER)
    except BaseException:
        imap.hang_up()
        raise
    return ImapSession(imap)


class _CheckedImap(imaplib.IMAP4):
    """imaplib dials in its constructor; here the constructor only remembers, and `open_line` dials."""

    def __init__(
        self,
        host: str,
        port: int,
        peers: Iterable[Peer] | None,
        tls: ssl.SSLContext | None,
        timeout: float,
        passed: Callable[[Step], None],
    ) -> None:
        self._where, self._peers, self._tls, self._timeout, self._passed = (host, port), peers, tls, timeout, passed
        self.line: socket.socket | None = None

    def open_line(self) -> None:
        super().__init__(*self._where, timeout=self._timeout)

    def hang_up(self) -> None:
        if self.line is not None:
            with suppress(OSError):
                self.line.close()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        host, port = self._where
        sock = connect(
            host, port, timeout=self._timeout, peers=self._peers, resolved=lambda: self._passed(Step.RESOLVE)
        )
        self.line = sock
        self._passed(Step.CONNECT)
        if not self._tls:
            return sock
        self.line = wrapped = self._tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        wrapped.do_handshake()
        self._passed(Step.TLS)
        return wrapped

    def read(self, size: int) -> bytes:
        if size > MOST_LITERAL:
            raise self.abort(f"the server announces {size} bytes at once")
        return super().read(size)


def _start_tls(imap: _CheckedImap, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in imap.capabilities:
        raise Untrusted("the server offers no STARTTLS")
    imap.starttls(context)
    imap.line = imap.sock


def _login(imap: _CheckedImap, username: str, password: str, *, encrypted: bool) -> None:
    assert imap.line is not None
    if not encrypted and not ip_address(imap.line.getpeername()[0]).is_loopback:
        raise Forbidden("a password is only sent under TLS")
    if not (username + password).isascii():
        imap.authenticate("PLAIN", lambda _: b"\0" + username.encode() + b"\0" + password.encode())
    else:
        imap.login(_quoted(username), password)


def _quoted(text: str) -> str:
    """imaplib quotes the password and nothing else."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _words(answer: Iterable[Any]) -> str:
    return " ".join(part.decode("utf-8", "replace") for part in answer if isinstance(part, bytes))[:300]


@contextmanager
def _line() -> Iterator[None]:
    """A broken or silent line, or a no, in our words."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(f"certificate not accepted: {error.verify_message}") from error
    except imaplib.IMAP4.abort as error:
        raise Unreachable(str(error)) from error
    except imaplib.IMAP4.error as error:
        raise ImapRefused(str(error).removeprefix("b'").removesuffix("'")[:300]) from error
    except (OSError, UnicodeError, ValueError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
