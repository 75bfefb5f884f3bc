"""Where messages leave from: the settings of a plug-in as a form, its secret never shown again, and the cap."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.channels import queries
from guanxi.channels.models import Account
from tests.console.visitors import Visitor, lumen, owner

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
