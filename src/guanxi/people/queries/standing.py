"""Where a person stood, and whether they are a member."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.people.models import Membership, Person


def memberships(person: Person) -> list[Membership]:
    """The newest first."""
    return list(Membership.objects.filter(person=person).order_by("-since", "-pk"))


def members_of(people: Sequence[int]) -> set[int]:
    """Those of them who are members now."""
    return set(Membership.objects.filter(person__in=people, ended_at=None).values_list("person", flat=True))
