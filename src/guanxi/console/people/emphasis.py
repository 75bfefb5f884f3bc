"""What stands first on the page of a person: of an opinion leader whom they reach, of an employee whom they know."""

from __future__ import annotations

from collections.abc import Mapping

from guanxi.people.models import Role

ORDERS: Mapping[str, tuple[str, ...]] = {
    Role.CONSUMER: ("card", "strength", "ladder", "ties", "platforms", "audiences", "ids"),
    Role.LEADER: ("platforms", "ties", "strength", "card", "ladder", "audiences", "ids"),
    Role.EMPLOYEE: ("ties", "card", "strength", "platforms", "ladder", "audiences", "ids"),
}


def sections(role: str) -> list[str]:
    """Templates in their order."""
    return [f"people/{name}.html" for name in ORDERS[role]]
