"""One worker at one import: a lease that others respect, and turns that each are one transaction.

The lease is measured by the database's clock, because workers may stand on several machines. It only keeps a second
worker from waiting; what makes a chunk happen once is that its rows and the import's `done_rows` are one transaction
that holds the import's row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.kit import leases, scope, tables
from guanxi.people.events import ImportFinished
from guanxi.people.models import Field, Import, ImportState, TraitKind
from guanxi.people.operations.imports.states import SETTLED, WORKING
from guanxi.people.operations.turn import wait_for_turn
from guanxi.people.port import IdColumn, ImportContext, NewField
from guanxi.people.queries import id_columns

LEASE_SECONDS = 120


class LostLease(Exception):
    """Another worker has taken over, or the import is no longer being worked at."""


class StopAsked(Exception):
    """Somebody pressed stop."""


@dataclass
class Lease:
    import_id: int
    until: datetime

    @contextmanager
    def turn(self) -> Iterator[Import]:
        """The import's row, held; the caller saves its fields. The lease is renewed with what the caller did."""
        with transaction.atomic():
            of: Import = Import.objects.select_for_update().get(pk=self.import_id)
            if of.lease_until != self.until or of.state not in WORKING:
                raise LostLease
            if of.stop_asked:
                raise StopAsked
            yield of
            until = _renewed()
            of.lease_until = until
            of.save(update_fields=["lease_until"])
        self.until = until

    @transaction.atomic
    def settle(self, state: ImportState, now: datetime, problem: dict[str, object] | None = None) -> None:
        """The end of the work, for now."""
        of: Import = Import.objects.select_for_update().get(pk=self.import_id)
        if of.lease_until != self.until:
            return
        of.state, of.problem, of.stop_asked, of.lease_until = state, problem or {}, False, None
        if of.started_at and state != ImportState.UNDONE:
            of.finished_at = now
        of.save(update_fields=["state", "problem", "stop_asked", "lease_until", "finished_at"])
        if state in (ImportState.DONE, ImportState.FAILED, ImportState.UNDONE):
            tell_starter(of, now)
        if state in (*SETTLED, ImportState.UNDONE):
            events.tell(ImportFinished(import_id=of.pk, state=state.value), at=now)


def tell_starter(of: Import, now: datetime) -> None:
    counts = {"came": of.created + of.updated + of.unchanged, "rejected": of.rejected}
    kind = f"import.{of.state}"
    governance.notify(staff=of.by, kind=kind, subject=of.public_id, name=of.filename, detail=counts, now=now)


@dataclass
class Progress:
    """Keeps the lease, and notes how many rows were read, about once a second of a long step."""

    lease: Lease
    shown: bool = True
    """False when `done_rows` says something else: how far a run is, while its file is staged again."""
    done: int = 0
    noted: float = 0.0

    def rows(self, done: int) -> None:
        self.done = done

    def stopping(self) -> bool:
        if monotonic() - self.noted < 1:
            return False
        self.noted = monotonic()
        try:
            with self.lease.turn() as of:
                if self.shown:
                    of.done_rows = self.done
                    of.save(update_fields=["done_rows"])
        except StopAsked:
            return True
        return False


def take(import_id: int) -> Lease | None:
    """None when another worker has it, or there is nothing to do."""
    with transaction.atomic():
        free = Import.objects.filter(leases.free(), pk=import_id, state__in=WORKING)
        of = free.select_for_update(skip_locked=True).first()
        if of is None:
            return None
        of.lease_until, of.holder = _renewed(), leases.ThisSession()
        of.save(update_fields=["lease_until", "holder"])
        return Lease(of.pk, of.lease_until)


def _renewed() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() + make_interval(secs => %s)", [LEASE_SECONDS])
        until: datetime = cursor.fetchone()[0]
        return until


def alone_with_people() -> None:
    """The same, and nobody becomes somebody else between our look and our write."""
    alone()
    wait_for_turn()


def alone() -> None:
    """Imports of one workspace write one chunk at a time, so that two files never fight over the same people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"guanxi.import.{scope.current()}"])


def context_of(of: Import, now: datetime) -> ImportContext:
    workspace = Workspace.objects.get(pk=scope.current())
    return ImportContext(
        workspace_id=workspace.pk,
        country=workspace.country,
        timezone=ZoneInfo(workspace.timezone),
        currency=workspace.currency,
        import_id=of.pk,
        filename=of.filename,
        sha256=bytes(of.sha256).hex(),
        staff_id=of.by_id,
        options=of.options,
        columns=of.mapping["columns"],
        traits=of.mapping["traits"],
        new_fields=tuple(NewField(**new) for new in of.mapping["new_fields"]),
        ids=_ids(of),
        choices=_choices(of),
        now=now,
    )


def _choices(of: Import) -> dict[str, list[str]]:
    keys = [key for key, kind in of.mapping["traits"].items() if kind == TraitKind.CHOICE]
    return dict(Field.objects.filter(key__in=keys).values_list("key", "choices")) if keys else {}


def _ids(of: Import) -> dict[str, IdColumn]:
    """A kind that was removed meanwhile is nothing any more."""
    given: dict[str, str] = of.mapping.get("ids", {})
    known = id_columns() if given else {}
    return {name: IdColumn(known[name], within) for name, within in given.items() if name in known}


def as_problem(error: tables.TableError) -> dict[str, object]:
    return {"code": error.code, "params": dict(error.params)}
