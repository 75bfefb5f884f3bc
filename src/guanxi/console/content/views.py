"""What we say: contents in each language, and how they look."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.channels import queries as channels
from guanxi.channels.registry import Words
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
from guanxi.console.settings.trying import sent_to_oneself
from guanxi.console.trait_names import trait_name
from guanxi.content import operations as contents
from guanxi.content import queries
from guanxi.content.models import Content, Variant
from guanxi.content.operations import BadContent
from guanxi.content.queries import BadTemplate, Template
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import queries as people
from guanxi.people.models import Field, Person
from guanxi.reach.models import Broadcast

SAMPLE_PEOPLE = 12
TAGS = "if · unless · case · for · assign · comment"
FILTERS = (
    "append · capitalize · default · downcase · minus · plus · prepend · remove · size · strip · truncate · upcase"
)
VIEWS = [
    ("letter", gettext_lazy("As on a computer")),
    ("phone", gettext_lazy("As on a phone")),
    ("dark", gettext_lazy("Dark")),
    ("text", gettext_lazy("Text only")),
]
# The letter's own styles stand in its tags; nothing else of it may do anything. No picture is fetched: its server would
# learn who looks at a draft.
LETTER_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


# A letter lies on white, whatever the theme of the page. Dark: as programs that invert its colours show it; others
# leave it as it is.
PAPER = "<style>html{background:#fff;color:#1f2328;font:14px/1.5 sans-serif}</style>"
DARK = "<style>html{background:#fff;filter:invert(1) hue-rotate(180deg)}</style>"


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


@may(Permission.CONTENT_EDIT)
@require_POST
def delete_content(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    try:
        contents.delete_content(content=kept, by=request.staff, now=request.now)
    except contents.ContentInUse:
        messages.error(request, _("A broadcast uses it, so it stays."))
        return redirect("content", request.workspace.slug, public_id)
    messages.success(request, _("The content %(name)s is deleted.") % {"name": kept.name})
    return redirect("contents", request.workspace.slug)


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
    wrong = [one.language for one in sections if one.subject_error or one.body_error]
    context: dict[str, Any] = {
        "content": kept,
        "may_delete": kept is not None and not Broadcast.objects.filter(content=kept).exists(),
        "form": form,
        "sections": sections,
        "more": [code for code in MORE_LANGUAGES if code not in here],
        "variables": _variables(),
        "people": _sample_people(request),
        "may_edit": _may_edit(request),
        "tags": TAGS,
        "filters": FILTERS,
        "views": VIEWS,
        "first_language": next((one.language for one in sections if one.written), ""),
        "shown": _shown(request, sections, wrong),
        "wrong": wrong,
    }
    return render(request, "content/edit.html", context, status=status)


def _shown(request: StaffRequest, sections: list[Section], wrong: list[str]) -> str:
    """The language whose words the page opens with: one to mend, the one just added, the one looked at, or the first
    that is written."""
    asked = request.POST.get("more" if request.POST.get("do") == "add" else "shown", "")
    if wrong and asked not in (*wrong, "all"):
        return wrong[0]
    if asked == "all" or any(one.language == asked for one in sections):
        return asked
    return next((one.language for one in sections if one.written), sections[0].language)


def _variables() -> list[tuple[str, str]]:
    known = [
        (
            "person.first_name",
            _("First name, or the whole name in Chinese and Korean: %(sample)s")
            % {"sample": queries.first_name(queries.SAMPLE)},
        ),
        ("person.name", _("Name: %(sample)s") % {"sample": queries.SAMPLE}),
        ("workspace.name", _("Name of the brand")),
        ("unsubscribe_url", _("Address to unsubscribe; without it, a line is added at the end")),
        ("preferences_url", _("Address of the page where readers set what they get")),
    ]
    traits = [
        (f"person.traits.{one.key}", trait_name(one.key, one.label)) for one in Field.objects.order_by("label")[:100]
    ]
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
        template = queries.saved(kept, language)
    except Variant.DoesNotExist:
        raise Http404 from None
    return _looked_at(request, template, request.GET)


@may(Permission.CONTENT_EDIT)
@require_POST
def preview_draft(request: StaffRequest) -> HttpResponse:
    """The same of what stands in the form, saved or not; `do` is the language."""
    template = _draft(request)
    return template if isinstance(template, HttpResponse) else _looked_at(request, template, request.POST)


@may(Permission.CONTENT_EDIT)
@require_POST
def test(request: StaffRequest) -> HttpResponse:
    """What stands in the form, sent to whoever presses the button; the answer comes where the preview stands."""
    template = _draft(request)
    if isinstance(template, HttpResponse):
        return template
    account = channels.usable_accounts().order_by("pk").first()
    if account is None:
        return _said(_("It was not sent."), _("Connect an account to send from first, under Channels."))
    try:
        letter = queries.preview_of(template, person=_reader(request, request.POST.get("person", "")))
    except BadTemplate as problem:
        return _unreadable(queries.explain(problem))
    words = Words(subject=letter.subject, text=letter.text, html=letter.html, locale=letter.language)
    went, said = sent_to_oneself(request, account, words)
    return _said(_("Sent to yourself") if went else _("It was not sent."), said)


def _draft(request: StaffRequest) -> Template | HttpResponse:
    """Of the language that `do` names, or what is wrong with it."""
    language = request.POST.get("do", "")
    sections = [one for one in posted_sections(request.POST, request.workspace.language) if one.language == language]
    if not sections or not sections[0].written:
        return _unreadable(_("Write something here."))
    problems = queries.problems(words_of(sections))
    for (_language, part), problem in problems.items():
        return _unreadable(f"{_('Subject') if part == 'subject' else _('Text')}: {queries.explain(problem)}")
    return Template(language, sections[0].subject, sections[0].body)


def _looked_at(request: StaffRequest, template: Template, asked: QueryDict) -> HttpResponse:
    """`view`: letter, phone (the same: the page makes it narrow), dark or text, each with what can be said of it."""
    try:
        letter, facts = queries.looked_at(template, person=_reader(request, asked.get("person", "")))
    except BadTemplate as problem:
        return _unreadable(queries.explain(problem))
    context = {"letter": letter, "facts": facts if "view" in asked else None, "most": queries.CLIPPED_AT // 1024}
    if asked.get("view") == "text":
        return _framed(render_to_string("content/as_text.html", context))
    head, mark, rest = letter.html.partition("</head>")
    body, end, rest = rest.partition(">")
    ground = DARK if asked.get("view") == "dark" else PAPER
    return _framed(head + ground + mark + body + end + render_to_string("content/facts.html", context) + rest)


def _reader(request: StaffRequest, public_id: str) -> Person | None:
    """Somebody whom this member of staff may see; nobody means somebody invented."""
    if not public_id:
        return None
    person = people.visible(request.staff).filter(public_id=public_id).first()
    if person is None:
        raise Http404
    return person


def _unreadable(why: str) -> HttpResponse:
    return _said(_("This cannot be shown yet."), why)


def _said(title: str, why: str) -> HttpResponse:
    page = render_to_string("content/unreadable.html", {"title": title, "why": why})
    return _framed(page.replace("</head>", f"{PAPER}</head>", 1))


def _framed(page: str) -> HttpResponse:
    return HttpResponse(page, headers={"Content-Security-Policy": LETTER_POLICY})
