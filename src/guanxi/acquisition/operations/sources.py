"""Sources: made, changed, given a new key, and stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from guanxi.acquisition.models import Source, SourceKind
from guanxi.acquisition.rules import OLD_KEY_FOR, BadOrigin, key_hash, new_key, origin_of, shown_start
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff

MOST_SOURCES = 200
MOST_ORIGINS = 50


class SourceRefused(ValueError):
    """`reason`: bad_origin, no_origin, too_many_origins, too_many or stopped; `detail` is what was wrong with it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class MadeSource:
    """`key` is told here once and kept nowhere."""

    source: Source
    key: str


@transaction.atomic
def make_source(
    *, name: str, kind: SourceKind, origins: Iterable[str] = (), by: Staff | None, now: datetime
) -> MadeSource:
    """Raises SourceRefused. `now` is the time on the wall, as for everything about a key."""
    allowed = _checked_origins(kind, origins)
    if Source.objects.filter(stopped_at=None).count() >= MOST_SOURCES:
        raise SourceRefused("too_many")
    key = new_key()
    source: Source = Source.objects.create(
        name=name,
        kind=kind,
        origins=allowed,
        prefix=shown_start(key),
        key_hash=key_hash(key),
        by=by,
        created_at=now,
    )
    governance.record(act="source.made", by=by, subject=source.public_id, detail={"kind": str(kind)}, now=now)
    return MadeSource(source, key)


@transaction.atomic
def edit_source(*, source: Source, name: str, origins: Iterable[str], by: Staff | None, now: datetime) -> None:
    source.name, source.origins = name, _checked_origins(SourceKind(source.kind), origins)
    source.save(update_fields=["name", "origins"])
    detail = {"origins": len(source.origins)}
    governance.record(act="source.changed", by=by, subject=source.public_id, detail=detail, now=now)


@transaction.atomic
def rotate_key(*, source: Source, by: Staff | None, now: datetime) -> str:
    """The new key. The one before it works beside it for a day, so that no event is lost meanwhile."""
    held: Source = Source.objects.select_for_update().get(pk=source.pk)
    if held.stopped_at is not None:
        raise SourceRefused("stopped")
    key = new_key()
    held.old_key_hash, held.old_until = held.key_hash, now + OLD_KEY_FOR
    held.key_hash, held.prefix = key_hash(key), shown_start(key)
    held.save(update_fields=["key_hash", "prefix", "old_key_hash", "old_until"])
    governance.record(act="source.key_rotated", by=by, subject=held.public_id, now=now)
    return key


@transaction.atomic
def stop_source(*, source: Source, by: Staff | None, now: datetime) -> bool:
    """Its keys stop at the next request, for good. What it sent stays. Says whether it still worked."""
    changed = Source.objects.filter(pk=source.pk, stopped_at=None).update(stopped_at=now)
    if changed:
        governance.record(act="source.stopped", by=by, subject=source.public_id, now=now)
    return bool(changed)


def _checked_origins(kind: SourceKind, origins: Iterable[str]) -> list[str]:
    given = [text.strip() for text in origins if text.strip()] if kind == SourceKind.BROWSER else []
    found: dict[str, None] = {}
    for text in given:
        try:
            found[origin_of(text)] = None
        except (BadOrigin, UnicodeError):
            raise SourceRefused("bad_origin", text) from None
    if kind == SourceKind.BROWSER and not found:
        raise SourceRefused("no_origin")
    if len(found) > MOST_ORIGINS:
        raise SourceRefused("too_many_origins")
    return list(found)
