"""What we say: written in each language, refused where it would fail, and shown without ever running."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from guanxi.content.models import Content, Variant
from guanxi.content.queries import Words
from guanxi.governance import operations as governance
from guanxi.governance.models import Role
from guanxi.kit import clock
from guanxi.simulators import mail
from tests.console.visitors import Visitor, lumen, owner, staff
from tests.factories import channels as make
from tests.factories import content as words

__all__ = ["lumen", "owner"]


def form(**more: Any) -> dict[str, Any]:
    return {
        "name": "Welcome",
        "language": ["en", "zh-hans", "ko"],
        "subject-en": "Hello {{ person.first_name }}",
        "body-en": "Dear **{{ person.name }}**",
        "subject-ko": "안녕하세요",
        "body-ko": "{{ person.name }} 님",
    } | more


def test_a_content_keeps_the_languages_that_are_written(owner: Visitor) -> None:
    onward = owner.post("content_new", **form(fall_back="on"))
    saved = Content.objects.get()
    assert onward.endswith(saved.public_id)
    assert (saved.name, saved.fall_back) == ("Welcome", True)
    assert list(Variant.objects.order_by("language").values_list("language", flat=True)) == ["en", "ko"]
    listed = owner.get("contents")
    assert "English" in listed
    assert "Korean" in listed


def test_a_broken_template_is_refused_with_its_line(owner: Visitor) -> None:
    page = owner.post("content_new", status=422, **form(**{"body-en": "Hello\n{{ person.nmae }}"}))
    assert "Line 2: There is no “person.nmae”." in page
    assert "Nothing was saved." in page
    assert Content.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x" * 10_000},
        {"name": ""},
        {"body-en": ""},
        {"subject-en": "x" * 10_000},
        {"body-en": "x" * 100_000},
        {"body-en": "{% include 'secrets' %}"},
        {"body-en": "{% for a in (1..1000000) %}{% for b in (1..1000000) %}x{% endfor %}"},
    ],
)
def test_what_cannot_be_sent_is_not_saved(owner: Visitor, wrong: dict[str, str]) -> None:
    owner.post("content_new", status=422, **form(**wrong))
    assert Content.objects.count() == 0


def test_a_content_without_any_language_is_not_saved(owner: Visitor) -> None:
    page = owner.post("content_new", status=422, name="Nothing", language="klingon")
    assert "Write something here." in page
    assert Content.objects.count() == 0


def test_a_language_can_be_added_without_script(owner: Visitor) -> None:
    page = owner.post("content_new", status=200, **form(do="add", more="ja"))
    assert 'name="body-ja"' in page
    assert "Dear **" in page
    assert 'name="body-../../x"' not in owner.post("content_new", status=200, **form(do="add", more="../../x"))


def test_a_preview_may_do_nothing(owner: Visitor) -> None:
    kept = words.content(clock.now(), Words("en", "<b>Hi</b>", "<script>alert(1)</script> [x](javascript:a)"))
    answer = owner.client.get(f"/w/lumen/content/{kept.public_id}/preview?language=en")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert b"<script" not in answer.content
    assert b'href="javascript' not in answer.content


def test_a_preview_shows_what_stands_in_the_form_for_the_chosen_reader(owner: Visitor) -> None:
    emma = make.person(clock.now(), "emma@example.test", name="Emma Fischer")
    page = owner.post("content_preview_draft", status=200, **form(do="en", person=emma.public_id))
    assert "<strong>Emma Fischer</strong>" in page
    assert "This cannot be shown yet." in owner.post("content_preview_draft", status=200, **form(do="zh-hans"))
    broken = form(do="en", **{"body-en": "{{ nobody }}"})
    assert "There is no “nobody”." in owner.post("content_preview_draft", status=200, **broken)
    assert Content.objects.count() == 0


def test_a_preview_names_nobody_whom_the_staff_may_not_see(owner: Visitor) -> None:
    kept = words.content(clock.now())
    emma = make.person(clock.now(), "emma@example.test", name="Emma Fischer")
    manager = staff(Role.MANAGER, unit=governance.add_unit(name="North"))
    manager.get("content_preview", kept.public_id, status=404, language="en", person=emma.public_id)
    assert "Emma" not in manager.get("content", kept.public_id)


def test_who_may_read_may_not_write(owner: Visitor) -> None:
    kept = words.content(clock.now())
    advisor = staff(Role.ADVISOR)
    page = advisor.get("content", kept.public_id)
    assert "Save content" not in page
    assert "our **new** lamps are here" in page
    advisor.post("content", kept.public_id, status=403, **form())


def test_what_is_not_there_is_not_found(owner: Visitor) -> None:
    kept = words.content(clock.now())
    owner.get("content", "cnt_00000000000000000000000000", status=404)
    owner.get("content_preview", kept.public_id, status=404, language="xx")


def test_a_draft_is_looked_at_in_the_dark_and_as_text_with_what_can_be_said_of_it(owner: Visitor) -> None:
    dark = owner.post("content_preview_draft", status=200, **form(do="en", view="dark"))
    assert "invert(1)" in dark and "<strong>Kim Minji</strong>" in dark
    text = owner.post("content_preview_draft", status=200, **form(do="en", view="text"))
    assert "Dear **Kim Minji**" in text and "<strong>" not in text
    for page in (dark, text):
        assert "of 102 KB" in page
        assert "The account does not say who sends it" in page
    ko = form(do="ko", view="letter", **{"body-ko": "![x](http://lumen.example.test/x.png)"})
    assert "only https pictures are sent" in owner.post("content_preview_draft", status=200, **ko)


def test_a_draft_is_sent_to_oneself_from_the_page_and_says_what_came_of_it(
    owner: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Connect an account" in owner.post("content_test", status=200, **form(do="en"))
    server = mail.serve(0, 0, tmp_path)
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", f"127.0.0.1:{server.smtp_port}")
    try:
        make.account(clock.now(), server.smtp_port)
        assert "owner@example.test" in owner.post("content_test", status=200, **form(do="en"))
        assert "This cannot be shown yet." in owner.post("content_test", status=200, **form(do="zh-hans"))
        [arrived] = server.mails()
    finally:
        server.stop()
    assert (arrived.recipient, arrived.subject) == ("owner@example.test", "Hello Kim")
    assert "1 Market Street, Springfield" in arrived.text
    assert arrived.header("List-Unsubscribe") == ""
    assert Content.objects.count() == 0


def test_the_page_opens_with_the_language_that_needs_a_hand(owner: Visitor) -> None:
    def shown(page: str) -> list[str]:
        return re.findall(r'name="shown" value="([\w-]+)" id="[\w-]+" checked', page)

    assert shown(owner.get("content_new")) == ["en"]
    broken = {"body-ko": "{{ nobody }}"}
    assert shown(owner.post("content_new", status=422, **form(shown="en", **broken))) == ["ko"]
    assert shown(owner.post("content_new", status=422, **form(shown="all", **broken))) == ["all"]
    assert shown(owner.post("content_new", status=200, **form(do="add", more="ja"))) == ["ja"]
