"""What no page of ours sends is refused before anything is asked of the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]

BOUNDARY = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    "path",
    [
        "/w/%00/",
        "/sign-in/%00",
        "/w/lumen/people/psn_%00",
        "/w/lumen/imports/imp_%00/rejected.csv",
        "/w/lumen/people?person=a%00b",
        "/w/lumen/audiences?after=%00",
        "/w/lumen/content?%00=1",
    ],
)
def test_an_address_with_a_nul_is_refused(owner: Visitor, path: str) -> None:
    assert owner.client.get(path).status_code == 400


def test_what_a_login_sees_stays_in_no_cache(owner: Visitor) -> None:
    for path in (
        "/w/lumen/",
        "/w/lumen/people",
        "/w/lumen/settings/staff",
        "/w/lumen/settings/audit",
        "/w/lumen/notices",
    ):
        answer = owner.client.get(path)
        assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (200, True)
    assert "Cache-Control" not in Client().get("/w/lumen/people").headers


def test_a_form_with_a_nul_is_refused_as_a_whole(owner: Visitor) -> None:
    forms: dict[str, dict[str, Any]] = {
        "audience_count": {"row": "0", "0-kind": "event", "0-event": "a\x00"},
        "content_preview_draft": {"person": "psn_\x00"},
        "content_new": {"language": "en", "name": "x", "subject-en": "x", "body-en": "\x00"},
        "unit_new": {"name": ["a", "\x00"]},
    }
    for route, sent in forms.items():
        assert "We could not read that request" in owner.post(route, status=400, **sent)


def test_a_cookie_with_a_nul_is_refused(db: None) -> None:
    client = Client(headers={"cookie": r'guanxi_session="\000\000aaaaaaaaaaaaaaaa"', "accept-language": "ko"})
    answer = client.get("/w/lumen/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("charset", ["hex", "unicode_escape", "gbk", "nope"])
def test_a_form_in_other_letters_than_utf_8_is_refused(owner: Visitor, charset: str) -> None:
    body: Any = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800\r\n--x--\r\n'
    answer = owner.client.generic("POST", "/w/lumen/settings/units/new", body, f"{BOUNDARY}; charset={charset}")
    assert answer.status_code == 400
    answer = owner.client.generic("POST", "/w/lumen/settings/units/new", body, f"{BOUNDARY}; charset=UTF-8")
    assert answer.status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "people", "é", "sign_out"])
def test_a_choice_leads_back_to_a_page_of_ours_only(db: None, elsewhere: str) -> None:
    answer = Client().post("/language", {"language": "ko", "next": elsewhere})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    answer = Client().post("/theme", {"theme": "dark", "next": "/w/lumen/people?q=é"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/w/lumen/people?q=%C3%A9")
