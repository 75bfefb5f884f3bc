import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from guanxi.channels import registry
from guanxi.channels.plugins import email as email_plugin
from guanxi.channels.plugins.email.adapter import EmailPlugin
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.plugins.email.message import compose
from guanxi.channels.port import (
    Category,
    ChannelError,
    Outbound,
    Plugin,
    Reconnect,
    Refused,
    Retry,
    Unknown,
    Unsupported,
    revealed,
)
from guanxi.simulators import mail
from tests.channels.contract import SECRET, PluginContract, Vendor, opened

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
FIXTURES = Path(next(iter(email_plugin.__path__))) / "fixtures"
HELLO = Outbound(
    key="msg_01J0",
    address="ann@example.test",
    subject="Hello",
    text="Hello Ann",
    html="<p>Hello Ann</p>",
    unsubscribe_url="https://brand.test/u/abc",
)


@dataclass
class Simulated:
    server: mail.MailServer
    config: EmailConfig
    unreachable: EmailConfig
    address: str = "ann@example.test"
    unknown_address: str = "bounce.ann@example.test"
    lost_address: str = "drop.ann@example.test"

    def connections(self) -> int:
        return self.server.connections

    def arrived(self, key: str) -> int:
        return self.server.store.copies().get(f"<{key}@brand.test>", 0)


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    server = mail.serve(0, 0, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead_port = closed.getsockname()[1]
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port},127.0.0.1:{dead_port}")
    yield Simulated(server, account(server.smtp_port), account(dead_port))
    server.stop()


def account(port: int, /, **changes: Any) -> EmailConfig:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "password": SECRET,
        "sender_name": "The Shop",
        "sender_address": "shop@brand.test",
        "reply_to": "help@brand.test",
    }
    return EmailConfig.model_validate(settings | changes)


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def written(outbound: Outbound = HELLO, sender_name: str = "The Shop") -> EmailMessage:
    letter = compose(outbound, sender_name=sender_name, sender_address="shop@brand.test", reply_to="", now=NOW)
    return parsed(letter.content)


def text_of(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert isinstance(part, EmailMessage)
    return cast(str, part.get_content())


class TestEmailKeepsTheContract(PluginContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return registry.plugin("email")

    @pytest.fixture
    def vendor(self, simulated: Simulated) -> Vendor:
        return simulated


# What is written


def test_a_message_carries_all_that_a_mail_program_needs(simulated: Simulated) -> None:
    with opened(EmailPlugin(), simulated.config) as send:
        receipt = send(replace(HELLO, locale="zh_Hans", headers=(("X-Guanxi-Broadcast", "brd_1"),)))
    [arrived] = simulated.server.mails()
    headers = dict(arrived.headers)
    assert headers.pop("Date").endswith("+0000")
    assert headers.pop("Content-Type").startswith("multipart/alternative")
    assert headers == {
        "From": "The Shop <shop@brand.test>",
        "To": "ann@example.test",
        "Reply-To": "help@brand.test",
        "Subject": "Hello",
        "Message-ID": "<msg_01J0@brand.test>",
        "Content-Language": "zh-Hans",
        "List-Unsubscribe": "<https://brand.test/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<marketing.brand.test>",
        "X-Guanxi-Broadcast": "brd_1",
        "MIME-Version": "1.0",
    }
    assert (arrived.sender, arrived.recipient) == ("shop@brand.test", "ann@example.test")
    assert (arrived.text.strip(), arrived.html.strip()) == ("Hello Ann", "<p>Hello Ann</p>")
    assert receipt.vendor_id == "<msg_01J0@brand.test>"


def test_one_click_headers_are_on_one_line_however_long_the_link() -> None:
    url = "https://brand.test/u/" + "a1_-" * 200
    letter = compose(
        replace(HELLO, unsubscribe_url=url), sender_name="", sender_address="shop@brand.test", reply_to="", now=NOW
    )
    assert (
        f"\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()
        in letter.content
    )


def test_one_click_is_offered_over_https_and_on_this_computer_only() -> None:
    offered = {
        url: written(replace(HELLO, unsubscribe_url=url))["List-Unsubscribe-Post"] is not None
        for url in ("https://brand.test/u", "http://127.0.0.1:8000/u", "http://localhost:8000/u", "http://brand.test/u")
    }
    assert list(offered.values()) == [True, True, True, False]


def test_a_transactional_message_has_no_unsubscribe_header() -> None:
    message = written(replace(HELLO, unsubscribe_url="", html=""))
    assert message["List-Unsubscribe"] is message["List-Unsubscribe-Post"] is None
    assert message.get_content_type() == "text/plain"


def test_the_sender_may_be_renamed_but_not_readdressed() -> None:
    [sender] = written(replace(HELLO, sender='Zoë 王, "Shop" <evil@other.test>'))["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Zoë 王, "Shop" <evil@other.test>', "shop@brand.test")


def unfolded(header: str) -> str:
    return header.replace("\r\n", "")


def decoded(text: str) -> str:
    """By the older reader of the library: the newer one keeps the space between two encoded words of a name."""
    return str(make_header(decode_header(text)))


ONE_LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co")), max_size=120).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=60, deadline=None)
@given(subject=ONE_LINE, name=ONE_LINE)
def test_subject_and_name_come_out_as_they_went_in(subject: str, name: str) -> None:
    letter = compose(
        replace(HELLO, subject=subject, sender=name),
        sender_name="The Shop",
        sender_address="shop@brand.test",
        reply_to="",
        now=NOW,
    )
    message = message_from_bytes(letter.content)
    shown, address = parseaddr(unfolded(message["From"]))
    assert (decoded(unfolded(message["Subject"])), decoded(shown), address) == (
        subject,
        name or "The Shop",
        "shop@brand.test",
    )


@settings(max_examples=80, deadline=None)
@given(
    subject=st.one_of(
        st.text(max_size=60), st.sampled_from(["=?utf-8?q?a=0D=0ABcc:_x@y.z?=", "=?utf-8?b?DQpCY2M6IHg=?="])
    ),
    name=st.text(max_size=30),
    value=st.text(max_size=30),
    text=st.text(max_size=200),
)
def test_nothing_in_a_message_starts_a_header_of_its_own(subject: str, name: str, value: str, text: str) -> None:
    message = replace(HELLO, subject=subject, sender=name, text=text, headers=(("X-Note", value),))
    try:
        letter = compose(message, sender_name="", sender_address="shop@brand.test", reply_to="", now=NOW)
    except Refused as refusal:
        assert refusal.category is Category.CONTENT
        return
    head = letter.content.partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    assert sorted(names) == [
        "Content-Type", "Date", "From", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
        "Message-ID", "Subject", "To", "X-Note",
    ]  # fmt: skip
    assert message_from_bytes(letter.content).get_all("Bcc") is None
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in letter.content.split(b"\r\n"))


def test_long_lines_and_leading_dots_arrive_unharmed(simulated: Simulated) -> None:
    text = ".\n..dots\n" + "한" * 5000 + "\n.\nend"
    html = "<p>" + "x" * 20_000 + "</p>"
    with opened(EmailPlugin(), simulated.config) as send:
        send(replace(HELLO, text=text, html=html))
    [arrived] = simulated.server.mails()
    assert arrived.text.replace("\r\n", "\n").rstrip("\n") == text
    assert arrived.html.strip() == html


BREAKS = ["\n", "\r", "\r\n", "\r\nBcc: evil@other.test", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("field", ["address", "subject", "sender", "reply_to", "locale", "unsubscribe_url", "key"])
def test_a_line_break_anywhere_in_the_head_is_refused_unsent(simulated: Simulated, field: str) -> None:
    with opened(EmailPlugin(), simulated.config) as send:
        for text in BREAKS:
            with pytest.raises(Refused) as refusal:
                send(replace(HELLO, **{field: getattr(HELLO, field) + text + "x"}))
            assert refusal.value.category is Category.CONTENT
    assert simulated.connections() == 0


@pytest.mark.parametrize(
    "header",
    [
        ("X-Note", "a\r\nBcc: b@c.test"), ("X-Note\r\nBcc", "x"), ("Bcc", "b@c.test"), ("From", "b@c.test"),
        ("Sender", "b@c.test"), ("Content-Type", "text/html"), ("DKIM-Signature", "x"), ("List-Unsubscribe", "<x>"),
        ("X Note", "x"), ("X-Note:", "x"), ("", "x"),
    ],
)  # fmt: skip
def test_a_further_header_is_plain_and_not_one_of_ours(header: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        written(replace(HELLO, headers=(header,)))
    assert refusal.value.category is Category.CONTENT


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@example.test", "ann@", "a b@example.test", "a@b@example.test", "<a@example.test>", "a@example.test>",
     "a@example..test", "a@localhost", '"a"@example.test', "a,b@example.test", "x" * 65 + "@example.test",
     "a@" + "x" * 64 + ".test", "a@\u2014.test", "a@example.test SIZE=1"],
)  # fmt: skip
def test_what_is_no_address_is_a_hard_bounce(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        written(replace(HELLO, address=address))
    assert refusal.value.category is Category.HARD_BOUNCE


def test_addresses_beyond_ascii_reach_a_server_that_takes_them(simulated: Simulated) -> None:
    with opened(EmailPlugin(), simulated.config) as send:
        send(replace(HELLO, key="msg_1", address="用户@例え.test"))
        send(replace(HELLO, key="msg_2", address="ann@straße.test"))
    assert [(one.recipient, one.header("To")) for one in simulated.server.mails()] == [
        ("ann@xn--strae-oqa.test", "ann@xn--strae-oqa.test"),
        ("用户@xn--r8jz45g.test", "用户@xn--r8jz45g.test"),
    ]


# What the server answers


class Scripted:
    """An SMTP server that says yes until told otherwise. A reply of "" hangs up instead."""

    YES: ClassVar[dict[str, str | list[str]]] = {
        "greeting": "220 hi",
        "hello": "250-hi\r\n250 AUTH PLAIN",
        "login": "235 ok",
        "mail": "250 ok",
        "rcpt": "250 ok",
        "data": "354 go on",
        "end": "250 2.0.0 queued",
        "rset": "250 ok",
        "quit": "221 bye",
    }
    STEPS: ClassVar[dict[bytes, str]] = {
        b"EHLO": "hello",
        b"HELO": "hello",
        b"AUTH": "login",
        b"MAIL": "mail",
        b"RCPT": "rcpt",
        b"DATA": "data",
        b"RSET": "rset",
        b"QUIT": "quit",
    }

    def __init__(self, **replies: str | list[str]) -> None:
        self._replies = self.YES | replies
        self.connections = self.messages = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with line, line.makefile("rb") as commands:
                self._talk(line, commands)

    def _talk(self, line: socket.socket, commands: Any) -> None:
        said = self._say(line, "greeting")
        while said and (command := commands.readline()):
            step = self.STEPS[command[:4].upper()]
            said = self._say(line, step)
            if said.startswith("354"):
                while (row := commands.readline()) not in (b".\r\n", b""):
                    pass
                self.messages += row == b".\r\n"
                said = self._say(line, "end")

    def _say(self, line: socket.socket, step: str) -> str:
        reply = self._replies[step]
        if isinstance(reply, list):
            reply = reply.pop(0) if reply else str(self.YES[step])
        if reply:
            line.sendall(reply.encode() + b"\r\n")
        return reply


Scripting = Callable[..., Scripted]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripting]:
    running: list[Scripted] = []

    def start(**replies: Any) -> Scripted:
        running.append(Scripted(**replies))
        monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{running[-1].port}")
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.mark.parametrize(
    "case", json.loads((FIXTURES / "answers.json").read_text()), ids=lambda case: f"{case['step']} {case['reply'][:24]}"
)
def test_each_answer_becomes_what_it_means(scripted: Scripting, case: dict[str, Any]) -> None:
    server = scripted(**{case["step"]: case["reply"]})
    with opened(EmailPlugin(), account(server.port, username="shop")) as send, pytest.raises(ChannelError) as error:
        send(HELLO)
    outcome = error.value
    minutes = outcome.after / timedelta(minutes=1) if isinstance(outcome, Retry) else None
    assert (type(outcome).__name__, outcome.category, minutes) == (case["error"], case["category"], case.get("minutes"))
    assert "ann@example.test" not in str(outcome)


@pytest.mark.parametrize("step", ["greeting", "hello", "login", "mail", "rcpt", "data"])
def test_a_line_that_breaks_before_the_message_is_tried_again_later(scripted: Scripting, step: str) -> None:
    server = scripted(**{step: ""})
    with opened(EmailPlugin(), account(server.port, username="shop")) as send, pytest.raises(Retry) as failure:
        send(HELLO)
    assert (failure.value.category, server.messages) == (Category.NETWORK, 0)


@pytest.mark.parametrize("answer", ["", "what?", "2", "999 odd"])
def test_a_message_without_a_proper_answer_is_in_doubt(scripted: Scripting, answer: str) -> None:
    server = scripted(end=answer)
    with opened(EmailPlugin(), account(server.port)) as send, pytest.raises(Unknown):
        send(HELLO)
    assert (server.messages, server.connections) == (1, 1)


def test_a_doubtful_message_is_not_sent_again_on_a_reused_session(scripted: Scripting) -> None:
    server = scripted(end=["250 ok", ""])
    with opened(EmailPlugin(), account(server.port)) as send:
        send(HELLO)
        with pytest.raises(Unknown):
            send(HELLO)
        send(HELLO)
    assert (server.messages, server.connections) == (3, 2)


@pytest.mark.parametrize("ending", ["", "421 4.4.2 idle for too long", "421 too many messages in this session"])
def test_a_session_that_the_server_ended_is_opened_again(scripted: Scripting, ending: str) -> None:
    server = scripted(mail=["250 ok", ending, "250 ok"])
    with opened(EmailPlugin(), account(server.port)) as send:
        send(HELLO)
        send(HELLO)
    assert (server.messages, server.connections) == (2, 2)


def test_a_refusal_leaves_the_session_usable(scripted: Scripting) -> None:
    server = scripted(rcpt=["250 ok", "550 5.1.1 unknown", "250 ok"])
    with opened(EmailPlugin(), account(server.port)) as send:
        send(HELLO)
        with pytest.raises(Refused):
            send(HELLO)
        send(HELLO)
    assert (server.messages, server.connections) == (2, 1)


def test_a_server_without_smtputf8_gets_no_address_beyond_ascii(scripted: Scripting) -> None:
    server = scripted()
    with opened(EmailPlugin(), account(server.port)) as send:
        with pytest.raises(Unsupported):
            send(replace(HELLO, address="用户@example.test"))
        send(HELLO)
    assert (server.messages, server.connections) == (1, 1)


def test_an_account_that_points_inside_our_network_needs_a_human(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", "")
    with opened(EmailPlugin(), account(25)) as send, pytest.raises(Reconnect):
        send(HELLO)


def test_an_account_whose_server_offers_no_tls_needs_a_human(scripted: Scripting) -> None:
    server = scripted()
    with opened(EmailPlugin(), account(server.port, security="starttls")) as send, pytest.raises(Reconnect):
        send(HELLO)
    assert server.messages == 0


def test_greylisting_lets_the_second_try_pass(simulated: Simulated) -> None:
    grey = replace(HELLO, address="greylist.ann@example.test")
    with opened(EmailPlugin(), simulated.config) as send:
        with pytest.raises(Retry) as failure:
            send(grey)
        send(grey)
    assert (failure.value.category, failure.value.after) == (Category.THROTTLED, timedelta(minutes=5))
    assert simulated.arrived(HELLO.key) == 1


def test_a_full_mailbox_is_a_soft_bounce(simulated: Simulated) -> None:
    with opened(EmailPlugin(), simulated.config) as send, pytest.raises(Refused) as refusal:
        send(replace(HELLO, address="full.ann@example.test"))
    assert refusal.value.category is Category.SOFT_BOUNCE


def test_a_thousand_messages_pass_through_one_session(simulated: Simulated) -> None:
    with opened(EmailPlugin(), simulated.config) as send:
        for number in range(1000):
            send(replace(HELLO, key=f"msg_{number}"))
    assert simulated.connections() == 1
    assert simulated.server.store.copies() == {f"<msg_{number}@brand.test>": 1 for number in range(1000)}


# The account's settings


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""}, {"host": "mail.test\r\nx"}, {"port": 0}, {"port": 70_000}, {"security": "ssl"},
        {"sender_address": "shop"}, {"sender_address": ""}, {"sender_name": "A\r\nBcc: x"}, {"reply_to": "x"},
        {"username": "a\nb"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        account(25, **changes)


def test_addresses_in_the_settings_are_normalised() -> None:
    config = account(25, sender_address=" Shop@Brand.TEST ", reply_to="")
    assert (config.sender_address, config.reply_to) == ("shop@brand.test", "")
    assert revealed(config)["password"] == SECRET
