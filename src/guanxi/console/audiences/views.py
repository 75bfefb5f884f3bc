"""Who exactly: the audiences of a workspace, and the builder of their rules."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience, TagRule
from guanxi.audiences.queries import Catalogue, RuleError
from guanxi.console.access import StaffRequest, may
from guanxi.console.audiences import words
from guanxi.console.audiences.acts import aimed, changed, refused
from guanxi.console.audiences.builder import build
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.exact import NotARule, in_json, pasted
from guanxi.console.audiences.forms import Named
from guanxi.console.audiences.observed import happened, observed
from guanxi.console.audiences.offers import offers
from guanxi.console.audiences.recipes import RECIPES, Here, birthday_field, offered
from guanxi.console.audiences.rule import rule_of, trouble
from guanxi.console.audiences.shown import sketch_of
from guanxi.console.audiences.sizes import sizes
from guanxi.console.audiences.sketch import Row, Sketch, Step, Trouble, posted
from guanxi.console.audiences.stopping import stop, while_wanted
from guanxi.console.audiences.who import who
from guanxi.console.paging import newest_first
from guanxi.events.queries import Stopped
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.reach.models import Broadcast


def found(public_id: str) -> Audience:
    audience = Audience.objects.filter(public_id=public_id).first()
    if audience is None:
        raise Http404
    return audience


@dataclass(frozen=True)
class Listed:
    audience: Audience
    words: str
    used_by: list[Broadcast]
    named_by: list[Audience]
    gives: list[TagRule]

    @property
    def other_uses(self) -> int:
        """Besides the one that the list shows."""
        return len(self.used_by) + len(self.named_by) - 1


@may(Permission.AUDIENCES_VIEW)
@require_GET
def audiences_list(request: StaffRequest) -> HttpResponse:
    page = newest_first(Audience.objects.all(), request.GET.get("after", ""))
    catalogue, used = queries.catalogue(), defaultdict(list)
    for broadcast in Broadcast.objects.filter(audience__in=page.rows).order_by("-updated_at", "-pk"):
        used[broadcast.audience_id].append(broadcast)
    gives = defaultdict(list)
    for rule in queries.tag_rules().filter(audience__in=page.rows):
        gives[rule.audience_id].append(rule)
    named = queries.naming_each(page.rows)
    listed = [
        Listed(one, in_words(one.rule, catalogue), used[one.pk], named[one.pk], gives[one.pk]) for one in page.rows
    ]
    context = {
        "listed": listed,
        "next": page.next,
        "recipes": [] if listed else offered(happened()).items(),
        "may_edit": _may_edit(request),
    }
    return render(request, "audiences/list.html", context)


def in_words(rule: Any, catalogue: Catalogue) -> str:
    """Empty when the rule does not work any more."""
    try:
        return words.whole(queries.parse_rule(rule, catalogue), catalogue)
    except RuleError:
        return ""


@may(Permission.AUDIENCES_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_audience(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        return _written(request, None)
    recipe = RECIPES.get(request.GET.get("recipe", ""))
    sketch = Sketch(rows=(Row("event", step=Step("order.paid")),))
    if recipe:
        sketch = recipe.sketch(Here(_department(), birthday_field()))
    return _page(request, None, Named(), sketch)


def _department() -> str:
    known = observed("product.bought", "prop:department")
    return known[0] if known else ""


@may(Permission.AUDIENCES_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    if request.method == "POST":
        if not _may_edit(request):
            raise PermissionDenied
        return _written(request, kept)
    form = Named(initial={"name": kept.name, "seen": kept.updated_at.isoformat()})
    catalogue = queries.catalogue()
    try:
        rule = queries.parse_rule(kept.rule, catalogue)
    except RuleError as error:
        return _page(request, kept, form, _anew(request), Trouble(error))
    return _page(request, kept, form, sketch_of(rule, catalogue))


@may(Permission.AUDIENCES_EDIT)
@require_POST
def delete_audience(request: StaffRequest, public_id: str) -> HttpResponse:
    kept = found(public_id)
    try:
        audiences.delete_audience(audience=kept, by=request.staff, now=request.now)
    except audiences.AudienceGone:
        raise Http404 from None
    except audiences.AudienceInUse:
        messages.error(request, _("A broadcast or another audience uses it, so it stays."))
        return redirect("audience", request.workspace.slug, public_id)
    messages.success(request, _("The audience %(name)s is deleted. Its people stay.") % {"name": kept.name})
    return redirect("audiences", request.workspace.slug)


def _anew(request: StaffRequest) -> Sketch | None:
    """A builder in place of a rule that it cannot show, if that was asked for."""
    return Sketch() if "anew" in request.GET else None


def _written(request: StaffRequest, kept: Audience | None) -> HttpResponse:
    form = Named(request.POST)
    if kept is not None and "join" not in request.POST:
        sketch, full, rule = None, None, kept.rule
    else:
        sent, act = posted(request.POST), request.POST.get("do", "")
        sketch, full = changed(sent, act), _full(sent, act)
        rule = rule_of(sketch, queries.catalogue())
    if "do" in request.POST:
        return _acted(request, kept, sketch, rule, full)
    if not form.is_valid():
        return _page(request, kept, form, sketch, status=422)
    try:
        saved = audiences.save_audience(
            name=form.cleaned_data["name"],
            rule=rule,
            by=request.staff,
            now=request.now,
            audience=kept,
            seen=form.cleaned_data["seen"] if kept else None,
        )
    except audiences.AudienceGone:
        raise Http404 from None
    except RuleError as error:
        return _page(request, kept, form, sketch, trouble(error, sketch) if sketch else Trouble(error), status=422)
    except audiences.AudienceIsFixed:
        messages.error(request, _("This audience is fixed: it keeps its people. Let it follow its rule again first."))
        return _page(request, kept, form, sketch, status=422)
    except audiences.AudienceChanged:
        return _changed_meanwhile(request, kept, sketch)
    _tell(request, saved)
    return redirect("audience", request.workspace.slug, saved.public_id)


def _changed_meanwhile(request: StaffRequest, kept: Audience | None, sketch: Sketch | None) -> HttpResponse:
    """What was written stays in the form; who has read that may put it in the place of the other's."""
    said = _("Somebody else saved this audience meanwhile. Open it again to see what they changed, or save once more.")
    messages.error(request, said)
    now = found(kept.public_id) if kept else None
    seen = now.updated_at.isoformat() if now else ""
    return _page(request, now, Named({"name": request.POST.get("name", ""), "seen": seen}), sketch, status=422)


def _full(sketch: Sketch, act: str) -> Trouble | None:
    """That the form cannot hold what a button would have made, at the condition that the hands stay on."""
    error = refused(sketch, act)
    return Trouble(error, aimed(act, sketch)) if error else None


def _acted(
    request: StaffRequest, kept: Audience | None, sketch: Sketch | None, rule: Any, full: Trouble | None
) -> HttpResponse:
    form = Named(initial={name: request.POST.get(name, "") for name in ("name", "seen")})
    if request.POST["do"] != "paste":
        return _page(request, kept, form, sketch, full, counted=rule)
    catalogue, text = queries.catalogue(), request.POST.get("json", "")
    try:
        read = pasted(text, catalogue, kept.public_id if kept else "")
    except NotARule as error:
        return _page(request, kept, form, sketch, status=422, exact={"text": text, "error": str(error)})
    return _page(request, kept, form, read, counted=rule_of(read, catalogue))


def _tell(request: StaffRequest, saved: Audience) -> None:
    size = saved.size or 0
    said = ngettext("Saved. %(n)s person fits now.", "Saved. %(n)s people fit now.", size)
    messages.success(request, said % {"n": words.number(size)})


def _page(
    request: StaffRequest,
    kept: Audience | None,
    form: Named,
    sketch: Sketch | None,
    wrong: Trouble | None = None,
    *,
    counted: Any = None,
    exact: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    catalogue = queries.catalogue()
    context: dict[str, Any] = {"audience": kept, "form": form, "wrong": error_text(wrong.error) if wrong else ""}
    context["may_edit"] = may_edit = _may_edit(request)
    context["unsaved"] = request.method == "POST"
    context["may_export"] = role_may(request.staff.role, Permission.EXPORTS_MAKE)
    if sketch is not None:
        context["asking"] = secrets.token_urlsafe(12)
        context["builder"] = build(sketch, catalogue, observed, wrong, kept.public_id if kept else "")
        context["exact"] = exact or {"text": in_json(rule_of(sketch, catalogue))}
    if kept is not None:
        context |= {"words": _sentences(kept.rule, catalogue), "used_by": _used_by(kept)}
        context["tag_rules"] = list(queries.tag_rules().filter(audience=kept)[:20])
        context["sizes"] = sizes(kept, now=request.now)
        context["named_by"] = queries.naming(kept)
        context["rule_json"] = in_json(kept.rule)
    elif may_edit and request.method != "POST":
        context["recipes"] = offered(happened()).items()
    if counted is not None:
        context["panel"] = _panel(request, counted)
    return render(request, "audiences/edit.html", context, status=status)


def _sentences(rule: Any, catalogue: Catalogue) -> list[str]:
    try:
        return words.sentences(queries.parse_rule(rule, catalogue), catalogue)
    except RuleError:
        return []


def _used_by(kept: Audience) -> list[Broadcast]:
    return list(Broadcast.objects.filter(audience=kept).order_by("-updated_at", "-pk")[:20])


def _may_edit(request: StaffRequest) -> bool:
    return role_may(request.staff.role, Permission.AUDIENCES_EDIT)


def _panel(request: StaffRequest, rule: Any) -> dict[str, Any]:
    try:
        with while_wanted(request):
            return {"who": who(rule, request.staff, now=request.now)}
    except RuleError as error:
        return {"unfinished": error_text(error)}
    except Stopped:
        return {"stopped": True}


@may(Permission.AUDIENCES_EDIT)
@require_POST
def builder(request: StaffRequest) -> HttpResponse:
    """The rows after a choice that changes what else there is to choose."""
    act = request.POST.get("do", "")
    sent = posted(request.POST)
    sketch = changed(sent, act)
    focus = (aimed(act, sketch) or "-") if act else ""
    built = build(sketch, queries.catalogue(), observed, _full(sent, act))
    page = {"builder": built, "may_edit": True, "focus": focus}
    return render(request, "audiences/_builder.html", page)


@may(Permission.AUDIENCES_EDIT)
@require_POST
def count(request: StaffRequest) -> HttpResponse:
    """Who fits what stands in the form now."""
    rule = rule_of(posted(request.POST), queries.catalogue())
    context = {"panel": _panel(request, rule), "exact": {"text": in_json(rule)}, "beside": True}
    return render(request, "audiences/_who.html", context)


@may(Permission.AUDIENCES_EDIT)
@require_POST
def stop_counting(request: StaffRequest) -> HttpResponse:
    stop(request)
    return HttpResponse(status=204)


@may(Permission.AUDIENCES_EDIT)
@require_GET
def found_offers(request: StaffRequest) -> HttpResponse:
    """What can be added to the rule, by what was typed; `into` is the group that it goes into."""
    into, own = request.GET.get("into", ""), request.GET.get("own", "")
    sections = offers(queries.catalogue(), request.GET.get("find", ""), own)
    context = {"sections": sections, "group": f":{into}" if into else "", "find": request.GET.get("find", "").strip()}
    return render(request, "audiences/_offers.html", context)


@may(Permission.AUDIENCES_VIEW)
@require_GET
def members(request: StaffRequest, public_id: str) -> HttpResponse:
    """Who fits the audience as it is saved."""
    return render(request, "audiences/_who.html", {"panel": _panel(request, queries.people_rule(found(public_id)))})
