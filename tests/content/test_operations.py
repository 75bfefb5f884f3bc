"""Contents are kept only when every person could be written to with them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation

from guanxi.content import operations, queries
from guanxi.content.models import Content, Variant
from guanxi.content.queries import BadTemplate, Words
from guanxi.governance.models import Workspace
from guanxi.people.models import Field, Trait
from tests.factories import channels as make
from tests.factories import content as words


def test_a_content_is_kept_with_all_its_languages(workspace: Workspace, now: datetime) -> None:
    made = words.content(now, words.HELLO, Words("zh-CN", "你好", "新品\r\n上架"))
    assert list(made.variants.order_by("language").values_list("language", "subject", "body")) == [
        ("en", words.HELLO.subject, words.HELLO.body),
        ("zh-hans", "你好", "新品\n上架"),
    ]
    operations.save_content(
        name="Lamps", variants=[Words("ko", "안녕", "새 조명")], fall_back=False, by=None, now=now, content=made
    )
    assert list(Variant.objects.values_list("language", flat=True)) == ["ko"]


def test_every_mistake_is_named_and_nothing_is_kept(workspace: Workspace, now: datetime) -> None:
    with pytest.raises(operations.BadContent) as refused:
        words.content(now, Words("en", " ", "Hi\n{{ person.shoe }}"), Words("en-GB", "Hi", "Hi"))
    found = {place: problem.code for place, problem in refused.value.problems.items()}
    assert found == {("en", "subject"): "empty", ("en", "body"): "unknown_variable", ("en-GB", "language"): "twice"}
    assert not Content.objects.exists()


def test_a_mistake_is_put_into_words_that_say_what_to_do() -> None:
    with translation.override("en"):
        said = queries.explain(BadTemplate("unknown_filter", 2, "replace"))
    assert said == "Line 2: There is no filter “replace”. Remove it or use another one, such as default or upcase."


def test_a_preview_shows_a_person_or_somebody_invented(workspace: Workspace, now: datetime) -> None:
    city = Field.objects.create(key="city", label="City")
    made = words.content(now, Words("en", "Hi {{ person.first_name }}", "In {{ person.traits.city | default: '-' }}"))
    ann = make.person(now, "ann@example.test", name="Ann Lee")
    Trait.objects.create(person=ann, field=city, value="Seoul")
    shown = queries.preview(made, person=ann, language="en")
    assert (shown.subject, shown.text.splitlines()[0]) == ("Hi Ann", "In Seoul")
    shown = queries.preview(made, person=None, language="en")
    assert (shown.subject, shown.text.splitlines()[0]) == ("Hi Kim", "In -")


@pytest.mark.parametrize(("language", "label"), [("en", "Unsubscribe"), ("zh-hans", "退订"), ("ko", "수신 거부")])
def test_the_unsubscribe_line_is_in_the_language_of_the_letter(
    workspace: Workspace, now: datetime, language: str, label: str
) -> None:
    made = words.content(now, Words(language, "Hi", "Hi"))
    assert f"{label}: https://" in queries.preview(made, person=None, language=language).text


def test_missing_languages_are_those_of_the_readers_and_the_workspace(workspace: Workspace, now: datetime) -> None:
    made = words.content(now, fall_back=False)
    assert queries.missing_languages(made, "email", ["ko", "zh-CN", "en-US"]) == ["ko", "zh-hans"]
    assert queries.missing_languages(words.content(now, fall_back=True), "email", ["ko"]) == []
    assert queries.missing_languages(words.content(now, Words("ko", "x", "x")), "email") == ["en"]
