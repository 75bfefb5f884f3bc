"""What holds for every request under /api/: errors as problems, the key, its workspace, and an act done once."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

from guanxi.api.access import ApiRequest
from guanxi.api.problems import CONTENT_TYPE, Problem, of_status
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.operations import AnotherBody, Answer
from guanxi.governance.queries import KEY_LIMIT
from guanxi.kit import clock

Next = Callable[[HttpRequest], HttpResponse]
HERE = "/api/"
OPEN = re.compile(r"/api/v1/(docs(/.*)?|openapi\.json)")
# The reference is pages for people; all else here is for programs.
PAGES = re.compile(r"/api/v1/docs(/.*)?")
SAFE = ("GET", "HEAD", "OPTIONS")
MOST_BYTES = 1024 * 1024
AROUND_THE_FILE = 64 * 1024
MARK = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
# Addresses to which a file is posted; all others take JSON.
UPLOADS = {"list_imports", "list_files"}
# Values in clear are told and not kept.
NEVER_KEPT = {"reveal_person"}
# They call somebody outside, which no transaction waits for; a repeat calls again.
CALL_OUT = {"check_channel", "test_channel", "test_content"}


def problems(answer: Next) -> Next:
    """Outermost: no cookie counts here, and whatever goes wrong below is told as a problem."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(HERE) or PAGES.fullmatch(request.path_info):
            return answer(request)
        request.COOKIES = {}
        said = answer(request)
        if said.status_code >= 400 and said.headers.get("Content-Type") != CONTENT_TYPE:
            kept = {name: said.headers[name] for name in ("Allow",) if name in said.headers}
            problem = of_status(said.status_code)
            problem.headers = kept
            said = problem.response()
        said.headers["Cache-Control"] = "no-store"
        patch_vary_headers(said, ["Authorization"])
        return said

    return middleware


def keys(answer: Next) -> Next:
    """Innermost: the key says who asks."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(HERE) or OPEN.fullmatch(request.path_info):
            return answer(request)
        try:
            with translation.override("en"):
                name = resolve(request.path_info).url_name or ""
                said = _admitted(cast(ApiRequest, request), name, answer)
        except Resolver404:
            return of_status(404).response()
        except Problem as problem:
            said = problem.response()
        said.headers["Content-Language"] = "en"
        return said

    return middleware


def _admitted(request: ApiRequest, name: str, answer: Next) -> HttpResponse:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Problem("no_key", "Send the header “Authorization: Bearer gx_live_…”.", headers=_challenge())
    secret, wall = secret.strip(), clock.wall()
    workspace = queries.workspace_of_key(secret)
    if workspace is None:
        raise _bad_key()
    with queries.entered(workspace):
        key = queries.key_of(secret, wall)
        if key is None:
            raise _bad_key()
        if wait := governance.admit(key=key, now=wall):
            after = {"Retry-After": str(max(1, math.ceil(wait.total_seconds())))}
            said = f"A key may ask {KEY_LIMIT.a_minute} times a minute. Wait as long as Retry-After says."
            raise Problem("too_many_requests", said, headers=after)
        request.key, request.workspace, request.staff, request.now = key, workspace, key.by, clock.now()
        request.scopes, request.etag = queries.scopes_of(key), ""
        with governance.through(key=key):
            if request.method in SAFE:
                return _tagged(request, answer(request))
            _check_body(request, name)
            return _once(request, name, answer)


def _challenge() -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="guanxi"'}


def _bad_key() -> Problem:
    said = "The key is not known, was revoked, is over, or its maker has no access any more. Make a new one."
    return Problem("bad_key", said, headers={"WWW-Authenticate": 'Bearer realm="guanxi", error="invalid_token"'})


def _check_body(request: ApiRequest, name: str) -> None:
    if request.headers.get("Transfer-Encoding"):
        raise Problem("length_required", "Send the body at once, with its Content-Length, not in chunks.")
    upload = name in UPLOADS and request.method == "POST"
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    most = settings.IMPORT_MAX_BYTES + AROUND_THE_FILE if upload else MOST_BYTES
    if length > most:
        raise Problem("too_large", f"At most {most // 1024} KiB fit here.")
    wanted = "multipart/form-data" if upload else "application/json"
    if length and request.content_type != wanted:
        raise Problem("wrong_content_type", f"Send the body as {wanted}.")


def _once(request: ApiRequest, name: str, answer: Next) -> HttpResponse:
    """In one transaction with the answer that is kept: whoever repeats it, even at the same time, gets the same."""
    if name in CALL_OUT:
        return _tagged(request, answer(request))
    mark = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    with transaction.atomic():
        if mark is None or name in NEVER_KEPT:
            return _all_or_nothing(request, answer)
        if not MARK.fullmatch(mark):
            raise Problem("bad_idempotency_key", "It is 1 to 200 visible ASCII characters, such as a UUID.")
        try:
            row = governance.claim_answer(
                key=request.key,
                mark=hashlib.sha256(mark.encode()).digest(),
                request=_fingerprint(request),
                now=request.now,
            )
        except AnotherBody:
            words = "Another request came with this idempotency key before. Take a new one for each act."
            raise Problem("idempotency_conflict", words) from None
        if kept := governance.kept_answer(row):
            return _replayed(kept)
        said = _all_or_nothing(request, answer)
        if said.status_code < 500:
            headers = {name: said.headers[name] for name in KEPT_HEADERS if name in said.headers}
            governance.keep_answer(row=row, answer=Answer(said.status_code, headers, said.content.decode()))
        else:
            row.delete()
        return said


def _all_or_nothing(request: ApiRequest, answer: Next) -> HttpResponse:
    with transaction.atomic():
        said = _tagged(request, answer(request))
        if said.status_code >= 400:
            transaction.set_rollback(True)
    return said


def _tagged(request: ApiRequest, said: HttpResponse) -> HttpResponse:
    if request.etag and said.status_code < 300:
        said.headers["ETag"] = request.etag
    return said


def _replayed(kept: Answer) -> HttpResponse:
    headers = {"Idempotent-Replayed": "true", **kept.headers}
    return HttpResponse(kept.body, status=kept.status, headers=headers)


def _fingerprint(request: ApiRequest) -> bytes:
    """What makes two requests the same: method, address, If-Match and body; of a form its fields and files, as the text
    around them is drawn anew each time."""
    same = [request.method, request.get_full_path(), request.headers.get("If-Match")]
    digest = hashlib.sha256(json.dumps(same).encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    try:
        fields, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig):
        raise Problem("bad_request", "The form cannot be read.") from None
    digest.update(json.dumps(sorted(fields.lists())).encode())
    for name, file in sorted(files.items()):
        assert isinstance(file, UploadedFile)
        digest.update(json.dumps([name, file.name, file.size]).encode())
        for piece in file.chunks():
            digest.update(piece)
        file.seek(0)
    return digest.digest()
