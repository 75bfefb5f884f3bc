"""What every channel plug-in promises, built-in or not. Subclass `PluginContract` as `Test…` and give two fixtures."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from pydantic import BaseModel, ValidationError

from guanxi.channels import registry
from guanxi.channels.port import (
    Category,
    ChannelError,
    DeliveryClass,
    Limits,
    Outbound,
    Plugin,
    Receipt,
    Refused,
    Retry,
    Sends,
    Unknown,
    revealed,
    secret_fields,
)

SECRET = "canary-s3cret"
CONTROLS = ["\n", "\r", "\r\n", "\0", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]


class Vendor(Protocol):
    """The other side, real or simulated, that the plug-in of the test talks to."""

    address: str  # takes everything
    unknown_address: str  # exists at no time
    lost_address: str  # takes the message, and the answer is lost

    @property
    def config(self) -> BaseModel:
        """Of a working account; a field that is secret holds SECRET, or nothing."""
        ...

    @property
    def unreachable(self) -> BaseModel:
        """Of an account whose vendor does not answer."""
        ...

    def connections(self) -> int:
        """How often anybody connected so far."""
        ...

    def arrived(self, key: str) -> int:
        """How often the message with this key arrived."""
        ...


def outbound(vendor: Vendor, key: str = "msg_1") -> Outbound:
    return Outbound(key=key, address=vendor.address, subject="Hello", text="Hello Ann", html="<p>Hello Ann</p>")


class PluginContract:
    @pytest.fixture
    def plugin(self) -> Plugin:
        raise NotImplementedError

    @pytest.fixture
    def vendor(self) -> Vendor:
        raise NotImplementedError

    def test_it_is_a_plugin_that_the_registry_knows(self, plugin: Plugin) -> None:
        assert isinstance(plugin, Plugin)
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", plugin.kind)
        assert plugin.label and plugin.identity_kind
        assert registry.plugin(plugin.kind).kind == plugin.kind
        assert plugin.kind in registry.kinds()

    def test_secrets_are_shown_nowhere_and_stored_whole(self, plugin: Plugin, vendor: Vendor) -> None:
        secrets = {
            name: value for name, value in revealed(vendor.config).items() if name in secret_fields(plugin.config)
        }
        assert {SECRET} <= set(secrets.values()) <= {SECRET, ""}
        assert SECRET not in repr(vendor.config) + str(vendor.config) + vendor.config.model_dump_json()
        assert plugin.config.model_validate(revealed(vendor.config)) == vendor.config

    def test_every_setting_has_a_title_and_unknown_ones_are_refused(self, plugin: Plugin, vendor: Vendor) -> None:
        assert all(info.title for info in plugin.config.model_fields.values())
        with pytest.raises(ValidationError):
            plugin.config.model_validate(revealed(vendor.config) | {"no_such_setting": 1})

    def test_opening_and_closing_touches_no_network(self, plugin: Plugin, vendor: Vendor) -> None:
        with plugin.open(vendor.config) as adapter:
            assert isinstance(adapter.limits, Limits)
            assert adapter.delivery_class is plugin.delivery_class
        assert vendor.connections() == 0

    def test_a_message_arrives_once_and_is_receipted(self, plugin: Plugin, vendor: Vendor) -> None:
        with opened(plugin, vendor.config) as send:
            receipt = send(outbound(vendor))
        assert isinstance(receipt, Receipt)
        assert receipt.vendor_id
        assert vendor.arrived("msg_1") == 1

    def test_one_adapter_sends_many_and_two_may_be_open(self, plugin: Plugin, vendor: Vendor) -> None:
        with opened(plugin, vendor.config) as send, opened(plugin, vendor.config) as other:
            receipts = [(send, other)[n % 2](outbound(vendor, f"msg_{n}")) for n in range(5)]
        assert len({receipt.vendor_id for receipt in receipts}) == 5
        assert [vendor.arrived(f"msg_{n}") for n in range(5)] == [1] * 5

    def test_an_unknown_address_is_a_hard_bounce_and_the_next_message_goes_out(
        self, plugin: Plugin, vendor: Vendor
    ) -> None:
        with opened(plugin, vendor.config) as send:
            with pytest.raises(Refused) as refusal:
                send(replace(outbound(vendor, "msg_1"), address=vendor.unknown_address))
            send(outbound(vendor, "msg_2"))
        assert refusal.value.category is Category.HARD_BOUNCE
        assert vendor.unknown_address not in str(refusal.value)
        assert [vendor.arrived("msg_1"), vendor.arrived("msg_2")] == [0, 1]

    def test_a_vendor_that_does_not_answer_means_try_later(self, plugin: Plugin, vendor: Vendor) -> None:
        with opened(plugin, vendor.unreachable) as send, pytest.raises(Retry) as failure:
            send(outbound(vendor))
        assert failure.value.category is Category.NETWORK
        assert failure.value.after > timedelta(0)

    def test_a_lost_answer_is_never_told_as_failure(self, plugin: Plugin, vendor: Vendor) -> None:
        lost = replace(outbound(vendor), address=vendor.lost_address)
        with opened(plugin, vendor.config) as send:
            with pytest.raises(Unknown):
                send(lost)
            if plugin.delivery_class is DeliveryClass.A:
                send(lost)  # the same key: no second effect
        assert vendor.arrived("msg_1") == 1

    def test_control_characters_are_refused_before_anybody_is_called(self, plugin: Plugin, vendor: Vendor) -> None:
        whole = outbound(vendor)
        with opened(plugin, vendor.config) as send:
            for character in CONTROLS:
                for broken in (
                    replace(whole, address=f"{whole.address}{character}x"),
                    replace(whole, key=f"{whole.key}{character}x"),
                ):
                    with pytest.raises(Refused) as refusal:
                        send(broken)
                    assert refusal.value.category is Category.CONTENT
        assert vendor.connections() == 0

    def test_errors_say_their_category(self) -> None:
        assert str(ChannelError(Category.BLOCKED, "no")) == "blocked: no"


@contextmanager
def opened(plugin: Plugin, config: BaseModel) -> Iterator[Callable[[Outbound], Receipt]]:
    """The `send` of an adapter of this account."""
    with plugin.open(config) as adapter:
        assert isinstance(adapter, Sends)
        yield adapter.send
