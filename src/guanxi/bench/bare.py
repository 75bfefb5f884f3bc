"""The least that a durable intake does: parse with msgspec, append to a file, fdatasync. To measure against."""

from __future__ import annotations

import os
from typing import Any

import django
import msgspec
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], SECRET_KEY="bench", ALLOWED_HOSTS=["*"])
django.setup()


class Batch(msgspec.Struct):
    batch: list[Any]


_decode = msgspec.json.Decoder(Batch).decode
_file = os.open(os.environ["BARE_FILE"], os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)


def take(request: HttpRequest) -> HttpResponse:
    body = request.read()
    _decode(body)
    os.write(_file, body)
    os.fdatasync(_file)
    return HttpResponse(b"{}", content_type="application/json", headers={"Content-Length": "2"})


urlpatterns = [path("v1/batch", take)]
application = get_wsgi_application()
