"""What staff wrote down about people."""

from __future__ import annotations

from datetime import UTC

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import (
    At,
    In,
    Listed,
    Out,
    Page,
    bad_cursor,
    one,
    packed,
    page,
    unpacked,
)
from guanxi.governance.queries import Permission
from guanxi.kit import clock, keys
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Note

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class NoteOut(Out):
    id: str
    text: str
    by: str
    at: At


class NewNote(In):
    text: str = Field(min_length=1, max_length=4_000)


@router.get("/people/{person_id}/notes", **op(VIEW, Page[NoteOut], refusals=("bad_cursor",)))
def list_notes(request: ApiRequest, person_id: str, asked: Query[Listed]) -> Page[NoteOut]:
    """Notes on a person

    The newest first.
    """
    person = found(request, person_id)
    at, _tilde, key = unpacked(asked.after).partition("~")
    try:
        before = (clock.instant(at), key) if asked.after else None
    except ValueError:
        raise bad_cursor() from None
    if before and not keys.is_id(key, "nte"):
        raise bad_cursor()
    notes = queries.notes(person, limit=asked.limit + 1, before=before)
    part, more = notes[: asked.limit], len(notes) > asked.limit
    said = [NoteOut(id=each.public_id, text=each.text, by=each.by, at=each.at) for each in part]
    return page(said, packed(f"{part[-1].at.astimezone(UTC).isoformat()}~{part[-1].public_id}") if more else "")


@router.post("/people/{person_id}/notes", **op(EDIT, NoteOut, status=201))
def add_note(request: ApiRequest, person_id: str, body: NewNote) -> NoteOut:
    """Write a note on a person

    In the name of who made the key.
    """
    person = found(request, person_id)
    note = people.add_note(person=person, by=request.staff, text=body.text, now=request.now)
    return NoteOut(id=note.public_id, text=body.text.replace("\r\n", "\n").strip(), by=note.by.name, at=note.at)


@router.delete("/people/{person_id}/notes/{note_id}", **op(EDIT, None, status=204, refusals=("conflict",)))
def remove_note(request: ApiRequest, person_id: str, note_id: str) -> None:
    """Delete a note

    Only a key of who wrote it may.
    """
    note = one(Note.objects.filter(person=found(request, person_id)), note_id)
    people.remove_note(note=note, by=request.staff)
