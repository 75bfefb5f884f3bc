"""Where messages leave from: the settings of a plug-in as a form, its secret never shown again, and the cap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guanxi.channels import queries
from guanxi.channels.models import Account
from guanxi.governance.models import AuditEntry
from guanxi.simulators import mail
from guanxi.simulators.mail import MailServer
from tests.console.visitors import Visitor, lumen, owner
from tests.kit.names import NameServer

__all__ = ["lumen", "owner"]

SETTINGS: dict[str, Any] = {
    "account_name": "Our mail",
    "host": "mail.example.test",
    "port": "587",
    "security": "starttls",
    "username": "lumen",
    "password": "s3cret-Wörd",
    "sender_name": "Lumen",
    "sender_address": "hello@lumen.example.test",
    "reply_to": "",
}


def test_an_account_is_connected_with_the_settings_of_its_plug_in(owner: Visitor) -> None:
    owner.post("channel_new", **SETTINGS)
    account = Account.objects.get()
    assert account.name == "Our mail"
    assert queries.configured(account)["password"] == "s3cret-Wörd"
    listed = owner.get("channels")
    assert "hello@lumen.example.test" in listed
    assert "Ready" in listed


def test_a_secret_is_never_shown_and_kept_when_left_empty(owner: Visitor) -> None:
    owner.post("channel_new", **SETTINGS)
    account = Account.objects.get()
    page = owner.get("channel", account.public_id)
    assert "s3cret" not in page
    assert "Leave this empty to keep it" in page
    owner.post("channel", account.public_id, **SETTINGS | {"password": "", "account_name": "Renamed"})
    account.refresh_from_db()
    assert (account.name, queries.configured(account)["password"]) == ("Renamed", "s3cret-Wörd")
    owner.post("channel", account.public_id, **SETTINGS | {"password": "another"})
    account.refresh_from_db()
    assert queries.configured(account)["password"] == "another"


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"host": "-oX"},
        {"host": "10.0.0.1"},
        {"host": "0x7f.1"},
        {"host": "localhost"},
        {"port": "0"},
        {"port": "99999"},
        {"security": "rot13"},
        {"sender_address": "nobody"},
        {"sender_address": "a@example.test\r\nBcc: x@example.test"},
        {"sender_name": "x\ry"},
        {"account_name": "x" * 10_000},
        {"account_name": ""},
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_secret_left_out(owner: Visitor, wrong: dict[str, str]) -> None:
    page = owner.post("channel_new", status=422, **SETTINGS | wrong)
    assert "s3cret" not in page
    assert 'class="errorlist"' in page
    assert Account.objects.count() == 0


def test_an_unknown_kind_of_account_is_not_there(owner: Visitor) -> None:
    owner.get("channel_new", status=404, kind="pigeon")
    owner.get("channel", "acc_00000000000000000000000000", status=404)


def test_an_account_can_be_switched_off_and_tried_again(owner: Visitor) -> None:
    owner.post("channel_new", **SETTINGS)
    account = Account.objects.get()
    Account.objects.update(problem="535 authentication failed")
    assert "535 authentication failed" in owner.get("channels")
    owner.post("channel_reconnect", account.public_id)
    owner.post("channel_switch", account.public_id, active="no")
    account.refresh_from_db()
    assert (account.problem, account.is_active) == ("", False)
    owner.post("channel_switch", account.public_id, active="yes")
    account.refresh_from_db()
    assert account.is_active


@pytest.mark.parametrize(
    "given", [{"most": "-1", "days": "7"}, {"most": "2", "days": "0"}, {"most": "many", "days": ""}]
)
def test_a_cap_that_is_none_is_refused(owner: Visitor, given: dict[str, Any]) -> None:
    owner.post("channels", status=422, **given)
    assert (queries.cap().most, queries.cap().days) == (2, 7)


def test_the_cap_is_kept(owner: Visitor) -> None:
    owner.post("channels", most="5", days="30")
    assert (queries.cap().most, queries.cap().days) == (5, 30)


@pytest.fixture
def account(owner: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Account, MailServer]]:
    """Of a mail server that really answers."""
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    here = {"host": "127.0.0.1", "port": str(server.smtp_port), "security": "none", "username": ""}
    owner.post("channel_new", **SETTINGS | here)
    yield Account.objects.get(), server
    server.stop()


def test_the_connection_is_tried_step_by_step_and_what_came_of_it_stays_until_the_settings_change(
    owner: Visitor, account: tuple[Account, MailServer]
) -> None:
    one, server = account
    assert "Not tried yet" in owner.get("channel", one.public_id)
    owner.post("channel_check", one.public_id, kind="connection")
    page = owner.get("channel", one.public_id)
    assert "Find the server" in page and "In order" in page and "Not tried yet" not in page
    assert server.mails() == []
    owner.post("channel", one.public_id, **SETTINGS)
    assert "Not tried yet" in owner.get("channel", one.public_id)
    owner.post("channel_check", one.public_id, kind="everything", status=400)


def test_a_test_goes_to_oneself_only_is_written_down_and_cannot_be_repeated_for_ever(
    owner: Visitor, account: tuple[Account, MailServer]
) -> None:
    one, server = account
    for _ in range(12):
        owner.post("channel_test", one.public_id, to="somebody@example.test")
    arrived = server.mails()
    assert {mail.recipient for mail in arrived} == {"owner@example.test"}
    assert len(arrived) == 10
    assert "often enough" in owner.get("channel", one.public_id)
    assert AuditEntry.objects.filter(act="channel.test_sent", subject=one.public_id).count() == 10


def test_a_key_is_made_published_and_used_and_is_never_shown(
    owner: Visitor, account: tuple[Account, MailServer]
) -> None:
    one, server = account
    assert "Messages leave unsigned" in owner.get("channel_domain", one.public_id)
    owner.post("channel_key", one.public_id, do="make")
    page = owner.get("channel_domain", one.public_id)
    assert "v=DKIM1; k=rsa; p=" in page and "PRIVATE" not in page
    owner.post("channel_test", one.public_id)
    owner.post("channel_key", one.public_id, do="use")
    owner.post("channel", one.public_id, **SETTINGS | one.config | {"per_minute": "60"})
    owner.post("channel_test", one.public_id)
    assert [bool(mail.header("DKIM-Signature")) for mail in reversed(server.mails())] == [False, True]
    one.refresh_from_db()
    assert "PRIVATE" not in str(one.config)
    acts = AuditEntry.objects.filter(subject=one.public_id, act__regex="key|test").order_by("pk")
    assert list(acts.values_list("act", flat=True)) == [
        "channel.key_made",
        "channel.test_sent",
        "channel.key_used",
        "channel.test_sent",
    ]
    owner.post("channel_key", one.public_id, do="show", status=400)


def test_the_domain_is_not_checked_until_somebody_asks(
    owner: Visitor, account: tuple[Account, MailServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = account
    with NameServer() as names:
        monkeypatch.setenv("GUANXI_DNS", names.address)
        assert "Not checked yet" in owner.get("channel_domain", one.public_id)
        owner.post("channel_check", one.public_id, kind="domain")
    page = owner.get("channel_domain", one.public_id)
    assert '"v=spf1 ip4:127.0.0.1 ~all"' in page
    assert "_dmarc.lumen.example.test" in page
    assert "Make a key pair below" in page
    assert "Not checked yet" not in page


def test_a_setting_that_needs_another_says_so_in_words(owner: Visitor) -> None:
    page = owner.post("channel_new", status=422, **SETTINGS | {"box_host": "imap.example.test"})
    assert "Write the address for returned mail as well" in page
