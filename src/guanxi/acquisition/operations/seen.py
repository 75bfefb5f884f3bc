"""What comes twice is known by its message id: sorted hashes, in a few rows that are merged as they grow."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from guanxi.acquisition.models import SeenIds
from guanxi.acquisition.rules.limits import SEEN_AT_MOST, SEEN_FOR
from guanxi.kit import bulk, scope

Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

# Rows of one size are merged when so many are there; what is bigger than the last stays as it is.
SIZES = (4_096, 262_144)
SO_MANY = 32
# Rows never change, so each is read once by the process; only the worker whose turn it is writes them.
_read: dict[int, dict[int, Hashes]] = {}


def repeated(digests: Hashes) -> Mask:
    """Which of these came before, among them or in the last days; 0 is no id of a message."""
    found, first = np.unique(digests, return_index=True)
    gone: Mask = digests != 0
    gone[first] = False
    known = known_among(found)
    if len(known):
        gone |= np.isin(digests, known)
    return gone


def known_among(hashes: Hashes) -> Hashes:
    """Which of these sorted ones were seen in the last days."""
    known: Mask = np.zeros(len(hashes), bool)
    for row in _rows().values():
        place = np.minimum(np.searchsorted(row, hashes), len(row) - 1)
        known |= row[place] == hashes
    there: Hashes = hashes[known & (hashes != 0)]
    return there


def note_seen(hashes: Hashes, *, now: datetime) -> None:
    hashes = np.unique(hashes[hashes != 0])
    if len(hashes):
        _write(hashes, now)
        _merge(now)


def forget_seen(*, now: datetime) -> int:
    """Beyond a week, or beyond ten million of them, the oldest go."""
    dropped, total = 0, 0
    for pk, count, seen_at in SeenIds.objects.order_by("-seen_at").values_list("pk", "count", "seen_at"):
        total += count
        if total > SEEN_AT_MOST or seen_at < now - SEEN_FOR:
            SeenIds.objects.filter(pk=pk).delete()
            dropped += 1
    return dropped


def _rows() -> dict[int, Hashes]:
    held = _read.setdefault(scope.current(), {})
    there = set(SeenIds.objects.values_list("pk", flat=True))
    for gone in held.keys() - there:
        del held[gone]
    for row in SeenIds.objects.filter(pk__in=there - held.keys()):
        held[row.pk] = np.frombuffer(bytes(row.hashes), "<u8")
    return held


def _write(hashes: Hashes, at: datetime) -> None:
    bulk.put(SeenIds, hashes=hashes.astype("<u8").tobytes(), count=len(hashes), seen_at=at)


def _merge(now: datetime) -> None:
    for size in SIZES:
        small = list(SeenIds.objects.filter(count__lt=size).order_by("pk").values_list("pk", "seen_at"))
        if len(small) < SO_MANY:
            continue
        rows = SeenIds.objects.filter(pk__in=[pk for pk, _at in small])
        merged = np.sort(np.concatenate([np.frombuffer(bytes(row.hashes), "<u8") for row in rows]))
        rows.delete()
        _write(merged, max(at for _pk, at in small))
