"""The saved views that a member of staff has as tabs."""

from __future__ import annotations

from django.db.models import Q

from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission, may
from guanxi.people.models import FirstView, SavedView


def views_of(staff: Staff) -> list[SavedView]:
    """One's own and those that are shared, the shared first."""
    return list(SavedView.objects.filter(Q(by=staff) | Q(shared=True)).order_by("-shared", "created_at", "pk"))


def may_change(view: SavedView, staff: Staff) -> bool:
    """Their own is theirs; what all see is for those who may share."""
    return may(staff.role, Permission.VIEWS_SHARE) if view.shared else view.by_id == staff.pk


def first_view(staff: Staff) -> int | None:
    """With which view the list opens for them, if with one."""
    found: int | None = FirstView.objects.filter(staff=staff).values_list("view", flat=True).first()
    return found
