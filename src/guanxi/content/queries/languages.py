"""Which languages a content has and which it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from guanxi.content.models import Content, Variant
from guanxi.content.rules import missing
from guanxi.governance.models import Workspace
from guanxi.kit import scope


def languages_of(content: Content, channel: str) -> list[str]:
    found = Variant.objects.filter(content=content, channel=channel)
    return list(found.order_by("language").values_list("language", flat=True))


def missing_languages(content: Content, channel: str, readers: Iterable[str] = ()) -> list[str]:
    """What must be written before this may be sent to `readers` (their languages); a content that may fall back needs
    the workspace's language only."""
    own = Workspace.objects.get(pk=scope.current()).language
    return missing(readers, own, languages_of(content, channel), fall_back=content.fall_back)
