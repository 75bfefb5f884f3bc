"""Who did what, newest first; and whether the log is what was written."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.console.settings import audit_words as words
from guanxi.governance import queries
from guanxi.governance.models import Staff
from guanxi.governance.queries import AuditVerdict, Permission

PAGE = 50
STAFF_AT_MOST = 500
MARK_DIGITS = 18


@may(Permission.AUDIT_VIEW)
@require_safe
def audit_log(request: StaffRequest) -> HttpResponse:
    act, key, before = (request.GET.get(name, "") for name in ("act", "staff", "before"))
    if before and not (before.isascii() and before.isdigit() and len(before) <= MARK_DIGITS):
        return bad_request(request)
    members = {one.public_id: one for one in Staff.objects.order_by("name", "pk")[:STAFF_AT_MOST]}
    if (act and act not in words.ACTS) or (key and key not in members):
        raise Http404
    member = members.get(key)
    found = queries.audit_page(
        act=act, by=member.pk if member else None, before=int(before) if before else None, size=PAGE
    )
    entries, more = found[:PAGE], len(found) > PAGE
    asked = {name: value for name, value in (("act", act), ("staff", key)) if value}
    subjects, keys = words.subjects(request.staff, request.workspace.slug, entries), words.keys(entries)
    context: dict[str, Any] = {
        "rows": [
            (
                entry,
                words.act_words(entry.act),
                words.detail_words(entry),
                subjects.get(entry.subject),
                keys.get(entry.pk),
            )
            for entry in entries
        ],
        "next": "?" + urlencode(asked | {"before": str(entries[-1].number)}) if more else "",
        "first": "?" + urlencode(asked) if before else "",
        "filtered": bool(asked),
        "act": act,
        "act_options": [
            ("", _("Any act")),
            *sorted(((code, str(said)) for code, said in words.ACTS.items()), key=lambda one: one[1]),
        ],
        "member": key,
        "staff_options": [("", _("Anyone")), *((code, one.name) for code, one in members.items())],
    }
    return render(request, "settings/audit.html", context)


@may(Permission.AUDIT_VIEW)
@require_POST
def verify(request: StaffRequest) -> HttpResponse:
    verdict = queries.audit_verdict()
    if verdict.fault:
        messages.error(request, fault_words(verdict))
    else:
        said = _("The log is whole. Entries: %(count)s, the last hash begins with %(hash)s.")
        messages.success(request, said % {"count": verdict.count, "hash": verdict.hash.hex()[:16]})
    return redirect("audit", request.workspace.slug)


def fault_words(verdict: AuditVerdict) -> str:
    assert verdict.fault is not None
    match verdict.fault.what:
        case "missing":
            said = _("The log was tampered with: entry %(position)s is gone.")
        case "cut":
            said = _("The log was tampered with: from entry %(position)s on, its end is gone.")
        case "unsealed":
            said = _("The log was tampered with: its end at entry %(position)s was not written by this installation.")
        case _:
            said = _("The log was tampered with: entry %(position)s is not what was written.")
    return said % {"position": verdict.fault.position}
