"""What several forms and addresses let choose, and what each line of text keeps to."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext

from guanxi.kit import cells, names

NOT_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def one_line(text: str) -> None:
    if cells.has_control(text):
        raise ValidationError(gettext("This holds a character that cannot be seen. Type it again."))


def asked_day(text: str) -> date | None:
    """A day in an address. Raises Http404 for what is none, or none that a list would have."""
    if not text:
        return None
    try:
        at = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if not 1900 <= at.year <= 2200:
        raise Http404
    return at


@lru_cache(maxsize=8)
def countries(reader: str) -> list[tuple[str, str]]:
    """Code and name in the language of the reader, by name."""
    known = Locale.parse(reader).territories
    found = [(c, name) for c, name in known.items() if len(c) == 2 and c.isalpha() and c not in NOT_COUNTRIES]
    return sorted(found, key=lambda one: names.sort_key(one[1]))
