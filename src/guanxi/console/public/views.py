"""Where the links in our messages lead. Nobody signs in here: the token is the proof."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from guanxi.channels import operations as channels
from guanxi.channels import queries as links
from guanxi.channels.models import Message
from guanxi.channels.queries import BadLink
from guanxi.console.access import anyone
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.kit import clock
from guanxi.kit.addresses import mask_email
from guanxi.people import queries as people

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@anyone
@csrf_exempt  # RFC 8058: the mail program posts without having loaded the page.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET only asks, because scanners follow links. A POST answers without a redirect, which RFC 8058 forbids."""
    try:
        with followed(token, "unsubscribe") as (workspace, message), spoken_to(request, message):
            if request.method == "POST":
                channels.unsubscribe(message=message, now=clock.now())
            page = {"brand": workspace.name, "address": masked(message)}
            name = "public/unsubscribed.html" if request.method == "POST" else "public/unsubscribe.html"
            answer = render(request, name, page)
            answer.headers["Content-Language"] = translation.get_language()
            return answer
    except BadLink:
        return render(request, "public/link_broken.html", status=404)


def masked(message: Message) -> str:
    clear = people.addresses_of([message.identity_id]).get(message.identity_id) if message.identity_id else None
    return mask_email(clear) if clear else ""


@anyone
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The picture always comes: a reader never sees a fault of ours."""
    if request.method == "GET":
        try:
            with followed(token, "open") as (_workspace, message):
                channels.opened(message=message, now=clock.now())
        except BadLink:
            pass
    return HttpResponse(PIXEL, content_type="image/gif", headers={"Cache-Control": "no-store, private"})


@contextmanager
def followed(token: str, use: Literal["unsubscribe", "open"]) -> Iterator[tuple[Workspace, Message]]:
    """The message that a token names, inside the scope of its workspace. Raises BadLink."""
    link = links.read_token(token, use)
    workspace = Workspace.objects.filter(pk=link.workspace_id).first()
    if workspace is None:
        raise BadLink("The workspace of this link is gone.")
    with governance.entered(workspace):
        message = Message.objects.select_related("person").filter(pk=link.message_id).first()
        if message is None:
            raise BadLink("The message of this link is gone.")
        yield workspace, message


def spoken_to(request: HttpRequest, message: Message) -> AbstractContextManager[None]:
    return speaking(request, message.person.language)


@contextmanager
def speaking(request: HttpRequest, theirs: str) -> Iterator[None]:
    """In the language that was chosen here, else that of the person, else that of the browser."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or theirs
    try:
        known = translation.get_supported_language_variant(language)
    except (LookupError, ValueError):  # unknown, or too long for a cookie of ours
        known = translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(known):
        yield
