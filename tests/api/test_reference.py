"""The reference page: whole, small, and in the reader's language."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client
from django.utils.html import escape

from guanxi.api.problems import CODES
from guanxi.api.v1.document import document
from guanxi.api.v1.examples import REQUESTS


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_the_page_tells_of_every_operation_and_error(db: None, language: str) -> None:
    answer = Client().get("/api/v1/docs", headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.content) < 36 * 1024, "with its styles and font the page is to stay within 120 KiB"
    page = gzip.decompress(answer.content).decode()
    assert f'<html lang="{language}"' in page
    for name in REQUESTS:
        assert f'id="{name}"' in page
    for code in CODES:
        assert f'id="error-{code}"' in page
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert escape(operation["summary"]) in page
    assert "<script" not in page.replace("<script defer src=", "")
