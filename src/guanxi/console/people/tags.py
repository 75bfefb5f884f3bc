"""The tags of one person: put on and taken off by who looks after them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.console.access import StaffRequest, may
from guanxi.console.tag_words import refusal_words
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person, Role, Tag
from guanxi.people.operations import Put, TagRefused

OFFERED = 50


def shown_tags(person: Person, staff: Staff) -> dict[str, Any]:
    return {"carried": queries.person_tags(person, staff), "refused": queries.refused_tags(person)}


def _found(request: StaffRequest, public_id: str) -> Person:
    person: Person | None = queries.visible(request.staff).filter(public_id=public_id).first()
    if person is None:
        raise Http404
    return person


def _back(request: StaffRequest, person: Person) -> HttpResponse:
    return redirect(reverse("person", args=[request.workspace.slug, person.public_id]) + "#tags")


def _known(request: StaffRequest) -> Tag | None:
    tag: Tag | None = queries.tags_for(request.staff).filter(public_id=request.POST.get("tag", "")[:30]).first()
    if tag is None:
        messages.error(request, _("That tag is not there any more."))
    return tag


@may(Permission.PEOPLE_EDIT)
@require_POST
def add_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    """By its name; with `own`, as a tag of who writes it."""
    person, name = _found(request, public_id), request.POST.get("name", "")[:200]
    try:
        if request.POST.get("own"):
            tag = people.own_tag(name=name, by=request.staff, now=request.now)
        else:
            tag = _meant(request.staff, name)
        people.tag_people(people=[person.pk], add=[tag], put=Put(by=request.staff), now=request.now)
    except TagRefused as refusal:
        messages.error(request, refusal_words(refusal))
    except LookupError as unclear:
        messages.error(request, str(unclear))
    return _back(request, person)


def _meant(staff: Staff, name: str) -> Tag:
    """Raises LookupError with words."""
    if not name.strip():
        raise TagRefused("empty")
    found = queries.find_tags(staff, [name])[name]
    if not found:
        raise LookupError(
            _("There is no tag “%(name)s”. Choose one of the list, or add it as your own.") % {"name": name.strip()}
        )
    if len(found) > 1:
        raise LookupError(
            _("Which one: %(names)s?") % {"names": ", ".join(queries.full_name(one) for one in found[:5])}
        )
    return found[0]


@may(Permission.PEOPLE_EDIT)
@require_POST
def remove_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    person, tag = _found(request, public_id), _known(request)
    if tag is not None:
        people.tag_people(people=[person.pk], remove=[tag], put=Put(by=request.staff), now=request.now)
    return _back(request, person)


@may(Permission.PEOPLE_EDIT)
@require_POST
def let_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    """Rules may put it on again."""
    person, tag = _found(request, public_id), _known(request)
    if tag is not None:
        people.let_rules(person=person, tag=tag)
        messages.success(request, _("Rules may give %(tag)s again.") % {"tag": tag.name})
    return _back(request, person)


@may(Permission.PEOPLE_EDIT)
@require_POST
def set_role(request: StaffRequest, public_id: str) -> HttpResponse:
    person, role = _found(request, public_id), request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, _("Choose one of the list."))
    else:
        people.set_role(people=[person.pk], role=role, put=Put(by=request.staff), now=request.now)
        messages.success(request, _("Saved."))
    return _back(request, person)


@may(Permission.PEOPLE_VIEW)
@require_safe
def tag_options(request: StaffRequest) -> HttpResponse:
    """Names for the field, as somebody types."""
    text = request.GET.get("name", "")[:60]
    return render(request, "people/tag_options.html", {"options": options(request.staff, text)})


def options(staff: Staff, text: str = "") -> list[str]:
    return [queries.full_name(tag) for tag in queries.tags_like(staff, text)[:OFFERED]]
