"""Each request has an id: in its answer, in the lines that are logged meanwhile, and on the page that says sorry."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from guanxi.kit import logs

SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The id that a proxy gave, if it looks like one; otherwise a new one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if SANE.fullmatch(given) else secrets.token_hex(8)
        token = logs.request_id.set(name)
        try:
            response = answer(request)
        finally:
            logs.request_id.reset(token)
        response.headers["X-Request-ID"] = name
        return response

    return middleware
