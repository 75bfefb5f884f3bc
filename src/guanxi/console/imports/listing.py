"""The files that came in, newest first, and one of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from guanxi.console.access import StaffRequest, may
from guanxi.console.imports.steps import answers_text
from guanxi.console.imports.words import TONES, found, outcome, page_of, place_of
from guanxi.governance.queries import Permission
from guanxi.people import queries as people
from guanxi.people.models import Field, Import, ImportState
from guanxi.people.operations.imports.states import WORKING
from guanxi.people.registry import import_kinds

PAGE = 25


@may(Permission.PEOPLE_IMPORT)
@require_GET
def imports(request: StaffRequest) -> HttpResponse:
    newest_first = Import.objects.select_related("by").order_by("-created_at", "-pk")
    shown = list(behind(newest_first, request.GET.get("after", ""))[: PAGE + 1])
    rows = shown[:PAGE]
    labels = {kind.key: kind.label for kind in import_kinds()}
    page: dict[str, Any] = {
        "rows": [
            {
                "of": of,
                "kind": labels.get(of.kind, of.kind),
                "tone": TONES.get(ImportState(of.state), ""),
                "working": of.state in WORKING,
                "place": place_of(of),
            }
            for of in rows
        ],
        "working": any(of.state in WORKING for of in rows),
        "after": request.GET.get("after", ""),
        "next": rows[-1].public_id if len(shown) > PAGE else "",
    }
    return render(request, "imports/list.html", page)


def behind(newest_first: QuerySet[Import], after: str) -> QuerySet[Import]:
    """Those behind the import at which the page before ended; a mark that is none starts again."""
    last = Import.objects.filter(public_id=after).first() if after else None
    if last is None:
        return newest_first
    older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
    return newest_first.filter(older)


@may(Permission.PEOPLE_IMPORT)
@require_GET
def one_import(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(public_id)
    columns = columns_text(of)
    page = page_of(
        request, of, 0, columns=columns, answers=answers_text(of), place=place_of(of), **outcome(request, of)
    )
    return render(request, "imports/one.html", page)


def columns_text(of: Import) -> list[tuple[str, Any]]:
    """Column → what it is read as, in words, in the order of the file."""
    chosen = of.mapping.get("columns", {})
    labels = dict(Field.objects.values_list("key", "label"))
    words = {f"trait:{key}": label for key, label in labels.items()}
    words |= {f"trait:{new['key']}": new["label"] for new in of.mapping.get("new_fields", [])}
    words |= {one.key: one.label for one in fields_of(of)}
    ids = of.mapping.get("ids", {})
    words |= {f"id:{key}": label for key, label in people.other_kinds().items()} if ids else {}
    words |= {name: f"{words.get(name, name)} ({within})" for name, within in ids.items() if within}
    return [(column, words.get(chosen[column], chosen[column])) for column in of.sheet["header"] if column in chosen]


def fields_of(of: Import) -> Any:
    return next((kind.fields for kind in import_kinds() if kind.key == of.kind), ())
