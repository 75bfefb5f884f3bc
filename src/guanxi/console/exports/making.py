"""A new file: whom it means, what it holds, how many will be in it, and why it is made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.audiences.models import Audience
from guanxi.audiences.operations import exports
from guanxi.audiences.queries import RuleError
from guanxi.audiences.queries import exports as asked_of
from guanxi.audiences.queries.exports import Shape
from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.views import found
from guanxi.console.exports import words
from guanxi.console.exports.forms import ExportForm
from guanxi.console.people.lists import Asked
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may

USUAL = ("name", "email", "phone", "level", "owner")
CALLED = {"added": "created"}
"""Columns of the list that a file calls otherwise."""


@dataclass(frozen=True)
class Whom:
    """An audience, or a list of people as its address says it. Raises Http404."""

    given: QueryDict
    staff: Staff

    @cached_property
    def audience(self) -> Audience | None:
        public_id = self.given.get("audience", "")
        if not public_id:
            return None
        if not role_may(self.staff.role, Permission.AUDIENCES_VIEW):
            raise Http404
        return found(public_id)

    @cached_property
    def asked(self) -> Asked:
        return Asked(self.given, self.staff)

    @property
    def of(self) -> Any:
        return self.audience or self.asked.wanted

    @property
    def kept(self) -> dict[str, str]:
        return {"audience": self.audience.public_id} if self.audience else self.asked.kept

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that the list shows, with the name."""
        if self.audience:
            return USUAL
        return ("name", *(CALLED.get(one.key, one.key) for one in self.asked.chosen))


def _form(request: StaffRequest, given: QueryDict, whom: Whom, data: Any) -> ExportForm:
    as_ = given.get("as", "csv")
    if as_ not in words.FORMATS:
        raise Http404
    clear = role_may(request.staff.role, Permission.PEOPLE_REVEAL)
    return ExportForm(data, as_=as_, ticked=whom.columns, clear=clear, language=translation.get_language() or "en")


@may(Permission.EXPORTS_MAKE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def new_export(request: StaffRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    whom = Whom(given, request.staff)
    form = _form(request, given, whom, sent(request))
    counted: dict[str, Any] = {}
    if form.is_bound and "count" in given:
        form.is_valid()
        counted = _counted(request, whom, form.shape)
        for name in list(form.errors):
            del form.errors[name]
    elif form.is_valid():
        try:
            made = exports.start_export(
                of=whom.of,
                shape=form.shape,
                by=request.staff,
                now=request.now,
                why=form.cleaned_data["why"],
                reason=form.cleaned_data["reason"],
            )
        except exports.ExportRefused as refusal:
            form.add_error(_place(form, refusal.reason), words.REFUSALS[refusal.reason])
        except RuleError as error:
            form.add_error(None, error_text(error))
        else:
            return redirect("export", request.workspace.slug, made.public_id)
    page = {"form": form, "whom": whom, "tabs": _tabs(request, whom, form.as_), "counted": counted}
    return render(request, "exports/new.html", page, status=422 if form.errors else 200)


def _place(form: ExportForm, reason: str) -> str | None:
    place = {"no_ids": "ids", "unknown_device": "device"}
    place |= dict.fromkeys(("no_columns", "unknown_column", "column_twice"), "columns")
    name = place.get(reason, "")
    return name if name in form.fields else None


def _tabs(request: StaffRequest, whom: Whom, current: str) -> list[dict[str, Any]]:
    here = reverse("export_new", args=[request.workspace.slug])
    return [
        {"label": label, "url": f"{here}?{urlencode({**whom.kept, 'as': key})}", "current": key == current}
        for key, label in words.FORMATS.items()
    ]


@may(Permission.EXPORTS_MAKE)
@require_POST
def count(request: StaffRequest) -> HttpResponse:
    """Who would be in the file that the form describes now."""
    whom = Whom(request.POST, request.staff)
    form = _form(request, request.POST, whom, request.POST)
    form.is_valid()
    return render(request, "exports/_count.html", {"counted": _counted(request, whom, form.shape)})


def _counted(request: StaffRequest, whom: Whom, shape: Shape) -> dict[str, Any]:
    try:
        expected = asked_of.forecast(exports.meant(whom.of), shape, request.staff, now=request.now)
    except RuleError as error:
        return {"wrong": error_text(error)}
    return {"expected": expected, "left_out": words.reasons(expected.left_out)}
