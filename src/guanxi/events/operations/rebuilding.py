"""The lake made anew from what came in: facts of rooms, and behaviour that is kept for thirty days; older behaviour is
carried over from the old files where they can be read."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from guanxi.events import engine
from guanxi.events.changes import note_everybody
from guanxi.events.lake import EVENTS, opened, place
from guanxi.events.models import Fact, FactBatch, LakeState, Reassigned
from guanxi.events.operations import lifetimes
from guanxi.events.operations.announcing import touch
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.events.operations.tidying import MEMORY, view
from guanxi.events.operations.writing import APPLICATION, facts_table, unpacked
from guanxi.kit import bulk, leases, scope

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 20_000
BATCHES_AT_ONCE = 20
_BODIES = f"""
SELECT id, body FROM {FactBatch._meta.db_table}
WHERE workspace_id = %s AND lake_commit BETWEEN 1 AND %s AND id > %s ORDER BY id LIMIT {BATCHES_AT_ONCE}
"""  # noqa: S608
_CARRIED = """
INSERT INTO came BY NAME SELECT event.* REPLACE (coalesce(written_for, person) AS person, NULL::BIGINT AS written_for)
FROM events event ANTI JOIN came USING (event_id)
"""


class Busy(Exception):
    """Another session writes the lake."""


def rebuild() -> int:
    """How many events it holds now. One commit: whoever reads sees the old lake or the new one."""
    with leases.only_one("lake") as alone:
        if not alone:
            raise Busy
        state, _ = LakeState.objects.get_or_create()
        old = _readable()
        # With nobody's events under somebody else, every alias is needed again.
        touch("aliases", Reassigned.objects.values_list("person", flat=True))
        rows = _written(old, state.assigned)
        Reassigned.objects.all().delete()
        note_everybody("rebuilding")
        LakeState.objects.filter(pk=state.pk).update(appended=state.assigned)
        return rows


def _readable() -> DeltaTable | None:
    """The lake as it is. What cannot be read is put aside under another name."""
    try:
        old = opened(scope.current(), "events")
        if old is not None:
            with duckdb.connect() as reader:
                engine.prepare(reader)
                view(reader, "events", old.file_uris(), EVENTS)
                reader.execute("SELECT count(hash(COLUMNS(*))) FROM events").fetchall()
    except (DeltaError, duckdb.Error, OSError) as error:
        aside = f"events.unreadable-{int(time.time())}"
        log.warning("the lake cannot be read (%s) and is put aside as %s", type(error).__name__, aside)
        engine.rename(place(scope.current(), "events"), place(scope.current(), aside))
        return None
    return old


def _written(old: DeltaTable | None, commit: int) -> int:
    """All that came in is gathered in a file first: the writer of the lake reads from a thread of its own."""
    with tempfile.TemporaryDirectory(prefix="guanxi-lake-") as spill, duckdb.connect(f"{spill}/came") as gathered:
        engine.prepare(gathered)
        gathered.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY}'; SET temp_directory = '{spill}'")
        gathered.register("no_events", EVENTS.empty_table())
        gathered.execute("CREATE TABLE came AS FROM no_events")
        for table in _came(commit):
            gathered.register("arrived", table)
            gathered.execute("INSERT INTO came BY NAME FROM arrived")
            gathered.unregister("arrived")
        if old is not None:
            view(gathered, "events", old.file_uris(), EVENTS)
            gathered.execute(_CARRIED)
        [(rows,)] = gathered.execute("SELECT count(*) FROM came").fetchall()
        write_deltalake(
            place(scope.current(), "events"),
            gathered.sql("FROM came ORDER BY month, name, person, occurred_at").to_arrow_reader(100_000),
            partition_by=["month"],
            mode="overwrite",
            schema_mode="overwrite",
            writer_properties=PROPERTIES,
            commit_properties=CommitProperties(app_transactions=[Transaction(APPLICATION, commit)]),
        )
        gathered.execute("CREATE OR REPLACE VIEW events AS FROM came")
        lifetimes.make_anew(gathered)
        return int(rows)


def _came(commit: int) -> Iterator[pa.Table]:
    """What the lake was given until now; what still waits comes with the writer's turn."""
    last = 0
    while rows := list(Fact.objects.filter(lake_commit__range=(1, commit), pk__gt=last).order_by("pk")[:ROWS_AT_ONCE]):
        last = rows[-1].pk
        yield facts_table(rows)
    last = 0
    while found := bulk.asked(_BODIES, [scope.current(), commit, last]):
        last = found[-1][0]
        for pk, body in found:
            table = unpacked(pk, body)
            if table is not None:
                yield table
