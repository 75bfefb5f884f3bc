"""What an e-mail account tells of its domain, its connection and its signature, against servers that really answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
from pydantic import ValidationError

from guanxi.channels.plugins.email import signing
from guanxi.channels.plugins.email.adapter import EmailPlugin
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.plugins.email.message import compose
from guanxi.channels.plugins.email.signing import Signature
from guanxi.channels.port import Outbound, Refused, Verdict, printable
from guanxi.kit.net import dns
from guanxi.simulators import mail
from tests.kit.listener import Listener
from tests.kit.names import NameServer

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
KEY = signing.new_key()
TOKEN = "01k" + "a" * 39
HELLO = Outbound(
    key="msg_01J0",
    address="ann@example.test",
    subject="您好 " + "long " * 30,
    text="Hello Ann\n.\n",
    html="<p>Hello</p>",
    unsubscribe_url="https://brand.test/u/abc",
    origin="brd_01J0",
    return_token=TOKEN,
)


def config(**changes: Any) -> EmailConfig:
    settings = {"host": "smtp.brand.test", "sender_address": "shop@brand.test"}
    return EmailConfig.model_validate(settings | changes)


def signed_letter(outbound: Outbound = HELLO) -> bytes:
    return compose(
        outbound,
        sender_name="The Shop, Ltd.",
        sender_address="shop@brand.test",
        reply_to="help@brand.test",
        now=NOW,
        return_address="bounce@mail.brand.test",
        dkim=Signature("gx1", KEY),
    ).content


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with NameServer() as server:
        monkeypatch.setenv("GUANXI_DNS", server.address)
        yield server


def published(name: bytes, timeout: int = 5) -> bytes:
    """dkimpy's way to ask the DNS."""
    return "".join(dns.texts(name.decode())).encode()


# The signature


def test_a_receiver_that_looks_the_key_up_finds_the_signature_right(names: NameServer) -> None:
    name, kind, value = signing.record("gx1", "brand.test", KEY)
    names.publish(name, kind, value)
    assert dkim.verify(signed_letter(), dnsfunc=published)


@pytest.mark.parametrize(
    "changed",
    [
        (b"Subject: ", b"Subject: Sale! "),
        (b"From: ", b"From: Other "),
        (b"List-Unsubscribe: <https://brand.test/", b"List-Unsubscribe: <https://evil.test/"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"Message-ID: <msg_01J0@", b"Message-ID: <msg_01J1@"),
        (b"Hello Ann", b"Hello Bob"),
        (b"Subject: ", b"Auto-Submitted: auto-generated\r\nSubject: "),
    ],
    ids=lambda pair: pair[0].decode().strip(),
)
def test_what_the_signature_covers_cannot_be_changed_on_the_way(
    names: NameServer, changed: tuple[bytes, bytes]
) -> None:
    name, kind, value = signing.record("gx1", "brand.test", KEY)
    names.publish(name, kind, value)
    letter = signed_letter()
    forged = letter.replace(*changed, 1)
    assert forged != letter
    assert not dkim.verify(forged, dnsfunc=published)


def test_a_key_is_made_published_and_takes_the_place_of_the_old_one() -> None:
    plugin, before = EmailPlugin(), config(dkim_selector="gx20251101", dkim_key=KEY)
    made = EmailConfig.model_validate(before.model_dump() | {"dkim_key": KEY} | plugin.make_key(before, NOW))
    old, following = plugin.keys(made)
    assert old is not None and following is not None
    assert (old.selector, following.selector) == ("gx20251101", "gx20261125")
    assert old.record != following.record
    after = EmailConfig.model_validate(
        {**made.model_dump(), "dkim_key": KEY, "next_key": made.next_key} | plugin.use_next_key(made)
    )
    assert plugin.keys(after) == (following, None)
    assert "PRIVATE KEY" not in repr(made) + made.model_dump_json()


# Where it returns to


def test_each_message_returns_to_an_address_of_its_own() -> None:
    letter = compose(
        HELLO, sender_name="", sender_address="shop@brand.test", reply_to="", now=NOW, return_address="b@r.test"
    )
    assert letter.sender == f"b+{TOKEN}@r.test"
    assert len(f"{'x' * 21}+{TOKEN}") == 64


@pytest.mark.parametrize("token", ["a b", "a>", "A", "x" * 43, "a\r\nRCPT TO:<x@y.z>"])
def test_a_token_that_could_say_more_than_itself_is_refused(token: str) -> None:
    with pytest.raises(Refused):
        compose(
            replace(HELLO, return_token=token),
            sender_name="",
            sender_address="shop@brand.test",
            reply_to="",
            now=NOW,
            return_address="b@r.test",
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"return_address": "x" * 22 + "@brand.test"},
        {"box_host": "imap.brand.test", "box_username": "u"},
        {"return_address": "b@brand.test", "box_host": "imap.brand.test"},
        {"imprint": "a\nb\nc\nd\ne\nf\ng"},
        {"dkim_selector": "x y"},
        {"per_minute": -1},
    ],
)
def test_settings_that_cannot_work_together_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**settings)


def test_messages_about_an_order_ask_for_no_answer_of_programs_and_marketing_names_its_list() -> None:
    marketing = signed_letter().partition(b"\r\n\r\n")[0]
    order = signed_letter(replace(HELLO, unsubscribe_url="")).partition(b"\r\n\r\n")[0]
    assert b"\r\nList-Id: <marketing.brand.test>\r\n" in marketing
    assert b"\r\nFeedback-ID: brd_01J0:marketing:guanxi:" in marketing
    assert b"Auto-Submitted" not in marketing
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in order
    assert b"List-" not in order.replace(b"list-", b"")


# What the world sees


def verdicts(account: EmailConfig, base_url: str = "https://crm.brand.test") -> dict[str, Verdict]:
    return {one.title.partition(":")[0]: one.verdict for one in EmailPlugin().examine(account, base_url)}


def test_a_domain_without_records_gets_each_of_them_to_publish(names: NameServer) -> None:
    findings = EmailPlugin().examine(config(host="smtp.gmail.com"), "http://127.0.0.1:8000")
    records = [one.record for one in findings if one.record]
    assert records == [
        ("brand.test", "TXT", '"v=spf1 include:_spf.google.com ~all"'),
        ("_dmarc.brand.test", "TXT", '"v=DMARC1; p=none"'),
    ]
    assert {one.verdict for one in findings} == {Verdict.MISSING, Verdict.WRONG}


def test_a_domain_with_what_was_asked_for_is_in_order(names: NameServer) -> None:
    account = config(dkim_selector="gx1", dkim_key=KEY, return_address="bounce@mail.brand.test")
    for name, kind, value in [
        ("mail.brand.test", "TXT", '"v=spf1 a:smtp.brand.test ~all"'),
        signing.record("gx1", "brand.test", KEY),
        ("_dmarc.brand.test", "TXT", '"v=DMARC1; p=quarantine"'),
        ("mail.brand.test", "MX", "10 mx.brand.test."),
        ("smtp.brand.test", "A", "93.184.216.34"),
        ("34.216.184.93.in-addr.arpa", "PTR", "smtp.brand.test."),
    ]:
        names.publish(name, kind, value)
    assert set(verdicts(account).values()) == {Verdict.OK}


@pytest.mark.parametrize(
    ("spf", "verdict"),
    [
        (['"v=spf1 include:_spf.google.com -all"'], Verdict.OK),
        (['"v=spf1 include:other.test ~all"'], Verdict.WRONG),
        (['"v=spf1 include:_spf.google.com +all"'], Verdict.WRONG),
        (['"v=spf1 include:_spf.google.com ~all"', '"v=spf1 -all"'], Verdict.WRONG),
        (['"v=spf1 ' + "include:a.test " * 11 + 'include:_spf.google.com ~all"'], Verdict.WRONG),
        (['"v=spf10 include:_spf.google.com ~all"'], Verdict.MISSING),
        (['"v=spf1 include:_spf" ".google.com ~all"'], Verdict.OK),
    ],
)
def test_spf_is_read_as_receivers_read_it(names: NameServer, spf: list[str], verdict: Verdict) -> None:
    names.publish("brand.test", "TXT", *spf)
    assert verdicts(config(host="smtp.gmail.com"))["SPF"] is verdict


def test_another_key_a_void_policy_and_a_null_mx_are_wrong(names: NameServer) -> None:
    other = signing.record("gx1", "brand.test", signing.new_key())
    names.publish(*other)
    names.publish("_dmarc.brand.test", "TXT", '"v=DMARC1"')
    names.publish("brand.test", "MX", "0 .")
    found = verdicts(config(dkim_selector="gx1", dkim_key=KEY))
    assert (found["DKIM"], found["DMARC"], found["MX"]) == (Verdict.WRONG, Verdict.WRONG, Verdict.WRONG)


def test_the_policy_of_the_domain_above_counts(names: NameServer) -> None:
    names.publish("_dmarc.brand.test", "TXT", '"v=DMARC1; p=reject"')
    assert verdicts(config(sender_address="shop@mail.brand.test"))["DMARC"] is Verdict.OK


def test_what_a_record_says_is_shown_as_text_whatever_it_holds(names: NameServer) -> None:
    names.publish("brand.test", "TXT", '"v=spf1 \\000\\010<script> include:_spf.google.com ~all"')
    [spf, *_] = EmailPlugin().examine(config(host="smtp.gmail.com"), "https://crm.brand.test")
    assert "<script>" in spf.said
    assert printable(spf.said).isprintable()


def test_nobody_answering_is_not_the_same_as_nothing_published(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "SECONDS", 0.3)
    names.silent = {"brand.test", "_dmarc.brand.test"}
    found = verdicts(config())
    assert (found["SPF"], found["DMARC"], found["MX"]) == (Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN)


# The connection


def tried(account: EmailConfig) -> list[tuple[str, str]]:
    return [(one.title, one.verdict.value) for one in EmailPlugin().probe(account)]


def test_a_connection_that_works_says_so_step_by_step_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    try:
        account = config(host="127.0.0.1", port=server.smtp_port, security="none")
        assert tried(account) == [("Find the server", "ok"), ("Connect", "ok"), ("Greeting", "ok")]
        assert tried(config(host="127.0.0.1", port=server.smtp_port, security="none", username="u")) == [
            ("Find the server", "ok"), ("Connect", "ok"), ("Greeting", "ok"), ("Sign in", "wrong"),
        ]  # fmt: skip
        assert tried(config(host="127.0.0.1", port=server.smtp_port)) == [
            ("Find the server", "ok"), ("Connect", "ok"), ("Greeting", "ok"), ("Encrypt", "wrong"),
        ]  # fmt: skip
        assert server.mails() == []
    finally:
        server.stop()


def test_a_server_that_is_not_there_or_not_allowed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{port}")
    assert tried(config(host="127.0.0.1", port=port, security="tls")) == [
        ("Find the server", "ok"), ("Connect", "wrong"), ("Encrypt", "not_reached"), ("Greeting", "not_reached"),
    ]  # fmt: skip
    with Listener() as inside:
        [first, *_] = EmailPlugin().probe(config(host="127.0.0.1", port=inside.port))
        assert (first.verdict, inside.connections) == (Verdict.WRONG, 0)
        assert "GUANXI_LOCAL_PEERS" in first.advice


def test_a_server_that_greets_letter_by_letter_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from guanxi.channels.plugins.email import probing

    monkeypatch.setattr(probing, "WHOLE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        port = slow.getsockname()[1]
        monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{port}")

        def drip() -> None:
            line, _ = slow.accept()
            with line:
                try:
                    for _ in range(200):
                        line.sendall(b"2")
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        assert tried(config(host="127.0.0.1", port=port, security="none"))[-1] == ("Greeting", "wrong")
        assert time.monotonic() - began < 5
        thread.join()
