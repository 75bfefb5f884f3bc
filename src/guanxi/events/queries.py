"""Questions to the lake, by DuckDB through Ibis, and to the rows that wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.operations as ops
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum

from guanxi.events import engine, readers, spark
from guanxi.events.changes import Mark, changed, mark
from guanxi.events.lake import EVENTS, files, snapshot
from guanxi.events.models import Fact, FactBatch, LakeState, Tidying, Touched
from guanxi.events.readers import Reader
from guanxi.events.stopping import Stopped, stoppable, watched
from guanxi.kit import scope

__all__ = [
    "EVENTS",
    "Backlog",
    "Lake",
    "Mark",
    "Stopped",
    "TimelineEntry",
    "Upkeep",
    "backlog",
    "changed",
    "cluster",
    "everything",
    "lake",
    "mark",
    "stoppable",
    "timeline",
    "upkeep",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What the events of each person come to, in one row or several, by `name` and `currency`; none is after `latest`,
    where that is known."""

    table: Any
    latest: datetime | None

    def ends_before(self, instant: datetime) -> bool:
        return self.latest is not None and self.latest < instant


@dataclass(frozen=True)
class Lake:
    """One snapshot of a workspace's lake on one engine."""

    backend: Any
    events: Any
    people: Any
    aliases: Any | None = None
    """`person`, who was merged away, and `keeper`, whom they became; None while nobody was."""
    others: Callable[[str], Any] = field(default=lambda name: None)
    summed: Callable[[], Lifetime | None] = field(default=lambda: None)
    dialect: str = "duckdb"
    lend: Callable[[str, pa.Table], Any] = field(kw_only=True)

    @cached_property
    def lifetime(self) -> Lifetime | None:
        """None while it does not sum up these events."""
        return self.summed()

    @cached_property
    def tags(self) -> Any:
        """`person` carries `tag` `since`: tags of groups. Opened when somebody asks, as the others are."""
        return self.others("tags")

    @cached_property
    def ties(self) -> Any:
        """`person` and friends, follows, group chats and who brought them."""
        return self.others("ties")

    def register(self, name: str, table: pa.Table) -> Any:
        """Lend the engine a table of the caller's, for a join."""
        return self.lend(name, table)

    def run(self, expression: Any) -> pa.Table:
        """Raises Stopped inside `stoppable`."""
        if self.dialect != "duckdb":
            return spark.run(self.backend, expression)
        with watched(self.backend.con):
            return engine.yielding(lambda: self.backend.to_pyarrow(expression))

    def text(self, expression: Any) -> str:
        """The statement of an expression, for `ask`: it holds for every snapshot with these tables. DuckDB's alone."""
        return str(self.backend.compile(expression))

    def ask(self, statement: str) -> pa.Table:
        """Raises Stopped inside `stoppable`."""
        with watched(self.backend.con):
            found: pa.Table = engine.yielding(self.backend.con.sql(statement).to_arrow_table)
        return found


@contextmanager
def lake() -> Iterator[Lake]:
    """The lake of the current workspace as it is at this moment; the snapshot does not move while it is read."""
    workspace = scope.current()
    with readers.reader(workspace) as reader:
        merged = _table(reader, "aliases") if files(workspace, "aliases") else None
        # The aliases before the events: one goes only after the events that needed it were rewritten.
        happened = snapshot(workspace, "events")
        events = _table(reader, "events", happened.files if happened else []).drop("written_for")
        people = _table(reader, "people")

        def lifetime() -> Lifetime | None:
            held = snapshot(workspace, "lifetime") if happened else None
            if happened is None or held is None or not held.sums_up(happened):
                return None
            return Lifetime(_table(reader, "lifetime", held.files), happened.latest)

        def other(name: str) -> Any:
            return _table(reader, name)

        yield Lake(reader.backend, events, people, merged, other, lifetime, lend=reader.lend)


@contextmanager
def cluster() -> Iterator[Lake]:
    """The same on the engine for questions about everybody: `GUANXI_LAKE_ENGINE`, DuckDB if nothing is said."""
    if settings.LAKE_ENGINE == "duckdb":
        with lake() as tables:
            yield tables
        return
    session = spark.session(settings.LAKE_ENGINE)
    with spark.views(session) as (view, lend):
        merged = view("aliases") if files(scope.current(), "aliases") else None
        yield Lake(session, view("events"), view("people"), merged, view, dialect="pyspark", lend=lend)


def _table(reader: Reader, name: str, paths: list[str] | None = None) -> Any:
    reader.show(name, files(scope.current(), name) if paths is None else paths)
    if name not in _schemas:
        _schemas[name] = reader.backend.table(name).schema()
    return ops.DatabaseTable(name, schema=_schemas[name], source=reader.backend).to_expr()


# A view has the columns of TABLES whatever its files hold, so what Ibis learns of it at first stays true.
_schemas: dict[str, Any] = {}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to a person; `props` and the references are what its announcer said."""

    event_id: bytes
    name: str
    at: datetime
    channel: str | None
    amount_minor: int | None
    currency: str | None
    order_id: int | None
    message_id: int | None
    props: dict[str, Any]


TOLD = ("name", "occurred_at", "received_at", "source", "channel", "amount_minor", "currency", "props")
FIELDS = ("event_id", "name", "occurred_at", "channel", "amount_minor", "currency", "order_id", "message_id", "props")


def timeline(
    people: list[int],
    *,
    limit: int,
    before: tuple[datetime, bytes] | None = None,
    names: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
) -> list[TimelineEntry]:
    """The newest things that happened to these ids of one person: from the rows that wait, and from the lake. A name
    that ends with a dot means all that begin with it."""
    waiting = Fact.objects.filter(person__in=people).order_by("-occurred_at", "-event_id")
    if names:
        begins = [Q(name__startswith=name) for name in names if name.endswith(".")]
        waiting = waiting.filter(reduce(or_, begins, Q(name__in=names)))
    if hidden:
        waiting = waiting.exclude(name__in=hidden)
    if before:
        waiting = waiting.filter(occurred_at__lte=before[0])
    found = {bytes(row[0]): (bytes(row[0]), *row[1:]) for row in waiting.values_list(*FIELDS)[: limit + 50]}
    for row in _from_lake(people, limit, before, names, hidden):
        found.setdefault(row[0], row)
    entries = sorted((TimelineEntry(*row) for row in found.values()), key=lambda e: (e.at, e.event_id), reverse=True)
    return [entry for entry in entries if before is None or (entry.at, entry.event_id) < before][:limit]


def _from_lake(
    people: list[int],
    limit: int,
    before: tuple[datetime, bytes] | None,
    names: tuple[str, ...],
    hidden: tuple[str, ...],
) -> list[tuple[Any, ...]]:
    with lake() as tables:
        events = tables.events.filter(tables.events.person.isin(people))
        if names:
            begins = [events.name.startswith(name) for name in names if name.endswith(".")]
            events = events.filter(reduce(or_, begins, events.name.isin(names)))
        if hidden:
            events = events.filter(~events.name.isin(hidden))
        if before:
            events = events.filter(events.occurred_at <= before[0])
        newest = events.order_by(ibis.desc("occurred_at"), ibis.desc("event_id")).limit(limit + 50).select(*FIELDS)
        return [
            (*row[:-1], msgspec.json.decode(row[-1] or "{}"))
            for row in zip(*tables.run(newest).to_pydict().values(), strict=True)
        ]


def waiting() -> int:
    """How many rows the lake has not got yet; 0 means that every count is up to date."""
    state = LakeState.objects.first()
    open_commit = 1 if state and state.assigned > state.appended else 0
    return (
        Fact.objects.filter(lake_commit__isnull=True).count()
        + FactBatch.objects.filter(lake_commit__isnull=True).count()
        + Touched.objects.count()
        + open_commit
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was announced and is not in the lake yet; `oldest_at` is when we learnt of it."""

    facts: int
    oldest_at: datetime | None


def backlog() -> Backlog:
    state = LakeState.objects.first()
    open_or_none = Q(lake_commit__isnull=True) | Q(lake_commit__gt=state.appended if state else 0)
    rows = Fact.objects.filter(open_or_none).aggregate(count=Count("pk"), oldest=Min("received_at"))
    batches = FactBatch.objects.filter(open_or_none).aggregate(count=Sum("rows"), oldest=Min("received_at"))
    known = [found["oldest"] for found in (rows, batches) if found["oldest"]]
    return Backlog(rows["count"] + (batches["count"] or 0), min(known, default=None))


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Months that are to be written anew, and when the last one was."""

    waiting: int
    last_at: datetime | None


def upkeep() -> Upkeep:
    found = Tidying.objects.exclude(month="").aggregate(
        waiting=Count("month", filter=Q(done_at=None), distinct=True), last=Max("done_at")
    )
    return Upkeep(found["waiting"], found["last"])


def everything(people: list[int]) -> Iterator[dict[str, Any]]:
    """All that happened to these ids of one person, oldest first: rows, packed batches that wait, and the lake."""
    found: dict[bytes, dict[str, Any]] = {}
    for row in Fact.objects.filter(person__in=people).values("event_id", *TOLD):
        found[bytes(row["event_id"])] = row
    for batch in FactBatch.objects.filter(lake_commit__isnull=True).order_by("pk").iterator(1):
        table = pa.ipc.open_stream(batch.body).read_all()
        theirs = table.filter(pc.is_in(table["person"], pa.array(people, pa.int64())))
        _collect(theirs, found)
    with lake() as tables:
        _collect(tables.run(tables.events.filter(tables.events.person.isin(people))), found)
    for row in sorted(found.values(), key=lambda row: (row["occurred_at"], bytes(row["event_id"]))):
        props = row["props"]
        said = msgspec.json.decode(props or "{}") if isinstance(props, str) else props
        yield {name: row[name] for name in TOLD if name != "props"} | {"props": said}


def _collect(table: pa.Table, found: dict[bytes, dict[str, Any]]) -> None:
    for row in table.select(["event_id", *TOLD]).to_pylist():
        found.setdefault(row["event_id"], row)
