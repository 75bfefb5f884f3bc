"""What people agreed to and by what they can be reached, as the lake keeps it (`events.lake.REACH`): the facts and the
decision of the governor, without caps and hold-outs, which are a matter of one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from django.db import connection

from guanxi.channels import registry
from guanxi.channels.models import Account
from guanxi.channels.queries.governor import Errand, chunks, facts_of, objection
from guanxi.events.registry import mirror_columns
from guanxi.governance.models import Purpose
from guanxi.kit import bulk, clock
from guanxi.people.models import Identity

SAID = {True: "given", False: "withdrawn"}


def reach_mirrored(keys: Sequence[int]) -> pa.Table:
    said: dict[int, list[str]] = {}
    for kind in registry.kinds():
        for purpose in Purpose.values:
            _ask(kind, purpose, keys, said)
    rows = [{"person": person, "said": f"|{'|'.join(those)}|" if those else ""} for person, those in said.items()]
    return pa.Table.from_pylist(rows, mirror_columns("reach"))


def _ask(kind: str, purpose: str, people: Sequence[int], said: dict[int, list[str]]) -> None:
    errand = _errand(kind, purpose)
    for chunk in chunks(people):
        for person, *facts in _facts(errand, chunk):
            erased, _has_address, granted, _suppressed = facts
            those = said.setdefault(person, [])
            if not erased and granted is not None:
                those.append(f"{SAID[granted]} {kind} {purpose}")
            if not objection(errand, tuple(facts)):
                those.append(f"reachable {kind} {purpose}")


def unreachable(person: int, channel: str, purpose: str) -> str:
    """The `SkipReason` for which the mirror does not call them reachable; empty where it does."""
    errand = _errand(channel, purpose)
    return next((objection(errand, tuple(facts)) for _person, *facts in _facts(errand, [person])), "")


def _errand(kind: str, purpose: str) -> Errand:
    return Errand(account=Account(kind=kind), purpose=purpose, origin="", due_at=clock.wall())


def _facts(errand: Errand, people: Sequence[int]) -> list[tuple[Any, ...]]:
    sql, values = facts_of(errand, people)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person, erased, has_address, granted, suppressed FROM ({sql}) facts", values)  # noqa: S608
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def holders(channel: str, addresses: Sequence[bytes]) -> list[int]:
    """Who has one of these addresses of a channel, and whom they became."""
    if channel not in registry.kinds():
        return []
    held = Identity.objects.filter(kind=registry.plugin(channel).identity_kind)
    found = held.extra(**bulk.any_of("lookup", addresses)).values_list("person_id", "person__merged_into_id")
    return sorted({person for pair in found for person in pair if person is not None})
