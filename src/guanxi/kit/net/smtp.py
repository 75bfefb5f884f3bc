"""SMTP sessions that say at which step something went wrong: no mail is sent twice because an answer was lost."""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from types import TracebackType
from typing import Literal, Self

from guanxi.kit.net.guard import Forbidden, NetError, Peer, Unreachable, connect, time_limit

Security = Literal["none", "starttls", "tls"]


class Step(StrEnum):
    RESOLVE = "resolve"
    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    TLS = "tls"
    LOGIN = "login"
    FOLDER = "folder"  # of a mailbox
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end"  # the answer to the closing dot
    RESET = "reset"


class SmtpRefused(NetError):
    """The server answered no; nothing was sent. After `Step.MAIL` and later the session stays usable unless closed."""

    def __init__(self, step: Step, code: int, text: str) -> None:
        super().__init__(f"{step}: {code} {text}")
        self.step = step
        self.code = code
        self.text = text


class Untrusted(NetError):
    """The line cannot be made safe: no STARTTLS, or a certificate that is not the server's. Nothing was sent."""


class Doubtful(NetError):
    """The whole message went out and the answer to it was lost: only the server knows (RFC 1047)."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str


class SmtpSession:
    """One connection, for one thread, for as many messages as the server lets through."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    @property
    def open(self) -> bool:
        return self._smtp.sock is not None

    def offers(self, extension: str) -> bool:
        return self._smtp.has_extn(extension)

    def send(self, sender: str, recipient: str, message: bytes, *, utf8: bool = False) -> Reply:
        """`message` has CRLF line ends. Raises SmtpRefused and Unreachable (not sent), Doubtful (perhaps sent)."""
        options = [f"SIZE={len(message)}"] if self.offers("size") else []
        if utf8:
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        body = _dot_stuffed(message)
        self._smtp.command_encoding = "utf-8" if utf8 else "ascii"
        try:
            with _line():
                _expect(Step.MAIL, (250,), self._smtp.docmd("MAIL", " ".join([f"FROM:<{sender}>", *options])))
                _expect(Step.RCPT, (250, 251), self._smtp.docmd("RCPT", f"TO:<{recipient}>"))
                _expect(Step.DATA, (354,), self._smtp.docmd("DATA"))
                self._smtp.send(body)
            try:
                with _line():
                    self._smtp.send(b".\r\n")
                    return _expect(Step.END, (250,), self._smtp.getreply())
            except Unreachable as error:
                raise Doubtful("the line broke before the answer to the message") from error
        except SmtpRefused as error:
            self._recover(error)
            raise
        except NetError:
            self._smtp.close()
            raise

    def reset(self) -> None:
        """Forget a half-made envelope (RFC 5321 4.1.1.5)."""
        with _line():
            _expect(Step.RESET, (250,), self._smtp.docmd("RSET"))

    def close(self) -> None:
        if self.open:
            with suppress(OSError, smtplib.SMTPException):  # the server may hang up first (RFC 5321 4.1.1.10)
                self._smtp.docmd("QUIT")
            self._smtp.close()

    def _recover(self, refusal: SmtpRefused) -> None:
        """421 announces that the server hangs up (RFC 5321 3.8); after any other no the session goes on."""
        try:
            if refusal.code == 421:
                self._smtp.close()
            else:
                self.reset()
        except NetError:
            self._smtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect_smtp(
    host: str,
    port: int,
    *,
    security: Security,
    username: str = "",
    password: str = "",
    timeout: float = 30,
    local_hostname: str = "[127.0.0.1]",
    peers: Iterable[Peer] | None = None,
    tls: ssl.SSLContext | None = None,
    passed: Callable[[Step], None] = lambda step: None,
    whole: float | None = None,
) -> SmtpSession:
    """A greeted, secured and signed-in session. `timeout` is for each answer, `whole` for all of this together.
    Certificates are verified by `tls` (default: the system's authorities). `passed` hears of each step that went well.
    Raises Forbidden, Unreachable, Untrusted and SmtpRefused."""
    context = tls or ssl.create_default_context()
    with _line():
        smtp = _CheckedSmtp(host, local_hostname, peers, context if security == "tls" else None, timeout, passed)
        try:
            with time_limit(whole, lambda: smtp.sock):
                _expect(Step.GREETING, (220,), smtp.connect(host, port))
                passed(Step.GREETING)
                _hello(smtp)
                if security == "starttls":
                    _start_tls(smtp, context)
                    passed(Step.TLS)
                if username:
                    _login(smtp, username, password, encrypted=security != "none")
                    passed(Step.LOGIN)
        except BaseException:
            smtp.close()
            raise
    return SmtpSession(smtp)


class _CheckedSmtp(smtplib.SMTP):
    def __init__(
        self,
        host: str,
        local_hostname: str,
        peers: Iterable[Peer] | None,
        tls: ssl.SSLContext | None,
        timeout: float,
        passed: Callable[[Step], None],
    ) -> None:
        super().__init__(local_hostname=local_hostname, timeout=timeout)
        self._host = host  # smtplib's name to verify the certificate against
        self._peers, self._tls, self._passed = peers, tls, passed

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = connect(host, port, timeout=timeout, peers=self._peers, resolved=lambda: self._passed(Step.RESOLVE))
        self._passed(Step.CONNECT)
        if not self._tls:
            return sock
        wrapped = self._tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock = wrapped  # the time limit ends a slow handshake too
        wrapped.do_handshake()
        self._passed(Step.TLS)
        return wrapped


def _hello(smtp: smtplib.SMTP) -> None:
    code, _ = smtp.ehlo()
    if not 200 <= code <= 299:
        _expect(Step.HELLO, (250,), smtp.helo())


def _start_tls(smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
    if not smtp.has_extn("starttls"):
        raise Untrusted("the server offers no STARTTLS")
    try:
        smtp.starttls(context=context)
    except smtplib.SMTPResponseException as error:
        _expect(Step.TLS, (220,), (error.smtp_code, _bytes(error.smtp_error)))
    _hello(smtp)  # what was offered before TLS could be an attacker's (RFC 3207 4.2)


def _login(smtp: smtplib.SMTP, username: str, password: str, *, encrypted: bool) -> None:
    assert smtp.sock is not None
    if not encrypted and not ip_address(smtp.sock.getpeername()[0]).is_loopback:
        raise Forbidden("a password is only sent under TLS")
    mechanisms = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in mechanisms:
        token = base64.b64encode(f"\0{username}\0{password}".encode()).decode("ascii")
        _expect(Step.LOGIN, (235,), smtp.docmd("AUTH", f"PLAIN {token}"))
    elif "LOGIN" in mechanisms:
        _expect(Step.LOGIN, (334,), smtp.docmd("AUTH", "LOGIN"))
        _expect(Step.LOGIN, (334,), smtp.docmd(base64.b64encode(username.encode()).decode("ascii")))
        _expect(Step.LOGIN, (235,), smtp.docmd(base64.b64encode(password.encode()).decode("ascii")))
    else:
        raise SmtpRefused(Step.LOGIN, 504, "the server offers no sign-in that we know (PLAIN, LOGIN)")


def _expect(step: Step, wanted: tuple[int, ...], answer: tuple[int, bytes]) -> Reply:
    code, text = answer[0], answer[1].decode("utf-8", "replace")
    if code in wanted:
        return Reply(code, text)
    if 400 <= code <= 599:
        raise SmtpRefused(step, code, text)
    raise Unreachable(f"{step}: not an SMTP answer ({code})")


@contextmanager
def _line() -> Iterator[None]:
    """A broken or silent line, in our words."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(f"certificate not accepted: {error.verify_message}") from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def _dot_stuffed(message: bytes) -> bytes:
    """Lines end in CRLF and nothing else, for a bare CR or LF lets one message smuggle in a second (RFC 5321 2.3.8);
    those that begin with a dot get one more (4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    stuffed = re.sub(rb"(?m)^\.", b"..", lines)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
