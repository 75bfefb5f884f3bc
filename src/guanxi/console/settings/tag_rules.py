"""Rules that give tags and roles to whoever is in an audience."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience, TagRule
from guanxi.audiences.operations import TagRuleRefused
from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.choices import one_line
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries as people_queries
from guanxi.people.models import Role, Tag

OFFERED = 500
REFUSALS: dict[str, tuple[str, Any]] = {
    "no_reason": ("because", gettext_lazy("Say why. It stands beside the tag.")),
    "bad_days": ("days", gettext_lazy("Between 1 and 3,650 days, or none.")),
    "archived": ("tag", gettext_lazy("This tag is archived.")),
    "own_tag": ("tag", gettext_lazy("Rules give tags of groups.")),
    "taken": ("tag", gettext_lazy("There is a rule for this audience and this tag already.")),
    "too_many": ("tag", gettext_lazy("There are 200 rules already. Delete one that is not needed.")),
}
PROBLEMS: dict[str, Any] = {
    "rule": gettext_lazy("The audience asks for something that is not there any more."),
    "archived": gettext_lazy("The tag is archived."),
    "unexpected": gettext_lazy("Something happened that should not; the log of the worker says where."),
}


class RuleForm(forms.Form):
    audience = forms.ChoiceField(label=gettext_lazy("Whoever is in the audience"))
    tag = forms.CharField(
        label=gettext_lazy("gets the tag"),
        max_length=70,
        required=False,
        validators=[one_line],
        help_text=gettext_lazy("Its name, or Group: Name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("or the role"), required=False)
    because = forms.CharField(
        label=gettext_lazy("because"),
        max_length=200,
        validators=[one_line],
        help_text=gettext_lazy("Stands beside the tag, such as: bought five times in three months."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("for so many days"),
        required=False,
        min_value=1,
        max_value=3_650,
        help_text=gettext_lazy("Empty: as long as they are in the audience."),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        found = Audience.objects.order_by("name", "pk").values_list("public_id", "name")[:OFFERED]
        self.fields["audience"].choices = [("", _("Choose")), *found]  # type: ignore[attr-defined]
        roles = [(value, str(label)) for value, label in Role.choices if value != Role.CONSUMER]
        self.fields["role"].choices = [("", _("No role")), *roles]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if bool(given.get("tag")) == bool(given.get("role")):
            self.add_error("tag", _("Write a tag or choose a role."))
        return given

    def target(self, request: StaffRequest) -> Tag | None:
        given = self.cleaned_data
        if given["role"]:
            return people.role_tag(given["role"], now=request.now)
        found = people_queries.find_tags(None, [given["tag"]])[given["tag"]]
        if len(found) == 1:
            return found[0]
        names = ", ".join(people_queries.full_name(one) for one in found[:5])
        self.add_error(
            "tag",
            _("Which one: %(names)s?") % {"names": names}
            if found
            else _("There is no tag “%(name)s”.") % {"name": given["tag"]},
        )
        return None


def shown_rules() -> list[dict[str, Any]]:
    rules = list(queries.tag_rules())
    given = queries.given_by(rules)
    return [
        {
            "rule": rule,
            "target": str(Role(rule.tag.role).label) if rule.tag.role else people_queries.full_name(rule.tag),
            "people": given.get(rule.pk, 0),
            "problem": PROBLEMS.get(rule.problem, "") if rule.problem else "",
        }
        for rule in rules
    ]


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def tag_rules(request: StaffRequest) -> HttpResponse:
    form = RuleForm(sent(request))
    if form.is_valid() and (tag := form.target(request)):
        given = form.cleaned_data
        audience = Audience.objects.get(public_id=given["audience"])
        try:
            audiences.make_tag_rule(
                audience=audience, tag=tag, because=given["because"], days=given["days"],
                by=request.staff, now=request.now,
            )  # fmt: skip
        except TagRuleRefused as refusal:
            form.add_error(*REFUSALS[refusal.reason])
        else:
            messages.success(request, _("The rule is made. Its first look comes within a minute."))
            return redirect("tag_rules", request.workspace.slug)
    page = {"form": form, "rules": shown_rules()}
    return render(request, "settings/tag_rules.html", page, status=422 if form.is_bound else 200)


def found(public_id: str) -> TagRule:
    rule: TagRule | None = queries.tag_rules().filter(public_id=public_id).first()
    if rule is None:
        raise Http404
    return rule


@may(Permission.TAGS_MANAGE)
@require_POST
def switch(request: StaffRequest, public_id: str) -> HttpResponse:
    rule = found(public_id)
    audiences.switch_tag_rule(rule=rule, on=not rule.is_on, by=request.staff, now=request.now)
    return redirect("tag_rules", request.workspace.slug)


@may(Permission.TAGS_MANAGE)
@require_POST
def remove(request: StaffRequest, public_id: str) -> HttpResponse:
    rule = queries.tag_rules().filter(public_id=public_id).first()
    if rule is not None:  # pressed twice, or by two
        audiences.remove_tag_rule(rule=rule, by=request.staff, now=request.now)
    messages.success(request, _("The rule is deleted. The tags that it gave stay."))
    return redirect("tag_rules", request.workspace.slug)
