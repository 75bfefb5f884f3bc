"""Files of people: which there are, how far one is, taking it away, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guanxi.audiences.models import Export, ExportState
from guanxi.audiences.operations import exports
from guanxi.audiences.queries import exports as asked_of
from guanxi.console.access import StaffRequest, confirmed, may
from guanxi.console.exports import words
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission
from guanxi.kit.crypto import Unreadable

LISTED = 100
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def found(request: StaffRequest, public_id: str) -> Export:
    of = asked_of.exports_of(request.staff).filter(public_id=public_id).first()
    if of is None:
        raise Http404
    return of


@may(Permission.EXPORTS_MAKE)
@require_safe
def exports_list(request: StaffRequest) -> HttpResponse:
    rows = list(asked_of.exports_of(request.staff).order_by("-created_at", "-pk")[:LISTED])
    shown = [_row(of) for of in rows]
    working = any(of.state == ExportState.RUNNING for of in rows)
    return render(request, "exports/list.html", {"rows": shown, "working": working})


def _row(of: Export) -> dict[str, Any]:
    return {"of": of, "tone": TONES[of.state], "whom": words.whom(of), "what": words.what(of)}


TONES: dict[str, str] = {str(state): tone for state, tone in words.TONES.items()}


@may(Permission.EXPORTS_MAKE)
@require_safe
def export(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(request, public_id)
    page = _row(of) | {
        "working": of.state == ExportState.RUNNING,
        "joining": of.total is not None and of.done == of.total,
        "left_out": words.reasons(of.left_out),
        "problem": words.PROBLEMS.get(of.problem, ""),
        "ended": words.ENDED.get(of.problem, ""),
        "ready": asked_of.is_ready(of, request.now),
        "may_read": asked_of.may_read(of, request.staff, request.now),
        "may_resume": asked_of.may_resume(of),
        "file_name": asked_of.file_name(of),
    }
    return render(request, "exports/one.html", page)


@may(Permission.EXPORTS_MAKE)
@confirmed
@never_cache
@require_safe
def file(request: StaffRequest, public_id: str) -> HttpResponse | StreamingHttpResponse:
    of = found(request, public_id)
    if not asked_of.may_read(of, request.staff, request.now):
        raise Http404
    pieces = exports.read_export(of, now=request.now)
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    if request.method != "HEAD":
        exports.note_download(of=of, by=request.staff, now=request.now)
    name = asked_of.file_name(of)
    suffix = name.rpartition(".")[2]
    headers = {
        "Content-Disposition": f"attachment; filename=\"people.{suffix}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(_rest(first, pieces, request.workspace), content_type=MEDIA[suffix], headers=headers)


def _rest(first: bytes, pieces: Iterator[bytes], workspace: Workspace) -> Iterator[bytes]:
    """Read after the request, when its scope has ended."""
    with governance.entered(workspace):
        yield first
        yield from pieces


def turned(request: StaffRequest, public_id: str, turn: Callable[..., Export]) -> HttpResponse:
    of = found(request, public_id)
    try:
        turn(of=of, by=request.staff, now=request.now)
    except exports.ExportRefused as refusal:
        messages.error(request, words.REFUSALS[refusal.reason])
    return redirect("export", request.workspace.slug, of.public_id)


@may(Permission.EXPORTS_MAKE)
@require_POST
def stop(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, exports.stop_export)


@may(Permission.EXPORTS_MAKE)
@require_POST
def resume(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, exports.resume_export)


@may(Permission.EXPORTS_MAKE)
@require_POST
def remove(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, exports.remove_export)
