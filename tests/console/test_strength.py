"""Settings of strength: looked at, saved, and refused over somebody else's change."""

from __future__ import annotations

from typing import Any

from guanxi.connections import queries
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]
KINDS = tuple(queries.StrengthValues().weights)


def test_what_moves_is_seen_first_and_who_saves_over_another_is_refused(owner: Visitor) -> None:
    values: dict[str, Any] = {**queries.StrengthValues().values(), "order": 0.8, "version": 0}
    assert "Nobody changes bands." in owner.post("strength", status=200, act="look", **values)
    assert queries.strength_settings().version == 0
    owner.post("strength", act="save", **values)
    assert "They ordered: 1.5 → 0.8" in owner.get("audit")
    page = owner.post("strength", status=409, act="save", **{**values, "order": 0.9})
    assert "Somebody saved meanwhile." in page and 'name="version" value="1"' in page
    assert "At least one kind" in owner.post("strength", status=422, **{**values, **dict.fromkeys(KINDS, 0)})
    assert queries.strength_settings().rules.weights["order"] == 0.8
