"""A broadcast is written in four steps: whom, what, when, and a last look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.audiences import queries as audiences
from guanxi.audiences.models import Audience
from guanxi.channels.queries import usable_accounts
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.audiences.views import in_words
from guanxi.console.reach.detail import shown
from guanxi.console.reach.forms import OFFERED_AT_MOST, What, When, Whom
from guanxi.console.reach.listing import found, may_send
from guanxi.console.reach.words import named
from guanxi.content.models import Content, Variant
from guanxi.governance.queries import Permission
from guanxi.reach import operations as reach
from guanxi.reach import queries
from guanxi.reach.models import Broadcast, BroadcastState
from guanxi.reach.operations import Blocked, NotDraft, WrongState

STEPS: list[tuple[Any, str]] = [
    (gettext_lazy("Audience"), "broadcast_audience"),
    (gettext_lazy("Content"), "broadcast_content"),
    (gettext_lazy("When"), "broadcast_when"),
    (gettext_lazy("Review"), "broadcast_review"),
]
# Where each kind of problem is mended.
MENDED_AT = {
    "no_audience": "broadcast_audience",
    "bad_rule": "audience",
    "empty": "broadcast_audience",
    "nobody": "broadcast_audience",
    "no_content": "broadcast_content",
    "missing_language": "content",
    "bad_template": "content",
    "no_account": "broadcast_content",
    "account_off": "broadcast_content",
    "account_problem": "broadcast_content",
    "no_imprint": "broadcast_content",
}


def steps(request: StaffRequest, broadcast: Broadcast | None) -> list[dict[str, Any]]:
    slug = request.workspace.slug
    return [
        {"label": label, "url": reverse(route, args=[slug, broadcast.public_id]) if broadcast else ""}
        for label, route in STEPS
    ]


def page(
    request: StaffRequest, step: int, broadcast: Broadcast | None, status: int = 200, **context: Any
) -> HttpResponse:
    shared = {"steps": steps(request, broadcast), "current": step, "broadcast": broadcast}
    template = f"reach/{('whom', 'what', 'when', 'review')[step - 1]}.html"
    return render(request, template, shared | context, status=status)


def onward(request: StaffRequest, route: str, broadcast: Broadcast) -> HttpResponse:
    return redirect(route, request.workspace.slug, broadcast.public_id)


def saved(broadcast: Broadcast, now: datetime, **changes: Any) -> Broadcast:
    """The draft with some of its settings changed. Raises NotDraft."""
    kept = {
        "name": broadcast.name,
        "audience": broadcast.audience,
        "content": broadcast.content,
        "account": broadcast.account,
        "hold_out_percent": broadcast.hold_out_percent,
        "scheduled_at": broadcast.scheduled_at,
    }
    return reach.save_broadcast(**kept | changes, by=broadcast.by, now=now, broadcast=broadcast)


def moved_on(request: StaffRequest, broadcast: Broadcast) -> HttpResponse:
    words = _("This broadcast was confirmed meanwhile, so that it cannot be changed any more.")
    return shown(request, found(broadcast.public_id), refused=words, status=409)


@may(Permission.BROADCASTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_broadcast(request: StaffRequest) -> HttpResponse:
    form = Whom(sent(request), initial={"audience": request.GET.get("audience", "")})
    if form.is_valid():
        broadcast = reach.save_broadcast(
            **form.cleaned_data,
            content=None,
            account=usable_accounts().order_by("pk").first(),
            by=request.staff,
            now=request.now,
        )
        return onward(request, "broadcast_content", broadcast)
    return page(request, 1, None, 422 if form.is_bound else 200, form=form, audiences=_audiences())


@may(Permission.BROADCASTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def whom(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state != BroadcastState.DRAFT:
        return moved_on(request, broadcast)
    audience = broadcast.audience.public_id if broadcast.audience else ""
    form = Whom(sent(request), initial={"name": broadcast.name, "audience": audience})
    if form.is_valid():
        try:
            saved(broadcast, request.now, **form.cleaned_data)
        except NotDraft:
            return moved_on(request, broadcast)
        return onward(request, "broadcast_content", broadcast)
    return page(request, 1, broadcast, 422 if form.is_bound else 200, form=form, audiences=_audiences())


def _audiences() -> list[tuple[Audience, str]]:
    catalogue = audiences.catalogue()
    newest = Audience.objects.order_by("-updated_at", "-pk")[:OFFERED_AT_MOST]
    return [(one, in_words(one.rule, catalogue)) for one in newest]


@may(Permission.BROADCASTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state != BroadcastState.DRAFT:
        return moved_on(request, broadcast)
    chosen = {
        "content": broadcast.content.public_id if broadcast.content else "",
        "account": broadcast.account.public_id if broadcast.account else "",
    }
    form = What(sent(request), initial=chosen)
    if form.is_valid():
        try:
            saved(broadcast, request.now, **form.cleaned_data)
        except NotDraft:
            return moved_on(request, broadcast)
        return onward(request, "broadcast_when", broadcast)
    accounts = usable_accounts().order_by("name", "pk")
    return page(
        request, 2, broadcast, 422 if form.is_bound else 200, form=form, contents=_contents(), accounts=accounts
    )


def _contents() -> list[tuple[Content, list[Variant]]]:
    newest = list(Content.objects.order_by("-updated_at", "-pk")[:OFFERED_AT_MOST])
    variants: dict[int, list[Variant]] = {one.pk: [] for one in newest}
    for variant in Variant.objects.filter(content__in=newest).order_by("pk"):
        variants[variant.content_id].append(variant)
    return [(one, variants[one.pk]) for one in newest]


@may(Permission.BROADCASTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def when(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state != BroadcastState.DRAFT:
        return moved_on(request, broadcast)
    form = When.of(broadcast, sent(request), now=request.now)
    if form.is_valid():
        given = form.cleaned_data
        changes = {name: given[name] for name in ("scheduled_at", "hold_out_percent")}
        try:
            saved(broadcast, request.now, **changes)
        except NotDraft:
            return moved_on(request, broadcast)
        return onward(request, "broadcast_review", broadcast)
    return page(request, 3, broadcast, 422 if form.is_bound else 200, form=form)


@may(Permission.BROADCASTS_EDIT)
@require_GET
def review(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state != BroadcastState.DRAFT:
        return onward(request, "broadcast", broadcast)
    return looked_over(request, broadcast)


def looked_over(request: StaffRequest, broadcast: Broadcast, said: str = "", status: int = 200) -> HttpResponse:
    review = queries.review(broadcast, now=request.now)
    problems = [(queries.explain(one), _mended_at(request, broadcast, one.code)) for one in review.problems]
    variants = Variant.objects.filter(content=broadcast.content).order_by("pk") if broadcast.content else []
    return page(
        request,
        4,
        broadcast,
        status,
        said=said,
        review=review,
        problems=problems,
        skipped=named(review.skipped),
        left_out=sum(review.skipped.values()),
        audience_words=in_words(broadcast.audience.rule, audiences.catalogue()) if broadcast.audience else "",
        seen=request.now.isoformat(),
        variants=list(variants),
        may_send=may_send(request),
    )


def _mended_at(request: StaffRequest, broadcast: Broadcast, code: str) -> str:
    route = MENDED_AT[code]
    of = {"audience": broadcast.audience, "content": broadcast.content}.get(route, broadcast)
    return reverse(route, args=[request.workspace.slug, of.public_id]) if of else ""


@may(Permission.BROADCASTS_SEND)
@require_POST
def send(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    if broadcast.state == BroadcastState.DRAFT and _changed_since(broadcast, request.POST.get("seen", "")):
        words = _("The audience or the content was changed after you looked. Look at the figures again, then send.")
        return looked_over(request, broadcast, words, status=409)
    try:
        reach.confirm(broadcast=broadcast, by=request.staff, now=request.now)
    except WrongState:
        return moved_on(request, broadcast)
    except Blocked:
        words = _("Nothing was sent. Mend first what stands below.")
        return looked_over(request, broadcast, words, status=409)
    messages.success(request, _("Confirmed. It can be paused and stopped here."))
    return onward(request, "broadcast", broadcast)


def _changed_since(broadcast: Broadcast, seen: str) -> bool:
    """`seen` is when the figures were shown; without it nobody has looked."""
    try:
        looked = parse_datetime(seen)
    except ValueError:
        looked = None
    if looked is None or looked.tzinfo is None:
        return True
    parts = (broadcast, broadcast.audience, broadcast.content)
    return any(part is not None and part.updated_at > looked for part in parts)


@may(Permission.BROADCASTS_EDIT)
@require_POST
def delete(request: StaffRequest, public_id: str) -> HttpResponse:
    broadcast = found(public_id)
    try:
        reach.delete_draft(broadcast=broadcast)
    except NotDraft:
        return moved_on(request, broadcast)
    messages.success(request, _("The draft “%(name)s” is gone.") % {"name": broadcast.name})
    return redirect("broadcasts", request.workspace.slug)
