from collections.abc import Sequence
from html import unescape
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """One Lucide icon out of the sprite; without a label it is decoration."""
    told = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="i {}" {}><use href="{}#{}"/></svg>', extra, told, static("icons.svg"), name)


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
