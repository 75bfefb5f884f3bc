from typing import Any

import pytest

from guanxi.channels import registry
from guanxi.channels.plugins.email.adapter import EmailPlugin


def test_the_built_in_channels_are_known() -> None:
    assert registry.kinds() == ("email",)
    assert registry.plugin("email").label == "E-mail"


def test_an_unknown_channel_is_named_with_those_there_are() -> None:
    with pytest.raises(registry.UnknownChannel, match="'pigeon'; installed: email"):
        registry.plugin("pigeon")


@pytest.mark.parametrize("found", [[EmailPlugin(), EmailPlugin()], [EmailPlugin(), object()]])
def test_no_plugin_takes_the_place_of_another_or_is_something_else(found: list[Any]) -> None:
    with pytest.raises(registry.ChannelClash):
        registry.gathered(found)
