"""Your own login: its name, its look, its password, and where it is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from babel.dates import format_timedelta
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from guanxi.console import proof
from guanxi.console.access import signed_in
from guanxi.console.account import agents
from guanxi.console.account.forms import Name, PasskeyName, Password
from guanxi.console.middleware import SEEN_EVERY
from guanxi.console.session.passkeys import site_of
from guanxi.console.session.passwords import password_words
from guanxi.console.session.waiting import retry_after, wait_words
from guanxi.console.templatetags.figures import locale
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User, Workspace
from guanxi.kit import clock


def page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    user = cast(User, request.user)
    fresh: dict[str, Any] = {"sessions": sessions(request, user), "devices": devices(request, user)}
    fresh |= {"steps": queries.second_steps(user), "passkeys": site_of(request), "passkey_form": PasskeyName()}
    fresh |= {
        "name_form": Name(initial={"name": user.name}),
        "password_form": Password(asks_current=asks_current(request)),
    }
    fresh |= {"needs_proof": needs_proof(request)}
    fresh |= {"needed_by": needed_by(user)}
    return render(request, "account/account.html", fresh | forms, status=status)


def asks_current(request: HttpRequest) -> bool:
    return cast(User, request.user).has_usable_password() and not proof.is_by_link(request, clock.wall())


def needs_proof(request: HttpRequest) -> bool:
    """A session that was found open must not be made a password for."""
    return not cast(User, request.user).has_usable_password() and not proof.is_fresh(request, clock.wall())


def needed_by(user: User) -> list[Workspace]:
    """Where this login may not work until it has a second step."""
    if queries.has_second_step(user):
        return []
    return [workspace for workspace in queries.workspaces_of(user) if workspace.needs_second_step]


def sessions(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    now = clock.wall()
    return [
        {
            "name": one.name,
            "device": agents.words(one.agent),
            "here": one.key == request.session.session_key,
            "seen": seen_words(one.seen_at, now),
        }
        for one in queries.sessions_of(user, now)
    ]


def devices(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    now = clock.wall()
    return [
        {
            "device": agents.words(one.agent),
            "public_id": one.public_id,
            "here": one.public_id == request.session.get("device"),
            "seen": seen_words(one.used_at, now),
            "until": one.expires_at,
        }
        for one in queries.remembered_devices(user, now)
    ]


def seen_words(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    if now - at < 2 * SEEN_EVERY:
        return _("in use now")
    return _("last used %(ago)s") % {"ago": format_timedelta(at - now, add_direction=True, locale=locale())}


@signed_in
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return page(request)


@signed_in
@require_POST
def set_name(request: HttpRequest) -> HttpResponse:
    form = Name(request.POST)
    if not form.is_valid():
        return page(request, 422, name_form=form)
    governance.rename(user=cast(User, request.user), name=form.cleaned_data["name"])
    messages.success(request, _("Your name is saved."))
    return redirect("account")


@signed_in
@sensitive_post_parameters()
@require_POST
def set_password(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if needs_proof(request):
        return redirect(proof.page_for(request))
    form = Password(request.POST, asks_current=asks_current(request))
    if form.is_valid():
        try:
            governance.set_password(user=user, now=clock.wall(), **({"current": None} | form.cleaned_data))
        except governance.PasswordRefused as refusal:
            explain(form, refusal.reasons)
        except governance.TooManyTries as refusal:
            form.add_error("current", wait_words(refusal.wait))
            return retry_after(page(request, 429, password_form=form), refusal.wait)
        else:
            update_session_auth_hash(request, user)
            proof.note(request, clock.wall())
            proof.use_link(request)
            messages.success(request, _("Your password is saved. You are signed out on every other device."))
            return redirect("account")
    return page(request, 422, password_form=form)


def explain(form: Password, reasons: list[str]) -> None:
    for reason in reasons:
        if reason == "wrong_current":
            form.add_error("current", _("This is not your current password."))
        else:
            form.add_error("password", password_words(reason))


@signed_in
@require_POST
def end_session(request: HttpRequest, name: str) -> HttpResponse:
    if governance.end_session(user=cast(User, request.user), name=name, now=clock.wall()):
        messages.success(request, _("That device is signed out."))
    else:
        messages.info(request, _("That device was signed out already."))
    return redirect("account")


@signed_in
@require_POST
def forget_device(request: HttpRequest, public_id: str) -> HttpResponse:
    governance.forget_device(user=cast(User, request.user), public_id=public_id)
    messages.success(request, _("That device is asked for the second step again."))
    return redirect("account")


@signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    here = request.session.session_key or ""
    governance.end_other_sessions(user=cast(User, request.user), but=here, now=clock.wall())
    messages.success(request, _("You are signed out on every other device."))
    return redirect("account")
