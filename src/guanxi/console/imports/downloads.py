"""Files to take away: a sample to fill in, and the rows that stayed out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import translation
from django.views.decorators.http import require_GET

from guanxi.console.access import StaffRequest, may
from guanxi.console.imports.words import found
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission
from guanxi.kit.spreadsheets import iter_csv
from guanxi.people import queries as people
from guanxi.people.models import Import
from guanxi.people.registry import UnknownKind, import_kind

CSV = "text/csv; charset=utf-8"


@may(Permission.PEOPLE_IMPORT)
@require_GET
def sample(request: StaffRequest, kind: str, language: str) -> HttpResponse:
    try:
        fields = import_kind(kind).fields
    except UnknownKind:
        raise Http404 from None
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        content = b"".join(iter_csv([str(one.label) for one in fields], [[str(one.example) for one in fields]]))
    return HttpResponse(content, content_type=CSV, headers=attached(f"{kind}-{language}"))


@may(Permission.PEOPLE_IMPORT)
@require_GET
def rejected(request: StaffRequest, public_id: str) -> StreamingHttpResponse:
    of = found(public_id)
    pieces = rejected_csv(of, request.workspace, translation.get_language() or settings.LANGUAGE_CODE)
    return StreamingHttpResponse(pieces, content_type=CSV, headers=attached(f"{PurePath(of.filename).stem}-rejected"))


def rejected_csv(of: Import, workspace: Workspace, language: str) -> Iterator[bytes]:
    """The pieces are read after the request, when its scope and its language have ended."""
    with governance.entered(workspace), translation.override(language):
        header, rows = people.rejected_rows(of, people.rejects_phase(of))
        yield from iter_csv(header, rows)


def attached(name: str) -> dict[str, str]:
    """Letters, digits, dots and dashes only in the name that every browser reads; the whole of it beside that."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-") or "import"
    return {"Content-Disposition": f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{quote(name, safe='')}.csv"}
