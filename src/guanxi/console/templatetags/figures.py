"""Days, times and money as the reader's language writes them, in the workspace's zone."""

from __future__ import annotations

from datetime import date, datetime

from babel import Locale
from babel.dates import format_date
from django import template
from django.utils import timezone
from django.utils.translation import get_language

from guanxi.kit.money import Money

register = template.Library()


def locale() -> str:
    """Babel's name of the language; dates in English are written day first, which nobody reads as another day."""
    language = get_language() or "en"
    return "en_GB" if language == "en" else language.replace("-", "_")


@register.filter
def day(at: datetime | date | None) -> str:
    """3 Mar 2026 · 2026年3月3日 · 2026. 3. 3."""
    if at is None:
        return ""
    return format_date(timezone.localtime(at) if isinstance(at, datetime) else at, "medium", locale=locale())


@register.filter
def hour(at: datetime | None) -> str:
    return "" if at is None else f"{timezone.localtime(at):%H:%M}"


@register.filter
def money(amount: Money | None) -> str:
    return "" if amount is None else amount.format(get_language() or "en")


@register.filter
def iso(at: datetime) -> str:
    return at.isoformat()


@register.filter
def language_name(code: str) -> str:
    """zh-Hans as a name in the reader's language; a code that nobody knows stays a code."""
    here = Locale.parse(locale())
    language, _dash, script = code.replace("_", "-").partition("-")
    name = here.languages.get(f"{language}_{script.title()}") or here.languages.get(language) or code
    return str(name).replace("만다린, ", "")  # CLDR's Korean says Mandarin here; a script is no dialect


@register.filter
def country_name(code: str) -> str:
    return Locale.parse(locale()).territories.get(code.upper()) or code
