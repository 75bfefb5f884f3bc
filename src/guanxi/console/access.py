"""Every view says who may use it; a view that does not say fails the access matrix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from guanxi.console import proof
from guanxi.governance.models import Staff, User, Workspace
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.kit import clock

View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request inside `/w/<slug>/`: the middleware has found the workspace and the staff, and holds the scope."""

    user: User
    workspace: Workspace
    staff: Staff
    now: datetime


def sent(request: HttpRequest) -> QueryDict | None:
    """What was posted, if anything was: an empty form that is sent is wrong, not new."""
    return request.POST if request.method == "POST" else None


def may(permission: Permission) -> Callable[[View], View]:
    """The view is for staff whose role grants `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            kwargs.pop("slug", None)
            if not role_may(cast(StaffRequest, request).staff.role, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def reads_nul(view: View) -> View:
    """Outermost: the view itself looks for a NUL in what was posted, so that a long text that was typed is not lost."""
    view.reads_nul = True  # type: ignore[attr-defined]
    return view


def any_staff(view: View) -> View:
    """The view is for everyone who works in the workspace."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kwargs.pop("slug", None)
        return view(request, *args, **kwargs)

    guarded.access = "staff"  # type: ignore[attr-defined]
    return guarded


def signed_in(view: View) -> View:
    """The view is for every login, outside a workspace."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return HttpResponseRedirect("/sign-in?" + urlencode({"next": request.get_full_path()}))
        return view(request, *args, **kwargs)

    guarded.access = "login"  # type: ignore[attr-defined]
    return guarded


def confirmed(view: View) -> View:
    """Under @may or @signed_in: the login proved itself within ten minutes; otherwise it is asked to, and comes back.

    What was posted is not kept: who comes back presses again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if proof.is_fresh(request, clock.wall()):
            return view(request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            messages.info(request, _("Nothing was done yet. Confirm that it is you, then press the button again."))
        return HttpResponseRedirect(proof.page_for(request))

    return guarded


def anyone(view: View) -> View:
    """The view needs no login: sign-in, and the links that people get by mail."""
    view.access = "anyone"  # type: ignore[attr-defined]
    return view
