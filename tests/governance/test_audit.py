"""The audit log: every change of what was written shows, whoever made it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from guanxi.config import audit
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, AuditHead, Workspace
from guanxi.governance.queries import AuditVerdict
from tests.conftest import make_workspace, use
from tests.factories.people import make_staff

ENTRIES = 7
TABLE = AuditEntry._meta.db_table
HEAD = AuditHead._meta.db_table
# A change for each column, in SQL; the test fails when a column is missing here.
CHANGES = {
    "id": "id + 1000000",
    "workspace_id": "{other}",
    "public_id": "'adt_00000000000000000000000000'",
    "number": "number + 1000000",
    "at": "at + interval '1 microsecond'",
    "act": "'staff.removed'",
    "by_id": "{somebody}",
    "subject": "subject || 'x'",
    "reason": "reason || ' '",
    "detail": """detail || '{{"more": true}}'""",
    "previous": "set_byte(previous, 0, get_byte(previous, 0) # 1)",
    "hash": "set_byte(hash, 31, get_byte(hash, 31) # 1)",
}


@pytest.fixture
def somebody(committed_workspace: Workspace) -> int:
    return make_staff("Bo", "operator").pk


@pytest.fixture
def as_owner(committed_workspace: Workspace, somebody: int, now: datetime) -> Iterator[Workspace]:
    """Some entries, and from then on the connection of who owns the tables and may do anything to them."""
    ann = make_staff()
    for step in range(ENTRIES):
        governance.record(
            act="person.revealed",
            by=ann,
            subject=f"psn_{step}",
            reason="They asked: 客户来电",
            detail={"fields": ["phone"], "count": step, "deep": {"b": None, "a": "é"}},
            now=now + timedelta(minutes=step),
        )
    other = make_workspace("other")
    app = os.environ["GUANXI_DATABASE_URL"]
    use(os.environ["GUANXI_DATABASE_OWNER_URL"])
    yield other
    use(app)


def after(*statements: str, kept: tuple[int, bytes] | None = None) -> AuditVerdict:
    """What a look at the log finds after these statements; they are taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        verdict = queries.audit_verdict(kept)
        transaction.set_rollback(True)
    return verdict


def fault(verdict: AuditVerdict) -> tuple[int, str] | None:
    return (verdict.fault.position, verdict.fault.what) if verdict.fault else None


def test_an_untouched_log_is_whole(as_owner: Workspace) -> None:
    verdict = queries.audit_verdict()
    assert (verdict.count, verdict.fault) == (ENTRIES, None)
    assert verdict.hash == bytes(AuditHead.objects.get().hash)


def test_a_change_of_any_column_of_any_entry_is_found_where_it_is(as_owner: Workspace, somebody: int) -> None:
    assert CHANGES.keys() == {field.column for field in AuditEntry._meta.concrete_fields}
    gone = {"workspace_id": "missing", "number": "missing"}
    wrong = []
    for position in range(1, ENTRIES + 1):
        for column, change in CHANGES.items():
            value = change.format(other=as_owner.pk, somebody=somebody)
            found = fault(after(f"UPDATE {TABLE} SET {column} = {value} WHERE number = {position}"))
            last = "cut" if column == "workspace_id" and position == ENTRIES else gone.get(column, "edited")
            if found != (position, last):
                wrong.append((position, column, found))
    assert wrong == []


def test_a_deleted_entry_is_found_wherever_it_stood(as_owner: Workspace) -> None:
    found = [fault(after(f"DELETE FROM {TABLE} WHERE number = {position}")) for position in range(1, ENTRIES + 1)]
    assert found == [*((position, "missing") for position in range(1, ENTRIES)), (ENTRIES, "cut")]


def test_a_deleted_entry_is_found_when_the_others_move_up(as_owner: Workspace) -> None:
    up = f"UPDATE {TABLE} SET number = number - 1000 WHERE number > %d; UPDATE {TABLE} SET number = number + 999 "
    found = [
        fault(
            after(f"DELETE FROM {TABLE} WHERE number = {position}", (up % position) + "WHERE number < 0"),
        )
        for position in range(1, ENTRIES)
    ]
    assert found == [(position, "edited") for position in range(1, ENTRIES)]


def test_swapped_entries_are_found(as_owner: Workspace) -> None:
    wrong = []
    for one in range(1, ENTRIES):
        for other in range(one + 1, ENTRIES + 1):
            swap = [
                f"UPDATE {TABLE} SET number = -1 WHERE number = {one}",
                f"UPDATE {TABLE} SET number = {one} WHERE number = {other}",
                f"UPDATE {TABLE} SET number = {other} WHERE number = -1",
            ]
            if fault(after(*swap)) != (one, "edited"):
                wrong.append((one, other))
    assert wrong == []


def test_an_entry_that_was_put_in_is_found(as_owner: Workspace) -> None:
    columns = "workspace_id, public_id, at, act, by_id, subject, reason, detail, previous, hash"
    values = columns.replace("public_id", "'adt_x'")
    copy = f"INSERT INTO {TABLE} (number, {columns}) SELECT {{0}}, {values} FROM {TABLE} WHERE number = {{1}}"
    wrong = []
    for position in range(1, ENTRIES + 1):
        move = f"UPDATE {TABLE} SET number = number + 1000 WHERE number >= {position}"
        back = f"UPDATE {TABLE} SET number = number - 999 WHERE number > 1000"
        taken = position + 1 if position < ENTRIES else position - 1
        if fault(after(move, back, copy.format(position, taken))) != (position, "edited"):
            wrong.append(position)
    assert wrong == []
    assert fault(after(copy.format(ENTRIES + 1, ENTRIES))) == (ENTRIES + 1, "edited")


def test_a_cut_end_is_found_whatever_is_left(as_owner: Workspace) -> None:
    found = [fault(after(f"DELETE FROM {TABLE} WHERE number > {left}")) for left in range(ENTRIES)]
    assert found == [(left + 1, "cut") for left in range(ENTRIES)]


def test_a_head_that_is_cut_to_fit_lacks_its_seal(as_owner: Workspace) -> None:
    cut = f"UPDATE {HEAD} SET (count, hash) = (SELECT number, hash FROM {TABLE} WHERE number = 3)"
    assert fault(after(f"DELETE FROM {TABLE} WHERE number > 3", cut)) == (3, "unsealed")
    for change in ("count = 6", "count = 9", "hash = '\\x00'", "seal = '\\x00'", f"workspace_id = {as_owner.pk}"):
        assert fault(after(f"UPDATE {HEAD} SET {change}")) is not None, change
    assert fault(after(f"DELETE FROM {HEAD}")) is not None


def test_an_old_end_that_was_put_back_is_found_with_a_head_kept_elsewhere(as_owner: Workspace, now: datetime) -> None:
    old = AuditHead.objects.get()
    governance.record(act="person.exported", by=None, now=now)
    kept = queries.audit_verdict()
    digest, seal = (rf"\x{bytes(value).hex()}" for value in (old.hash, old.seal))
    put_back = [
        f"DELETE FROM {TABLE} WHERE number = {ENTRIES + 1}",
        f"UPDATE {HEAD} SET count = {old.count}, hash = '{digest}', seal = '{seal}'",
    ]
    assert fault(after(*put_back)) is None
    assert fault(after(*put_back, kept=(kept.count, kept.hash))) == (ENTRIES + 1, "cut")
    assert fault(after(kept=(kept.count, kept.hash))) is None
    assert fault(after(kept=(kept.count, bytes(old.hash)))) == (ENTRIES + 1, "not_as_kept")


def test_the_command_says_where_and_ends_with_1(as_owner: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.verify(slug=None, kept=None) == 0
    head = capsys.readouterr().out.splitlines()
    assert head[0].startswith(f"fine   lumen: entries: {ENTRIES}, head {ENTRIES}:")
    assert head[1] == "fine   other: entries: 0"
    assert audit.verify(slug="lumen", kept=head[0].rpartition(" ")[2]) == 0
    capsys.readouterr()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET reason = '' WHERE number = 4")
    assert audit.verify(slug=None, kept=None) == 1
    assert capsys.readouterr().out.startswith(
        "wrong  lumen: entry 4 is not what was written: it was changed, moved or put in\n"
    )


def test_the_application_can_add_and_nothing_else(workspace: Workspace, now: datetime) -> None:
    governance.record(act="person.revealed", by=None, now=now)
    for statement in (f"UPDATE {TABLE} SET act = 'x'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE}"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)
    assert AuditEntry.objects.count() == 1


def test_an_act_that_is_taken_back_leaves_no_entry(workspace: Workspace, now: datetime) -> None:
    with transaction.atomic():
        governance.record(act="person.revealed", by=None, now=now)
        transaction.set_rollback(True)
    governance.record(act="person.exported", by=None, now=now)
    assert list(AuditEntry.objects.values_list("number", "act")) == [(1, "person.exported")]
    assert queries.audit_verdict().fault is None


@pytest.mark.parametrize("detail", [{"share": 0.5}, {"at": datetime(2026, 1, 1)}, {"deep": [{"x": 1.0}]}])
def test_what_the_database_would_give_back_otherwise_is_refused(
    workspace: Workspace, now: datetime, detail: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        governance.record(act="person.revealed", by=None, detail=detail, now=now)
