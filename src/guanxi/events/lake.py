"""The files of the lake: one Delta table `events` a workspace, beside mirrors of rows that audiences ask about.

They lie in a folder, or under `s3://bucket/…` on storage that speaks S3 (`guanxi.kit.net.objects`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from django.conf import settings

from guanxi.kit.net import objects

LOG = "_delta_log"
INSTANT = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema(
    [
        pa.field("month", pa.string()),
        pa.field("event_id", pa.binary()),
        pa.field("person", pa.int64()),
        pa.field("name", pa.string()),
        pa.field("occurred_at", INSTANT),
        pa.field("received_at", INSTANT),
        pa.field("source", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("amount_minor", pa.int64()),
        pa.field("currency", pa.string()),
        pa.field("order_id", pa.int64()),
        pa.field("product_id", pa.int64()),
        pa.field("coupon_id", pa.int64()),
        pa.field("message_id", pa.int64()),
        pa.field("import_id", pa.int64()),
        pa.field("props", pa.string()),
        pa.field("written_for", pa.int64()),
    ]
)
"""`written_for` is who had the event before a merge, once their month was rewritten for whom they became."""
COLUMNS = tuple(name for name in EVENTS.names if name not in ("month", "props", "written_for"))
PEOPLE = pa.schema(
    [
        pa.field("person", pa.int64()),
        pa.field("level", pa.string()),
        pa.field("owner", pa.int64()),
        pa.field("unit", pa.int64()),
        pa.field("locale", pa.string()),
        pa.field("country", pa.string()),
        pa.field("created_at", INSTANT),
        pa.field("traits", pa.string()),
        pa.field("role", pa.string()),
        pa.field("member", pa.bool_()),
        pa.field("strong_until", INSTANT),
        pa.field("neutral_until", INSTANT),
    ]
)
ALIASES = pa.schema([pa.field("person", pa.int64()), pa.field("keeper", pa.int64())])
TAGS = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("person", pa.int64()),
        pa.field("tag", pa.int64()),
        pa.field("since", INSTANT),
        pa.field("how", pa.string()),
    ]
)
TIES = pa.schema(
    [
        pa.field("tie", pa.int64()),
        pa.field("person", pa.int64()),
        pa.field("kind", pa.string()),
        pa.field("advisor", pa.int64()),
        pa.field("unit", pa.int64()),
        pa.field("account", pa.int64()),
        pa.field("group", pa.int64()),
        pa.field("other", pa.int64()),
        pa.field("state", pa.string()),
        pa.field("source", pa.string()),
        pa.field("since", INSTANT),
    ]
)
REACH = pa.schema([pa.field("person", pa.int64()), pa.field("said", pa.string())])
"""`said`: |given email marketing|reachable email marketing| and the like."""
MIRRORS = {"people": PEOPLE, "aliases": ALIASES, "ties": TIES, "tags": TAGS, "reach": REACH}
LIFETIME = pa.schema(
    [
        pa.field("person", pa.int64()),
        pa.field("name", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("first_at", INSTANT),
        pa.field("last_at", INSTANT),
        pa.field("happened", pa.int64()),
        pa.field("amount_minor", pa.int64()),
    ]
)
"""What the events of a person come to, by name and currency. Rows of one person and name may be several: they add."""
TABLES = {"events": EVENTS, **MIRRORS, "lifetime": LIFETIME}


def place(workspace_id: int, table: str) -> str:
    return f"{str(settings.LAKE).rstrip('/')}/{workspace_id}/{table}"


def folder(workspace_id: int, table: str) -> Path:
    """The place of a lake that lies in a folder."""
    return Path(place(workspace_id, table))


def opened(workspace_id: int, table: str) -> DeltaTable | None:
    """The table as it is now, or None while nothing has been written."""
    where = place(workspace_id, table)
    return DeltaTable(where) if DeltaTable.is_deltatable(where) else None


class Snapshot:
    """One version of a table, for who only reads: nothing of it ever changes."""

    def __init__(self, delta: DeltaTable) -> None:
        self._delta, self.version, self.id = delta, delta.version(), str(delta.metadata().id)
        self.files: list[str] = delta.file_uris()

    def sums_up(self, events: Snapshot) -> bool:
        """Whether it is `lifetime` of exactly this version of the events."""
        return _sums_up(self._delta, events.id, events.version)

    @cached_property
    def latest(self) -> datetime | None:
        """No event of it happened after this instant; None where a file does not say so."""
        said = pa.table(self._delta.get_add_actions(flatten=True))
        if "max.occurred_at" not in said.column_names or said["max.occurred_at"].null_count or not said.num_rows:
            return None
        newest: datetime = pc.max(said["max.occurred_at"].cast(INSTANT)).as_py()
        return newest + timedelta(milliseconds=1)  # the log cuts instants to milliseconds


KNOWN = 1_000
_known: dict[str, tuple[object, Snapshot]] = {}


def snapshot(workspace_id: int, table: str) -> Snapshot | None:
    """The table as it is now, or None while nothing has been written. In a folder the log is read again only after a
    commit: reading it takes longer than many an answer."""
    where = place(workspace_id, table)
    log = _log(where)
    before, known = _known.get(where, (None, None))
    if known is not None and log is not None and log == before and not _goes_on(where, known.version):
        return known
    delta = opened(workspace_id, table)
    if delta is None:
        return None
    if len(_known) >= KNOWN:
        _known.clear()
    found = Snapshot(delta)
    _known[where] = (log, found)
    return found


def _log(where: str) -> tuple[int, ...] | None:
    """The folder of the log itself, which another takes the place of when a table is put aside, and when it changed."""
    if objects.is_address(where):
        return None
    try:
        found = Path(where, LOG).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _goes_on(where: str, version: int) -> bool:
    """The clock of a folder may stand still between two commits."""
    return Path(where, LOG, f"{version + 1:020}.json").exists()


def lifetime_of(workspace_id: int, events: DeltaTable | None) -> DeltaTable | None:
    """`lifetime` if it says what exactly this version of the events comes to."""
    lifetime = opened(workspace_id, "lifetime") if events is not None else None
    if events is None or lifetime is None:
        return None
    return lifetime if _sums_up(lifetime, str(events.metadata().id), events.version()) else None


def _sums_up(lifetime: DeltaTable, events: str, version: int) -> bool:
    return lifetime.transaction_version(events) == version


def files(workspace_id: int, table: str) -> list[str]:
    """The immutable files of one snapshot: whoever reads these is never disturbed by the writer."""
    found = snapshot(workspace_id, table)
    return found.files if found else []
