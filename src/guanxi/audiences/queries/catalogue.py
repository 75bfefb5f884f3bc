"""The names that this workspace's rules may use: what rooms announce, and what it keeps of people."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_type_hints

from django.apps import apps

from guanxi.audiences.models import Audience
from guanxi.audiences.queries import things
from guanxi.audiences.registry import learnt_events
from guanxi.audiences.rules import Catalogue, Event, Kind, Property, Trait
from guanxi.audiences.rules.catalogue import NAME
from guanxi.governance.models import Workspace
from guanxi.kit import scope
from guanxi.kit.rooms import RoomConfig
from guanxi.people.models import Field, TraitKind

KINDS: dict[Any, Kind] = {str: "text", int: "number", float: "number", bool: "flag", date: "date"}
TRAITS: dict[str, Kind] = {
    TraitKind.TEXT: "text",
    TraitKind.NUMBER: "number",
    TraitKind.DATE: "date",
    TraitKind.YES_NO: "flag",
    TraitKind.CHOICE: "text",
}
# Columns of the lake that mean nothing to staff, or that a rule asks for otherwise (amounts).
NOT_PROPERTIES = {"person", "amount_minor", "currency", "import_id"}
BUILT_IN = {"language": Trait("text", column="locale"), "country": Trait("text", column="country")}


def catalogue() -> Catalogue:
    """Traits are `language`, `country` and the workspace's fields (a field of one of those names is hidden)."""
    kept = {field.key: field for field in Field.objects.order_by("key") if NAME.fullmatch(field.key)}
    traits = {key: Trait(TRAITS[field.kind], field.label) for key, field in kept.items()}
    known = events() | learnt_events()
    return Catalogue(
        traits | BUILT_IN,
        known,
        _currency(),
        things.audiences(),
        things.tags(),
        things.ties(),
        things.channels(),
    )


def any_in_money() -> bool:
    """Whether a rule compares a sum: its number is one of the currency that the workspace has now."""
    return any(_sums(rule) for rule in Audience.objects.values_list("rule", flat=True).iterator())


def _sums(part: Any) -> bool:
    if isinstance(part, dict):
        return part.get("type") == "sum" or any(map(_sums, part.values()))
    return isinstance(part, list) and any(map(_sums, part))


def _currency() -> str:
    return Workspace.objects.only("currency").get(pk=scope.current()).currency


@cache
def events() -> dict[str, Event]:
    """Every fact about a person that a room declares in its `events.py`, by name. Rooms above are known here by that
    file only."""
    return {kind.name: _event(kind) for room in _rooms() for kind in _declared(room) if _has_person(kind)}


def _has_person(kind: type[Any]) -> bool:
    return any(field.name == "person" for field in fields(kind))


def _rooms() -> list[str]:
    names = [f"{app.name}.events" for app in apps.get_app_configs() if isinstance(app, RoomConfig)]
    return [name for name in names if find_spec(name) is not None]


def _declared(module: str) -> list[type[Any]]:
    found = vars(import_module(module)).values()
    return [each for each in found if isinstance(each, type) and is_dataclass(each) and each.__module__ == module]


def _event(kind: type[Any]) -> Event:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    properties = {
        name: Property(found, column="channel" if name == "channel" else None)
        for name in names
        if name not in NOT_PROPERTIES and not name.endswith("_id") and (found := KINDS.get(hints[name]))
    }
    return Event(properties, amount="amount_minor" in names)
