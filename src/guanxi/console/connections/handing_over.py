"""Friends of one advisor go to others: who, how many and to whom stands on the page before they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from guanxi.channels.models import Account
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.models import FriendSource
from guanxi.connections.operations.handover import AT_ONCE, TAKERS_AT_MOST
from guanxi.connections.queries import FriendsWanted
from guanxi.console.access import StaffRequest, may
from guanxi.console.choices import Day
from guanxi.governance.models import Staff
from guanxi.governance.queries import Permission
from guanxi.people import queries as people

REFUSALS: dict[str, Any] = {
    "inactive": gettext_lazy("One of them has no access any more. Choose somebody with access."),
    "holds_no_people": gettext_lazy("One of them does not look after people. Choose somebody who does."),
    "oneself": gettext_lazy("An advisor cannot hand friends over to themselves."),
    "at_work": gettext_lazy("Their friends are changing hands already. Wait for the end of it, or stop it first."),
    "not_running": gettext_lazy("It does not run any more."),
    "not_stopped": gettext_lazy("It is not stopped."),
    "too_late": gettext_lazy("It can be taken back for seven days, and once."),
    "giver_left": gettext_lazy("Who would get the friends back has no access. Give them access again first."),
}


class HandOver(forms.Form):
    giver = forms.ChoiceField(label=gettext_lazy("Whose friends"))
    takers = forms.MultipleChoiceField(
        label=gettext_lazy("To whom"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Several get them in turn, the same number each."),
    )
    account = forms.ChoiceField(label=gettext_lazy("Account"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False)
    since = Day(label=gettext_lazy("Friends since, from"), required=False)
    until = Day(label=gettext_lazy("Friends since, to"), required=False)

    def __init__(self, *args: Any, givers: Iterable[Staff], takers: Iterable[Staff], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.givers = {one.public_id: one for one in givers}
        self.colleagues = {one.public_id: one for one in takers}
        self.accounts = {one.public_id: one for one in Account.objects.order_by("name", "pk")}
        self._choices("giver", [("", _("Choose")), *((code, name_of(one)) for code, one in self.givers.items())])
        self._choices("takers", [(code, one.name) for code, one in self.colleagues.items()])
        self._choices("account", [("", _("Every account")), *((code, str(one)) for code, one in self.accounts.items())])
        self._choices("source", [("", _("Any source")), *FriendSource.choices])

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("giver") and given["giver"] in given.get("takers", ()):
            self.add_error("takers", REFUSALS["oneself"])
        if len(given.get("takers", ())) > TAKERS_AT_MOST:
            self.add_error("takers", _("Choose %(n)s at the most.") % {"n": TAKERS_AT_MOST})
        return given

    @property
    def given(self) -> dict[str, Any]:
        """For the operation."""
        giver, account = self.cleaned_data["giver"], self.cleaned_data["account"]
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        wanted = FriendsWanted(
            source=self.cleaned_data["source"],
            account=self.accounts[account].pk if account else None,
            since_from=midnight(since) if since else None,
            since_until=midnight(until + timedelta(days=1)) if until else None,
        )
        return {
            "giver": self.givers[giver],
            "takers": [self.colleagues[one] for one in self.cleaned_data["takers"]],
            "wanted": None if wanted == FriendsWanted() else wanted,
        }


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def name_of(one: Staff) -> str:
    return one.name if one.is_active else _("%(name)s (has left)") % {"name": one.name}


@dataclass(frozen=True)
class Share:
    taker: Staff
    friends: int


def preview(given: dict[str, Any]) -> dict[str, Any]:
    shares, groups = queries.would_go(given["giver"], given["takers"], given["wanted"])
    return {
        "count": sum(shares.values()),
        "groups": groups,
        "many": sum(shares.values()) > AT_ONCE,
        "shares": [Share(one, shares[one.pk]) for one in given["takers"]],
        "giver": given["giver"],
    }


@may(Permission.PEOPLE_BULK)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    """Asked by its address it shows who would go to whom; sent, they go."""
    there = queries.staff_for(request.staff)
    takers = people.takers().filter(pk__in=there.order_by().values("pk"))
    sending = request.method == "POST"
    sent = request.POST if sending else request.GET if "giver" in request.GET else None
    form = HandOver(sent, givers=there, takers=takers)
    shown: dict[str, Any] = {"form": form}
    if form.is_valid():
        if sending and (led := hand_over(request, form)):
            return led
        if not sending:
            check(form)
        if not form.errors:
            shown |= preview(form.given)
    refused = 409 if form.has_error("giver", "at_work") else 422
    return render(request, "connections/hand_over.html", shown, status=refused if form.errors and sending else 200)


def hand_over(request: StaffRequest, form: HandOver) -> HttpResponse | None:
    """A few have changed hands now; of more a page says how far it is."""
    try:
        of = connections.hand_over_friends(**form.given, by=request.staff, now=request.now)
    except connections.FriendsKept as refusal:
        refuse(form, refusal)
        return None
    if of is not None and of.state in queries.HANDOVER_WORKING:
        return redirect("friend_handover", request.workspace.slug, of.public_id)
    if of is None:
        messages.info(request, _("Nobody had to go."))
    else:
        gone = ngettext("%(n)s friend has changed hands.", "%(n)s friends have changed hands.", of.friends)
        messages.success(request, gone % {"n": of.friends})
    return redirect("friend_handovers", request.workspace.slug)


def check(form: HandOver) -> None:
    """Nothing is promised that would be refused."""
    try:
        connections.check_handover(giver=form.given["giver"], takers=form.given["takers"])
    except connections.FriendsKept as refusal:
        refuse(form, refusal)


def refuse(form: HandOver, refusal: connections.FriendsKept) -> None:
    said = forms.ValidationError(REFUSALS[refusal.reason], code=refusal.reason)
    form.add_error("giver" if refusal.reason == "at_work" else "takers", said)
