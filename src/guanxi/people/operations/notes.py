"""Notes on a person. Only who wrote one may remove it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from guanxi.governance.models import Staff
from guanxi.kit import crypto, rows, scope
from guanxi.people.models import Note, Person
from guanxi.people.rules import NOTE_LIMIT


class NoteRefused(ValueError):
    """`reason`: empty, too_long, erased or not_yours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def add_note(*, person: Person, by: Staff, text: str, now: datetime) -> Note:
    """Raises NoteRefused."""
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise NoteRefused("empty")
    if len(words) > NOTE_LIMIT:
        raise NoteRefused("too_long")
    salt = Person.objects.values_list("salt", flat=True).get(pk=person.pk)
    if salt is None:
        raise NoteRefused("erased")
    [pk] = rows.next_ids(Note, 1)
    sealed = crypto.seal(
        words, workspace_id=scope.current(), salt=bytes(salt), table=Note._meta.db_table, column="sealed", row=pk
    )
    note: Note = Note.objects.create(pk=pk, person=person, by=by, sealed=sealed, at=now)
    return note


def remove_note(*, note: Note, by: Staff) -> None:
    """Raises NoteRefused."""
    if note.by_id != by.pk:
        raise NoteRefused("not_yours")
    Note.objects.filter(pk=note.pk).delete()
