"""A paid order makes its buyer a customer. One proof a person is enough: that of the earliest order not given back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, Min, QuerySet

from guanxi.commerce.events import OrderPaid, OrderRefunded
from guanxi.commerce.models import Order
from guanxi.people import operations as people
from guanxi.people.models import Level, LevelProof
from guanxi.people.port import TakenBack

# One probe of the index (person, placed_at) each: a wholesaler's thousand orders cost no more than one.
_EARLIEST = f"""
SELECT earliest.person_id, earliest.id, earliest.number, earliest.placed_at, earliest.import_id
FROM unnest(%s::bigint[]) AS buyer CROSS JOIN LATERAL (
    SELECT person_id, id, number, placed_at, import_id FROM {Order._meta.db_table}
    WHERE person_id = buyer AND (total_minor = 0 OR refunded_minor < total_minor)
    ORDER BY placed_at, id LIMIT 1) AS earliest
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Purchase:
    """What makes one person a customer."""

    person: int
    order: int
    number: str
    placed_at: datetime
    import_id: int | None


def prove_purchases(
    purchases: Iterable[Purchase], *, now: datetime, import_id: int | None, void: Collection[int | None] = ()
) -> None:
    """Prove the earliest purchase of each person, unless an earlier one, not of the `void` orders, proves the level."""
    earliest: dict[int, Purchase] = {}
    for purchase in purchases:
        known = earliest.get(purchase.person)
        if known is None or (purchase.placed_at, purchase.order) < (known.placed_at, known.order):
            earliest[purchase.person] = purchase
    standing = _open_proofs(earliest).exclude(reference__in=void)
    proven = dict(standing.values("person").annotate(first=Min("since")).values_list("person", "first"))
    people.prove_level(
        level=Level.CUSTOMER,
        proof=OrderPaid.name,
        proofs=[
            people.Proof(person=one.person, since=one.placed_at, reference=one.order, label=one.number)
            for one in earliest.values()
            if one.person not in proven or one.placed_at < proven[one.person]
        ],
        now=now,
        source="import",
        import_id=import_id,
    )


def end_refunded(orders: Iterable[int], *, now: datetime, import_id: int | None) -> None:
    """Orders that were given back whole prove nothing any more; the next order of the person takes over."""
    whole = Order.objects.filter(pk__in=orders, total_minor__gt=0, refunded_minor=F("total_minor"))
    gone = list(whole.values_list("person", "pk"))
    next_ones = _earliest({person for person, _order in gone})
    prove_purchases(next_ones, now=now, import_id=import_id, void=[order for _person, order in gone])
    people.end_proof(
        proof=OrderPaid.name,
        references=gone,
        because=OrderRefunded.name,
        now=now,
        source="import",
        import_id=import_id,
    )


def prove_what_is_left(buyers: Sequence[int], now: datetime) -> None:
    """After orders of these people were removed: the earliest of the others proves the level."""
    ids = sorted(set(buyers))
    removed = _dangling(_open_proofs(ids))
    by_import: dict[int | None, list[Purchase]] = {}
    for purchase in _earliest(ids):
        by_import.setdefault(purchase.import_id, []).append(purchase)
    for import_id, purchases in by_import.items():
        prove_purchases(purchases, now=now, import_id=import_id, void=[order for _person, order in removed])


@dataclass(frozen=True)
class EndDanglingProofs:
    """A step of undo: proofs by orders that have gone. Those of the import itself were taken back before."""

    key: str = "dangling proofs"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        proofs = LevelProof.objects.filter(proof=OrderPaid.name, ended_at__isnull=True, pk__gt=after).order_by("pk")
        ids = list(proofs.values_list("pk", flat=True)[:limit])
        people.end_proof(
            proof=OrderPaid.name,
            references=_dangling(LevelProof.objects.filter(pk__in=ids)),
            because="order.removed",
            now=now,
            source="import",
        )
        return TakenBack(ids[-1] if len(ids) == limit else None)


def _dangling(proofs: QuerySet[LevelProof]) -> list[tuple[int, int | None]]:
    """(person, order) of proofs whose order is not there any more."""
    references = list(proofs.values_list("person", "reference"))
    there = set(Order.objects.filter(pk__in=[order for _person, order in references]).values_list("pk", flat=True))
    return [(person, order) for person, order in references if order not in there]


def _open_proofs(buyers: Iterable[int]) -> QuerySet[LevelProof]:
    return LevelProof.objects.filter(
        person__in=list(buyers), level=Level.CUSTOMER, proof=OrderPaid.name, ended_at__isnull=True
    )


def _earliest(buyers: Iterable[int]) -> list[Purchase]:
    with connection.cursor() as cursor:
        cursor.execute(_EARLIEST, [sorted(buyers)])
        return [Purchase(*row) for row in cursor.fetchall()]
