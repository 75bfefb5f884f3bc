"""What became of what one started: the list, opening one, and the bell that looks again."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guanxi.console.access import StaffRequest, any_staff
from guanxi.governance import operations as governance
from guanxi.governance.models import Notice
from guanxi.people.models import BulkAct

PAGE = 50
KINDS: dict[str, tuple[Any, str, str]] = {
    "import.done": (gettext_lazy("The import is done"), "circle-check", "ok"),
    "import.failed": (gettext_lazy("The import could not go on"), "circle-alert", "danger"),
    "import.undone": (gettext_lazy("The import was taken back"), "undo-2", "info"),
    "bulk.done": (gettext_lazy("The change of many people is done"), "circle-check", "ok"),
    "bulk.failed": (gettext_lazy("The change of many people could not go on"), "circle-alert", "danger"),
    "bulk.undone": (gettext_lazy("The change of many people was taken back"), "undo-2", "info"),
    "handover.done": (gettext_lazy("The friends have changed hands"), "circle-check", "ok"),
    "handover.stopped": (gettext_lazy("The hand-over of friends stopped"), "triangle-alert", "warn"),
    "handover.failed": (gettext_lazy("The hand-over of friends could not go on"), "circle-alert", "danger"),
    "handover.undone": (gettext_lazy("The friends are back"), "undo-2", "info"),
    "export.done": (gettext_lazy("The file of people is ready"), "circle-check", "ok"),
    "export.failed": (gettext_lazy("The file of people could not be made"), "circle-alert", "danger"),
    "erasure.failed": (gettext_lazy("The erasure of a person could not go on"), "circle-alert", "danger"),
    "demo.cleared": (gettext_lazy("The demo data are gone"), "circle-check", "ok"),
    "broadcast.done": (gettext_lazy("The broadcast was sent"), "circle-check", "ok"),
    "broadcast.doubtful": (gettext_lazy("The broadcast has doubtful messages"), "triangle-alert", "warn"),
    "broadcast.paused": (gettext_lazy("The broadcast paused itself"), "triangle-alert", "warn"),
}
PLACES = {
    "imp": "import",
    "blk": "bulk",
    "brd": "broadcast",
    "ers": "erasure",
    "exp": "export",
    "fho": "friend_handover",
}


def said(notice: Notice) -> dict[str, Any]:
    words, icon, tone = KINDS.get(notice.kind, (notice.kind, "bell", ""))
    name = str(BulkAct(notice.name).label) if notice.subject.startswith("blk_") else notice.name
    return {"notice": notice, "words": words, "icon": icon, "tone": tone, "name": name, "more": counts(notice.detail)}


def counts(detail: dict[str, int]) -> str:
    shown = {name: f"{count:,}" for name, count in detail.items()}
    match detail:
        case {"came": _came, "rejected": _rejected}:
            return _("%(came)s rows came in, %(rejected)s stayed out") % shown
        case {"changed": _changed, "skipped": _skipped}:
            return _("%(changed)s changed, %(skipped)s skipped") % shown
        case {"friends": _friends, "left_out": _out}:
            return _("%(friends)s changed hands, %(left_out)s left out") % shown
        case {"returned": _returned, "kept": _kept}:
            return _("%(returned)s came back, %(kept)s stayed") % shown
        case {"rows": _rows, "left_out": _left_out}:
            return _("%(rows)s rows, %(left_out)s people left out") % shown
        case {"doubtful": doubtful} if doubtful:
            words = ngettext(
                "%(doubtful)s message may not have left", "%(doubtful)s messages may not have left", doubtful
            )
            return words % shown
        case {"accepted": _accepted}:
            return _("%(accepted)s accepted") % shown
        case _nothing:
            return ""


@any_staff
@require_safe
def notices(request: StaffRequest) -> HttpResponse:
    mine = Notice.objects.filter(staff=request.staff).order_by("-pk")
    after = request.GET.get("after", "")
    if after:
        last = mine.filter(public_id=after).first()
        if last is None:
            raise Http404
        mine = mine.filter(pk__lt=last.pk)
    rows = list(mine[: PAGE + 1])
    page = {
        "rows": [said(one) for one in rows[:PAGE]],
        "next": f"?after={rows[PAGE - 1].public_id}" if len(rows) > PAGE else "",
        "unread": any(one.read_at is None for one in rows),
    }
    return render(request, "notices/notices.html", page)


@any_staff
@never_cache
@require_safe
def bell_alone(request: StaffRequest) -> HttpResponse:
    return render(request, "base_bell.html")


@any_staff
@require_POST
def read_all(request: StaffRequest) -> HttpResponse:
    governance.read_notices(staff=request.staff, now=request.now)
    return redirect("notices", request.workspace.slug)


@any_staff
@require_POST
def open_notice(request: StaffRequest, public_id: str) -> HttpResponse:
    """Marks it read, and leads to what it speaks of."""
    notice = Notice.objects.filter(staff=request.staff, public_id=public_id).first()
    if notice is None:
        raise Http404
    governance.read_notices(staff=request.staff, now=request.now, public_id=public_id)
    place = PLACES.get(notice.subject.partition("_")[0])
    if place is None:
        return redirect("notices", request.workspace.slug)
    return redirect(reverse(place, args=[request.workspace.slug, notice.subject]))
