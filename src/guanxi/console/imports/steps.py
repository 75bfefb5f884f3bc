"""From the columns to the run, a page a step; each can be gone back to until rows come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.console.access import StaffRequest, may
from guanxi.console.imports.words import found, kind_of, objections_text, outcome, page_of, place_of, table_text
from guanxi.console.trait_names import trait_name
from guanxi.governance.queries import Permission
from guanxi.kit.tables import TableError
from guanxi.people import operations
from guanxi.people import queries as people
from guanxi.people.models import Field, GivenBy, Import, ImportState, TraitKind
from guanxi.people.operations.imports.states import may_change
from guanxi.people.port import ImportKind, ImportOption

SAMPLES = 3
NEW_TRAIT = {
    TraitKind.TEXT: _("New trait: text"),
    TraitKind.NUMBER: _("New trait: number"),
    TraitKind.DATE: _("New trait: date"),
    TraitKind.YES_NO: _("New trait: yes or no"),
}


def refused(request: StaffRequest, of: Import, refusal: operations.ImportRefused) -> HttpResponse:
    """Asked for in a state that has no such step: say so, and where the import stands."""
    page = page_of(request, found(of.public_id), 0, why=people.REFUSALS[refusal.reason])
    return render(request, "imports/refused.html", page, status=409)


def go_to(request: StaffRequest, route: str, of: Import) -> HttpResponse:
    return redirect(route, request.workspace.slug, of.public_id)


@may(Permission.PEOPLE_IMPORT)
@require_POST
def sheet(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    try:
        of = operations.choose_sheet(of=of, sheet=request.POST.get("sheet", ""))
    except TableError as error:
        return show_columns(request, of, people.suggested_columns(of), [table_text(error)], status=422)
    except operations.ImportRefused as refusal:
        return refused(request, of, refusal)
    return go_to(request, "import_columns", of)


@may(Permission.PEOPLE_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    if request.method == "POST":
        return choose_columns(request, of)
    if not may_change(of):
        return go_to(request, place_of(of), of)
    return show_columns(request, of, read_as(of))


def choose_columns(request: StaffRequest, of: Import) -> HttpResponse:
    chosen = {column: request.POST.get(f"column-{place}", "") for place, column in enumerate(of.sheet["header"])}
    places = {name: request.POST.get(f"place-{name}", "") for name in GivenBy.values}
    try:
        of = operations.choose_columns(of=of, columns=chosen, places=places)
    except operations.ChoiceRefused as refusal:
        wrong = objections_text(of, refusal.objections)
        return show_columns(request, of, chosen, wrong, status=422, places=places)
    except operations.ImportRefused as refusal:
        return refused(request, of, refusal)
    return begin_check(request, of, then="import_check")


def read_as(of: Import) -> Mapping[str, str]:
    """Column → what it is read as: as chosen before, otherwise as its name suggests."""
    if not of.mapping:
        return people.suggested_columns(of)
    new = {f"trait:{made['key']}": f"new:{made['kind']}" for made in of.mapping["new_fields"]}
    return {column: new.get(target, target) for column, target in of.mapping["columns"].items()}


def show_columns(
    request: StaffRequest,
    of: Import,
    chosen: Mapping[str, str],
    wrong: Sequence[str] = (),
    status: int = 200,
    places: Mapping[str, str] | None = None,
) -> HttpResponse:
    kind, sample = kind_of(of), of.sheet["sample"]
    lines = [
        {
            "name": column,
            "place": place,
            "values": [row[place] for row in sample if row[place].strip()][:SAMPLES],
            "chosen": chosen.get(column, ""),
        }
        for place, column in enumerate(of.sheet["header"])
    ]
    page = page_of(
        request,
        of,
        2,
        lines=lines,
        groups=choices_of(kind),
        places=places_asked(of, chosen, places) if kind.takes_traits else [],
        required=[one.label for one in kind.fields if one.required],
        wrong=wrong,
        warnings=[people.reason_text(of.kind, one["code"], one["params"]) for one in of.sheet["warnings"]],
    )
    return render(request, "imports/columns.html", page, status=status)


def places_asked(of: Import, chosen: Mapping[str, str], typed: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Which corp, app and shop gave the ids: as typed, as chosen before, or the only one that is known here."""
    columns = people.id_columns()
    before = {columns[name].place: within for name, within in of.mapping.get("ids", {}).items() if name in columns}
    known: dict[str, set[str]] = {}
    for key, given in people.places_of_ids().items():
        if kind := columns.get(f"id:{key}"):
            known.setdefault(kind.place, set()).update(given)
    needed = {columns[target].place for target in chosen.values() if target in columns}
    alone = {place: next(iter(given)) for place, given in known.items() if len(given) == 1}
    shown = typed if typed is not None else alone | before
    return [
        {
            "name": place.value,
            "label": place.label,
            "value": shown.get(place.value, ""),
            "known": sorted(known.get(place.value, ()))[:20],
            "needed": place.value in needed,
        }
        for place in GivenBy
    ]


def choices_of(kind: ImportKind) -> list[tuple[Any, list[tuple[str, Any, bool]]]]:
    """The groups of the select: (name, [(value, words, required)])."""
    groups: list[tuple[Any, list[tuple[str, Any, bool]]]] = [
        (kind.label, [(one.key, one.label, one.required) for one in kind.fields])
    ]
    if kind.takes_traits:
        others = people.other_kinds()
        groups.append((_("Other ids"), [(f"id:{key}", label, False) for key, label in others.items()]))
        known = Field.objects.order_by("label", "pk")
        groups.append((_("Traits"), [(f"trait:{one.key}", trait_name(one.key, one.label), False) for one in known]))
        groups.append(
            (_("New trait, named like the column"), [(f"new:{key}", label, False) for key, label in NEW_TRAIT.items()])
        )
    return [(name, choices) for name, choices in groups if choices]


def begin_check(request: StaffRequest, of: Import, then: str) -> HttpResponse:
    """Rehearse with what was chosen; an answer that no longer fits the columns is asked for again."""
    try:
        of = operations.check_import(of=of)
    except operations.ChoiceRefused as refusal:
        return show_options(request, of, of.options, objections_text(of, refusal.objections), status=422)
    except operations.ImportRefused as refusal:
        return refused(request, of, refusal)
    return go_to(request, then, of)


@may(Permission.PEOPLE_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    if request.method == "POST":
        return begin_check(request, of, then="import_check")
    if of.started_at or not of.mapping:
        return go_to(request, place_of(of), of)
    return render(request, "imports/check.html", page_of(request, of, 3, **outcome(request, of)))


@may(Permission.PEOPLE_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def options(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    if request.method == "POST":
        return choose_options(request, of)
    if not may_change(of) or not of.mapping:
        return go_to(request, place_of(of), of)
    return show_options(request, of, of.options or people.likely_answers(of))


def choose_options(request: StaffRequest, of: Import) -> HttpResponse:
    sent = {option.key: request.POST[option.key] for option in kind_of(of).options if option.key in request.POST}
    answers = of.options | {key: text.strip() for key, text in sent.items()}
    if of.state == ImportState.CHECKED and answers == of.options:
        return go_to(request, "import_run", of)  # the check was made with these answers
    try:
        of = operations.choose_options(of=of, options=answers)
    except operations.ChoiceRefused as refusal:
        return show_options(request, of, answers, objections_text(of, refusal.objections), status=422)
    except operations.ImportRefused as refusal:
        return refused(request, of, refusal)
    return begin_check(request, of, then="import_run")


def show_options(
    request: StaffRequest, of: Import, answers: Mapping[str, str], wrong: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    questions = [
        {
            "ask": ask,
            "more": more,
            "answer": answers.get(ask.key, ask.default),
            "text": answers.get(more.key, "") if more else "",
            "hint": unused_column(of, ask, answers),
        }
        for ask, more in asked_of(of)
    ]
    page = page_of(request, of, 4, questions=questions, wrong=wrong, sha256=bytes(of.sha256).hex()[:12])
    return render(request, "imports/options.html", page, status=status)


def unused_column(of: Import, ask: ImportOption, answers: Mapping[str, str]) -> str:
    """Said when a column answers the question row by row, and the answer given does not use it."""
    columns = [column for column, target in of.mapping.get("columns", {}).items() if target == ask.key]
    if not columns or answers.get(ask.key, ask.default) != ask.default:
        return ""
    return gettext("The column “%(column)s” says it for each row. Choose it below to use it.") % {"column": columns[0]}


def asked_of(of: Import) -> list[tuple[ImportOption, ImportOption | None]]:
    """What there is to decide for the columns of this file."""
    read = set(of.mapping.get("columns", {}).values())
    return with_texts([one for one in kind_of(of).options if not one.of or one.of in read])


def with_texts(asked: Sequence[ImportOption]) -> list[tuple[ImportOption, ImportOption | None]]:
    """A text belongs to the last choice of the question before it ("All of them agreed": how?)."""
    behind = [*asked[1:], None][: len(asked)]
    return [
        (ask, text if text is not None and not text.choices else None)
        for ask, text in zip(asked, behind, strict=True)
        if ask.choices
    ]


@may(Permission.PEOPLE_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    if request.method == "POST":
        return begin_run(request, of)
    if not of.mapping:
        return go_to(request, place_of(of), of)
    page = page_of(request, of, 5, answers=answers_text(of), **outcome(request, of))
    return render(request, "imports/run.html", page)


def begin_run(request: StaffRequest, of: Import) -> HttpResponse:
    """A second press finds the import started, and is shown the same."""
    if not of.started_at:
        try:
            operations.run_import(of=of, now=request.now, by=request.staff)
        except operations.ImportRefused as refusal:
            if not found(of.public_id).started_at:
                return refused(request, of, refusal)
    return go_to(request, "import_run", of)


def answers_text(of: Import) -> list[tuple[Any, Any]]:
    """The questions of the third step with their answers, in words."""
    said = []
    for ask, more in asked_of(of):
        answer = of.options.get(ask.key, ask.default)
        choice = next((one for one in ask.choices if one.value == answer), None)
        text = of.options.get(more.key, "") if more and choice is ask.choices[-1] else ""
        said.append((ask.label, f"{choice.label if choice else answer}{f' — {text}' if text else ''}"))
    return said
