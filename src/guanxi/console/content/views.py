"""What we say: contents in each language, and how they look."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.content.forms import (
    MORE_LANGUAGES,
    Outline,
    Section,
    posted_sections,
    saved_sections,
    with_problems,
    words_of,
)
from guanxi.console.paging import newest_first
from guanxi.content import operations as contents
from guanxi.content import queries
from guanxi.content.models import Content, Variant
from guanxi.content.operations import BadContent
from guanxi.content.queries import BadTemplate, Template
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Field, Person

SAMPLE_PEOPLE = 12
# The letter's own styles stand in its tags; nothing else of it may do anything.
LETTER_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


def found(public_id: str) -> Content:
    content = Content.objects.filter(public_id=public_id).first()
    if content is None:
        raise Http404
    return content


@dataclass(frozen=True)
class Listed:
    content: Content
    languages: list[str]
    subject: str


@may(Permission.CONTENT_VIEW)
@require_GET
def contents_list(request: StaffRequest) -> HttpResponse:
    page = newest_first(Content.objects.select_related("by"), request.GET.get("after", ""))
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(content__in=page.rows).order_by("pk"):
        variants[variant.content_id].append(variant)
    own = queries.canonical(request.workspace.language)
    listed = [
        Listed(one, [variant.language for variant in variants[one.pk]], _subject(variants[one.pk], own))
        for one in page.rows
    ]
    context = {"listed": listed, "next": page.next, "may_edit": _may_edit(request)}
    return render(request, "content/list.html", context)


def _subject(variants: list[Variant], own: str) -> str:
    return next((one.subject for one in variants if one.language == own), variants[0].subject if variants else "")


@may(Permission.CONTENT_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_content(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _written(request, None)
    return _page(request, None, Outline(), saved_sections(None, request.workspace.language))


@may(Permission.CONTENT_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def content(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    if request.method == "POST":
        if not _may_edit(request):
            raise PermissionDenied
        return _written(request, kept)
    form = Outline(initial={"name": kept.name, "fall_back": kept.fall_back})
    return _page(request, kept, form, saved_sections(kept, request.workspace.language))


def _written(request: StaffRequest, kept: Content | None) -> HttpResponse:
    form, sections = Outline(request.POST), posted_sections(request.POST, request.workspace.language)
    if request.POST.get("do") == "add":
        return _page(request, kept, Outline(initial=request.POST.dict()), sections)
    if not form.is_valid():
        sections = with_problems(sections, queries.problems(words_of(sections)))
        return _page(request, kept, form, sections, status=422)
    try:
        saved = contents.save_content(
            **form.cleaned_data, variants=words_of(sections), by=request.staff, now=request.now, content=kept
        )
    except BadContent as refusal:
        return _page(request, kept, form, with_problems(sections, refusal.problems), status=422)
    messages.success(request, _("Saved. What was confirmed before keeps its words."))
    return redirect("content", request.workspace.slug, saved.public_id)


def _page(
    request: StaffRequest, kept: Content | None, form: Outline, sections: list[Section], *, status: int = 200
) -> HttpResponse:
    here = {one.language for one in sections}
    context: dict[str, Any] = {
        "content": kept,
        "form": form,
        "sections": sections,
        "more": [code for code in MORE_LANGUAGES if code not in here],
        "variables": _variables(),
        "people": _sample_people(request),
        "may_edit": _may_edit(request),
        "first_language": next((one.language for one in sections if one.written), ""),
        "wrong": any(one.subject_error or one.body_error for one in sections),
    }
    return render(request, "content/edit.html", context, status=status)


def _variables() -> list[tuple[str, str]]:
    known = [
        ("person.first_name", _("First name, or the whole name in Chinese and Korean")),
        ("person.name", _("Name")),
        ("workspace.name", _("Name of the brand")),
        ("unsubscribe_url", _("Address to unsubscribe; without it, a line is added at the end")),
        ("preferences_url", _("Address of the page where readers set what they get")),
    ]
    traits = [(f"person.traits.{one.key}", one.label) for one in Field.objects.order_by("label")[:100]]
    return [(f"{{{{ {path} }}}}", label) for path, label in [*known, *traits]]


def _sample_people(request: StaffRequest) -> list[Person]:
    return list(people.visible(request.staff).exclude(name="").order_by("sort_key", "pk")[:SAMPLE_PEOPLE])


def _may_edit(request: StaffRequest) -> bool:
    return role_may(request.staff.role, Permission.CONTENT_EDIT)


@may(Permission.CONTENT_VIEW)
@require_GET
def preview(request: StaffRequest, public_id: str) -> HttpResponse:
    """The saved words as a letter; the page that shows it puts it into a frame."""
    kept = found(public_id)
    language = request.GET.get("language", queries.canonical(request.workspace.language))
    try:
        letter = queries.preview(kept, person=_reader(request, request.GET.get("person", "")), language=language)
    except Variant.DoesNotExist:
        raise Http404 from None
    except BadTemplate as problem:
        return _unreadable(queries.explain(problem))
    return _framed(letter.html)


@may(Permission.CONTENT_EDIT)
@require_POST
def preview_draft(request: StaffRequest) -> HttpResponse:
    """The same of what stands in the form, saved or not; `do` is the language."""
    language = request.POST.get("do", "")
    sections = [one for one in posted_sections(request.POST, request.workspace.language) if one.language == language]
    if not sections or not sections[0].written:
        return _unreadable(_("Write something here."))
    problems = queries.problems(words_of(sections))
    for (_language, part), problem in problems.items():
        return _unreadable(f"{_('Subject') if part == 'subject' else _('Text')}: {queries.explain(problem)}")
    template = Template(language, sections[0].subject, sections[0].body)
    try:
        letter = queries.preview_of(template, person=_reader(request, request.POST.get("person", "")))
    except BadTemplate as problem:
        return _unreadable(queries.explain(problem))
    return _framed(letter.html)


def _reader(request: StaffRequest, public_id: str) -> Person | None:
    """Somebody whom this member of staff may see; nobody means somebody invented."""
    if not public_id:
        return None
    person = people.visible(request.staff).filter(public_id=public_id).first()
    if person is None:
        raise Http404
    return person


def _unreadable(why: str) -> HttpResponse:
    return _framed(render_to_string("content/unreadable.html", {"why": why}))


def _framed(page: str) -> HttpResponse:
    return HttpResponse(page, headers={"Content-Security-Policy": LETTER_POLICY})
