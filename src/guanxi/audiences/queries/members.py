"""How many people an audience has, and who they are, now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q

from guanxi.audiences.models import Audience, AudienceMember
from guanxi.audiences.queries.bands import staff_of
from guanxi.audiences.queries.catalogue import catalogue
from guanxi.audiences.queries.engine import ENGINES
from guanxi.audiences.queries.explain import Reason, explain
from guanxi.audiences.queries.scans import Tables
from guanxi.audiences.queries.statements import people_of
from guanxi.audiences.rules import Catalogue, Rule, events_in, named_in, opened, parse_rule
from guanxi.connections.queries import closest
from guanxi.events.queries import Lake, cluster, lake
from guanxi.governance.models import Workspace
from guanxi.kit import bulk, scope
from guanxi.people.models import Person

SAMPLES = 10
CLOSE = pa.schema(
    [
        ("person", pa.int64()),
        ("strong_until", pa.timestamp("us", tz="UTC")),
        ("neutral_until", pa.timestamp("us", tz="UTC")),
    ]
)
LISTED = f"SELECT person_id FROM {AudienceMember._meta.db_table} WHERE workspace_id = %s AND audience_id = %s"  # noqa: S608


def members(rule: Any, *, now: datetime) -> pa.Table:
    """One column `person`, in rising order, of the people who fit `rule` (its JSON). Raises RuleError.

    The lake may be behind by some seconds; who was merged away or erased meanwhile is left out.
    """
    known = catalogue()
    return pa.table({"person": fitting(parse_rule(rule, known), known, zone_here(), now=now)})


def fitting(rule: Rule, known: Catalogue, zone: str, *, now: datetime) -> pa.Array:
    """Of everybody, in rising order."""
    with cluster() as lake:
        found = people_of(rule, lake, tables_of(lake, now), now=now, zone=zone, catalogue=known)
    ids = pa.chunked_array(found["person"].chunks, pa.int64()).combine_chunks()
    left = gone()
    return ids.filter(pc.invert(pc.is_in(ids, pa.array(left, pa.int64())))) if left else ids


def count(rule: Any, *, now: datetime) -> int:
    """How many people fit. Raises RuleError."""
    return int(members(rule, now=now).num_rows)


def samples(rule: Any, *, now: datetime, most: int = SAMPLES) -> list[Person]:
    """Some people who fit, spread over all of them; the same at every look while nothing changes. Raises RuleError."""
    ids = members(rule, now=now)["person"].to_pylist()
    step = max(len(ids) // most, 1)
    chosen = ids[::step][:most]
    found = {person.pk: person for person in Person.objects.filter(pk__in=chosen).select_related("owner", "unit")}
    return [found[each] for each in chosen if each in found]


def why(rule: Any, person: int, *, now: datetime) -> list[Reason]:
    """Every clause of `rule` (its JSON) for one person. Raises RuleError and NotMirrored."""
    known = catalogue()
    parsed = parse_rule(rule, known)
    with lake() as tables:
        return explain(parsed, tables_of(tables, now), person, now=now, zone=zone_here(), catalogue=known)


def settled(rule: Any) -> Any:
    """The JSON of a rule for the same people that names no other audience. Raises RuleError."""
    if not named_in(rule):
        return rule
    known = catalogue()
    return opened(parse_rule(rule, known), known).model_dump(mode="json")


def naming(audience: Audience) -> list[Audience]:
    """The audiences whose rules name this one."""
    return naming_each([audience])[audience.pk]


def naming_each(audiences: Sequence[Audience]) -> dict[int, list[Audience]]:
    """Of each of these audiences, by its key, the others whose rules name it."""
    keys = {one.public_id: one.pk for one in audiences}
    found: dict[int, list[Audience]] = {key: [] for key in keys.values()}
    for other in Audience.objects.order_by("name", "pk"):
        for named in named_in(other.rule) & keys.keys() - {other.public_id}:
            found[keys[named]].append(other)
    return found


def events_asked() -> set[str]:
    """The events that any audience asks about, as rules name them: `event:…`."""
    return set[str]().union(*(events_in(one) for one in Audience.objects.values_list("rule", flat=True)))


def zone_here() -> str:
    return Workspace.objects.only("timezone").get(pk=scope.current()).timezone


def tables_of(found: Lake, since: datetime) -> Tables:
    """`since`: who was close to an advisor at no moment after it need not be told."""

    def lists(audience: int) -> Any:
        ids = bulk.numbers(LISTED, [scope.current(), audience])
        return found.register(f"list_{audience}", pa.table({"person": ids}))

    @cache
    def close(advisors: tuple[int, ...], units: tuple[int, ...]) -> Any:
        rows = closest(staff_of(advisors, units), since)
        name = "close_" + sha256(repr((advisors, units)).encode()).hexdigest()[:16]
        columns = zip(*rows, strict=True) if rows else [[] for _ in CLOSE]
        told = [pa.array(column, kind) for column, kind in zip(columns, CLOSE.types, strict=True)]
        return found.register(name, pa.Table.from_arrays(told, schema=CLOSE))

    engine = ENGINES[found.dialect]
    return Tables(found.events, found.people, found.aliases, engine, found.others, lists, lambda: found.lifetime, close)


def gone() -> list[int]:
    merged = Person.objects.filter(merged_into__isnull=False).values_list("pk", flat=True)
    erased = Person.objects.filter(Q(salt__isnull=True) | Q(erased_at__isnull=False)).values_list("pk", flat=True)
    return [*merged, *erased]
