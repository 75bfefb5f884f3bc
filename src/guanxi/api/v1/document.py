"""The OpenAPI 3.1 document: what the operations say of themselves, and what holds for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from guanxi.api.problems import CODES, CONTENT_TYPE, Problem
from guanxi.api.v1.examples import ANSWERS, REQUESTS
from guanxi.api.v1.examples.example import Example
from guanxi.api.v1.examples.ids import PERSON
from guanxi.api.v1.site import api

DESCRIPTION = """\
Everything that the console can do, for programs. JSON in UTF-8 and snake_case; ids are public and stay; times are
RFC 3339 in UTC; money is whole minor units and a currency.

A key lets a program in: `Authorization: Bearer gx_live_…`. It is made in the console under Settings, works in one
workspace, has scopes, and sees the people whom its maker sees.
"""
Json = dict[str, Any]
SHARED = {400: "bad_request", 401: "bad_key", 403: "missing_scope", 422: "invalid", 429: "too_many_requests"}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is for programs and keeps its meaning; `detail` says what to do.",
    "required": ["type", "title", "status", "detail", "code", "docs"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": list(CODES)},
        "docs": {"type": "string", "format": "uri"},
        "field": {"type": "string", "description": "Where in the request."},
        "merged_into": {"type": "string", "description": "Whom a person became; with the code `merged`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "additionalProperties": False,
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same one with the same request within 24 hours gets the same answer; nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the version that you know; another one is answered 412.",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
}
NEVER_KEPT = ("reveal_person", "check_channel", "test_channel", "test_content")
# Acts that look at If-Match, as all changes do: whoever reviewed a broadcast or a role means what they reviewed.
STEPS = ("send_broadcast", "pause_broadcast", "resume_broadcast", "cancel_broadcast", "set_role_rules", "fill_role")
MOVED = {
    "description": "This person became another one: `Location` is the same of theirs.",
    "headers": {"Location": {"schema": {"type": "string"}}},
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["merged_into"],
                "additionalProperties": False,
                "properties": {"merged_into": {"type": "string"}},
            },
            "example": {"merged_into": PERSON},
        }
    },
}
ETAG = {"description": "The version of what is shown.", "schema": {"type": "string"}}
REPLAYED = {"description": "`true` when this answer was given before.", "schema": {"type": "string"}}


@cache
def document() -> Json:
    found: Json = dict(api.get_openapi_schema(path_prefix="/api/v1"))
    found["info"] |= {"version": "1", "description": DESCRIPTION}
    found["servers"] = [{"url": settings.BASE_URL}]
    found["security"] = [{"key": []}]
    components = found["components"]
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "gx_live_…"}}
    components["schemas"] = {name: _titled(name, one) for name, one in sorted(components["schemas"].items())}
    components["schemas"]["Problem"] = PROBLEM
    components["responses"] = {code: _response(code) for code in CODES} | {"moved": MOVED}
    found["tags"] = [{"name": name} for name in dict.fromkeys(op["tags"][0] for op in _operations(found["paths"]))]
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, path)
    return found


def _operations(paths: Json) -> list[Json]:
    return [operation for operations in paths.values() for operation in operations.values()]


def _titled(name: str, schema: Json) -> Json:
    return schema | ({"examples": [ANSWERS[name]]} if name in ANSWERS else {})


def _response(code: str) -> Json:
    """One kind of problem; where several share a status, the first stands for it and the others are told beside it."""
    said: Json = {
        "description": CODES[code][1],
        "content": {
            CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": Problem(code, "What to do stands here.").as_json(),
            }
        },
    }
    if code == "too_many_requests":
        said["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return said


def _complete(operation: Json, method: str, path: str) -> None:
    summary, _blank, more = str(operation.get("description", "")).partition("\n\n")
    scope, thing, refusals = (operation.pop(f"x-{name}") for name in ("scope", "thing", "refusals"))
    needs = f"Scope: `{scope}`." if scope else "Every key may."
    operation |= {
        "summary": summary.strip(),
        "description": f"{' '.join(more.split())}\n\n{needs}",
        "x-scope": scope,
        "security": [{"key": [scope] if scope else []}],
    }
    example = REQUESTS[operation["operationId"]]
    _parameters(operation, method, example, thing=thing)
    _errors(operation, method, path, refusals)
    for status, answer in operation["responses"].items():
        if int(status) < 300:
            _answer(answer, method, thing)
    _body(operation, example)


def _parameters(operation: Json, method: str, example: Example, *, thing: bool) -> None:
    for parameter in operation["parameters"]:
        if value := (example.path | dict(example.query)).get(parameter["name"]):  # type: ignore[operator]
            parameter["example"] = int(value) if value.isdigit() else value
    if method == "post" and operation["operationId"] not in NEVER_KEPT:
        operation["parameters"].append(IDEMPOTENCY)
    if (method == "patch" and thing) or operation["operationId"] in STEPS:
        operation["parameters"].append(IF_MATCH)


def _errors(operation: Json, method: str, path: str, refusals: list[str]) -> None:
    wanted = dict(SHARED)
    if "{" in path:
        wanted[404] = "not_found"
    if "{person_id}" in path and method == "get":
        operation["responses"]["301"] = {"$ref": "#/components/responses/moved"}
    elif "{person_id}" in path:
        wanted[409] = "merged"
    if method == "post":
        wanted[409] = "idempotency_conflict"
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        wanted[412] = "changed_meanwhile"
    if "requestBody" in operation or method in ("post", "patch", "put", "delete"):
        wanted |= {411: "length_required", 413: "too_large", 415: "wrong_content_type"}
    wanted |= {CODES[code][0]: code for code in refusals}
    for status, code in sorted(wanted.items()):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{code}"}
    operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}


def _answer(answer: Json, method: str, thing: bool) -> None:
    headers: Json = {}
    if thing:
        headers["ETag"] = ETAG
    if method == "post":
        headers["Idempotent-Replayed"] = REPLAYED
    if headers:
        answer["headers"] = headers
    content = answer.get("content", {}).get("application/json")
    if content:
        content["example"] = answer_example(content["schema"])


def answer_example(schema: Mapping[str, Any]) -> Any:
    name = str(schema.get("$ref", schema.get("title", ""))).rpartition("/")[2]
    if item := re.fullmatch(r"Page[_\[](\w+?)[_\]]", name):
        return {"data": [ANSWERS[item[1]]], "next_cursor": None, "has_more": False}
    return ANSWERS[name]


def _body(operation: Json, example: Example) -> None:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json":
            content["example"] = example.body


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False, "indent": 1})


openapi.access = "anyone"  # type: ignore[attr-defined]
