"""Whom an advisor turns to today. A note about somebody takes them off the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from guanxi.commerce import queries as commerce
from guanxi.commerce.queries import Ordered
from guanxi.console.access import StaffRequest
from guanxi.console.home.now import midnight
from guanxi.console.templatetags.figures import day, money
from guanxi.governance.queries import DataScope, Permission, data_scope, may
from guanxi.people import queries as people
from guanxi.people.models import Role

SHOWN, LOOKED_AT = 5, 50
LATELY = timedelta(days=2)
AWAY_FOR, AWAY_AT_MOST = timedelta(days=30), timedelta(days=180)
OFTEN = 3


def turn_to(request: StaffRequest) -> list[dict[str, Any]] | None:
    """Groups of people with what to do about them; None for who has no people of their own to look after."""
    role = request.staff.role
    if data_scope(role) != DataScope.OWN or not may(role, Permission.PEOPLE_VIEW):
        return None
    mine, today = people.visible(request.staff), midnight(request.now)
    places = people.priorities()
    away = commerce.stayed_away(mine, today - AWAY_AT_MOST, today - AWAY_FOR, OFTEN, LOOKED_AT)
    groups = [
        {
            "label": _("Bought lately"),
            "text": _("Say thank you, and ask whether all was well."),
            "rows": _rows(request, commerce.bought_lately(mine, today - LATELY, LOOKED_AT), places),
        },
        {
            "label": _("Stayed away"),
            "text": _("Came often, but not for 30 days. Ask how they are."),
            "rows": _rows(request, away, places),
        },
    ]
    return [one for one in groups if one["rows"]]


def _rows(request: StaffRequest, found: Sequence[Ordered], places: Mapping[str, int]) -> list[dict[str, Any]]:
    slug = request.workspace.slug
    return [
        {
            "name": one.person.name or _("No name"),
            "url": reverse("person", args=[slug, one.person.public_id]),
            "more": money(one.total),
            "day": day(one.at),
        }
        for one in _by_role(found, places)[:SHOWN]
    ]


def _by_role(found: Sequence[Ordered], places: Mapping[str, int]) -> list[Ordered]:
    """Those whose role goes first; among them as they come."""
    roles = people.roles_of([one.person.pk for one in found])
    return sorted(found, key=lambda one: places[roles.get(one.person.pk, Role.CONSUMER)])
