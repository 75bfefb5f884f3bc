"""What each change of many does to the people of one turn, and how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Suppression, SuppressionReason, Unit
from guanxi.kit import bulk
from guanxi.people.models import Bulk, BulkAct, Field, Identity, IdentityKind, Person, Trait
from guanxi.people.operations.assigning import tell_assigned
from guanxi.people.operations.bulk.tags import RoleOfMany, Tags, TagsGone

CHANGED, RESTORED = "changed", "restored"
ALREADY, NO_EMAIL, CHANGED_SINCE, GONE = "already", "no_email", "changed_since", "gone"
Outcomes = dict[int, tuple[str, dict[str, Any]]]
"""Person → what came of it, and what was there before."""


class TargetGone(Exception):
    """The owner, unit or trait that was to be set is not there any more."""


class Change(Protocol):
    def apply(self, people: Sequence[Person], *, of: Bulk, now: datetime) -> Outcomes: ...

    def undo(self, people: Sequence[tuple[Person, Mapping[str, Any]]], *, of: Bulk, now: datetime) -> Outcomes:
        """With what was there before. Whoever was changed since stays as they are."""


class Place:
    """The owner or the unit."""

    def __init__(self, column: str, value: int | None, model: type[Staff] | type[Unit], *, undoing: bool) -> None:
        self.column, self.value, self.model = column, value, model
        if value is not None and not undoing and not model.objects.filter(pk=value).exists():
            raise TargetGone

    def apply(self, people: Sequence[Person], *, of: Bulk, now: datetime) -> Outcomes:
        now_there = {person.pk: getattr(person, self.column) for person in people}
        going = [pk for pk, current in now_there.items() if current != self.value]
        Person.objects.filter(pk__in=going).update(**{self.column: self.value})
        tell_assigned(going, now=now)
        return {
            pk: (ALREADY, {}) if current == self.value else (CHANGED, {self.column: current})
            for pk, current in now_there.items()
        }

    def undo(self, people: Sequence[tuple[Person, Mapping[str, Any]]], *, of: Bulk, now: datetime) -> Outcomes:
        wanted = {was[self.column] for _person, was in people} - {None}
        there = set(self.model.objects.filter(pk__in=wanted).values_list("pk", flat=True)) | {None}
        found: Outcomes = {}
        back: list[tuple[int, int | None]] = []
        for person, was in people:
            if getattr(person, self.column) != self.value:
                found[person.pk] = (CHANGED_SINCE, dict(was))
            elif was[self.column] not in there:
                found[person.pk] = (GONE, dict(was))
            else:
                found[person.pk] = (RESTORED, dict(was))
                back.append((person.pk, was[self.column]))
        bulk.update(Person, [self.column], back)
        tell_assigned([pk for pk, _was in back], now=now)
        return found


class OneTrait:
    """A trait; "" takes it away."""

    def __init__(self, field: int, value: str) -> None:
        self.field, self.value = field, value
        if not Field.objects.filter(pk=field).exists():
            raise TargetGone

    def apply(self, people: Sequence[Person], *, of: Bulk, now: datetime) -> Outcomes:
        known = self._known([person.pk for person in people])
        outcomes: Outcomes = {
            person.pk: (ALREADY, {})
            if known.get(person.pk, "") == self.value
            else (CHANGED, {"value": known.get(person.pk, "")})
            for person in people
        }
        self._set({pk: self.value for pk, (outcome, _before) in outcomes.items() if outcome == CHANGED}, now)
        return outcomes

    def undo(self, people: Sequence[tuple[Person, Mapping[str, Any]]], *, of: Bulk, now: datetime) -> Outcomes:
        known = self._known([person.pk for person, _was in people])
        outcomes: Outcomes = {
            person.pk: (RESTORED if known.get(person.pk, "") == self.value else CHANGED_SINCE, dict(was))
            for person, was in people
        }
        self._set({pk: was["value"] for pk, (outcome, was) in outcomes.items() if outcome == RESTORED}, now)
        return outcomes

    def _known(self, people: list[int]) -> dict[int, str]:
        return dict(Trait.objects.filter(field=self.field, person__in=people).values_list("person_id", "value"))

    def _set(self, values: Mapping[int, str], now: datetime) -> None:
        Trait.objects.filter(field=self.field, person__in=[pk for pk, value in values.items() if not value]).delete()
        bulk.insert(
            Trait,
            ["person_id", "field_id", "value", "set_at"],
            ((pk, self.field, value, now) for pk, value in values.items() if value),
            on_conflict="(person_id, field_id) DO UPDATE "
            "SET value = EXCLUDED.value, set_at = EXCLUDED.set_at, import_id = NULL",
        )


class Carried:
    """Tags or the role."""

    def __init__(self, tags: Tags | RoleOfMany) -> None:
        self.tags = tags

    def apply(self, people: Sequence[Person], *, of: Bulk, now: datetime) -> Outcomes:
        try:
            done = self.tags.changed(people, of, now)
        except TagsGone as gone:
            raise TargetGone from gone
        return {pk: (ALREADY, {}) if before is None else (CHANGED, before) for pk, before in done.items()}

    def undo(self, people: Sequence[tuple[Person, Mapping[str, Any]]], *, of: Bulk, now: datetime) -> Outcomes:
        restored = self.tags.restored(people, now)
        return {person.pk: (RESTORED if person.pk in restored else CHANGED_SINCE, dict(was)) for person, was in people}


class NoMoreEmail:
    """Every e-mail address of the person goes on the suppression list. What stood there before stays."""

    def apply(self, people: Sequence[Person], *, of: Bulk, now: datetime) -> Outcomes:
        held = self._addresses([person.pk for person in people])
        every = [address for mine in held.values() for address in mine]
        listed = self._listed(every)
        governance.suppress_many(
            channel=IdentityKind.EMAIL,
            addresses=[address for address in every if address not in listed],
            reason=SuppressionReason.MANUAL,
            now=of.created_at,
        )
        return {person.pk: self._outcome(held.get(person.pk, []), listed) for person in people}

    def _outcome(self, mine: list[bytes], listed: Mapping[bytes, datetime]) -> tuple[str, dict[str, Any]]:
        if not mine:
            return NO_EMAIL, {}
        new = [address.hex() for address in mine if address not in listed]
        return (CHANGED, {"addresses": new}) if new else (ALREADY, {})

    def undo(self, people: Sequence[tuple[Person, Mapping[str, Any]]], *, of: Bulk, now: datetime) -> Outcomes:
        ours = {person.pk: [bytes.fromhex(one) for one in was["addresses"]] for person, was in people}
        every = [address for mine in ours.values() for address in mine]
        taken = set(governance.take_off_list(channel=IdentityKind.EMAIL, addresses=every, at=of.created_at))
        return {
            person.pk: (RESTORED if taken.issuperset(ours[person.pk]) else CHANGED_SINCE, dict(was))
            for person, was in people
        }

    def _addresses(self, people: list[int]) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        held = Identity.objects.filter(person__in=people, kind=IdentityKind.EMAIL).values_list("person_id", "lookup")
        for person, lookup in held:
            found.setdefault(person, []).append(bytes(lookup))
        return found

    def _listed(self, addresses: list[bytes]) -> dict[bytes, datetime]:
        on_it = Suppression.objects.filter(channel=IdentityKind.EMAIL).extra(**bulk.any_of("address", addresses))
        return {bytes(address): at for address, at in on_it.values_list("address", "at")}


def change_of(of: Bulk, *, undoing: bool = False) -> Change:
    """Raises TargetGone."""
    match of.act:
        case BulkAct.OWNER:
            return Place("owner_id", of.value["owner"], Staff, undoing=undoing)
        case BulkAct.UNIT:
            return Place("unit_id", of.value["unit"], Unit, undoing=undoing)
        case BulkAct.TAG:
            return Carried(Tags(of.value["add"], of.value["remove"]))
        case BulkAct.ROLE:
            return Carried(RoleOfMany(of.value["role"]))
        case BulkAct.TRAIT:
            return OneTrait(of.value["field"], of.value["value"])
        case _:
            return NoMoreEmail()
