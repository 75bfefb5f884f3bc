"""What every column says of a person, declared room by room: export, erasure and the data map all read this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models


class Kind(StrEnum):
    """PERSONAL says something about a person, PSEUDONYM leads to them, SENSITIVE is a key or secret and leaves the
    installation in no export, PLAIN is about nobody."""

    PERSONAL = "personal"
    PSEUDONYM = "pseudonym"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


class Erasure(StrEnum):
    """What becomes of a person's rows of a table."""

    REMOVED = "removed"
    EMPTIED = "emptied"
    """The row stays for the count or the book, without what is personal in it."""
    KEPT = "kept"


@dataclass(frozen=True)
class Who:
    """A person with everyone merged into them, and how rows without their id are recognised."""

    people: tuple[int, ...]
    public_ids: tuple[str, ...]
    addresses: tuple[tuple[str, bytes], ...] = ()
    """(kind, blind index) of their identities."""
    values: frozenset[str] = frozenset()
    """Their addresses and numbers in clear, normalised and casefolded."""
    names: frozenset[str] = frozenset()
    country: str = ""

    @property
    def lookups(self) -> list[bytes]:
        return [lookup for _kind, lookup in self.addresses]


Find = Callable[[Who], "models.QuerySet[Any]"]
Write = Callable[[Who, datetime], object]
Read = Callable[[Who], Iterable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Table:
    """One model; each text names columns, separated by spaces.

    `found`: the path of a lookup that leads from a row to the person, or a function; without it no row belongs to a
    person of the workspace. `why` says what a table that is not removed is kept for.
    """

    model: type[models.Model]
    part: str = ""
    """What the export calls it."""
    personal: str = ""
    pseudonym: str = ""
    sensitive: str = ""
    plain: str = ""
    found: str | Find | None = None
    erasure: Erasure = Erasure.KEPT
    why: str = ""
    cut: Mapping[str, Any] = field(default_factory=dict)
    """Columns that an emptied row gets a value for, beyond its personal ones, which become empty."""
    sealed: str = ""
    """Columns under the person's key."""
    shows: Mapping[str, str] = field(default_factory=dict)
    """More to export: name → lookup path (`product` → `product__name`)."""
    export: Read | None = None
    erase: Write | None = None
    """Instead of the general way."""
    busy: Callable[[Who], bool] | None = None
    """True while somebody has rows in hand, so that erasure must wait."""
    whose: str = ""
    """Whose personal data it is when it is not a person's: staff."""

    @property
    def columns(self) -> dict[str, Kind]:
        said = {Kind.PERSONAL: self.personal, Kind.PSEUDONYM: self.pseudonym}
        said |= {Kind.SENSITIVE: self.sensitive, Kind.PLAIN: self.plain}
        return {name: kind for kind, names in said.items() for name in names.split()}

    def of(self, kind: Kind) -> list[str]:
        return [name for name, one in self.columns.items() if one == kind]

    def rows(self, who: Who) -> models.QuerySet[Any]:
        """The person's rows."""
        if self.found is None:
            return self.model._default_manager.none()
        if callable(self.found):
            return self.found(who)
        return self.model._default_manager.filter(**{f"{self.found}__in": who.people})


@dataclass(frozen=True)
class Store:
    """What is not a table of the database: the lake, files on disk."""

    name: str
    part: str = ""
    columns: Mapping[str, Kind] = field(default_factory=dict)
    why: str = ""
    erasure: Erasure = Erasure.REMOVED
    export: Read | None = None
    files: Callable[[Who], Iterator[tuple[str, Iterable[bytes]]]] | None = None
    """Name and pieces of each file to put into an export."""
    erase: Write | None = None


_tables: dict[type[models.Model], Table] = {}
_stores: dict[str, Store] = {}


def declare(*declared: Table | Store) -> None:
    for one in declared:
        if isinstance(one, Table):
            _tables[one.model] = one
        else:
            _stores[one.name] = one


def tables() -> Sequence[Table]:
    """In the order in which they were declared: lower rooms first."""
    return list(_tables.values())


def stores() -> Sequence[Store]:
    return list(_stores.values())
