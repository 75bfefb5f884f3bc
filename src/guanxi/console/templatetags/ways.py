"""By which way something came, in words."""

from __future__ import annotations

from django import template

from guanxi.console.people.filters import SOURCES

register = template.Library()


@register.filter
def way(source: str) -> str:
    """What has no words of its own, such as the name of a site, stays as it is."""
    return str(SOURCES.get(source, source))
