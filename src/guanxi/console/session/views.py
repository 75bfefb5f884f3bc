"""Signing in and out, the workspace to go to, and the look that a person prefers."""

from __future__ import annotations

from typing import cast

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from guanxi.console import proof
from guanxi.console.access import anyone, sent, signed_in
from guanxi.console.session import entering, passkeys, places
from guanxi.console.session.entering import back_to
from guanxi.console.session.forms import Code, Confirm, SignIn
from guanxi.console.session.waiting import code_wait_words, retry_after, wait_words
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import User
from guanxi.kit import clock

YEAR = 365 * 24 * 3600


@signed_in
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    workspaces = queries.workspaces_of(cast(User, request.user))
    if len(workspaces) == 1:
        return redirect("home", workspaces[0].slug)
    return render(request, "session/workspaces.html", {"workspaces_open": workspaces})


@anyone
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignIn(request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        return sign_in_page(request, form, 422 if form.is_bound else 200)
    email = form.cleaned_data["email"].lower()
    place = {"address": places.address_of(request), "device": places.device_of(request, email)}
    try:
        user = governance.use_password(email=email, password=form.cleaned_data["password"], now=clock.wall(), **place)
    except governance.TooManyTries as refusal:
        form.add_error(None, wait_words(refusal.wait))
        return retry_after(sign_in_page(request, form, 429), refusal.wait)
    if user is None:
        form.add_error(None, _("This e-mail and password do not belong together. Check both, or ask for a new link."))
        return sign_in_page(request, form, 422)
    return entering.begin(request, user, "password", back_to(request))


@anyone
@never_cache
@require_POST
def sign_in_passkey(request: HttpRequest) -> HttpResponse:
    """Its holder unlocked it, so that it is both steps in one."""
    try:
        user = passkeys.user_of(request)
    except governance.PasskeyRefused as refusal:
        return sign_in_page(request, SignIn(), 422, passkeys.refusal_words(refusal))
    return entering.let_in(request, user, "passkey", back_to(request))


def sign_in_page(request: HttpRequest, form: SignIn, status: int, problem: str = "") -> HttpResponse:
    known = {"form": form, "next": back_to(request), "problem": problem, "passkeys": passkeys.site_of(request)}
    return render(request, "session/sign_in.html", known, status=status)


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET only asks: mail scanners and previews follow links, and must not use this one up."""
    try:
        if request.method != "POST":
            link = governance.check_sign_in_link(token=token, now=clock.wall())
            return render(request, "session/link.html", {"who": link.user})
        user = governance.use_sign_in_link(token=token, now=clock.wall())
        return entering.begin(request, user, "link", proof.way_back(request, user))
    except governance.LinkRefused as refusal:
        status = 404 if refusal.reason == "unknown" else 410
        return render(request, "session/link_refused.html", {"reason": refusal.reason}, status=status)


@signed_in
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Asks a login that has been in for a while to prove itself before something that needs it."""
    if request.POST.get("way") == "passkey":
        return confirm_by_passkey(request)
    by_code = request.POST.get("way") == "code" or proof.owes_second_step(request)
    form: forms.Form = Code(sent(request), auto_id="code_%s") if by_code else Confirm(sent(request))
    if not form.is_valid():
        return confirm_page(request, form, 422 if form.is_bound else 200)
    try:
        prove(request, form.cleaned_data)
    except governance.PasswordRefused:
        form.add_error("password", _("This is not your password."))
        return confirm_page(request, form, 422)
    except governance.CodeRefused:
        form.add_error("code", _("This code does not work. A code of the app works once and for about a minute."))
        return confirm_page(request, form, 422)
    except governance.TooManyTries as refusal:
        form.add_error(None, code_wait_words(refusal.wait) if by_code else wait_words(refusal.wait))
        return retry_after(confirm_page(request, form, 429), refusal.wait)
    if by_code:
        request.session.pop("owes_second_step", None)
    proof.note(request, clock.wall())
    return redirect(back_to(request))


def prove(request: HttpRequest, given: dict[str, str]) -> None:
    user, now = cast(User, request.user), clock.wall()
    if "code" not in given:
        return governance.prove_password(user=user, password=given["password"], now=now)
    place = {"address": places.address_of(request), "device": places.device_of(request, user.email)}
    governance.use_code(user=user, code=given["code"], now=now, **place)
    return None


def confirm_by_passkey(request: HttpRequest) -> HttpResponse:
    try:
        if passkeys.user_of(request) != request.user:
            raise governance.PasskeyRefused("wrong")
    except governance.PasskeyRefused as refusal:
        return confirm_page(request, Confirm(), 422, passkeys.refusal_words(refusal))
    request.session.pop("owes_second_step", None)
    proof.note(request, clock.wall())
    return redirect(back_to(request))


def confirm_page(request: HttpRequest, form: forms.Form, status: int, problem: str = "") -> HttpResponse:
    by_code = isinstance(form, Code)
    proof.keep_way_back(request, back_to(request))
    known = {
        "form": Confirm() if by_code else form,
        "code_form": form if by_code else Code(auto_id="code_%s"),
        "steps": queries.second_steps(cast(User, request.user)),
        "next": back_to(request),
        "problem": problem,
        "passkeys": passkeys.site_of(request),
        "by_password": cast(User, request.user).has_usable_password() and not proof.owes_second_step(request),
    }
    return render(request, "session/confirm.html", known, status=status)


@signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(reverse("sign_in"))


@anyone
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    response = redirect(back_to(request))
    if language not in dict(settings.LANGUAGES):
        return HttpResponse(_("Unknown language."), status=400, content_type="text/plain; charset=utf-8")
    if request.user.is_authenticated:
        governance.set_appearance(user=request.user, language=language)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    return response


@anyone
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in ("light", "dark", "system"):
        return HttpResponse(_("Unknown theme."), status=400, content_type="text/plain; charset=utf-8")
    kept = "" if theme == "system" else theme
    if request.user.is_authenticated:
        governance.set_appearance(user=request.user, theme=kept)
    response = redirect(back_to(request))
    response.set_cookie("guanxi_theme", kept, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    return response
