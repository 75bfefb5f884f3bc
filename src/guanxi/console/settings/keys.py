"""Keys by which other programs use the API in the name of who made them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.governance import operations as governance
from guanxi.governance.models import ApiKey, Staff
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.kit import clock

LISTED_AT_MOST = 200
WORDS: dict[Permission, Any] = {
    Permission.PEOPLE_VIEW: gettext_lazy("See people"),
    Permission.PEOPLE_EDIT: gettext_lazy("Add and change people"),
    Permission.PEOPLE_IMPORT: gettext_lazy("Import files"),
    Permission.PEOPLE_REVEAL: gettext_lazy("See addresses in clear, with a reason"),
    Permission.PEOPLE_EXPORT: gettext_lazy("Export everything about a person"),
    Permission.PEOPLE_ERASE: gettext_lazy("Erase people"),
    Permission.PEOPLE_BULK: gettext_lazy("Change many people at once"),
    Permission.PEOPLE_MERGE: gettext_lazy("Merge people and undo merges"),
    Permission.TAGS_MANAGE: gettext_lazy("Manage tags and their rules"),
    Permission.VIEWS_SHARE: gettext_lazy("Share saved views"),
    Permission.AUDIENCES_VIEW: gettext_lazy("See audiences"),
    Permission.AUDIENCES_EDIT: gettext_lazy("Write audiences"),
    Permission.EXPORTS_MAKE: gettext_lazy("Take people out as files"),
    Permission.CONTENT_VIEW: gettext_lazy("See content"),
    Permission.CONTENT_EDIT: gettext_lazy("Write content"),
    Permission.BROADCASTS_VIEW: gettext_lazy("See broadcasts and their results"),
    Permission.BROADCASTS_EDIT: gettext_lazy("Write broadcasts"),
    Permission.BROADCASTS_SEND: gettext_lazy("Send, pause and stop broadcasts"),
    Permission.CHANNELS_MANAGE: gettext_lazy("Manage channels and the suppression list"),
    Permission.WEBHOOKS_MANAGE: gettext_lazy("Manage webhooks"),
    Permission.SOURCES_MANAGE: gettext_lazy("Manage sources of events"),
    Permission.WORKSPACE_MANAGE: gettext_lazy("See staff; manage units and the workspace"),
    Permission.STAFF_ACCESS: gettext_lazy("Invite staff, give and take access, hand people over"),
    Permission.HEALTH_VIEW: gettext_lazy("See how the installation is"),
    Permission.AUDIT_VIEW: gettext_lazy("Read the audit log"),
}
LASTS = {"": None, "30": 30, "90": 90, "365": 365}


class NewKey(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Say which program uses it.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one.")},
    )
    lasts = forms.ChoiceField(
        label=gettext_lazy("It works"),
        required=False,
        choices=[
            ("", gettext_lazy("Until it is revoked")),
            ("30", gettext_lazy("For 30 days")),
            ("90", gettext_lazy("For 90 days")),
            ("365", gettext_lazy("For a year")),
        ],
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = [one for one in WORDS if role_may(staff.role, one)]
        self.fields["scopes"].choices = [(str(one), f"{WORDS.get(one, one)} · {one}") for one in mine]  # type: ignore[attr-defined]

    def expires_at(self, now: datetime) -> datetime | None:
        days = LASTS[self.cleaned_data["lasts"]]
        return now + timedelta(days=days) if days else None


@may(Permission.API_KEYS)
@require_GET
def keys(request: StaffRequest) -> HttpResponse:
    listed = ApiKey.objects.select_related("by").order_by("-created_at", "-pk")[:LISTED_AT_MOST]
    rows = [(key, [WORDS.get(scope, scope) for scope in key.scopes], state_of(key)) for key in listed]
    return render(request, "settings/keys.html", {"rows": rows})


def state_of(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at and key.expires_at <= clock.wall():
        return "over"
    return "on" if key.by.is_active else "stopped"


@may(Permission.API_KEYS)
@confirmed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_key(request: StaffRequest) -> HttpResponse:
    form = NewKey(sent(request), staff=request.staff)
    if form.is_valid():
        now = clock.wall()
        made = governance.make_key(
            by=request.staff,
            name=form.cleaned_data["name"],
            scopes=[Permission(one) for one in form.cleaned_data["scopes"]],
            expires_at=form.expires_at(now),
            now=now,
        )
        return render(request, "settings/key_made.html", {"key": made.key, "secret": made.secret, "curl": curl(made)})
    return render(request, "settings/key_new.html", {"form": form}, status=422 if form.is_bound else 200)


def curl(made: governance.MadeKey) -> str:
    """A line that works as it stands: with the first thing that this key may see."""
    path = "/people" if Permission.PEOPLE_VIEW in made.key.scopes else "/me"
    return f'curl -H "Authorization: Bearer {made.secret}" {settings.BASE_URL}/api/v1{path}'


@may(Permission.API_KEYS)
@require_POST
def revoke(request: StaffRequest, public_id: str) -> HttpResponse:
    key = ApiKey.objects.filter(public_id=public_id).first()
    if key is None:
        raise Http404
    governance.revoke_key(key=key, by=request.staff, now=clock.wall())
    messages.success(request, _("“%(name)s” does not let anyone in any more.") % {"name": key.name})
    return redirect("keys", request.workspace.slug)
