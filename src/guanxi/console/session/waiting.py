"""How a page says that somebody tried too often."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from django.http import HttpResponse
from django.utils.translation import ngettext


def wait_words(wait: timedelta) -> str:
    minutes = ceil(wait / timedelta(minutes=1))
    return ngettext(
        "Too many wrong passwords. Try again in %(n)s minute.",
        "Too many wrong passwords. Try again in %(n)s minutes.",
        minutes,
    ) % {"n": minutes}


def retry_after(response: HttpResponse, wait: timedelta) -> HttpResponse:
    response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
    return response


def code_wait_words(wait: timedelta) -> str:
    minutes = ceil(wait / timedelta(minutes=1))
    return ngettext(
        "Too many wrong codes. Try again in %(n)s minute.",
        "Too many wrong codes. Try again in %(n)s minutes.",
        minutes,
    ) % {"n": minutes}
