"""Whose people need a new owner, who may take them, and what is on its way."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from guanxi.governance.models import Role, Staff
from guanxi.governance.queries import Permission, may
from guanxi.people.models import Bulk, BulkAct, Person
from guanxi.people.queries.bulk import BULK_WORKING

HOLD_PEOPLE = [role for role in Role.values if may(role, Permission.PEOPLE_EDIT)]


def takers() -> QuerySet[Staff]:
    """Active staff of a role that looks after people."""
    found: QuerySet[Staff] = Staff.objects.filter(is_active=True, role__in=HOLD_PEOPLE)
    return found.order_by("name", "pk")


def held_by(staff: Iterable[Staff]) -> dict[int, int]:
    """How many people each of them owns; who owns nobody is left out."""
    people = Person.objects.filter(merged_into=None, erased_at=None, owner__in=[one.pk for one in staff])
    return dict(people.order_by().values_list("owner").annotate(Count("pk")))


def handovers(staff: Iterable[Staff]) -> dict[int, Bulk]:
    """The handover of each that the worker has not finished."""
    givers = {one.pk for one in staff}
    at_work = Bulk.objects.filter(act=BulkAct.OWNER, state__in=BULK_WORKING).select_related("by")
    found = {of.chosen.get("filter", {}).get("owner"): of for of in at_work}
    return {giver: of for giver, of in found.items() if giver in givers}
