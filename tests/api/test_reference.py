"""The reference: whole, its pages small, and in the reader's language."""

from __future__ import annotations

import gzip
import json
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.utils.html import escape

from guanxi.api.problems import CODES
from guanxi.api.v1.document import document
from guanxi.api.v1.examples import REQUESTS
from guanxi.api.v1.reference import groups

STATIC = Path(__file__).parents[2] / "src/guanxi/console/static"
WITH_IT = ("css/guanxi.css", "js/guanxi.js", "icons.svg", "logo.svg", "fonts/inter-latin-wght-normal.woff2")
BESIDE = sum(len(gzip.compress((STATIC / one).read_bytes())) for one in WITH_IT)


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_the_pages_tell_of_every_operation_and_error(db: None, language: str) -> None:
    start = read("/api/v1/docs", language)
    for code in CODES:
        assert f'id="error-{code}"' in start
    told = ""
    for group in groups():
        page = read(f"/api/v1/docs/{group.slug}", language)
        for one in group.operations:
            assert f'id="{one.id}"' in page
            assert f'href="/api/v1/docs/{group.slug}#{one.id}"' in start, "found from the first page"
        told += page
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert escape(operation["summary"]) in told


def read(address: str, language: str) -> str:
    answer = Client().get(address, headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.content) + BESIDE < 120 * 1024, "the page, with its styles and font, for who comes anew"
    page = gzip.decompress(answer.content).decode()
    assert f'<html lang="{language}"' in page
    assert "<script" not in page.replace("<script defer src=", "")
    return page


def test_a_tag_that_there_is_not_has_no_page(db: None) -> None:
    assert Client().get("/api/v1/docs/unicorns").status_code == 404


class Recorder:
    """Stands where the examples in Python have their client."""

    def __getattr__(self, method: str) -> Any:
        return lambda path, **given: (method.upper(), path, given)


@pytest.mark.parametrize("name", REQUESTS)
def test_curl_and_python_say_the_same_as_the_example_that_is_sent(name: str) -> None:
    told = next(one for group in groups() for one in group.operations if one.id == name)
    example = REQUESTS[name]
    path = told.path.removeprefix("/api/v1").format(**example.path)
    files = {field: value[1:] for field, value in example.form.items() if value.startswith("@")}

    found: dict[str, Any] = {}
    names = {"guanxi": Recorder(), "uuid4": lambda: "mark", "open": lambda file, _mode: file}
    exec(told.python, names, found)
    method, said, given = found["answer"]
    assert (method, said) == (told.method, path)
    assert given.get("json") == example.body
    assert given.get("params", {}) == example.query
    assert given.get("data", {}) | given.get("files", {}) == {**example.form, **files}

    words = shlex.split(told.curl.replace("\\\n", " "))
    address = next(word for word in words if word.startswith("$GUANXI"))
    assert address.partition("?")[0] == f"$GUANXI{path}"
    assert dict(parse_qsl(address.partition("?")[2])) == example.query
    assert (words[words.index("-d") + 1] if "-d" in words else "null") == json.dumps(example.body, ensure_ascii=False)
    assert [word for flag, word in pairwise(words) if flag == "-F"] == [f"{k}={v}" for k, v in example.form.items()]
    assert (words[words.index("-X") + 1] if "-X" in words else "GET") == told.method
