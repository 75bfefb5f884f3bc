"""Templates that cannot do harm, and letters that say the same in HTML and in text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.content.rules import (
    MAX_BODY,
    BadTemplate,
    Template,
    Values,
    canonical,
    check,
    choose,
    facts,
    first_name,
    missing,
    write,
)
from guanxi.content.rules.templates import render

ANN = Values(
    name="Ann Lee",
    workspace="Lumen",
    traits={"city": "Seoul", "site": "javascript:alert(1)"},
    unsubscribe_url="https://lumen.example.test/u/ab_c-d",
    pixel_url="https://lumen.example.test/o/x.gif",
)


def letter(body: str, values: Values = ANN, subject: str = "Hello") -> tuple[str, str]:
    made = write(Template("en", subject, body), values, unsubscribe_label="Unsubscribe")
    return made.text, made.html


def test_the_words_come_out_as_text_and_as_html() -> None:
    text, html = letter("Dear {{ person.first_name }},\n\nnew **lamps** in {{ person.traits.city }}.")
    assert text == ("Dear Ann,\n\nnew **lamps** in Seoul.\n\n-- \nUnsubscribe: https://lumen.example.test/u/ab_c-d\n")
    assert "<p>Dear Ann,</p>\n<p>new <strong>lamps</strong> in Seoul.</p>" in html
    assert '<a href="https://lumen.example.test/u/ab_c-d"' in html
    assert '<img src="https://lumen.example.test/o/x.gif" width="1" height="1" alt=""' in html


def test_a_link_of_ones_own_takes_the_place_of_the_added_line() -> None:
    text, html = letter("[No more, thanks]({{ unsubscribe_url }})")
    assert text == "[No more, thanks](https://lumen.example.test/u/ab_c-d)\n"
    assert html.count("https://lumen.example.test/u/ab_c-d") == 1


def test_a_message_about_an_order_has_no_unsubscribe_line() -> None:
    text, html = letter("Your order left.", Values(name="Ann", workspace="Lumen"))
    assert text == "Your order left.\n"
    assert "nsubscribe" not in html
    assert "<img" not in html


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


ATTACKS = [
    "<script>alert(1)</script>",
    "[x](http://evil.example.test)",
    "![x](http://evil.example.test/x.png)",
    "<http://evil.example.test>",
    '"><img src=x onerror=alert(1)>',
    "`code` *b* _i_ # h",
    "    indented",
    "1. list",
    "- list",
    "&lt;b&gt;",
    "\\[x](y)",
    "a\n\n# b",
    "{{ workspace.name }}",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_is_never_markup(attack: str) -> None:
    _, html = letter("Dear {{ person.name }}!", Values(name=attack, workspace="Lumen"))
    seen = _Seen()
    seen.feed(html)
    assert seen.tags == {"html", "head", "meta", "title", "body", "div", "p"}
    assert seen.links == []


@given(st.text(max_size=60))
def test_no_name_brings_a_tag_of_its_own(name: str) -> None:
    _, html = letter("Dear {{ person.name }}!", Values(name=name, workspace="Lumen"))
    body = html.partition("<body")[2]
    assert re.findall(r"<[a-z]+", body) == ["<div", "<p"]


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x]({{ person.traits.site }})",
        "[x](data:text/html,1)",
        "<a href=x onclick=y>",
        "![x](http://tracker.example.test/x.png)",
        "![x]({{ person.traits.site }})",
        "{{ person.name }}(https://tracker.example.test/x.png)",
        "![x](data:image/svg+xml,<svg>)",
        "![x](//tracker.example.test/x.png)",
        "[x](file:///etc/passwd)",
        "<style>@import url(//x)</style>",
    ],
)
def test_only_web_links_and_plain_markup_come_out(body: str) -> None:
    _, html = letter(body)
    seen = _Seen()
    seen.feed(html)
    assert seen.tags <= {"html", "head", "meta", "title", "body", "div", "p", "a", "img"}
    assert all(link.startswith(("https://lumen.example.test/", "https://tracker")) for link in seen.links)
    assert re.findall(r'src="([^"]+)"', html) == ["https://lumen.example.test/o/x.gif"]


def test_a_picture_is_sent_over_https_with_its_words_and_listed() -> None:
    template = Template(
        "en", "Hi", "![A lamp](https://lumen.example.test/lamp.png) ![Old](http://lumen.example.test/o.png)"
    )
    values = Values(name="Ann", workspace="Lumen", unsubscribe_url="https://lumen.example.test/u/x")
    made = write(template, values, unsubscribe_label="Unsubscribe")
    assert re.findall(r'src="([^"]+)"', made.html) == ["https://lumen.example.test/lamp.png"]
    assert 'alt="A lamp"' in made.html
    said = facts(template, values, made)
    assert said.pictures == ("https://lumen.example.test/lamp.png",)
    assert said.unloaded == ("http://lumen.example.test/o.png",)


def test_what_can_be_said_of_a_letter_is_said_and_nothing_else() -> None:
    body = (
        "Hello {{ person.first_name }} of {{ person.traits.city }}, [see](http://lumen.example.test)\n" + "x" * 19_000
    )
    template = Template("en", "{{ workspace.name }}: " + "long " * 10, body)
    values = Values(
        name="Ann",
        workspace="Lumen",
        traits={"city": "", "job": ""},
        unsubscribe_url="https://lumen.example.test/u/x",
        imprint="Lumen <Retail>\n1 Market Street",
    )
    made = write(template, values, unsubscribe_label="Unsubscribe")
    said = facts(template, values, made)
    assert said.empty == ("person.traits.city",)
    assert said.links == said.plain_links == ("http://lumen.example.test",)
    assert (said.long_subject, said.has_imprint, said.clipped) == (True, True, False)
    assert said.size == len(made.html.encode())
    assert made.text.endswith("\n-- \nLumen <Retail>\n1 Market Street\nUnsubscribe: https://lumen.example.test/u/x\n")
    assert "Lumen &lt;Retail&gt;<br>1 Market Street<br><a " in made.html


def test_a_subject_is_one_line() -> None:
    made = write(
        Template("en", "Hi {{ person.name }}", "x"),
        Values(name="Ann\r\nBcc: all@example.test\x00", workspace="Lumen"),
        unsubscribe_label="-",
    )
    assert made.subject == "Hi Ann Bcc: all@example.test"


@pytest.mark.parametrize(
    ("text", "code", "line", "name"),
    [
        ("{{ person.nme }}", "unknown_variable", 1, "person.nme"),
        ("ok\n\n{% if false %}{{ order.total }}{% endif %}", "unknown_variable", 3, "order.total"),
        ("{{ person.traits.shoe }}", "unknown_variable", 1, "person.traits.shoe"),
        ("{% assign p = person %}{{ p.salt }}", "unknown_variable", 1, "person"),
        ("{{ person.traits[person.name] }}", "unknown_variable", 1, "person.traits[person.name]"),
        ("{{ person.name.__class__ }}", "unknown_variable", 1, "person.name.__class__"),
        ("a\nb {{ person.name | replace: 'a', 'b' }}", "unknown_filter", 2, "replace"),
        ("a\n{% include 'secret.key' %}", "unknown_tag", 2, "include"),
        ("{% render '/etc/passwd' %}", "unknown_tag", 1, "render"),
        ("x" * (MAX_BODY + 1), "too_long", 0, ""),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, code: str, line: int, name: str) -> None:
    with pytest.raises(BadTemplate) as found:
        check(text, {"city"}, most=MAX_BODY)
    assert (found.value.code, found.value.line, found.value.name) == (code, line, name)


@pytest.mark.parametrize(
    "text",
    ["{{ person.name", "{% if person.name %}", "{% if %}x{% endif %}", "{{ 'a' | }}", "{% for x %}{% endfor %}"],
)
def test_a_template_that_does_not_close_is_refused(text: str) -> None:
    with pytest.raises(BadTemplate):
        check(text, set(), most=MAX_BODY)


def test_what_is_allowed_passes() -> None:
    check(
        "{% assign who = person.first_name | default: 'friend' %}{{ who | upcase | append: '!' }}"
        "{% if person.traits.city == 'Seoul' %}{{ workspace.name }}{% else %}{{ unsubscribe_url }}{% endif %}"
        "{% for i in (1..3) %}{{ i }}{{ forloop.index }}{% endfor %}{{ person['name'] }}",
        {"city"},
        most=MAX_BODY,
    )


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in (1..1000000000) %}{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 40,
        "{% assign a = 'x' %}" + "{% if a %}" * 60 + "{% endif %}" * 60,
        "{% if 1" + " and 1" * 3_000 + " %}{% endif %}",
    ],
)
def test_a_template_cannot_run_away(text: str) -> None:
    with pytest.raises(BadTemplate):
        render(text, {}, escaped=False)


def test_the_language_is_the_persons_then_the_workspaces() -> None:
    have = ["en", "zh-hans"]
    assert choose("zh-CN", "en", have, fall_back=False) == "zh-hans"
    assert choose("", "en", have, fall_back=False) == "en"
    assert choose("ko-KR", "en", have, fall_back=False) is None
    assert choose("ko-KR", "en", have, fall_back=True) == "en"
    assert choose("zh-TW", "ko", have, fall_back=True) is None


def test_missing_languages_block_unless_they_may_fall_back() -> None:
    assert missing(["ko", "", "zh_CN"], "en", ["zh-hans"], fall_back=False) == ["en", "ko"]
    assert missing(["ko"], "en", ["zh-hans"], fall_back=True) == ["en"]
    assert missing(["en-GB"], "en", ["en"], fall_back=False) == []


def test_languages_have_one_spelling() -> None:
    spelled = {"zh_CN": "zh-hans", "zh-Hant-TW": "zh-hant", "ko-KR": "ko", "EN": "en", "zh": "zh-hans", "": ""}
    assert {given: canonical(given) for given in spelled} == spelled


def test_first_names() -> None:
    names = {"Ann Lee": "Ann", "王小明": "王小明", "김 민지": "김 민지", "": "", "  Bob ": "Bob"}
    assert {name: first_name(name) for name in names} == names
