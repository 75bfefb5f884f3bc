"""Whom a file means, how many of them it will hold, and why it leaves the others out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from django.db import connection

from guanxi.audiences.queries.members import members
from guanxi.audiences.rules.exporting import NO_ID, Shape, left_out
from guanxi.governance.models import Purpose, Staff
from guanxi.governance.queries import DataScope, data_scope
from guanxi.kit import bulk, scope
from guanxi.people import queries as people
from guanxi.people.models import Person
from guanxi.people.queries import Wanted

Ids = npt.NDArray[np.int64]
AT_ONCE = 50_000


@dataclass(frozen=True)
class Forecast:
    """How many people a file would hold, as things are, and how many it would leave out by reason."""

    inside: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return self.inside + sum(self.left_out.values())


def people_of(chosen: Mapping[str, Any], staff: Staff, *, now: datetime) -> Ids:
    """The ids of everyone meant whom `staff` sees, rising. `chosen`: {"rule": …} or {"filter": …}. Raises RuleError."""
    match chosen:
        case {"rule": rule}:
            found: Ids = members(rule, now=now)["person"].to_numpy().astype(np.int64)
            if data_scope(staff.role) == DataScope.ALL:
                return found
            return _ids(one for some in parts(found) for one in _seen(some, staff))
        case _:
            meant = people.wanted_people(staff, msgspec.convert(chosen["filter"], Wanted))
            return _ids(meant.order_by("pk").values_list("pk", flat=True).iterator(AT_ONCE))


def parts(ids: Ids, size: int = AT_ONCE) -> Iterator[Ids]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _ids(found: Any) -> Ids:
    return np.sort(np.fromiter(found, np.int64))


def _seen(some: Ids, staff: Staff) -> list[int]:
    seen = people.visible(staff).extra(**bulk.any_number("people_person.id", some.tolist()))
    return list(seen.values_list("pk", flat=True))


# One row a person with an id: what the ledger says at any of their addresses, and whether one of them is on the list.
_SAID = """
SELECT held.person_id, coalesce(bool_or(said.granted), false), coalesce(bool_or(NOT said.granted), false),
       bool_or(listed.id IS NOT NULL), bool_or(held.kind = ANY(string_to_array(%(kinds)s, ',')))
FROM people_identity held
LEFT JOIN governance_consent said
  ON said.workspace_id = %(workspace)s AND said.channel = held.kind AND said.address = held.lookup
 AND said.purpose = %(purpose)s
LEFT JOIN governance_suppression listed
  ON listed.workspace_id = %(workspace)s AND listed.channel = held.kind AND listed.address = held.lookup
 AND listed.reason IN ('complaint', 'manual')
WHERE held.workspace_id = %(workspace)s AND held.person_id = ANY(string_to_array(%(people)s, ',')::bigint[])
GROUP BY held.person_id
"""


def still_out(ids: Sequence[int], shape: Shape) -> dict[int, str]:
    """Those of them who are left out as things are → why. Each distinct combination of facts is decided once."""
    if not shape.only_agreed:
        return {}
    kinds = [one.kind for one in shape.hashes()]
    given: dict[str, int | str] = {"workspace": scope.current(), "purpose": Purpose.MARKETING.value}
    given |= {"kinds": ",".join(kinds), "people": ",".join(map(str, ids))}
    with connection.cursor() as cursor:
        cursor.execute(_SAID, given)
        facts = {row[0]: row[1:] for row in cursor.fetchall()}
    decided: dict[tuple[bool, ...], str] = {}
    found: dict[int, str] = {}
    for person in ids:
        said = facts.get(person, (False, False, False, False))
        if said not in decided:
            agreed, refused, listed, has_id = said
            why = left_out(agreed=agreed, refused=refused, listed=listed)
            decided[said] = why or (NO_ID if shape.hashed and not has_id else "")
        if decided[said]:
            found[person] = decided[said]
    return found


def forecast(chosen: Mapping[str, Any], shape: Shape, staff: Staff, *, now: datetime) -> Forecast:
    """Raises RuleError."""
    if not shape.only_agreed and "filter" in chosen:
        return Forecast(people.count_people(staff, msgspec.convert(chosen["filter"], Wanted)))
    ids, why = people_of(chosen, staff, now=now), Counter[str]()
    for some in parts(ids):
        why.update(still_out(some.tolist(), shape).values())
    return Forecast(len(ids) - why.total(), dict(why))


def standing(ids: Sequence[int], staff: Staff) -> Any:
    """Those whom `staff` still sees."""
    return people.visible(staff).extra(**bulk.any_number(f"{Person._meta.db_table}.id", ids)).order_by("pk")
