"""The first version of the API: its rooms, and how errors of the house become problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from guanxi.api.access import Bearer
from guanxi.api.problems import Problem, Wrong, not_found, of_status
from guanxi.api.v1 import (
    arrivals,
    audiences,
    audit,
    broadcasts,
    bulks,
    channels,
    checks,
    consents,
    contents,
    doubtful,
    exports,
    fields,
    friends,
    groups,
    handovers,
    health,
    id_kinds,
    imports,
    ladder,
    levels,
    me,
    memberships,
    merges,
    notes,
    notices,
    people,
    personal,
    platforms,
    referrals,
    roles,
    sources,
    staff,
    strength_rules,
    strengths,
    tag_rules,
    tags,
    ties,
    timeline,
    views,
    waiting,
    webhooks,
    workspace,
)
from guanxi.api.v1.refusals import REFUSALS

UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
DEEPEST = 60


class Reader(Parser):
    """JSON as RFC 8259 has it, and nothing that no database keeps."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            read = json.loads(request.body.decode(), parse_constant=_no_number, object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as error:
            said = f"The body is not JSON in UTF-8: {error}." if isinstance(error, json.JSONDecodeError) else str(error)
            raise Problem("malformed_json", said if said.isascii() else "The body is not JSON in UTF-8.") from None
        _keepable(read)
        return read  # type: ignore[no-any-return]


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number of JSON.")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name stands twice in one object.")
    return found


def _keepable(read: Any) -> None:
    waiting: list[tuple[int, Any]] = [(0, read)]
    while waiting:
        depth, node = waiting.pop()
        if depth > DEEPEST:
            raise Problem("malformed_json", f"The body is nested more than {DEEPEST} deep.")
        match node:
            case str() if UNKEEPABLE.search(node):
                raise Problem("malformed_json", "The body holds a NUL or half a surrogate pair, which no text has.")
            case dict():
                waiting += [(depth + 1, part) for pair in node.items() for part in pair]
            case list():
                waiting += [(depth + 1, part) for part in node]


class Writer(JSONRenderer):
    json_dumps_params = {"ensure_ascii": False}


class Site(NinjaAPI):
    def _get_urls(self) -> list[URLResolver | URLPattern]:
        """Those of the operations alone; each is entered with a key."""
        found = [one for bound in self._get_bound_routers() for one in bound.urls_paths(bound.prefix)]
        for one in found:
            one.callback.access = "key"  # type: ignore[attr-defined]
        return [*found]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = Site(
    title="Guanxi API",
    version="1",
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    parser=Reader(),
    renderer=Writer(),
)
for room in (
    me,
    notices,
    people,
    consents,
    timeline,
    levels,
    strengths,
    platforms,
    notes,
    tags,
    tag_rules,
    friends,
    handovers,
    ties,
    groups,
    referrals,
    merges,
    personal,
    fields,
    bulks,
    exports,
    views,
    imports,
    audiences,
    memberships,
    ladder,
    contents,
    broadcasts,
    doubtful,
    channels,
    checks,
    webhooks,
    id_kinds,
    sources,
    arrivals,
    staff,
    workspace,
    strength_rules,
    roles,
    waiting,
    health,
    audit,
):
    api.add_router("", room.router)


def operations() -> Iterator[tuple[str, Operation]]:
    """Every operation with its path."""
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                yield path, operation


for _path, _operation in operations():
    for _bearer in _operation.auth_callbacks:
        assert isinstance(_bearer, Bearer)
        _bearer.parameters = frozenset(
            name
            for model in _operation.models
            if model.__ninja_param_source__ == "query"
            for name in getattr(model, "__ninja_flatten_map__", model.model_fields)
        )


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response()


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return not_found().response()


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja wraps what the reader raises."""
    problem = error.__cause__ if isinstance(error.__cause__, Problem) else of_status(error.status_code)
    return problem.response()


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return of_status(413).response()


@api.exception_handler(MultiPartParserError)
def _bad_form(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return Problem("bad_request", "The form cannot be read.").response()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = [_wrong(one) for one in error.errors]
    first = wrong[0]
    said = f"{first.field}: {first.detail}" if first.field else first.detail
    return Problem("invalid", said, field=first.field, errors=wrong).response()


WORDS = {
    "missing": ("missing", "This is needed."),
    "extra_forbidden": ("unknown_field", "This field is not known here. Leave it out."),
}


def _wrong(error: dict[str, Any]) -> Wrong:
    """`loc` is (source, name of our argument, where in it …)."""
    source, _argument, *inside = [*error["loc"], ""][:2] + list(error["loc"][2:])
    where = [str(part) for part in inside] or [str(part) for part in error["loc"][1:2] if source != "body"]
    code, said = WORDS.get(error["type"], ("wrong_value", str(error["msg"]).removeprefix("Value error, ")))
    return Wrong(".".join(where), code, said[:1].upper() + said[1:])


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return next(told(error) for kind, told in REFUSALS.items() if isinstance(error, kind)).response()


for _kind in REFUSALS:
    api.add_exception_handler(_kind, _refused)
