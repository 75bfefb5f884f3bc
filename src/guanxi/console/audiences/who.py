"""Who fits a rule now: how many, and some of them whom this member of staff may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from guanxi.audiences import queries as audiences
from guanxi.events import queries as events
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people import queries as people
from guanxi.people.models import IdentityKind, Person

SHOWN = 10
# Of so many, spread over the audience, those are shown whom the staff may see.
LOOKED_AT = 2_000
SHOWN_OF_EACH = (IdentityKind.EMAIL, IdentityKind.PHONE)


@dataclass(frozen=True)
class Sample:
    """`reached`: at which addresses, masked."""

    person: Person
    reached: str


@dataclass(frozen=True)
class Who:
    """`waiting` rows have happened that are not counted yet."""

    size: int
    samples: list[Sample] = field(default_factory=list)
    waiting: int = 0


def who(rule: Any, staff: Staff, *, now: datetime) -> Who:
    """Raises RuleError."""
    found = audiences.members(rule, now=now)["person"]
    return Who(len(found), seen_of(found, staff), events.waiting())


def seen_of(found: pa.Array | pa.ChunkedArray, staff: Staff) -> list[Sample]:
    """Some of these people, spread over all of them."""
    step = max(len(found) // LOOKED_AT, 1)
    spread = found.take(pa.array(range(0, len(found), step)[:LOOKED_AT], pa.int64())).to_pylist()
    looked = people.visible(staff).extra(**bulk.any_number("people_person.id", spread))
    seen = sorted(looked.values_list("pk", flat=True))
    chosen = seen[:: max(len(seen) // SHOWN, 1)][:SHOWN]
    known = Person.objects.in_bulk(chosen)
    rows = [known[pk] for pk in chosen if pk in known]
    reaches = people.reaches_of(rows, SHOWN_OF_EACH)
    return [
        Sample(one, " ".join(filter(None, (reaches.get((one.pk, kind)) for kind in SHOWN_OF_EACH)))) for one in rows
    ]
