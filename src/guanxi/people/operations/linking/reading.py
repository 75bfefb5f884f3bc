"""The ids of calls in the one way in which they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guanxi.governance.models import Workspace
from guanxi.kit import crypto, scope
from guanxi.people import queries
from guanxi.people.operations.linking.calls import Call
from guanxi.people.rules.kinds import BUILT_IN, DEVICE, BadId, Kind, looked_up_as, read_id, read_place
from guanxi.people.rules.linking import IDS_A_CALL

# A phone or a mailbox that cannot be read is left out; any other bad id makes the whole call doubtful.
LEFT_OUT = frozenset({"bad_email", "bad_phone", "bad_plate", "empty"})
Lookup = Callable[[str, str], bytes]


@dataclass(frozen=True, slots=True)
class GivenId:
    kind: Kind
    value: str
    within: str
    key: bytes


@dataclass(slots=True)
class ReadCall:
    """The keys of its ids, or the reason for which it is refused."""

    keys: tuple[bytes, ...] = ()
    reason: str = ""
    left_out: tuple[tuple[str, str], ...] = ()


def read_calls(calls: Sequence[Call]) -> tuple[dict[bytes, GivenId], list[ReadCall]]:
    kinds = queries.kinds()
    country = Workspace.objects.values_list("country", flat=True).get(pk=scope.current())
    lookup = crypto.lookups(scope.current())
    known: dict[tuple[str, ...], GivenId | str] = {}
    read: list[ReadCall] = []
    for call in calls:
        if len(call.ids) == 1:  # most of them
            alone = call.ids[0]
            given = known.get(alone)
            if given is None:
                given = known[alone] = _given(alone, kinds, country, lookup)
            read.append(_read_call([given], call) if isinstance(given, str) else ReadCall((given.key,)))
            continue
        found = []
        for one in call.ids[:IDS_A_CALL]:
            given = known.get(one)
            if given is None:
                given = known[one] = _given(one, kinds, country, lookup)
            found.append(given)
        read.append(_read_call(found, call))
    return {one.key: one for one in known.values() if isinstance(one, GivenId)}, read


def _read_call(found: Sequence[GivenId | str], call: Call) -> ReadCall:
    if not 0 < len(call.ids) <= IDS_A_CALL:
        return ReadCall(reason="too_many_ids" if call.ids else "no_ids")
    keys: list[bytes] = []
    left: list[tuple[str, str]] = []
    for given, one in zip(call.ids, found, strict=True):
        if isinstance(one, GivenId):
            keys.append(one.key)
        elif one in LEFT_OUT:
            left.append((given[0], one))
        else:
            return ReadCall(reason=one)
    return ReadCall(tuple(keys), "" if keys else left[0][1], tuple(left))


@lru_cache(maxsize=65_536)
def _visitor(kind: str, text: str, country: str, lookup: Lookup) -> GivenId:
    """Browsers and devices come again and again, and how their ids are read does not change. Raises BadId."""
    value = read_id(kind, text, country)
    return GivenId(BUILT_IN[kind], value, "", lookup(kind, value))


def _given(one: tuple[str, ...], kinds: Mapping[str, Kind], country: str, lookup: Lookup) -> GivenId | str:
    kind = kinds.get(one[0])
    if kind is None:
        return "unknown_kind"
    try:
        if kind.trust == DEVICE and len(one) == 2 and kind is BUILT_IN.get(one[0]):
            return _visitor(one[0], one[1], country, lookup)
        value = read_id(kind.key, one[1], country)
        within = read_place(kind, one[2] if len(one) > 2 else "") if kind.place or len(one) > 2 else ""
    except BadId as bad:
        return bad.reason
    return GivenId(kind, value, within, lookup(kind.key, looked_up_as(value, within)))
