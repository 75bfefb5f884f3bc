"""What staff wrote down about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from guanxi.kit import crypto, scope
from guanxi.people.models import Note, Person
from guanxi.people.queries.same import same


@dataclass(frozen=True)
class KnownNote:
    """`text` is "" when the person was erased."""

    public_id: str
    by_id: int
    by: str
    at: datetime
    text: str


def notes(
    person: Person, *, limit: int, before: tuple[datetime, str] | None = None, since: datetime | None = None
) -> list[KnownNote]:
    """Newest first; those of people merged into this one included. `before` is the moment and public id of a note."""
    rows = Note.objects.filter(person_id__in=same(person))
    if before:
        at, public_id = before
        rows = rows.filter(Q(at__lt=at) | Q(at=at, public_id__lt=public_id), at__lte=at)
    if since:
        rows = rows.filter(at__gte=since)
    return [_known(one) for one in rows.select_related("person", "by").order_by("-at", "-public_id")[:limit]]


def _known(note: Note) -> KnownNote:
    return KnownNote(note.public_id, note.by_id, note.by.name, note.at, _text(note))


def _text(note: Note) -> str:
    if note.person.salt is None:
        return ""
    return crypto.unseal(
        bytes(note.sealed),
        workspace_id=scope.current(),
        salt=bytes(note.person.salt),
        table=Note._meta.db_table,
        column="sealed",
        row=note.pk,
    )
