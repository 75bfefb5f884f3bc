"""Saved views of the list. Their own are everybody's to keep; who may share changes those that all see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission, may
from guanxi.people import queries
from guanxi.people.models import FirstView, SavedView

NAME_LIMIT = 80
KEPT_AT_MOST = 50


class ViewRefused(ValueError):
    """`reason`: no_name, too_many or not_yours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def save_view(*, name: str, asked: Mapping[str, str], by: Staff, shared: bool, now: datetime) -> SavedView:
    """`asked` are the parts of an address that a list has understood. Raises ViewRefused."""
    if shared and not may(by.role, Permission.VIEWS_SHARE):
        raise ViewRefused("not_yours")
    if len(queries.views_of(by)) >= KEPT_AT_MOST:
        raise ViewRefused("too_many")
    view: SavedView = SavedView.objects.create(
        name=_named(name), asked=dict(asked), by=by, shared=shared, created_at=now
    )
    if shared:
        governance.record(act="view.shared", by=by, subject=view.public_id, now=now)
    return view


@transaction.atomic
def change_view(
    *,
    view: SavedView,
    by: Staff,
    now: datetime,
    name: str | None = None,
    asked: Mapping[str, str] | None = None,
    shared: bool | None = None,
) -> SavedView:
    """What is left out stays. Raises ViewRefused."""
    view = _mine(view, by)
    if shared is not None and shared != view.shared and not may(by.role, Permission.VIEWS_SHARE):
        raise ViewRefused("not_yours")
    was_shared = view.shared
    view.name = view.name if name is None else _named(name)
    view.asked = view.asked if asked is None else dict(asked)
    view.shared = view.shared if shared is None else shared
    view.save()
    if was_shared or view.shared:
        act = "view.changed" if was_shared == view.shared else "view.shared" if view.shared else "view.unshared"
        governance.record(act=act, by=by, subject=view.public_id, now=now)
    return view


@transaction.atomic
def delete_view(*, view: SavedView, by: Staff, now: datetime) -> None:
    """Raises ViewRefused."""
    view = _mine(view, by)
    if view.shared:
        governance.record(act="view.deleted", by=by, subject=view.public_id, now=now)
    view.delete()


@transaction.atomic
def open_first(*, staff: Staff, view: SavedView | None) -> None:
    """The list opens with this view; with None, with everyone."""
    FirstView.objects.filter(staff=staff).delete()
    if view is not None:
        FirstView.objects.create(staff=staff, view=view)


def _mine(view: SavedView, by: Staff) -> SavedView:
    if not queries.may_change(view, by):
        raise ViewRefused("not_yours")
    found: SavedView = SavedView.objects.select_for_update().get(pk=view.pk)
    return found


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise ViewRefused("no_name")
    return words[:NAME_LIMIT]
