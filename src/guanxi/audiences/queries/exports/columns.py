"""Which columns a file of people may have in this workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from guanxi.people import queries as people
from guanxi.people.models import Field, IdentityKind, Keeps, Trust
from guanxi.people.queries import Kind

FIELDS_AT_MOST = 200


@dataclass(frozen=True)
class Column:
    """`returns`: an import reads it. `personal`: an address or id, masked unless it is asked for in clear."""

    key: str
    label: Any
    returns: bool = True
    personal: bool = False
    kind: Kind | None = None
    within: str = ""
    field: Field | None = None

    @property
    def header(self) -> str:
        return f"{self.label} ({self.within})" if self.within else str(self.label)


def columns() -> dict[str, Column]:
    """By key, in their order: what an import reads, ids of other kinds, fields, and what it leaves out.

    Of ids that are kept as a hash alone there is nothing to hand out.
    """
    known, labels = people.kinds_and_labels()
    found: list[Column] = []
    for key, label in people.READ.items():
        kind = known[key] if key in IdentityKind.values else None
        found.append(Column(key, label, personal=key in (IdentityKind.EMAIL, IdentityKind.PHONE), kind=kind))
    places = people.places_of_ids()
    for kind in known.values():
        if kind.keeps != Keeps.HASHED and kind.key not in IdentityKind.values:
            for within in places.get(kind.key, ()) if kind.place else ("",):
                key = f"id:{kind.key}:{within}" if within else f"id:{kind.key}"
                personal = kind.keeps == Keeps.SEALED
                found.append(Column(key, labels[kind.key], personal=personal, kind=kind, within=within))
    fields = Field.objects.order_by("label", "pk")[:FIELDS_AT_MOST]
    found += [Column(f"trait:{one.key}", one.label, field=one) for one in fields]
    found += [Column(key, label, False, key == "more_ids") for key, label in people.TOLD.items()]
    return {one.key: one for one in found}


def wanted_columns(keys: Sequence[str]) -> list[Column]:
    """Those that are still there, in this order."""
    known = columns()
    return [known[key] for key in keys if key in known]


def headers(chosen: Sequence[Column], language: str) -> list[str]:
    """Our own id first. A field that is called like a column of ours goes by its key, which an import knows, too."""
    with translation.override(language):
        found = [str(people.OWN_ID)]
        taken = {name for label in people.ours() for name in people.every_language(label)}
        for one in chosen:
            header = one.field.key if one.field is not None and one.header in taken else one.header
            found.append(header if header not in found else f"{header} ({one.key})")
    return found


def devices() -> list[tuple[str, str]]:
    """The kinds of device ids whose values are kept, and what they are called."""
    known, labels = people.kinds_and_labels()
    return [
        (one.key, str(labels[one.key]))
        for one in known.values()
        if one.trust == Trust.DEVICE and one.keeps != Keeps.HASHED
    ]
