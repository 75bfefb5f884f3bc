"""The kinds of ids that this workspace knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from guanxi.kit import crypto, scope
from guanxi.people.models import Identity, Merge, OwnKind, Sighting
from guanxi.people.models.linking import KIND_LABELS, PLACE_LABELS
from guanxi.people.rules.kinds import BUILT_IN, Kind, looked_up_as

IDS_COUNTED_UP_TO = 10_000


@dataclass(frozen=True)
class KnownKind:
    """`own` is None for a kind that is built in; `ids` are counted up to IDS_COUNTED_UP_TO."""

    kind: Kind
    label: str
    own: OwnKind | None
    ids: int


@dataclass(frozen=True)
class KindsWork:
    """What a kind has done: `merges` that stand because of its ids, and its ids that came `beside` somebody else's."""

    merges: int
    beside: int


def kinds() -> Mapping[str, Kind]:
    """Built in and own ones, by key."""
    return kinds_and_labels()[0]


def kind_labels() -> dict[str, Any]:
    """What to call each kind on screen."""
    return kinds_and_labels()[1]


def kinds_and_labels() -> tuple[Mapping[str, Kind], dict[str, Any]]:
    """Both by one question."""
    own = list(OwnKind.objects.order_by("pk"))
    return {**BUILT_IN, **{one.key: as_kind(one) for one in own}}, {
        **KIND_LABELS,
        **{one.key: one.label for one in own},
    }


def as_kind(own: OwnKind) -> Kind:
    return Kind(own.key, own.trust, own.keeps, own.single, own.place)


def place_label(kind: Kind) -> Any:
    """What gives ids of this kind: a corp, an app, a shop; "" when they are the same everywhere."""
    return PLACE_LABELS.get(kind.place, "")


def id_key(kind: str, value: str, within: str = "") -> bytes:
    """The blind index of an id; `value` is normalised."""
    return crypto.lookup(scope.current(), kind, looked_up_as(value, within))


def known_kinds() -> list[KnownKind]:
    """Those that are built in, then the own ones by name, with how many ids there are of each."""
    own = {one.key: one for one in OwnKind.objects.order_by("label", "pk")}
    all_kinds = [*BUILT_IN.values(), *(as_kind(one) for one in own.values())]
    counts = _counts([one.key for one in all_kinds])
    return [
        KnownKind(
            one, str(own[one.key].label if one.key in own else KIND_LABELS[one.key]), own.get(one.key), counts[one.key]
        )
        for one in all_kinds
    ]


def known_kind(own: OwnKind) -> KnownKind:
    return KnownKind(as_kind(own), own.label, own, _counts([own.key])[own.key])


def work_of(own: OwnKind) -> KindsWork:
    merges = Merge.objects.filter(kind=own.key, undone_at=None)
    return KindsWork(merges.count(), Sighting.objects.filter(identity__kind=own.key).count())


_COUNTS = f"""
SELECT wanted.kind, (
    SELECT count(*) FROM (
        SELECT FROM {Identity._meta.db_table} WHERE workspace_id = %s AND kind = wanted.kind LIMIT %s) few)
FROM unnest(%s::text[]) AS wanted(kind)
"""  # noqa: S608


def _counts(keys: list[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [scope.current(), IDS_COUNTED_UP_TO, keys])
        return dict(cursor.fetchall())
