"""Who joins and who leaves: beside the ladder, each with its day and its proof."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from guanxi.events import operations as events
from guanxi.kit import bulk, keys
from guanxi.people.events import MemberJoined, MemberLeft
from guanxi.people.models import Membership, Person
from guanxi.people.operations.journal import note_changes


class MembershipRefused(ValueError):
    """`reason`: already (a member), none (is no member), future, before (they joined), gone (merged or erased)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Joining:
    person: int
    since: datetime
    label: str = ""


@transaction.atomic
def join(*, person: Person, since: datetime, proof: str, now: datetime, label: str = "") -> Membership:
    """The person is a member from then on. Raises MembershipRefused."""
    if since > now:
        raise MembershipRefused("future")
    _lock(person)
    if Membership.objects.filter(person=person, ended_at=None).exists():
        raise MembershipRefused("already")
    members_join(joining=[Joining(person.pk, since, label)], proof=proof, now=now)
    return Membership.objects.get(person=person, ended_at=None)


@transaction.atomic
def leave(*, person: Person, at: datetime, because: str, now: datetime) -> None:
    """The person is no member any more. Raises MembershipRefused."""
    if at > now:
        raise MembershipRefused("future")
    _lock(person)
    standing = Membership.objects.filter(person=person, ended_at=None)
    if not standing.exists():
        raise MembershipRefused("none")
    if standing.filter(since__gt=at).exists():
        raise MembershipRefused("before")
    members_leave(people=[person.pk], at=at, because=because, now=now)


def _lock(person: Person) -> None:
    if not Person.objects.filter(pk=person.pk, merged_into=None, erased_at=None).select_for_update().exists():
        raise MembershipRefused("gone")


@transaction.atomic
def members_join(
    *, joining: Sequence[Joining], proof: str, now: datetime, import_id: int | None = None, source: str = ""
) -> None:
    """All of them; whoever is a member stays what they are."""
    standing = set(
        Membership.objects.filter(person__in=[one.person for one in joining], ended_at=None).values_list(
            "person", flat=True
        )
    )
    fresh = [one for one in {one.person: one for one in joining}.values() if one.person not in standing]
    if not fresh:
        return
    bulk.insert(
        Membership,
        ["public_id", "person_id", "since", "proof", "label", "ended_by", "import_id"],
        ((keys.new("mbr"), one.person, one.since, proof, one.label[:120], "", import_id) for one in fresh),
    )
    happened = [
        events.Happened(MemberJoined(one.person, proof, one.label[:120], import_id), one.since) for one in fresh
    ]
    events.announce_many(happened, received_at=now, source=source)
    events.touch("people", [one.person for one in fresh])


@transaction.atomic
def members_leave(
    *,
    people: Collection[int],
    at: datetime,
    because: str,
    now: datetime,
    import_id: int | None = None,
    source: str = "",
) -> None:
    """All of them; whoever is no member stays what they are. Who joined after `at` leaves when they joined."""
    standing = list(Membership.objects.filter(person__in=people, ended_at=None).values_list("pk", "person", "since"))
    if not standing:
        return
    ends = [(pk, max(at, since), because) for pk, _person, since in standing]
    bulk.update(Membership, ["ended_at", "ended_by"], ends)
    if import_id is not None:
        before = {"ended_at": None, "ended_by": ""}
        changes = [(pk, before, {"ended_at": end, "ended_by": because}) for pk, end, because in ends]
        note_changes(import_id=import_id, model=Membership, changes=changes)
    gone = {person for _pk, person, _since in standing}
    happened = [events.Happened(MemberLeft(one, because, import_id), at) for one in sorted(gone)]
    events.announce_many(happened, received_at=now, source=source)
    events.touch("people", sorted(gone))


def memberships_restored(ids: Sequence[int], now: datetime) -> None:
    """After rows were put back by undo."""
    events.touch("people", set(Membership.objects.filter(pk__in=ids).values_list("person", flat=True)))
