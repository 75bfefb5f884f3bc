"""The people that a member of staff may see: the list, and one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.commerce import queries as commerce
from guanxi.connections import queries as connections
from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.console.find.recent import remember
from guanxi.console.people import bulk, emphasis, ladder, saved, strength, words
from guanxi.console.people import timeline as happened
from guanxi.console.people.audiences import audiences_of
from guanxi.console.people.columns import Shown, asked_for, cells
from guanxi.console.people.forms import NoteForm
from guanxi.console.people.lists import Asked
from guanxi.console.people.origins import merges_of
from guanxi.console.people.platforms import platforms
from guanxi.console.people.role_fields import by_role
from guanxi.console.people.tags import options, shown_tags
from guanxi.console.people.timeline import KINDS, BadMark
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries
from guanxi.people.models import Person, Role
from guanxi.people.queries import BadCursor

BESIDE_LIST = 8


def found(request: StaffRequest, public_id: str) -> Person:
    person: Person | None = queries.visible(request.staff).filter(public_id=public_id).first()
    if person is None:
        raise Http404
    return person


def row(person: Person, asked: Asked, beside: Shown) -> dict[str, Any]:
    return {
        "key": person.public_id,
        "name": person.name,
        "cells": cells(person, asked.chosen, beside),
        "url": asked.beside(person.public_id),
    }


def shown(person: Person, role: str, revealed: Mapping[int, str] | None = None) -> dict[str, Any]:
    """What a page says of a person, above what happened; `revealed` are addresses in clear, for this page alone."""
    card = queries.card(person)
    sent = words.names_sent(card.proofs)
    of_role, traits = by_role(card, role)
    return {
        "card": card,
        "person": card.person,
        "tone": words.level_tone(person.level),
        "standing": words.standing(person, card.level_proof, sent),
        "sent": sent,
        "reaches": words.reaches(card, revealed or {}),
        "numbers": [one for one in card.identities if one.kind not in words.ADDRESSES],
        "of_role": of_role,
        "traits": traits,
        "totals": commerce.totals(person),
    }


def from_the_start(request: StaffRequest, query: str) -> HttpResponse:
    """An old bookmark, or an address that was cut off: there is always a list to go on with."""
    messages.info(request, _("That address asks for something that is not there any more. This list begins anew."))
    return redirect(reverse("people", args=[request.workspace.slug]) + query)


@may(Permission.PEOPLE_VIEW)
@require_safe
def people(request: StaffRequest) -> HttpResponse:
    views, first = queries.views_of(request.staff), queries.first_view(request.staff)
    if elsewhere := saved.opens_with(request, request.GET, views, first):
        return redirect(elsewhere)
    try:
        asked = Asked(request.GET, request.staff)
    except Http404:
        return from_the_start(request, "?" + urlencode({"sort": "name"}))
    wanted = queries.find_people(request.staff, asked.wanted)
    try:
        page = queries.page_of(wanted, after=asked.after)
    except BadCursor:
        return from_the_start(request, asked.url(sort=asked.sort))
    count, more = queries.counted(wanted)
    beside_rows = asked_for(page.people, asked.chosen, request.staff, request.now)
    context: dict[str, Any] = {
        "asked": asked,
        "rows": [row(one, asked, beside_rows) for one in page.people],
        "next": asked.url(after=page.after) if page.after else "",
        "count": count,
        "more_than_counted": more,
        "may_import": role_may(request.staff.role, Permission.PEOPLE_IMPORT),
        "may_export": role_may(request.staff.role, Permission.EXPORTS_MAKE),
        "may_edit": role_may(request.staff.role, Permission.PEOPLE_EDIT),
        "may_merge": role_may(request.staff.role, Permission.PEOPLE_MERGE),
        "acts": bulk.acts(request.staff),
        "may_share": role_may(request.staff.role, Permission.VIEWS_SHARE),
        **saved.tabs(asked, views, first),
    }
    if page_view := context["view"]:
        context["may_change"] = queries.may_change(page_view, request.staff)
    if asked.person:
        beside = found(request, asked.person)
        remember(request, request.workspace.slug, beside.public_id)
        context |= {
            "beside": shown(beside, queries.role_of(beside).role),
            "tags": shown_tags(beside, request.staff),
            "happened": happened.timeline(beside, request.staff, size=BESIDE_LIST),
        }
    return render(request, "people/people.html", context)


@may(Permission.PEOPLE_VIEW)
@require_safe
def person(request: StaffRequest, public_id: str) -> HttpResponse:
    if kept := queries.whom(public_id):
        return redirect("person", request.workspace.slug, kept, permanent=False)
    one = found(request, public_id)
    remember(request, request.workspace.slug, one.public_id)
    return page_of(request, one, NoteForm())


def page_of(
    request: StaffRequest,
    one: Person,
    form: NoteForm | None = None,
    revealed: Mapping[int, str] | None = None,
    joining: ladder.DayForm | None = None,
    touching: strength.TouchForm | None = None,
) -> HttpResponse:
    """The page of one person; what was refused stands in its field again."""
    form = form or NoteForm()
    role = queries.role_of(one)
    beside = shown(one, role.role, revealed)
    kind, before = request.GET.get("show", ""), request.GET.get("before", "")
    if kind not in KINDS:
        raise Http404
    try:
        page = happened.timeline(one, request.staff, kind=kind, before=before)
    except BadMark:
        return bad_request(request)
    here = reverse("person", args=[request.workspace.slug, one.public_id])
    tabs = [
        {"label": label, "url": f"{here}?show={key}", "current": key == kind} for key, (label, _names) in KINDS.items()
    ]
    context = {
        "beside": beside,
        "sections": emphasis.sections(role.role),
        "platforms": platforms(one),
        "ladder": ladder.standing(one, beside["card"].proofs, beside["sent"], joining),
        "strength": strength.closeness(one, request.now, touching),
        "revealed": revealed is not None,
        "may_reveal": role_may(request.staff.role, Permission.PEOPLE_REVEAL),
        "happened": page,
        "tabs": tabs,
        "newest": f"{here}?show={kind}" if before else "",
        "older": f"{here}?show={kind}&before={page.older}" if page.older else "",
        "may_edit": role_may(request.staff.role, Permission.PEOPLE_EDIT),
        "may_merge": role_may(request.staff.role, Permission.PEOPLE_MERGE),
        "ids": True,
        "tags": shown_tags(one, request.staff),
        "may_tag": role_may(request.staff.role, Permission.PEOPLE_EDIT),
        "tag_options": options(request.staff),
        "role": role,
        "role_options": list(Role.choices),
        "merges": merges_of(one),
        "ties": connections.ties(one, request.staff),
        "audiences": audiences_of(one, request.staff),
        "note": form,
    }
    return render(request, "people/person.html", context, status=422 if form.is_bound or joining or touching else 200)
