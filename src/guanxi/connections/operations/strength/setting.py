"""How strength is counted is set: with what was before in the audit log, and everything counted anew behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from guanxi.connections.models import StrengthRules
from guanxi.connections.operations.strength.counting import ask_anew
from guanxi.connections.queries.strength import of_row
from guanxi.connections.rules import strength as rule
from guanxi.connections.rules.strength import Rules
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff


class StrengthRefused(ValueError):
    """`reason`: changed (somebody saved meanwhile) or flawed; then `flaws` says which value and why."""

    def __init__(self, reason: str, flaws: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason, self.flaws = reason, dict(flaws or {})


def check_strength_rules(rules: Rules) -> Rules:
    """Raises StrengthRefused when a value cannot be."""
    if flaws := rule.flaws(rules):
        raise StrengthRefused("flawed", flaws)
    return rules


@transaction.atomic
def set_strength_rules(
    *, rules: Rules, version: int, by: Staff | None, now: datetime, fitted: Mapping[str, Any] | None = None
) -> bool:
    """Whether anything is other than before. `version` is the one that was read; `fitted`: on what the edges rest."""
    check_strength_rules(rules)
    usual = Rules()
    StrengthRules.objects.get_or_create(
        defaults={"weak_below": usual.weak_below, "strong_above": usual.strong_above, "changed_at": now}
    )
    row = StrengthRules.objects.select_for_update().get()
    if row.version != version:
        raise StrengthRefused("changed")
    before, after = of_row(row).values(), rules.values()
    moved = {name: f"{before[name]:g} → {after[name]:g}" for name in after if before[name] != after[name]}
    if not moved:
        return False
    row.weights, row.half_lives = dict(rules.weights), dict(rules.half_lives)
    row.weak_below, row.strong_above = rules.weak_below, rules.strong_above
    row.reciprocal, row.per_channel = rules.reciprocal, rules.per_channel
    row.fitted, row.version, row.changed_at, row.by = dict(fitted or {}), version + 1, now, by
    row.save()
    governance.record(act="strength.changed", by=by, detail=moved, now=now)
    ask_anew(now=now)
    return True
