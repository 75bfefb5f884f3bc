"""What staff write down about a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guanxi.governance.models import Staff, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Note, Person
from guanxi.people.operations import NoteRefused
from tests.factories.people import make_person, make_staff


@pytest.fixture
def ann(workspace: Workspace) -> Staff:
    return make_staff("Ann")


@pytest.fixture
def person(workspace: Workspace, now: datetime) -> Person:
    return make_person(now=now)


def texts(person: Person) -> list[str]:
    return [one.text for one in queries.notes(person, limit=50)]


def test_a_note_is_sealed_with_the_key_of_the_person(person: Person, ann: Staff, now: datetime) -> None:
    people.add_note(person=person, by=ann, text=" Likes tea,\r\nnot coffee. ", now=now)
    [note] = queries.notes(person, limit=50)
    assert (note.text, note.by, note.at) == ("Likes tea,\nnot coffee.", "Ann", now)
    assert b"tea" not in bytes(Note.objects.get().sealed)
    Person.objects.filter(pk=person.pk).update(salt=None)
    assert texts(person) == [""]
    with pytest.raises(NoteRefused, match="erased"):
        people.add_note(person=person, by=ann, text="More", now=now)


@pytest.mark.parametrize(("text", "reason"), [(" \r\n ", "empty"), ("茶" * 4_001, "too_long")])
def test_nothing_and_too_much_are_refused(person: Person, ann: Staff, now: datetime, text: str, reason: str) -> None:
    with pytest.raises(NoteRefused, match=reason):
        people.add_note(person=person, by=ann, text=text, now=now)
    people.add_note(person=person, by=ann, text="茶" * 4_000, now=now)
    assert texts(person) == ["茶" * 4_000]


def test_only_who_wrote_a_note_removes_it(person: Person, ann: Staff, now: datetime) -> None:
    note = people.add_note(person=person, by=ann, text="Likes tea", now=now)
    with pytest.raises(NoteRefused, match="not_yours"):
        people.remove_note(note=note, by=make_staff("Bo"))
    assert texts(person) == ["Likes tea"]
    people.remove_note(note=note, by=ann)
    assert texts(person) == []


def test_notes_come_newest_first_page_by_page(person: Person, ann: Staff, now: datetime) -> None:
    for number in range(5):
        people.add_note(person=person, by=ann, text=str(number), now=now + timedelta(days=number // 2))
    first = queries.notes(person, limit=3)
    rest = queries.notes(person, limit=3, before=(first[-1].at, first[-1].public_id))
    assert [one.text for one in first + rest] == ["4", "3", "2", "1", "0"]
    assert [one.text for one in queries.notes(person, limit=9, since=now + timedelta(days=1))] == ["4", "3", "2"]
