"""Whose answers may be other than they were: everybody of whom the lake has learnt something since a mark.

The writer notes whose rows it is about to write into a mirror before it writes them, and says so once they are there;
killed between the two, it finds its own note and goes on. Whoever asks takes the mark before the snapshot of the lake:
what came between the two is asked about once more the next time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from django.db.models import Max, Sum
from django.db.models.functions import Now

from guanxi.events.lake import MIRRORS
from guanxi.events.models import Change, Fact, FactBatch, LakeState, Reassigned
from guanxi.kit import bulk, scope

KEPT = timedelta(days=7)
# Beyond so many events it costs less to ask about everybody.
MOST_EVENTS = 500_000
_NAMING = {"people": ("person",), "aliases": ("person", "keeper"), "tags": ("person",), "ties": ("person",)}
_BODIES = f"SELECT body FROM {FactBatch._meta.db_table} WHERE workspace_id = %s AND lake_commit BETWEEN %s AND %s"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the lake is: the last commit of events, and the last change of a mirror."""

    commit: int = 0
    change: int = 0


def mark() -> Mark:
    state = LakeState.objects.first()
    last = Change.objects.filter(is_written=True).aggregate(last=Max("pk"))["last"]
    return Mark(state.appended if state else 0, last or 0)


def changed(
    since: Mark, until: Mark, *, names: frozenset[str] | None = None, mirrors: frozenset[str] | None = None
) -> pa.Array | None:
    """The people of whom events (of these names) or rows (of these mirrors) came in after `since`; None: ask about
    everybody."""
    if until.commit < since.commit:
        return None
    changes = list(Change.objects.filter(is_written=True, pk__gt=since.change, pk__lte=until.change))
    if any(one.people is None for one in changes):
        return None
    unasked = MIRRORS.keys() - mirrors if mirrors is not None else frozenset[str]()
    found = [_unpacked(one.people) for one in changes if one.people and one.mirror not in unasked]
    if until.commit > since.commit and (names is None or names):
        commits = (since.commit + 1, until.commit)
        if (FactBatch.objects.filter(lake_commit__range=commits).aggregate(n=Sum("rows"))["n"] or 0) > MOST_EVENTS:
            return None
        asked = None if names is None else sorted(names)
        rows = bulk.asked(_PERSONS, [scope.current(), *commits, asked, asked])
        found.append(np.array([person for (person,) in rows], np.int64))
        found += [_persons(body, asked) for (body,) in bulk.asked(_BODIES, [scope.current(), *commits])]
    return pa.array(np.unique(np.concatenate(found)) if found else [], pa.int64())


_PERSONS = f"""
SELECT DISTINCT person FROM {Fact._meta.db_table} WHERE workspace_id = %s AND lake_commit BETWEEN %s AND %s
AND (%s::text[] IS NULL OR name = ANY(%s))
"""  # noqa: S608


def _persons(body: bytes, names: list[str] | None) -> Any:
    try:
        rows = pa.ipc.open_stream(body).read_all()
        if names is not None:
            rows = rows.filter(pc.is_in(rows["name"], pa.array(names, pa.string())))
        return np.unique(rows["person"].to_numpy())
    except (pa.ArrowException, KeyError):
        return np.array([], np.int64)  # the writer has set it aside: the lake does not hold it either


def note(mirror: str, people: Any, *, written: bool = False) -> Change:
    change: Change = Change.objects.create(mirror=mirror, people=_packed(people), at=Now(), is_written=written)
    return change


def note_everybody(why: str) -> None:
    Change.objects.create(mirror=why, people=None, at=Now(), is_written=True)


def begun(mirror: str, people: Any) -> tuple[list[int], Any]:
    """The writer is about to write rows of these people. Gives its notes, and whose rows they are with those of a turn
    that did not come to its end."""
    open_notes = list(Change.objects.filter(mirror=mirror, is_written=False))
    everybody = np.unique(np.concatenate([people, *(_unpacked(one.people) for one in open_notes if one.people)]))
    made = note(mirror, everybody)
    return [made.pk, *(one.pk for one in open_notes)], everybody


def ended(mirror: str, notes: Iterable[int], people: Any) -> None:
    """The rows are there."""
    Change.objects.filter(pk__in=notes).delete()
    note(mirror, people, written=True)


def named_in(mirror: str, rows: pa.Table, delta: DeltaTable | None, keys: list[int]) -> Any:
    """Everybody who is named in these rows of a mirror, as they are and as they were."""
    if mirror in ("people", "reach"):
        return np.array(keys, np.int64)
    columns = list(_NAMING[mirror])
    tables = [rows]
    if delta is not None:
        key = MIRRORS[mirror].names[0]
        tables.append(delta.to_pyarrow_table(columns=columns, filters=pc.field(key).isin(pa.array(keys, pa.int64()))))
    found = [table[column].drop_null().to_numpy() for table in tables for column in columns]
    if mirror == "aliases":  # one whose alias has gone already may part from whom they became
        keepers = Reassigned.objects.filter(person__in=keys).values_list("keeper", flat=True)
        found.append(np.array([*keys, *keepers], np.int64))
    return np.unique(np.concatenate(found).astype(np.int64))


def drop_changes() -> int:
    """What nobody asks about any more."""
    return Change.objects.filter(is_written=True, at__lt=Now() - KEPT).delete()[0]


def _packed(people: Any) -> bytes:
    return bytes(np.asarray(people, "<i8").tobytes())


def _unpacked(people: Any) -> Any:
    return np.frombuffer(bytes(people), "<i8")
