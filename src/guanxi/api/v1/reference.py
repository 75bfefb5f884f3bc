"""The reference, made on the server: a page for what all requests share, and one for each tag of the document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from guanxi.api.problems import CODES
from guanxi.api.v1.document import document
from guanxi.api.v1.examples import REQUESTS
from guanxi.api.v1.examples.example import Example
from guanxi.governance.queries import KEY_LIMIT

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A parameter or a field of a body."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Told:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[Part]
    fields: list[Part]
    curl: str
    python: str
    answer: str
    refusals: list[str]


class Group(NamedTuple):
    """The operations of one tag."""

    name: str
    slug: str
    operations: list[Told]


@gzip_page  # it holds nothing that is secret
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    codes = [(code, status, title) for code, (status, title) in CODES.items()]
    page = {"groups": groups(), "codes": codes, "base": f"{settings.BASE_URL}/api/v1", "limit": KEY_LIMIT}
    return render(request, "api/reference.html", page)


@gzip_page
@require_safe
def of_tag(request: HttpRequest, tag: str) -> HttpResponse:
    shown = next((one for one in groups() if one.slug == tag), None)
    if shown is None:
        raise Http404
    return render(request, "api/reference_of_tag.html", {"groups": groups(), "shown": shown})


reference.access = of_tag.access = "anyone"  # type: ignore[attr-defined]


@cache
def groups() -> list[Group]:
    found: dict[str, list[Told]] = {tag["name"]: [] for tag in document()["tags"]}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_told(method.upper(), path, operation))
    return [Group(name, slugify(name), operations) for name, operations in found.items()]


def _told(method: str, path: str, operation: Json) -> Told:
    example = REQUESTS[operation["operationId"]]
    answer = next(answer for status, answer in operation["responses"].items() if int(status) < 300)
    content = answer.get("content", {}).get("application/json", {})
    once = any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
    return Told(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=_plain(operation["description"].partition("\n\n")[0]),
        scope=operation["x-scope"],
        parameters=[_part(one["name"], one["schema"], one) for one in operation["parameters"]],
        fields=list(_fields(operation)),
        curl=curl(method, path, example, once),
        python=python(method, path, example, once),
        answer=json.dumps(content["example"], ensure_ascii=False, indent=2) if "example" in content else "",
        refusals=[status for status in operation["responses"] if int(status) >= 400],
    )


def _part(name: str, schema: Json, said: Json, required: bool | None = None) -> Part:
    wanted = bool(said.get("required")) if required is None else required
    return Part(name, _kind(schema), wanted, _plain(said.get("description") or schema.get("description")))


def _plain(text: object) -> str:
    return str(text or "").replace("`", "")


def _kind(schema: Json) -> str:
    if choices := [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]:
        return " | ".join(_kind(one) for one in choices)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "any")


def _fields(operation: Json) -> Iterator[Part]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = _whole(content["schema"])
        for name, one in schema.get("properties", {}).items():
            yield _part(name, one, one, name in schema.get("required", ()))


def _whole(schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = document()["components"]["schemas"][str(schema["$ref"]).rpartition("/")[2]]
    return found


def _address(path: str, example: Example) -> str:
    query = f"?{urlencode(example.query)}" if example.query else ""
    return path.removeprefix("/api/v1").format(**example.path) + query


def curl(method: str, path: str, example: Example, once: bool) -> str:
    lines = [f'curl -X {method} "$GUANXI{_address(path, example)}"' if method != "GET" else
             f'curl "$GUANXI{_address(path, example)}"', '  -H "Authorization: Bearer $KEY"']  # fmt: skip
    if once:
        lines.append('  -H "Idempotency-Key: $(uuidgen)"')
    lines += [f'  -F "{name}={value}"' for name, value in example.form.items()]
    if example.body is not None:
        said = json.dumps(example.body, ensure_ascii=False).replace("'", "'\\''")
        lines += ['  -H "Content-Type: application/json"', f"  -d '{said}'"]
    return " \\\n".join(lines)


def _literal(value: Any) -> str:
    """As people write it in Python, with the quotation marks of JSON."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_literal(name)}: {_literal(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_literal, value)) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return repr(value)


def python(method: str, path: str, example: Example, once: bool) -> str:
    """By httpx; `guanxi` is the client that the page shows first."""
    given = [f'"{path.removeprefix("/api/v1").format(**example.path)}"']
    if example.query:
        given.append(f"params={_literal(dict(example.query))}")
    if once:
        given.append('headers={"Idempotency-Key": str(uuid4())}')
    if example.body is not None:
        given.append(f"json={_literal(example.body)}")
    fields = {name: value for name, value in example.form.items() if not value.startswith("@")}
    files = [f'"{name}": open("{value[1:]}", "rb")' for name, value in example.form.items() if value.startswith("@")]
    if example.form:
        given += [f"data={_literal(fields)}", f"files={{{', '.join(files)}}}"]
    return f"answer = guanxi.{method.lower()}({', '.join(given)})"
