"""What several forms and addresses let choose, and what each line of text keeps to."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, ClassVar

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext, gettext_lazy

from guanxi.kit import cells, names

NOT_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def one_line(text: str) -> None:
    if cells.has_control(text):
        raise ValidationError(gettext("This holds a character that cannot be seen. Type it again."))


class Day(forms.DateField):
    """A day that somebody picks or types."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("This is not a date. Write it as 2026-11-21.")}

    def __init__(self, **said: Any) -> None:
        super().__init__(widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), **said)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day and day.year not in cells.YEARS:
            raise ValidationError(gettext("This day is before 1900 or after 2199. Check the year."))
        return day


def asked_day(text: str) -> date | None:
    """A day in an address. Raises Http404 for what is none, or none that a list would have."""
    if not text:
        return None
    try:
        at = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if at.year not in cells.YEARS:
        raise Http404
    return at


@lru_cache(maxsize=8)
def countries(reader: str) -> list[tuple[str, str]]:
    """Code and name in the language of the reader, by name."""
    known = Locale.parse(reader).territories
    found = [(c, name) for c, name in known.items() if len(c) == 2 and c.isalpha() and c not in NOT_COUNTRIES]
    return sorted(found, key=lambda one: names.sort_key(one[1]))
