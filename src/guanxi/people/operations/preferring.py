"""What a person sets for themselves on the page of their link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Consent, Purpose
from guanxi.kit import bulk
from guanxi.people.models import Identity, Level, Person
from guanxi.people.operations.levels import Proof, prove_level

SOURCE = "preferences"
CHOSE = "preferences.chosen"


@transaction.atomic
def set_preferences(
    *,
    person: Person,
    marketing: Mapping[int, bool],
    fewer_messages: bool,
    language: str,
    proof: Mapping[str, Any],
    now: datetime,
) -> None:
    """`marketing`: identity → whether they want marketing there; only what differs becomes a line of the ledger, with
    `proof` of what they read."""
    held = {one.pk: one for one in Identity.objects.filter(person=person, pk__in=marketing)}
    said = _said([bytes(one.lookup) for one in held.values()])
    lines = [
        governance.ConsentLine(one.kind, bytes(one.lookup), Purpose.MARKETING, wanted, person.pk, proof)
        for pk, wanted in marketing.items()
        if (one := held.get(pk)) and said.get((one.kind, bytes(one.lookup)), False) != wanted
    ]
    governance.record_consents(lines=lines, source=SOURCE, now=now)
    Person.objects.filter(pk=person.pk).update(fewer_messages=fewer_messages, language=language)
    events.touch("people", [person.pk])
    prove_level(level=Level.INTERACTOR, proof=CHOSE, proofs=[Proof(person.pk, now)], now=now, source=SOURCE)


def _said(lookups: list[bytes]) -> dict[tuple[str, bytes], bool]:
    rows = Consent.objects.filter(purpose=Purpose.MARKETING).extra(**bulk.any_of("address", lookups))
    return {(row.channel, bytes(row.address)): row.granted for row in rows}
