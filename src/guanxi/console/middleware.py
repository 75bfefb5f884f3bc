"""What holds for every request: sound text, the language and theme, and inside `/w/<slug>/` the workspace's scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation

from guanxi.console.access import StaffRequest
from guanxi.console.errors import bad_request, not_found
from guanxi.console.session import places
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.kit import clock

Answer = Callable[[HttpRequest], HttpResponse]
THEMES = ("light", "dark")
NUL = "\x00"
SET_UP_SECOND_STEP = "/account#two-steps"
SEEN_EVERY = timedelta(minutes=10)
LOOKS_AGAIN = "X-Looks-Again"
"""What a page asks by itself every few seconds: nobody need be there."""


def sound_text(answer: Answer) -> Answer:
    """Refuses what no page of ours sends and no database keeps: a NUL, and forms in other letters than UTF-8."""

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        given = (request.path_info, *request.COOKIES.values())
        if charset != "utf-8" or "%00" in request.META["QUERY_STRING"] or any(NUL in one for one in given):
            with translation.override(translation.get_language_from_request(request)):
                return bad_request(request)
        return answer(request)

    def process_view(request: HttpRequest, view: Any, *_given: Any) -> HttpResponse | None:
        """A view that is exempt from CSRF reads its body by itself."""
        if getattr(view, "csrf_exempt", False) or getattr(view, "reads_nul", False):
            return None
        return bad_request(request) if any(NUL in one for _name, all_ in request.POST.lists() for one in all_) else None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def language_and_theme(answer: Answer) -> Answer:
    known = {code for code, _ in settings.LANGUAGES}

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in known else translation.get_language_from_request(request)
        theme = getattr(request.user, "theme", "") or request.COOKIES.get("guanxi_theme", "")
        request.theme = theme if theme in THEMES else ""  # type: ignore[attr-defined]
        with translation.override(language):
            response = answer(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def smaller_pages(answer: Answer) -> Answer:
    """Pages go out compressed, with padding of a random length (BREACH). Answers of the API keep their strong ETag."""
    gzip = GZipMiddleware(answer)

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if response.get("Content-Type", "").startswith("text/html"):
            return cast(HttpResponse, gzip.process_response(request, response))
        return response

    return middleware


def private_pages(answer: Answer) -> Answer:
    """Whatever a login is shown stays in no cache: not in that of a shared machine's browser, not in a proxy's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_private = request.user.is_authenticated
        response = answer(request)
        if is_private:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return middleware


def last_seen(answer: Answer) -> Answer:
    """Keeps the time of a session's last use, to ten minutes: to the second, each request would write. Ends a session
    that was idle, or lasts, for longer than the strictest workspace of its login allows."""

    def middleware(request: HttpRequest) -> HttpResponse:
        seen_at, now = _noted(request, "seen_at"), clock.wall()
        if seen_at and now - seen_at > SEEN_EVERY and request.user.is_authenticated:
            limits = governance.session_limits(request.user)
            if limits.are_over(seen_at=seen_at, begun_at=_noted(request, "begun_at"), now=now):
                logout(request)
            elif LOOKS_AGAIN not in request.headers:
                places.seen(request, now)
        return answer(request)

    return middleware


def _noted(request: HttpRequest, name: str) -> datetime | None:
    noted = request.session.get(name)
    return datetime.fromisoformat(noted) if noted else None


def workspace_scope(answer: Answer) -> Answer:
    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/w/"):
            return answer(request)
        if not request.user.is_authenticated:
            return HttpResponseRedirect("/sign-in?" + urlencode({"next": request.get_full_path()}))
        workspace = Workspace.objects.filter(slug=request.path_info.split("/")[2]).first()
        if workspace is None:
            return not_found(request, Http404())
        with governance.entered(workspace), timezone.override(workspace.timezone):
            staff = governance.staff_of(request.user)
            if staff is None:
                return not_found(request, Http404())
            if workspace.needs_second_step and not governance.has_second_step(request.user):
                return HttpResponseRedirect(SET_UP_SECOND_STEP)
            inside = cast(StaffRequest, request)
            inside.workspace, inside.staff, inside.now = workspace, staff, clock.now()
            return answer(request)

    return middleware
