"""The kinds of ids that this workspace knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.kit import crypto, scope
from guanxi.people.models import OwnKind
from guanxi.people.models.linking import KIND_LABELS, PLACE_LABELS
from guanxi.people.rules.kinds import BUILT_IN, Kind, looked_up_as


def kinds() -> Mapping[str, Kind]:
    """Built in and own ones, by key."""
    own = OwnKind.objects.order_by("pk")
    return {**BUILT_IN, **{one.key: Kind(one.key, one.trust, one.keeps, one.single) for one in own}}


def kind_labels() -> dict[str, Any]:
    """What to call each kind on screen."""
    return {**KIND_LABELS, **dict(OwnKind.objects.order_by("pk").values_list("key", "label"))}


def place_label(kind: Kind) -> Any:
    """What gives ids of this kind: a corp, an app, a shop; "" when they are the same everywhere."""
    return PLACE_LABELS.get(kind.place, "")


def id_key(kind: str, value: str, within: str = "") -> bytes:
    """The blind index of an id; `value` is normalised."""
    return crypto.lookup(scope.current(), kind, looked_up_as(value, within))
