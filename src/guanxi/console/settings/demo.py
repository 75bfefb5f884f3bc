"""The demo's data: what of it is here, and that it goes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.audiences.models import Audience
from guanxi.channels.models import Account, Message, Notice
from guanxi.commerce.models import Order, Product
from guanxi.console.access import StaffRequest, confirmed, may
from guanxi.content.models import Content
from guanxi.governance import operations as governance
from guanxi.governance.models import DemoClearing, DemoThing, Unit, Workspace
from guanxi.governance.queries import Permission
from guanxi.loyalty.models import Coupon, Redemption
from guanxi.people.models import Import, Note, Person
from guanxi.reach.models import Broadcast

BESIDE: dict[str, Any] = {
    "brd": (Broadcast, gettext_lazy("Broadcasts")),
    "aud": (Audience, gettext_lazy("Audiences")),
    "cnt": (Content, gettext_lazy("Content")),
    "acc": (Account, gettext_lazy("Channels")),
    "unt": (Unit, gettext_lazy("Units")),
}


def going() -> list[tuple[Any, int]]:
    """What goes, with how many of each."""
    marks = list(DemoThing.objects.values_list("thing", flat=True))
    came = list(Import.objects.filter(public_id__in=marks).values_list("pk", flat=True))
    people = Person.objects.filter(import_id__in=came)
    found = [
        (gettext_lazy("People"), people.count()),
        (gettext_lazy("Notes on them, also your own"), Note.objects.filter(person__in=people).count()),
        (gettext_lazy("Orders"), Order.objects.filter(person__in=people).count()),
        (gettext_lazy("Messages to them"), Message.objects.filter(person__in=people).count()),
        (gettext_lazy("Redemptions"), Redemption.objects.filter(person__in=people).count()),
        (gettext_lazy("Products"), Product.objects.filter(import_id__in=came).count()),
        (gettext_lazy("Coupons"), Coupon.objects.filter(import_id__in=came).count()),
        (gettext_lazy("Imports"), len(came)),
    ]
    for prefix, (model, label) in BESIDE.items():
        mine = [one for one in marks if one.startswith(prefix + "_")]
        found.append((label, model._default_manager.filter(public_id__in=mine).count()))
    return [(label, count) for label, count in found if count]


def staying() -> list[str]:
    """The demo's channels that stay, switched off: messages to people of one's own went through them, or something
    came back by them, which the log keeps."""
    marks = DemoThing.objects.values("thing")
    came = list(Import.objects.filter(public_id__in=marks).values_list("pk", flat=True))
    theirs = Message.objects.filter(account=OuterRef("pk")).exclude(person__import_id__in=came)
    used = Exists(theirs) | Exists(Notice.objects.filter(account=OuterRef("pk")))
    return list(Account.objects.filter(used, public_id__in=marks).order_by("pk").values_list("name", flat=True))


@may(Permission.WORKSPACE_MANAGE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def clear_demo(request: StaffRequest) -> HttpResponse:
    clearing = DemoClearing.objects.order_by("-pk").first()
    if not request.workspace.is_demo and clearing is None:
        raise Http404
    page: dict[str, Any] = {"clearing": clearing, "working": clearing is not None and clearing.finished_at is None}
    if page["working"] or not request.workspace.is_demo:
        return render(request, "settings/demo.html", page)
    page |= {"going": going(), "staying": staying()}
    if request.method == "POST":
        if request.POST.get("typed", "").strip() == request.workspace.name:
            start(request)
            return redirect("demo_clear", request.workspace.slug)
        page["error"] = _("Type the name exactly: %(name)s") % {"name": request.workspace.name}
    return render(request, "settings/demo.html", page, status=422 if request.method == "POST" else 200)


def start(request: StaffRequest) -> None:
    came = Import.objects.filter(public_id__in=DemoThing.objects.values("thing")).values("pk")
    workspace: Workspace = request.workspace
    people = Person.objects.filter(import_id__in=came).count()
    governance.clear_demo(workspace=workspace, by=request.staff, people=people, now=request.now)
    messages.info(request, _("The demo data are being removed. You may leave this page."))
