"""Events that were written for somebody who was merged away: their month, once rewritten, has them under whom they
became, and an undone merge gives them back. Every step is one commit; what people are today is said by the aliases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from guanxi.events import registry
from guanxi.events.lake import opened
from guanxi.events.models import Reassigned
from guanxi.events.operations.announcing import touch
from guanxi.events.operations.shapes import PROPERTIES
from guanxi.kit import bulk, scope


def keepers(people: list[int]) -> dict[int, int]:
    """Whom these became, of those who became somebody."""
    rows = registry.mirrors().get("aliases")
    if rows is None or not people:
        return {}
    found = rows(people).to_pydict()
    return dict(zip(found["person"], found["keeper"], strict=True))


def remember_aliases(table: pa.Table) -> None:
    """An event that was on its way while its alias went brings the alias back."""
    if not Reassigned.objects.exists():
        return
    people = pc.unique(table["person"]).to_pylist()
    gone = Reassigned.objects.extra(**bulk.any_number("person", people)).values_list("person", flat=True)
    if late := set(gone):
        touch("aliases", late)


def put_back(people: Sequence[int]) -> None:
    """Whoever of these is not the one any more under whom their events lie gets them back. Their aliases are written:
    a reader finds each event either where it was or where it belongs."""
    rows = list(Reassigned.objects.extra(**bulk.any_number("person", people)).order_by("pk"))
    if not rows:
        return
    now = keepers(sorted({who for row in rows for who in (row.person, row.keeper)}))
    parted = sorted({row.person for row in rows if _is(row.person, now) != _is(row.keeper, now)})
    if not parted:
        return
    delta = opened(scope.current(), "events")
    if delta is not None:
        delta.update(
            updates={"person": "written_for", "written_for": "NULL"},
            predicate=f"written_for IN ({', '.join(map(str, parted))})",
            writer_properties=PROPERTIES,
        )
    Reassigned.objects.filter(person__in=parted).delete()


def _is(person: int, keepers: Mapping[int, int]) -> int:
    return keepers.get(person, person)
