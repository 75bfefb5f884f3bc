"""Trying the connection of an account: which step fails, and what to do about it. Nothing is sent."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from django.utils.translation import gettext_noop

from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.port import Finding, Verdict
from guanxi.kit.net.guard import Forbidden, NetError
from guanxi.kit.net.imap import ImapSession, connect_imap
from guanxi.kit.net.smtp import Security, SmtpSession, Step, connect_smtp

SECONDS = 10.0  # for each answer
WHOLE = 20.0  # for all of them together: somebody waits for the page

TITLES = {
    Step.RESOLVE: gettext_noop("Find the server"),
    Step.CONNECT: gettext_noop("Connect"),
    Step.TLS: gettext_noop("Encrypt"),
    Step.GREETING: gettext_noop("Greeting"),
    Step.LOGIN: gettext_noop("Sign in"),
}
BOX_TITLES = {
    Step.RESOLVE: gettext_noop("Mailbox: find the server"),
    Step.CONNECT: gettext_noop("Mailbox: connect"),
    Step.TLS: gettext_noop("Mailbox: encrypt"),
    Step.GREETING: gettext_noop("Mailbox: greeting"),
    Step.LOGIN: gettext_noop("Mailbox: sign in"),
    Step.FOLDER: gettext_noop("Mailbox: open the folder"),
}
ADVICE = {
    Step.RESOLVE: gettext_noop("There is no server of this name. Look for a typing mistake."),
    Step.CONNECT: gettext_noop(
        "Nobody answers at this port. Usual are 587 and 465 for sending, 993 for a mailbox; many hosting companies "
        "block outgoing 25. Ask your provider which port to use, and whether a firewall stands between."
    ),
    Step.TLS: gettext_noop(
        "The line could not be encrypted. Ports 465 and 993 want TLS from the start, 587 and 143 want STARTTLS; the "
        "certificate must be valid and name this server."
    ),
    Step.GREETING: gettext_noop(
        "The server does not greet as it should. Check port and encryption: on 465 and 993, choose TLS from the start."
    ),
    Step.LOGIN: gettext_noop(
        "The server refuses the user name or the password. Many providers want a password made for programs (app "
        "password) or that SMTP and IMAP are switched on for the mailbox."
    ),
    Step.FOLDER: gettext_noop("There is no such folder in the mailbox. INBOX is always there."),
}
FORBIDDEN = gettext_noop(
    "This server is inside a private network, where Guanxi does not connect to. A server on the same machine must be "
    "named in GUANXI_LOCAL_PEERS."
)


class Session(Protocol):
    def close(self) -> None: ...


def probed(config: EmailConfig) -> list[Finding]:
    """The mail server, then the mailbox of returned mail, if there is one."""
    found = _tried(TITLES, _steps(config.security, bool(config.username)), partial(_to_server, config))
    if not config.box_host:
        return found
    steps = [*_steps(config.box_security, True), Step.FOLDER]
    return found + _tried(BOX_TITLES, steps, partial(_to_box, config))


def _to_server(config: EmailConfig, passed: Callable[[Step], None]) -> SmtpSession:
    return connect_smtp(
        config.host,
        config.port,
        security=config.security,
        username=config.username,
        password=config.password.get_secret_value(),
        timeout=SECONDS,
        whole=WHOLE,
        passed=passed,
    )


def _to_box(config: EmailConfig, passed: Callable[[Step], None]) -> ImapSession:
    return connect_imap(
        config.box_host,
        config.box_port,
        security=config.box_security,
        username=config.box_username,
        password=config.box_password.get_secret_value(),
        folder=config.box_folder,
        timeout=SECONDS,
        whole=WHOLE,
        passed=passed,
    )


def _steps(security: Security, signs_in: bool) -> list[Step]:
    after = {"tls": [Step.TLS, Step.GREETING], "starttls": [Step.GREETING, Step.TLS], "none": [Step.GREETING]}
    return [Step.RESOLVE, Step.CONNECT, *after[security], *([Step.LOGIN] if signs_in else [])]


def _tried(
    titles: Mapping[Step, str], steps: Sequence[Step], connected: Callable[[Callable[[Step], None]], Session]
) -> list[Finding]:
    passed: list[Step] = []
    failure: NetError | None = None
    try:
        connected(passed.append).close()
    except NetError as error:
        failure = error
    failed = next((step for step in steps if step not in passed), None) if failure else None
    return [_finding(titles[step], step, step in passed or not failure, failure if step is failed else None)
            for step in steps]  # fmt: skip


def _finding(title: str, step: Step, passed: bool, failure: NetError | None) -> Finding:
    if failure is not None:
        advice = FORBIDDEN if isinstance(failure, Forbidden) else ADVICE[step]
        return Finding(title=title, verdict=Verdict.WRONG, said=str(failure)[:300], advice=advice)
    return Finding(title=title, verdict=Verdict.OK if passed else Verdict.NOT_REACHED)
