"""By which way something came, in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy

register = template.Library()
SOURCES: dict[str, Any] = {
    "import": gettext_lazy("Import"),
    "staff": gettext_lazy("By hand"),
    "api": gettext_lazy("API"),
    "intake": gettext_lazy("Website or app"),
}


@register.filter
def way(source: str) -> str:
    """What has no words of its own, such as the name of a site, stays as it is."""
    return str(SOURCES.get(source, source))
