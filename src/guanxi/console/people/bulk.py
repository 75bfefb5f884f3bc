"""One change of many people: whom and what, how far it is, what was skipped and why, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.connections import queries as connections
from guanxi.connections.operations import FOLLOWERS, FriendsKept
from guanxi.console.access import StaffRequest, may
from guanxi.console.choices import one_line
from guanxi.console.connections.handing_over import REFUSALS as FRIENDS_KEPT
from guanxi.console.errors import bad_request
from guanxi.console.people.lists import Asked
from guanxi.console.people.tag_names import TagNames, tag_words
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Bulk, BulkAct, BulkState, Field, Role, TraitKind
from guanxi.people.queries import BULK_WORKING, UNDO_FOR

NOBODY = "none"
LISTED = 100
TONES = {BulkState.DONE: "ok", BulkState.FAILED: "danger", BulkState.STOPPED: "warn", BulkState.RUNNING: "info"}
REFUSALS: dict[str, Any] = {
    "nobody": gettext_lazy("Tick at least one person first."),
    "too_many_picked": gettext_lazy("Tick at most 500 people, or choose all who fit."),
    "not_allowed": gettext_lazy("Your role may not change people in this way."),
    "no_such_value": gettext_lazy("Choose one of the list."),
    "two_of_a_group": gettext_lazy("Of an exclusive group a person carries one tag, and none is put on and taken off."),
    "bad_value": gettext_lazy("This does not fit the trait. Dates as 2026-11-21, numbers in digits."),
    "not_running": gettext_lazy("It does not run any more."),
    "not_stopped": gettext_lazy("It is not stopped."),
    "too_late": gettext_lazy("It cannot be taken back any more, or there is nothing to take back."),
}
REASONS: dict[str, Any] = {
    "already": gettext_lazy("had it already"),
    "no_email": gettext_lazy("have no e-mail address"),
    "not_there": gettext_lazy("are not there any more, or not for you"),
    "changed_since": gettext_lazy("were changed again since"),
    "gone": gettext_lazy("had an owner or a unit that is not there any more"),
}


def acts(staff: Staff) -> list[dict[str, Any]]:
    """What this role may do to many people."""
    icons = {BulkAct.OWNER: "user-check", BulkAct.UNIT: "building-2", BulkAct.TAG: "tag", BulkAct.ROLE: "star"}
    icons |= {BulkAct.TRAIT: "pencil", BulkAct.SUPPRESS: "ban"}
    if not role_may(staff.role, Permission.PEOPLE_BULK):
        return []
    mail = role_may(staff.role, Permission.CHANNELS_MANAGE)
    return [
        {"act": str(act), "label": act.label, "icon": icon}
        for act, icon in icons.items()
        if act != BulkAct.SUPPRESS or mail
    ]


class BulkForm(forms.Form):
    """The new value, as the change wants it."""

    def __init__(self, data: Any, *, act: str, staff: Staff) -> None:
        super().__init__(data, prefix="to")  # the filter of the list has an owner and a unit, too
        self.act = act
        match act:
            case BulkAct.OWNER:
                found = [(one.public_id, one.name) for one in queries.owners_for(staff)[:500]]
                self.fields["owner"] = _choice(_("Owner"), [(NOBODY, _("No owner")), *found])
            case BulkAct.UNIT:
                units = [
                    (one.public_id, "\u2003" * (one.path.count("/") - 1) + one.name)
                    for one in queries.units_for(staff)[:500]
                ]
                none = [] if queries.bound_to_unit(staff) else [(NOBODY, _("No unit"))]
                self.fields["unit"] = _choice(_("Unit"), [*none, *units])
            case BulkAct.TAG:
                help_text = _("Names, with ; between. Write Group: Name where two groups have the same.")
                for name, label in (("add", _("Put on")), ("remove", _("Take off"))):
                    self.fields[name] = TagNames(label=label, help_text=help_text)
            case BulkAct.ROLE:
                self.fields["role"] = _choice(_("Role"), [(value, str(label)) for value, label in Role.choices])
            case BulkAct.TRAIT:
                known = [
                    (one.public_id, one.label)
                    for one in Field.objects.exclude(key=FOLLOWERS).order_by("label", "pk")[:200]
                ]
                self.fields["field"] = _choice(_("Trait"), known)
                self.fields["text"] = forms.CharField(
                    label=_("New value"),
                    max_length=200,
                    required=False,
                    validators=[one_line],
                    help_text=_("Empty takes the trait away. Dates as 2026-11-21; yes or no in words."),
                )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.act == BulkAct.TAG and not self.errors and not given["add"] and not given["remove"]:
            self.add_error("add", _("Write at least one tag."))
        return given

    @property
    def value(self) -> dict[str, Any]:
        given = self.cleaned_data
        match self.act:
            case BulkAct.OWNER:
                return {"owner": _key(Staff.objects.all(), given["owner"])}
            case BulkAct.UNIT:
                return {"unit": _key(Unit.objects.all(), given["unit"])}
            case BulkAct.TAG:
                return {name: [tag.pk for tag in given[name]] for name in ("add", "remove")}
            case BulkAct.ROLE:
                return {"role": given["role"]}
            case BulkAct.TRAIT:
                return {"field": _key(Field.objects.all(), given["field"]), "value": given["text"]}
            case _:
                return {}


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", _("Choose")), *choices])


def _key(rows: Any, public_id: str) -> int | None:
    found: int | None = rows.filter(public_id=public_id).values_list("pk", flat=True).first()
    return found


@may(Permission.PEOPLE_BULK)
@require_http_methods(["GET", "HEAD", "POST"])
def new_bulk(request: StaffRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    asked, act = Asked(given, request.staff), given.get("act", "")
    every, picked = given.get("every") == "yes", list(dict.fromkeys(given.getlist("person")))
    if not act:
        messages.info(request, _("Tick people in the list first, then choose what to change."))
        return redirect("people", request.workspace.slug)
    if act not in [one["act"] for one in acts(request.staff)]:
        return bad_request(request)
    if not every and not picked:
        messages.error(request, REFUSALS["nobody"])
        return redirect("people", request.workspace.slug)
    form = BulkForm(request.POST if request.method == "POST" else None, act=act, staff=request.staff)
    if form.is_valid():
        try:
            of = people.start_bulk(
                act=act,
                value=form.value,
                chosen=asked.wanted if every else picked,
                by=request.staff,
                now=request.now,
            )
        except people.BulkRefused as refusal:
            form.add_error(
                next((name for name in ("text", "add") if name in form.fields), None), REFUSALS[refusal.reason]
            )
        else:
            return redirect("bulk", request.workspace.slug, of.public_id)
    page = {
        "form": form,
        "act": act,
        "label": BulkAct(act).label,
        "asked": asked,
        "every": every,
        "picked": picked,
        "count": queries.count_people(request.staff, asked.wanted) if every else _seen(request, picked),
    }
    return render(request, "people/bulk_new.html", page, status=422 if form.is_bound else 200)


def _seen(request: StaffRequest, picked: list[str]) -> int:
    return queries.visible(request.staff).filter(public_id__in=picked).count()


@may(Permission.PEOPLE_BULK)
@require_safe
def bulks(request: StaffRequest) -> HttpResponse:
    rows = queries.bulks_of(request.staff).order_by("-created_at", "-pk")[:LISTED]
    shown = [{"of": of, "tone": TONES.get(BulkState(of.state), "")} for of in rows]
    return render(request, "people/bulks.html", {"rows": shown})


def found(request: StaffRequest, public_id: str) -> Bulk:
    of = queries.bulks_of(request.staff).filter(public_id=public_id).first()
    if of is None:
        raise Http404
    return of


@may(Permission.PEOPLE_BULK)
@require_safe
def bulk(request: StaffRequest, public_id: str) -> HttpResponse:
    of = found(request, public_id)
    may_undo = queries.may_undo_bulk(of, request.now)
    leaver = connections.leavers_of_changes([of.public_id], request.now).get(of.public_id) if may_undo else None
    page = {
        "of": of,
        "working": of.state in BULK_WORKING,
        "said": said(of),
        "skipped": reasons(of.skipped),
        "kept": reasons(of.kept),
        "may_undo": may_undo and leaver is None,
        "leaver": leaver,
        "until": of.finished_at + UNDO_FOR if of.finished_at else None,
    }
    return render(request, "people/bulk.html", page)


def said(of: Bulk) -> str:
    """What is set, to what."""
    match of.act:
        case BulkAct.OWNER:
            owner = Staff.objects.filter(pk=of.value["owner"]).first()
            return _("Owner: %(name)s") % {"name": owner.name if owner else _("No owner")}
        case BulkAct.UNIT:
            unit = Unit.objects.filter(pk=of.value["unit"]).first()
            return _("Unit: %(name)s") % {"name": unit.name if unit else _("No unit")}
        case BulkAct.TAG:
            return tag_words(of)
        case BulkAct.ROLE:
            return _("Role: %(role)s") % {"role": Role(of.value["role"]).label}
        case BulkAct.TRAIT:
            field = Field.objects.filter(pk=of.value["field"]).first()
            label = field.label if field else _("a trait that is not there any more")
            return f"{label}: {trait_words(field, of.value['value']) or _('taken away')}"
        case _:
            return _("Their e-mail addresses go on the suppression list.")


def trait_words(field: Field | None, value: str) -> str:
    if field is not None and field.kind == TraitKind.YES_NO and value:
        return _("Yes") if value == "yes" else _("No")
    return value


def reasons(counts: dict[str, int]) -> list[str]:
    return [
        ngettext("%(n)s person: %(why)s", "%(n)s people: %(why)s", count) % {"n": f"{count:,}", "why": REASONS[reason]}
        for reason, count in sorted(counts.items())
    ]


def turned(request: StaffRequest, public_id: str, turn: Callable[..., Bulk]) -> HttpResponse:
    of = found(request, public_id)
    try:
        turn(of=of, by=request.staff, now=request.now)
    except people.BulkRefused as refusal:
        messages.error(request, REFUSALS[refusal.reason])
    except FriendsKept as refusal:
        messages.error(request, FRIENDS_KEPT[refusal.reason])
    return redirect("bulk", request.workspace.slug, of.public_id)


@may(Permission.PEOPLE_BULK)
@require_POST
def stop(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, people.stop_bulk)


@may(Permission.PEOPLE_BULK)
@require_POST
def resume(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, people.resume_bulk)


@may(Permission.PEOPLE_BULK)
@require_POST
def undo(request: StaffRequest, public_id: str) -> HttpResponse:
    return turned(request, public_id, people.undo_bulk)
