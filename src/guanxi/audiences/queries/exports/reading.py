"""The rows of a file: some people at a time, with one query a kind of column."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import translation
from django.utils.translation import pgettext_lazy

from guanxi.audiences.queries.exports.columns import Column, headers, wanted_columns
from guanxi.audiences.queries.exports.whom import standing, still_out
from guanxi.audiences.rules.exporting import NO_ID, NOT_THERE, Shape
from guanxi.connections import queries as connections
from guanxi.governance.models import Consent, Purpose, Staff, Unit, Workspace
from guanxi.kit import bulk, scope
from guanxi.people import queries as people
from guanxi.people.models import Identity, IdentityKind, Keeps, Level, Membership, PersonTag, Role, Trait, TraitKind

Cell = str | int | float
Row = Sequence[Cell]
IDENTITY = Identity._meta.db_table
KEPT = (
    *("pk", "public_id", "name", "level", "owner_id", "unit_id", "country", "language", "salt", "source"),
    *("created_at", "last_seen_at"),
)
BANDS = {
    "weak": pgettext_lazy("strength", "Weak"),
    "neutral": pgettext_lazy("strength", "Neutral"),
    "strong": pgettext_lazy("strength", "Strong"),
}


class Held:
    """An id that somebody has: `value` is in clear, or "" when nothing but a hash is kept."""

    __slots__ = ("kind", "lookup", "value", "within")

    def __init__(self, kind: str, within: str, lookup: bytes, value: str) -> None:
        self.kind, self.within, self.lookup, self.value = kind, within, lookup, value


class Reader:
    """Reads for `staff`: nobody whom they do not see, and no tag of somebody else."""

    def __init__(self, shape: Shape, staff: Staff, *, now: datetime) -> None:
        self.shape, self.staff, self.now = shape, staff, now
        self.columns = [] if shape.hashed else wanted_columns(shape.columns)
        self.hashes = shape.hashes()

    @property
    def header(self) -> list[str]:
        if self.shape.hashed:
            return [one.header for one in self.hashes]
        return headers(self.columns, self.shape.language)

    def read(self, ids: Sequence[int]) -> tuple[list[Row], Counter[str]]:
        """The rows of these people, in the order of their ids, and why others of them are left out."""
        out = still_out(ids, self.shape)
        kept = list(standing([pk for pk in ids if pk not in out], self.staff).values_list(*KEPT))
        left = Counter(out.values())
        if missing := len(ids) - len(out) - len(kept):
            left[NOT_THERE] += missing
        if self.shape.hashed:
            return self._hashed(kept, left), left
        with translation.override(self.shape.language):
            return list(zip(*self._columns(kept), strict=True)), left

    def _hashed(self, kept: Sequence[tuple[Any, ...]], left: Counter[str]) -> list[Row]:
        held, rows = self._held(kept, {one.kind for one in self.hashes}), list[Row]()
        for person in kept:
            columns = [
                [value for each in held.get(person[0], ()) if each.kind == one.kind and (value := one.of(each.value))]
                for one in self.hashes
            ]
            most = max(map(len, columns))
            rows += [[values[at] if at < len(values) else "" for values in columns] for at in range(most)]
            left[NO_ID] += not most
        return rows

    def _held(self, kept: Iterable[tuple[Any, ...]], kinds: Iterable[str]) -> dict[int, list[Held]]:
        """By person, the newest verified address first."""
        salts = {person[0]: bytes(person[8]) for person in kept if person[8] is not None}
        wanted = Identity.objects.filter(kind__in=list(kinds)).extra(**bulk.any_number("person_id", list(salts)))
        columns = ("pk", "person_id", "kind", "within", "lookup", "sealed", "plain", "verified_at", "created_at")
        found: dict[int, list[tuple[Any, Held]]] = defaultdict(list)
        unseal = people.unsealer()
        for pk, person, kind, within, lookup, sealed, plain, verified, created in wanted.values_list(*columns):
            value = plain if sealed is None else unseal(bytes(sealed), salts[person], pk)
            order = (verified is not None, verified or created, created, pk)
            found[person].append((order, Held(kind, within, bytes(lookup), value)))
        return {
            person: [each for _order, each in sorted(some, key=lambda one: one[0], reverse=True)]
            for person, some in found.items()
        }

    def _columns(self, kept: Sequence[tuple[Any, ...]]) -> list[list[Cell]]:
        self._forget()
        self.kept = kept
        self.ids = [person[0] for person in kept]
        return [[person[1] for person in kept], *(self._column(one) for one in self.columns)]

    def _forget(self) -> None:
        for name in ("identities", "traits", "members"):
            self.__dict__.pop(name, None)

    def _column(self, column: Column) -> list[Cell]:
        if column.field is not None:
            mine = self.traits.get(column.field.pk, {})
            return [mine.get(pk, "") for pk in self.ids]
        if column.kind is not None:
            return [self._first(pk, column) for pk in self.ids]
        return _WRITTEN[column.key](self)

    @cached_property
    def identities(self) -> dict[int, list[Held]]:
        kinds = {one.kind.key for one in self.columns if one.kind is not None}
        if {"consent", "more_ids"} & {one.key for one in self.columns}:
            kinds |= people.kinds().keys()
        return self._held(self.kept, kinds)

    def _first(self, person: int, column: Column) -> str:
        for one in self.identities.get(person, ()):
            if one.kind == column.kind.key and one.within == column.within:  # type: ignore[union-attr]
                return self._shown(one)
        return ""

    def _shown(self, one: Held) -> str:
        if self.shape.clear or one.kind not in self.sealed:
            return one.value
        return people.mask_id(one.kind, one.value)

    @cached_property
    def sealed(self) -> set[str]:
        return {key for key, kind in people.kinds().items() if kind.keeps == Keeps.SEALED}

    @cached_property
    def traits(self) -> dict[int, dict[int, Cell]]:
        """Field → person → value; a number is one where the file knows numbers."""
        fields = {one.field.pk: one.field.kind for one in self.columns if one.field is not None}
        numbers = self.shape.as_ == "xlsx"
        found: dict[int, dict[int, Cell]] = defaultdict(dict)
        rows = Trait.objects.filter(field__in=list(fields)).extra(**bulk.any_number("person_id", self.ids))
        for person, field, value in rows.values_list("person_id", "field_id", "value"):
            number = numbers and fields[field] == TraitKind.NUMBER
            found[field][person] = _number(value) if number else value
        return found

    @cached_property
    def members(self) -> dict[int, datetime]:
        rows = Membership.objects.filter(ended_at=None).extra(**bulk.any_number("person_id", self.ids))
        return dict(rows.values_list("person_id", "since"))

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(Workspace.objects.values_list("timezone", flat=True).get(pk=scope.current()))

    @cached_property
    def owners(self) -> dict[int | None, str]:
        """By name, or by e-mail where two share it: an import reads both."""
        rows = list(Staff.objects.values_list("pk", "name", "user__email"))
        names = Counter(name.casefold() for _pk, name, _email in rows)
        return {pk: name if names[name.casefold()] == 1 else email for pk, name, email in rows}

    @cached_property
    def units(self) -> dict[int | None, str]:
        return dict(Unit.objects.values_list("pk", "name"))

    def moment(self, at: datetime | None) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""

    def consents(self) -> list[Cell]:
        """What was said at the address of the column of e-mail addresses."""
        first = {pk: next((one for one in self.identities.get(pk, ()) if one.kind == "email"), None) for pk in self.ids}
        asked = Consent.objects.filter(channel=IdentityKind.EMAIL, purpose=Purpose.MARKETING)
        addresses = [one.lookup for one in first.values() if one is not None]
        rows = asked.extra(**bulk.any_of("address", addresses)).values_list("address", "granted")
        said = {bytes(address): "yes" if granted else "no" for address, granted in rows}
        return [said.get(one.lookup, "") if (one := first[pk]) else "" for pk in self.ids]

    def more_ids(self) -> list[Cell]:
        """What has no place in a column of its own, as kind=value."""
        chosen = [one for one in self.columns if one.kind is not None]
        found: list[Cell] = []
        for pk in self.ids:
            taken = {(one.kind.key, one.within) for one in chosen if one.kind is not None}
            rest = []
            for held in self.identities.get(pk, ()):
                if (held.kind, held.within) in taken:
                    taken.discard((held.kind, held.within))
                elif held.value:
                    rest.append(f"{held.kind}={self._shown(held)}")
            found.append("; ".join(rest))
        return found

    def tags(self) -> list[Cell]:
        mine = Q(tag__group__isnull=False) | Q(tag__staff=self.staff)
        rows = PersonTag.objects.filter(mine).exclude(slot=0).extra(**bulk.any_number("person_id", self.ids))
        found: dict[int, list[str]] = defaultdict(list)
        for person, group, name in rows.order_by("tag__position", "pk").values_list(
            "person_id", "tag__group__name", "tag__name"
        ):
            found[person].append(f"{group}: {name}" if group else name)
        return ["; ".join(found.get(pk, ())) for pk in self.ids]

    def roles(self) -> list[Cell]:
        known = people.roles_of(self.ids)
        return [str(known.get(pk, Role.CONSUMER).label) for pk in self.ids]

    def strengths(self) -> list[Cell]:
        known = connections.bands_of(self.ids, self.now)
        return [str(BANDS[known[pk]]) for pk in self.ids]


def _number(value: str) -> Cell:
    try:
        return int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError:
        return value


_WRITTEN: Mapping[str, Callable[[Reader], list[Cell]]] = {
    "name": lambda of: [one[2] for one in of.kept],
    "level": lambda of: [str(Level(one[3]).label) for one in of.kept],
    "owner": lambda of: [of.owners.get(one[4], "") for one in of.kept],
    "unit": lambda of: [of.units.get(one[5], "") for one in of.kept],
    "country": lambda of: [one[6] for one in of.kept],
    "language": lambda of: [one[7] for one in of.kept],
    "source": lambda of: [one[9] for one in of.kept],
    "created": lambda of: [of.moment(one[10]) for one in of.kept],
    "seen": lambda of: [of.moment(one[11]) for one in of.kept],
    "consent": Reader.consents,
    "member": lambda of: ["yes" if pk in of.members else "no" for pk in of.ids],
    "member_since": lambda of: [of.moment(of.members.get(pk)) for pk in of.ids],
    "more_ids": Reader.more_ids,
    "tags": Reader.tags,
    "role": Reader.roles,
    "strength": Reader.strengths,
}
