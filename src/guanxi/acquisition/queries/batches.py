"""What was sent, read again from its sealed rows."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from guanxi.acquisition.models import Batch
from guanxi.acquisition.rules import ids_of, told, unpacked
from guanxi.kit import crypto, scope
from guanxi.kit.personal import Who

PLAIN, GZIP, ZSTD = b"p", b"g", b"z"
CODEC = pa.Codec("zstd", compression_level=1)


def place(source: int) -> str:
    return f"intake|{source}"


def opened(batch: Batch) -> bytes:
    """Its JSON; empty once it was emptied."""
    if batch.body is None:
        return b""
    sealed = bytes(batch.body)
    kept = crypto.unseal_body(sealed, workspace_id=batch.workspace_id, place=place(batch.source_id))
    match kept[:1]:
        case b"g":
            return zlib.decompress(kept[1:], 31)
        case b"z":
            return bytes(CODEC.decompress(kept[1:], batch.size, asbytes=True))
        case _:
            return kept[1:]


def batches_of(who: Who) -> Any:
    return Batch.objects.filter(people__overlap=list(who.people)).order_by("pk")


def sent_of(who: Who) -> Iterator[dict[str, Any]]:
    """The events of these batches that name one of the person's ids, as they were sent."""
    lookups = {bytes(one) for one in who.lookups}
    for batch in batches_of(who).select_related("source").iterator(50):
        body = opened(batch)
        for raw in unpacked(body, batch.call)[1] if body else []:
            if any(crypto.lookup(scope.current(), kind, value) in lookups for kind, value in ids_of(raw)):
                yield {"received_at": batch.received_at, "source": batch.source.name, "event": _without_key(told(raw))}


def _without_key(event: dict[str, Any]) -> dict[str, Any]:
    """The write key may stand in it, and is none of the person's."""
    return {name: value for name, value in event.items() if name != "writeKey"}
