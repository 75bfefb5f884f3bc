"""Traits that we count ourselves are named and written in the reader's language, others as the workspace says."""

from __future__ import annotations

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext_lazy

from guanxi.connections.operations import FOLLOWERS

COUNTED: dict[str, Any] = {FOLLOWERS: gettext_lazy("Followers on all platforms")}


def trait_name(key: str, label: str) -> str:
    return str(COUNTED.get(key, label))


def trait_value(key: str, value: Any) -> Any:
    return intcomma(value) if key in COUNTED and isinstance(value, int | float) else value
