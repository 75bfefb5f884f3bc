from collections.abc import Sequence
from functools import lru_cache
from html import unescape
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.formats import localize
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """One Lucide icon out of the sprite; without a label it is decoration."""
    if not label:
        return _decoration(str(name), str(extra))
    told = format_html('role="img" aria-label="{}"', label)
    return format_html('<svg class="i {}" {}><use href="{}#{}"/></svg>', extra, told, static("icons.svg"), name)


@lru_cache(1_000)
def _decoration(name: str, extra: str) -> SafeString:
    """A page has a hundred of them."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, static("icons.svg"), name
    )


@register.simple_tag
def options(choices: Sequence[tuple[object, object]], value: object) -> SafeString:
    """The choices of a select. Written here because a template takes six times as long for hundreds of owners."""
    chosen = str(value)
    return SafeString(
        "".join(
            f'<option value="{escape(code)}"{" selected" if str(code) == chosen else ""}>{escape(words)}</option>'
            for code, words in choices
        )
    )


@register.simple_tag
def cells(shown: Sequence[Any]) -> SafeString:
    """The cells of a row of people; a template takes three times as long for the hundreds of them."""
    return SafeString("".join(map(_cell, shown)))


def _cell(one: Any) -> str:
    words: str = conditional_escape(localize(one.text))
    if one.tone:
        words = f'<span class="chip {escape(one.tone)}">{words}</span>'
    named = f' data-label="{escape(one.named)}"' if one.named else ""
    return f'<td class="{escape(one.column.classes)}"{named}>{words}</td>'


@register.filter
def initial(name: object) -> str:
    """The letter for an avatar. A component hands the name over escaped."""
    return unescape(str(name)).strip()[:1].upper() or "·"


@register.filter
def share(count: float, total: float) -> str:
    """`count` of `total` in percent, as a number for an SVG or HTML attribute: never localised."""
    return f"{100 * float(count) / float(total):.2f}" if total else "0"


@register.filter
def polyline(values: Sequence[float]) -> str:
    """Points of a zero-based line in a 100 × 32 box, oldest value first."""
    top = max([float(value) for value in values], default=0.0) or 1.0
    step = 100 / max(len(values) - 1, 1)
    return " ".join(f"{i * step:.2f},{31 - 30 * float(value) / top:.2f}" for i, value in enumerate(values))


@register.filter
def bottom_entries(nav: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Four entries for a phone's bottom bar, in their order: those marked `mobile`, and the first ones beside them."""
    entries = [entry for group in nav or () for entry in group["entries"]]
    chosen = sorted(range(len(entries)), key=lambda place: not entries[place].get("mobile"))[:4]
    return [entries[place] for place in sorted(chosen)]


@register.filter
def is_under_more(nav: Sequence[dict[str, Any]]) -> bool:
    """Whether the page that is open has no entry in the bottom bar, but one in the list behind it."""
    entries = [entry for group in nav or () for entry in group["entries"]]
    return any(entry.get("current") and entry not in bottom_entries(nav) for entry in entries)
