"""The people whose pages this session opened last; only their public ids are kept, and with the session they go."""

from __future__ import annotations

from django.http import HttpRequest

KEPT = 6


def remember(request: HttpRequest, slug: str, person: str) -> None:
    opened = request.session.get("recent", {})
    mine = opened.get(slug, [])
    if mine[:1] != [person]:
        request.session["recent"] = opened | {slug: [person, *(one for one in mine if one != person)][:KEPT]}


def recent(request: HttpRequest, slug: str) -> list[str]:
    return list(request.session.get("recent", {}).get(slug, []))
