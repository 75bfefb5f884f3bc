"""Kinds of ids: those that are built in, and a workspace's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.choices import one_line
from guanxi.console.integrations.sources import tabs
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import GivenBy, Keeps, OwnKind, Trust
from guanxi.people.operations import KindRefused, KindWanted

MAY = Permission.SOURCES_MANAGE
REFUSALS: dict[str, tuple[str, Any]] = {
    "no_name": ("label", gettext_lazy("Give it a name of one line, with at most 80 characters.")),
    "bad_key": (
        "key",
        gettext_lazy("Small letters a to z, digits and _ only, a letter first, at most 20 characters."),
    ),
    "built_in": ("key", gettext_lazy("A kind that is built in has this key. Choose another.")),
    "same_key": ("key", gettext_lazy("Another kind has this key. Choose another.")),
    "same_name": ("label", gettext_lazy("Another kind is called so. Two could not be told apart.")),
    "too_many": ("", gettext_lazy("A workspace has at most 50 kinds of its own. Remove one that nobody has.")),
    "in_use": (
        "",
        gettext_lazy("There are ids of this kind. How they are kept, and who gives them, stays as it is from then on."),
    ),
    "seen_with_others": (
        "trust",
        gettext_lazy(
            "Ids of this kind came together with people who do not have them, so they do not prove who somebody is."
        ),
    ),
    "several_each": ("single", gettext_lazy("Some people have two of it already.")),
}


class KindForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=80, validators=[one_line])
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=20,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
        help_text=gettext_lazy(
            "How programs and files name it, such as loyalty_card. Left empty, it is made from the name. It stays."
        ),
    )
    trust = forms.ChoiceField(
        label=gettext_lazy("What it proves"),
        choices=Trust.choices,
        initial=Trust.PROOF,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "What proves the person brings two people together who have it. What a household or a device shares never "
            "brings two known people together."
        ),
    )
    single = forms.BooleanField(
        label=gettext_lazy("A person has only one"),
        required=False,
        help_text=gettext_lazy("Two different ones are then two people. Only for what proves the person."),
    )
    place = forms.ChoiceField(
        label=gettext_lazy("Who gives it"),
        required=False,
        choices=[("", gettext_lazy("It is the same everywhere")), *GivenBy.choices],
        help_text=gettext_lazy("Where each corp, app or shop counts for itself, the same id is not the same person."),
    )
    keeps = forms.ChoiceField(
        label=gettext_lazy("How it is kept"),
        choices=Keeps.choices,
        initial=Keeps.SEALED,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Of a hash, nobody can read the id again; it is still found by typing it whole."),
    )

    def __init__(self, *args: Any, of: OwnKind | None = None, in_use: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if of is not None:
            del self.fields["key"]
            for name in ("label", "trust", "single", "place", "keeps"):
                self.fields[name].initial = getattr(of, name)
        if in_use:
            for name in ("place", "keeps"):
                self.fields[name].disabled = True

    @property
    def wanted(self) -> KindWanted:
        return KindWanted(**{name: value for name, value in self.cleaned_data.items() if name != "key"})

    def refuse(self, refusal: KindRefused) -> None:
        field, said = REFUSALS[refusal.reason]
        self.add_error(field or None, said)


def found(public_id: str) -> OwnKind:
    kind = OwnKind.objects.filter(public_id=public_id).first()
    if kind is None:
        raise Http404
    return kind


@may(MAY)
@require_safe
def id_kinds(request: StaffRequest) -> HttpResponse:
    context = {"listed": shown(queries.known_kinds()), "tabs": tabs(request, "id_kinds")}
    return render(request, "integrations/id_kinds.html", context)


@may(MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def new_id_kind(request: StaffRequest) -> HttpResponse:
    form = KindForm(sent(request))
    if form.is_valid():
        try:
            made = people.add_kind(wanted=form.wanted, key=form.cleaned_data["key"], by=request.staff, now=request.now)
        except KindRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": made})
            return redirect("id_kinds", request.workspace.slug)
    return render(request, "integrations/id_kind.html", {"form": form}, status=422 if form.is_bound else 200)


@may(MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def id_kind(request: StaffRequest, public_id: str) -> HttpResponse:
    own = found(public_id)
    known = queries.known_kind(own)
    form = KindForm(sent(request), of=own, in_use=known.ids > 0)
    if form.is_valid():
        try:
            people.change_kind(kind=own, wanted=form.wanted, by=request.staff, now=request.now)
        except KindRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("id_kinds", request.workspace.slug)
    context = {"form": form, "kind": own, "known": shown([known])[0], "work": queries.work_of(own)}
    return render(request, "integrations/id_kind.html", context, status=422 if form.is_bound else 200)


@may(MAY)
@require_POST
def remove_id_kind(request: StaffRequest, public_id: str) -> HttpResponse:
    own = found(public_id)
    try:
        people.remove_kind(kind=own, by=request.staff, now=request.now)
    except KindRefused:
        messages.error(request, _("There are ids of this kind, so it stays."))
        return redirect("id_kind", request.workspace.slug, public_id)
    messages.success(request, _("%(name)s is removed.") % {"name": own})
    return redirect("id_kinds", request.workspace.slug)


def shown(kinds: list[queries.KnownKind]) -> list[dict[str, Any]]:
    trusts, keeps = dict(Trust.choices), dict(Keeps.choices)
    return [
        {
            "kind": one.kind,
            "label": one.label,
            "own": one.own,
            "trust": trusts[one.kind.trust],
            "keeps": keeps[one.kind.keeps],
            "place": queries.place_label(one.kind),
            "ids": one.ids,
            "more": one.ids == queries.IDS_COUNTED_UP_TO,
        }
        for one in kinds
    ]
