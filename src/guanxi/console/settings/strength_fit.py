"""Where the bands should begin, by what people of this workspace did: proposed, and taken by a person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.operations import StrengthRefused
from guanxi.connections.queries import Fit, NoFit, Settings, Worth
from guanxi.console.access import StaffRequest, may
from guanxi.console.settings.strength import EDGES, seen
from guanxi.console.strength_words import BANDS
from guanxi.governance.queries import Permission


@may(Permission.WORKSPACE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def strength_fit(request: StaffRequest) -> HttpResponse:
    """Sent, the edges that were seen are taken, if they still are what the data say."""
    known = queries.strength_settings()
    try:
        fit = queries.strength_fit(request.now)
    except NoFit as refusal:
        return render(request, "settings/strength_fit.html", {"refused": why(refusal)})
    if request.method == "POST":
        if sees(request, fit, known) and taken(request, fit, known):
            messages.success(request, _("Saved. Everybody is counted anew now."))
            return redirect("strength", request.workspace.slug)
        messages.warning(request, _("Something changed meanwhile. Look at what is proposed now."))
    return render(
        request,
        "settings/strength_fit.html",
        shown(request, fit, known),
        status=409 if request.method == "POST" else 200,
    )


def sees(request: StaffRequest, fit: Fit, known: Settings) -> bool:
    asked = [request.POST.get(name) for name in ("version", "weak_below", "strong_above")]
    return asked == [str(known.version), f"{fit.weak_below:.2f}", f"{fit.strong_above:.2f}"]


def taken(request: StaffRequest, fit: Fit, known: Settings) -> bool:
    strong = fit.after[0]
    rules = queries.with_edges(known.rules, fit)
    fitted = {"cases": fit.count, "answered": fit.answered, "strong": strong.count, "strong_answered": strong.answered}
    try:
        connections.set_strength_rules(
            rules=rules, version=known.version, by=request.staff, now=request.now, fitted=fitted
        )
    except StrengthRefused:
        return False
    return True


def shown(request: StaffRequest, fit: Fit, known: Settings) -> dict[str, Any]:
    rules = queries.with_edges(known.rules, fit)
    return {
        "fit": fit,
        "known": known,
        "changed": rules != known.rules,
        "strong": _share(fit.after[0]),
        "edges": [
            (EDGES["weak_below"], f"{known.rules.weak_below:g}", f"{fit.weak_below:g}", *map(_two, fit.weak)),
            (EDGES["strong_above"], f"{known.rules.strong_above:g}", f"{fit.strong_above:g}", *map(_two, fit.strong)),
        ],
        "bands": [
            (BANDS[before.name][0], _share(before), _share(after))
            for before, after in zip(fit.before, fit.after, strict=True)
        ],
        "tenths": [(one.name, round(100 * (one.share or 0)), _share(one)) for one in fit.tenths],
        "seen": seen(queries.strength_preview(rules, request.now)),
    }


WHY = {
    "few": gettext_lazy(
        "Too few to learn from: %(cases)s people were written to more than 14 days ago and %(answered)s of them "
        "answered. At least 500 are needed, of whom at least 100 answered and 100 did not."
    ),
    "never": gettext_lazy(
        "Of %(cases)s people %(answered)s answered, but not even the closest do so more than half of the time. "
        "No edge makes strong mean that, so the edges stay."
    ),
    "always": gettext_lazy(
        "Of %(cases)s people %(answered)s answered, and even the least close do so more than half of the time. "
        "No edge tells them apart, so the edges stay."
    ),
    "unconfirmed": gettext_lazy(
        "Of %(cases)s people %(answered)s answered. On one half of them an edge was found above which more than half "
        "answer, but on the other half they do not. Strong cannot mean that here yet, so the edges stay."
    ),
}


def why(refusal: NoFit) -> str:
    return str(WHY[refusal.reason]) % {"cases": intcomma(refusal.count), "answered": intcomma(refusal.answered)}


def _two(value: float) -> str:
    return f"{value:.2f}"


def _share(of: Worth) -> str:
    if of.share is None:
        return _("nobody")
    low, high = of.interval
    figures = {"share": round(100 * of.share), "low": round(100 * low), "high": round(100 * high)}
    return _("%(share)s %% (%(low)s–%(high)s %%) of %(count)s") % {**figures, "count": intcomma(of.count)}
