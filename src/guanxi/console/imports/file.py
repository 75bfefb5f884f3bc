"""The first step: which kind of file it is, and the file."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from guanxi.console.access import StaffRequest, may
from guanxi.console.imports.words import stepper, table_text
from guanxi.governance.queries import Permission
from guanxi.kit.tables import TableError
from guanxi.people import operations as people
from guanxi.people.registry import UnknownKind, import_kinds

MEGABYTE = 1024 * 1024
AROUND_THE_FILE = 64 * 1024  # boundaries and the other fields of the form
PRESSED_TWICE = 3600


@csrf_exempt  # the token stands in the body, and a body that is too large is not read; `receive` asks for it
@may(Permission.PEOPLE_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_import(request: StaffRequest) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_MAX_BYTES + AROUND_THE_FILE:
        too_large = TableError("too_large", limit_mb=settings.IMPORT_MAX_BYTES // MEGABYTE)
        return form(request, chosen="", error=table_text(too_large), status=413)
    return receive(request)


@csrf_protect
def receive(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return form(request, chosen=request.GET.get("kind", ""))
    upload, chosen = request.FILES.get("file"), request.POST.get("kind", "")
    if upload is None:
        return form(request, chosen=chosen, error=_("Choose a file."), status=422)
    press = press_of(request)
    if not cache.add(press, "", PRESSED_TWICE):
        return pressed_twice(request, cache.get(press))
    try:
        of = people.start_import(
            file=upload, filename=upload.name or "", kind=chosen, by=request.staff, now=request.now
        )
    except (UnknownKind, TableError) as error:
        cache.delete(press)
        said = table_text(error) if isinstance(error, TableError) else _("Choose what is in the file.")
        return form(request, chosen=chosen, error=said, status=422)
    cache.set(press, of.public_id, PRESSED_TWICE)
    return redirect("import_columns", request.workspace.slug, of.public_id)


def press_of(request: StaffRequest) -> str:
    """What is the same when one form is sent twice."""
    mark = request.POST.get("press") or secrets.token_hex()
    return f"upload.{request.staff.pk}." + hashlib.sha256(mark.encode()).hexdigest()


def pressed_twice(request: StaffRequest, public_id: str | None) -> HttpResponse:
    """The same form again: its import, or the list while the first press is still being read."""
    if public_id:
        return redirect("import_columns", request.workspace.slug, public_id)
    return redirect("imports", request.workspace.slug)


def form(request: StaffRequest, *, chosen: str, error: str = "", status: int = 200) -> HttpResponse:
    kinds = import_kinds()
    page: dict[str, Any] = {
        "kinds": kinds,
        "chosen": chosen or (kinds[0].key if kinds else ""),
        "error": error,
        "press": secrets.token_urlsafe(12),
        "limit_mb": settings.IMPORT_MAX_BYTES // MEGABYTE,
        "languages": settings.LANGUAGES,
        "steps": stepper(request, None),
    }
    return render(request, "imports/new.html", page, status=status)
