"""The part of a list's filter that asks how close people are, and whether they are members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.console.strength_words import BANDS


class StandingFilter:
    """Raises Http404 for what is no band, no yes and no no."""

    def __init__(self, given: QueryDict) -> None:
        self.strength, self.member = given.get("strength", ""), given.get("member", "")
        if self.strength not in ("", *BANDS) or self.member not in ("", "yes", "no"):
            raise Http404

    @property
    def wanted(self) -> dict[str, Any]:
        return {"strength": self.strength, "member": self.member == "yes" if self.member else None}

    @property
    def parts(self) -> dict[str, str]:
        return {"strength": self.strength, "member": self.member}

    def sentences(self) -> Iterator[tuple[str, str]]:
        if self.strength:
            yield _("Strength is %(band)s") % {"band": BANDS[self.strength][0]}, "strength"
        if self.member:
            yield (_("Is a member") if self.member == "yes" else _("Is no member")), "member"

    @property
    def strength_options(self) -> list[tuple[str, str]]:
        return [("", _("Any")), *((key, str(label)) for key, (label, _tone) in BANDS.items())]

    @property
    def member_options(self) -> list[tuple[str, str]]:
        return [("", _("Any")), ("yes", _("Yes")), ("no", _("No"))]
