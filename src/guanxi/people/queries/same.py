"""One person under several ids."""

from __future__ import annotations

from guanxi.people.models import Person


def same(person: Person) -> list[int]:
    """The ids of a person: their own, and those of everybody who became them."""
    return [person.pk, *Person.objects.filter(merged_into=person).order_by("pk").values_list("pk", flat=True)]
