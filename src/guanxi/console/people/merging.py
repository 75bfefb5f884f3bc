"""People who are one: undo of a merge, a merge by hand, and pairs for review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.console.people.comparing import Compared, compared, evidence, picks_of
from guanxi.console.people.views import found
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Merge, Pair, PairState, Person
from guanxi.people.operations import MergeRefused, SearchRefused
from guanxi.people.queries import Wanted

FOUND_AT_MOST = 10


@may(Permission.PEOPLE_MERGE)
@require_POST
def undo_merge(request: StaffRequest, public_id: str, merge_id: str) -> HttpResponse:
    person = found(request, public_id)
    merge = Merge.objects.filter(public_id=merge_id).select_related("drop").first()
    if merge is None or person.pk not in (merge.keep_id, merge.drop_id, merge.drop.merged_into_id):
        raise Http404
    try:
        people.undo_merge(merge=merge, by=request.staff, now=request.now)
    except MergeRefused as refused:
        messages.error(request, _refusal(refused))
    else:
        name = merge.drop.name or _("No name")
        messages.success(request, _("%(name)s is a person of their own again.") % {"name": name})
    return redirect("person", request.workspace.slug, public_id)


@may(Permission.PEOPLE_MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_person(request: StaffRequest, public_id: str) -> HttpResponse:
    if request.method == "POST" and (done := _already(request, public_id, request.POST.get("with", ""))):
        return done
    person = found(request, public_id)
    asked = request.POST.get("with") or request.GET.get("with", "")
    text = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"person": person, "q": text}
    if asked:
        other = found(request, asked)
        if other.pk == person.pk:
            raise Http404
        both = compared(person, other)
        if request.method == "POST":
            return _merged(request, person, other, both)
        context |= {"both": both, "other": other}
    elif text:
        wanted = Wanted(search=text)
        page = queries.people_page(request.staff, wanted, size=FOUND_AT_MOST + 1).people
        context["found"] = queries.cards([one.pk for one in page if one.pk != person.pk][:FOUND_AT_MOST])
    return render(request, "people/merge.html", context)


@may(Permission.PEOPLE_MERGE)
@require_safe
def duplicates(request: StaffRequest) -> HttpResponse:
    state = request.GET.get("show", PairState.OPEN)
    if state not in PairState.values or state == PairState.MERGED:
        raise Http404
    page = Paginator(queries.pairs(request.staff, state=state), queries.PAIRS_A_PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"label": PairState(one).label, "url": f"?show={one}", "current": one == state}
        for one in (PairState.OPEN, PairState.LATER, PairState.DISTINCT)
    ]
    rows = list(zip(page, evidence(page), strict=True))
    context = {"rows": rows, "page": page, "tabs": tabs, "state": state, "latest": queries.latest_search()}
    return render(request, "people/duplicates.html", context)


@may(Permission.PEOPLE_MERGE)
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    try:
        people.search_duplicates(by=request.staff, now=request.now)
    except SearchRefused:
        messages.info(request, _("A search is under way already."))
    return redirect("duplicates", request.workspace.slug)


@may(Permission.PEOPLE_MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: StaffRequest, pair_id: str) -> HttpResponse:
    if request.method == "POST" and (done := _already(request, *queries.two_of(pair_id))):
        return done
    pair = _pair(request, pair_id)
    both = compared(pair.first, pair.second)
    if request.method == "POST":
        return _decided(request, pair, both)
    context = {
        "pair": pair,
        "both": both,
        "evidence": evidence([pair])[0],
        "person": pair.first,
        "other": pair.second,
    }
    return render(request, "people/duplicate.html", context)


def _pair(request: StaffRequest, pair_id: str) -> Pair:
    mine = queries.visible(request.staff)
    pairs = Pair.objects.filter(first__in=mine, second__in=mine, public_id=pair_id)
    pair: Pair | None = pairs.select_related("first", "second").first()
    if pair is None:
        raise Http404
    return pair


def _decided(request: StaffRequest, pair: Pair, both: Compared) -> HttpResponse:
    match request.POST.get("decision", ""):
        case "merge":
            return _merged(request, pair.first, pair.second, both)
        case "distinct" | "later" | "open" as state:
            people.decide_pair(pair=pair, state=state, by=request.staff, now=request.now)
            said = {"distinct": _("Remembered: they are not the same."), "later": _("Put aside for later.")}
            messages.success(request, said.get(state, _("Open again.")))
            return redirect("duplicates", request.workspace.slug)
        case _other:
            return bad_request(request)


def _merged(request: StaffRequest, one: Person, other: Person, both: Compared) -> HttpResponse:
    """Who stays is picked too; what else was picked is written as an edit of theirs."""
    keep, drop = (other, one) if request.POST.get("keep") == other.public_id else (one, other)
    try:
        people.merge_people(keep=keep, drop=drop, by=request.staff, now=request.now, picks=picks_of(both, request.POST))
    except MergeRefused as refused:
        messages.error(request, _refusal(refused))
        return redirect(request.get_full_path())
    messages.success(request, _("They are one person now. The merge can be undone on this page."))
    return redirect("person", request.workspace.slug, keep.public_id)


def _already(request: StaffRequest, *public_ids: str) -> HttpResponse | None:
    """The page of whom one of these became, if they did, as in another tab."""
    became = {one: queries.whom(one) for one in public_ids}
    kept = next(filter(None, became.values()), None)
    if kept is None:
        return None
    found(request, kept)
    if {now or one for one, now in became.items()} == {kept}:
        messages.info(request, _("They are one person already."))
    else:
        messages.error(request, _("One of them was merged or erased meanwhile."))
    return redirect("person", request.workspace.slug, kept)


def _refusal(refused: MergeRefused) -> str:
    match refused.reason:
        case "undone":
            return _("This merge was undone already.")
        case "same":
            return _("This is the same person.")
        case _gone:
            return _("One of them was merged or erased meanwhile.")
