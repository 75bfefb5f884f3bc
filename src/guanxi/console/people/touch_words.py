"""What staff can write down of a touch, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

TOUCHES: Mapping[str, Any] = {
    "meeting": gettext_lazy("Met in person"),
    "message_in": gettext_lazy("They wrote or called"),
    "reply": gettext_lazy("They replied"),
    "share": gettext_lazy("They passed something on"),
    "complaint_resolved": gettext_lazy("A complaint was settled"),
}
