"""Touches and bands in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

TOUCHES: Mapping[str, Any] = {
    "meeting": gettext_lazy("Met in person"),
    "message_in": gettext_lazy("They wrote or called"),
    "reply": gettext_lazy("They replied"),
    "share": gettext_lazy("They passed something on"),
    "complaint_resolved": gettext_lazy("A complaint was settled"),
}
BANDS: Mapping[str, tuple[Any, str]] = {
    "strong": (pgettext_lazy("strength", "Strong"), ""),
    "neutral": (pgettext_lazy("strength", "Neutral"), "info"),
    "weak": (pgettext_lazy("strength", "Weak"), "quiet"),
}
