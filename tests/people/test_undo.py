"""What an import did can be taken back exactly, for seven days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.governance import operations as governance
from guanxi.governance.models import Consent, ConsentEntry, Workspace
from guanxi.kit import crypto
from guanxi.people import operations as people
from guanxi.people.models import Field, Identity, Import, LevelProof, NameWord, Person, Trait
from guanxi.people.operations.imports import chunking, undoing
from tests.conftest import NOW
from tests.factories.people import csv_file, done, make_person, make_staff, undone, uploaded

COLUMNS = {"Name": "name", "Mail": "email", "No": "customer_number", "Consent": "consent", "Pet": "new:text"}
HEADER = tuple(COLUMNS)
TABLES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Person, ("pk", "name", "sort_key", "level", "owner", "unit", "country", "language", "created_at", "import_id")),
    (NameWord, ("person", "word")),
    (Identity, ("pk", "person", "kind", "lookup", "import_id")),
    (Field, ("pk", "key", "label", "kind")),
    (Trait, ("pk", "person", "field", "value", "import_id")),
    (LevelProof, ("pk", "person", "level", "proof", "reference", "ended_at", "import_id")),
    (Consent, ("channel", "address", "purpose", "granted", "at")),
)


def state() -> dict[str, list[Any]]:
    """Everything that an import of people may change, in a form that compares."""
    return {
        model.__name__: sorted(
            (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in model.objects.values_list(*c)),
            key=repr,
        )
        for model, c in TABLES
    }


def came_in(*rows: tuple[str, ...], now: datetime = NOW) -> Import:
    known = Field.objects.filter(key="pet").exists()
    columns = COLUMNS | {"Pet": "trait:pet"} if known else COLUMNS
    return done(uploaded(csv_file(HEADER, *rows), columns, {"consent": "column"}, now=now), now)


def test_undo_gives_back_the_exact_state_before(workspace: Workspace, now: datetime) -> None:
    make_person("Old", now=now, identities={"email": "old@example.test"})
    came_in(("Known", "known@example.test", "1", "yes", "cat"))
    before = state()
    of = came_in(
        ("Older", "old@example.test", "7", "yes", "dog"),
        ("Known", "known@example.test", "1", "no", "fish"),
        ("New", "new@example.test", "9", "yes", ""),
        now=now + timedelta(hours=1),
    )
    assert state() != before
    of = undone(of, now + timedelta(days=6))
    assert state() == before
    assert (of.state, of.undone_at, of.undo_report["kept"]) == ("undone", now + timedelta(days=6), {})
    lines = ConsentEntry.objects.filter(source="import.undone").order_by("pk")
    assert sorted(line.granted for line in lines) == [False, False, True]


CELLS = st.tuples(
    st.sampled_from(["", "Ann", "王明", "Ben"]),
    st.sampled_from(["", "a@example.test", "b@example.test", "c@example.test"]),
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "yes", "no"]),
    st.sampled_from(["", "cat", "dog"]),
)
FILES = st.lists(CELLS, min_size=1, max_size=6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(by_hand=st.sets(st.sampled_from(["a@example.test", "b@example.test"])), files=st.lists(FILES, max_size=3))
def test_any_imports_undone_in_turn_give_back_every_state(
    workspace: Workspace, by_hand: set[str], files: list[list[tuple[str, ...]]]
) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunking, "ROWS", 2)
        patch.setattr(undoing, "ROWS", 2)
        for email in sorted(by_hand):
            make_person("Hand", now=NOW, identities={"email": email})
        past = []
        for hour, rows in enumerate(files):
            before = state()
            past.append((before, came_in(*rows, now=NOW + timedelta(hours=hour))))
        for before, of in reversed(past):
            assert undone(of, NOW + timedelta(days=1)).undo_report["kept"] == {}
            assert state() == before
        transaction.set_rollback(True)


def test_two_imports_that_disagree_are_undone_one_after_the_other(workspace: Workspace) -> None:
    before = state()
    first = came_in(("New", "new@example.test", "", "yes", ""))
    between = state()
    second = came_in(("", "new@example.test", "", "no", ""), now=NOW + timedelta(hours=1))
    assert undone(second, NOW + timedelta(days=1)).undo_report["kept"] == {}
    assert state() == between
    assert undone(first, NOW + timedelta(days=2)).undo_report["kept"] == {}
    assert state() == before


def test_what_was_changed_since_stays_and_is_counted(workspace: Workspace, now: datetime) -> None:
    person = make_person("Old", now=now, identities={"email": "old@example.test"})
    of = came_in(("Import", "old@example.test", "", "yes", "cat"))
    Person.objects.filter(pk=person.pk).update(name="By hand")
    address = crypto.lookup(workspace.pk, "email", "old@example.test")
    governance.give_consent(channel="email", address=address, purpose="marketing", source="form", now=now)
    of = undone(of, now)
    person.refresh_from_db()
    assert (person.name, Trait.objects.count(), Consent.objects.get().granted) == ("By hand", 0, True)
    assert of.undo_report["kept"] == {"changed_since": 2}


def test_a_person_whom_something_later_stands_on_is_kept_whole(workspace: Workspace, now: datetime) -> None:
    of = came_in(("New", "new@example.test", "9", "", "cat"), ("Other", "other@example.test", "", "", ""))
    person = Person.objects.get(name="New")
    people.prove_level(level="fan", proof="followed", proofs=[people.Proof(person.pk, now)], now=now)
    of = undone(of, now)
    assert list(Person.objects.values_list("name", "level")) == [("New", "fan")]
    assert (Identity.objects.count(), Trait.objects.count(), of.undo_report["kept"]) == (
        *(2, 1),
        {"has_dependents": 2},
    )


def test_after_seven_days_and_twice_undo_is_refused(workspace: Workspace, now: datetime) -> None:
    of = came_in(("New", "new@example.test", "", "", ""))
    with pytest.raises(people.ImportRefused):
        people.undo_import(of=of, now=now + timedelta(days=7))
    undone(of, now)
    with pytest.raises(people.ImportRefused):
        people.undo_import(of=of, now=now)


def test_a_stopped_import_can_be_undone(workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    of = came_in(*((f"P{i}", f"p{i}@example.test", "", "yes", "") for i in range(5)))
    Import.objects.filter(pk=of.pk).update(state="cancelled")
    of.refresh_from_db()
    undone(of, now)
    assert state() == before


class Killed(BaseException):
    """The process is gone."""


def test_a_worker_killed_in_an_undo_goes_on_where_it_was(
    committed_workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "ROWS", 3)
    before = state()
    of = came_in(*((f"P{i}", f"p{i}@example.test", str(i), "yes", "cat") for i in range(10)))
    people.undo_import(of=of, now=now)
    original, turns = undoing._turn, list[int]()

    def dies(*given: Any) -> bool:
        turns.append(1)
        finished = original(*given)
        if len(turns) == 7:
            raise Killed
        return finished

    monkeypatch.setattr(undoing, "_turn", dies)
    with pytest.raises(Killed):
        people.work_import(import_id=of.pk, now=now)
    assert 0 < Person.objects.count() < 10
    Import.objects.update(lease_until=None)
    people.work_import(import_id=of.pk, now=now)
    of.refresh_from_db()
    assert (of.state, state(), of.undo_report["removed"]) == ("undone", before, 11)


def test_levels_that_an_import_proved_fall_with_it(workspace: Workspace, now: datetime) -> None:
    person = make_person("Old", now=now, identities={"email": "old@example.test"})
    of = came_in(("Old", "old@example.test", "", "", ""))
    people.prove_level(
        level="customer", proof="order.paid", proofs=[people.Proof(person.pk, now, 1)], now=now, import_id=of.pk
    )
    people.prove_level(level="friend", proof="added", proofs=[people.Proof(person.pk, now)], now=now)
    assert Person.objects.get().level == "customer"
    undone(of, now)
    assert Person.objects.get().level == "friend"


def test_undo_only_needs_the_rows_of_its_own_import(workspace: Workspace, now: datetime) -> None:
    make_staff()
    first = came_in(("One", "one@example.test", "1", "", ""))
    second = came_in(("Two", "two@example.test", "2", "", ""))
    undone(first, now)
    assert [(p.name, p.import_id) for p in Person.objects.all()] == [("Two", second.pk)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_retraction")
        assert cursor.fetchone() == (1,)
