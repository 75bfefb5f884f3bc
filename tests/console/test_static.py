"""The look keeps its promises: what is vendored, what the page policy allows, contrast, and escaping."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import get_template
from django_cotton.compiler_regex import CottonCompiler

from guanxi.console.templatetags.look import bottom_entries, initial, is_under_more, polyline, share

CONSOLE = Path(__file__).resolve().parents[2] / "src/guanxi/console"
STATIC, TEMPLATES = CONSOLE / "static", CONSOLE / "templates"
# What a sandboxed frame shows as a mail program would: it has a policy of its own and cannot run anything.
FRAMED = {TEMPLATES / "content/as_text.html", TEMPLATES / "content/facts.html"}
PAGES = sorted({*TEMPLATES.rglob("*.html")} - FRAMED)
COMPONENTS = sorted((TEMPLATES / "cotton").glob("*.html"))
CSS = (STATIC / "css/guanxi.css").read_text()


def markup(path: Path) -> str:
    return re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)


def render(source: str, **context: Any) -> str:
    return " ".join(Template(CottonCompiler().process(source)).render(Context(context)).split())


def test_vendored_files_are_the_recorded_ones() -> None:
    rows = re.findall(
        r"^\| (\S+) \| \S+ \| \S+ \| \S+ \| ([0-9a-f]{64}) \|$", (STATIC / "VENDORED.md").read_text(), re.M
    )
    held = [STATIC / "icons.svg", *(STATIC / "vendor").glob("*.js"), *(STATIC / "fonts").iterdir()]
    assert dict(rows) == {str(f.relative_to(STATIC)): hashlib.sha256(f.read_bytes()).hexdigest() for f in held}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATES)))
def test_no_page_holds_what_the_page_policy_forbids(page: Path) -> None:
    assert re.findall(r"<style|\sstyle\s*=|\son[a-z]+\s*=|<script(?![^>]*\ssrc=)|javascript:", markup(page), re.I) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATES)))
def test_every_page_can_be_read(page: Path) -> None:
    get_template(str(page.relative_to(TEMPLATES)))


def test_the_stylesheet_stays_small() -> None:
    assert len(gzip.compress(CSS.encode(), 9)) < 20_000
    assert len(gzip.compress((STATIC / "js/guanxi.js").read_bytes(), 9)) < 5_000


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        name
        for page in PAGES
        for name in re.findall(r'(?:\sicon="|{% icon "|<c-icon name=")([a-z0-9-]+)"', markup(page))
    }
    assert named - sprite == set()


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{6})", block))


def themes() -> dict[str, dict[str, str]]:
    light, dark, system = (
        CSS.split(start, 1)[1].split("}", 1)[0]
        for start in (":root{color-scheme:light;", ":root[data-theme=dark]{", ":root:not([data-theme]){")
    )
    return {"light": tokens(light), "dark": tokens(dark), "system": tokens(system)}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_control_edges_stand_out(theme: str) -> None:
    colour = themes()[theme]
    grounds = ["bg", "surface", "sunken", "accent-soft"]
    texts = [(text, ground) for text in ("text", "text-2", "text-3", "accent-text") for ground in grounds]
    tones = [(tone, f"{tone}-soft") for tone in ("danger", "warn", "ok", "info", "money")]
    tones += [(tone, "surface") for tone, _ in tones]
    filled = [("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-danger", "danger")]
    edges = [("control", "surface"), ("control", "bg"), ("accent", "surface"), ("accent", "bg")]
    assert [pair for pair in texts + tones + filled if contrast(colour[pair[0]], colour[pair[1]]) < 4.5] == []
    assert [pair for pair in edges if contrast(colour[pair[0]], colour[pair[1]]) < 3] == []


def test_the_system_theme_is_the_dark_theme() -> None:
    assert themes()["system"] == themes()["dark"]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.stem)
def test_each_component_says_what_it_takes_and_is_in_the_gallery(component: Path) -> None:
    assert component.read_text().startswith("{% comment %}")
    assert f"<c-{component.stem.replace('_', '-')}" in (TEMPLATES / "gallery.html").read_text()


def test_bound_attributes_reach_only_components_that_name_them() -> None:
    """Cotton prints other bound attributes unescaped, so that `:title="person.name"` would be a hole."""
    taken = {
        component.stem.replace("_", "-"): set(re.findall(r"[\s:]([a-z-]+)(?==|\s|/)", vars_[0]))
        for component in COMPONENTS
        for vars_ in [re.findall(r"<c-vars\s([^>]*)>", markup(component)) or [""]]
    }
    loose = [
        (page.name, tag, attribute)
        for page in PAGES
        for tag, attributes in re.findall(r"<c-([a-z-]+)(\s(?:\"[^\"]*\"|'[^']*'|[^\"'>])*)>", markup(page))
        for attribute in re.findall(r"\s:([a-z-]+)=", attributes)
        if tag not in ("vars", "slot") and attribute not in taken[tag]
    ]
    assert loose == []


EVIL = """"><script>alert(1)</script>' onmouseover="alert(1)" x='"""


@pytest.mark.parametrize(
    "source",
    [
        '<c-button label="{{ evil }}" title="{{ evil }}" data-x="{{ evil }}">{{ evil }}</c-button>',
        '<c-filter-chip href="?" text="{{ evil }}" />',
        '<c-empty title="{{ evil }}" text="{{ evil }}" />',
        '<c-banner title="{{ evil }}">{{ evil }}</c-banner>',
        '<c-timeline-item title="{{ evil }}" when="{{ evil }}">{{ evil }}</c-timeline-item>',
        '<c-definitions :items="items" />',
        '<c-tabs :items="tabs" label="{{ evil }}" />',
        '<c-avatar name="{{ evil }}" /><c-mask value="{{ evil }}" /><c-select label="{{ evil }}" :options="items" />',
        '<c-menu id="m" text="{{ evil }}"><c-menu-item href="{{ evil }}">{{ evil }}</c-menu-item></c-menu>',
    ],
)
def test_text_from_outside_stays_text(source: str) -> None:
    page = render(source, evil=EVIL, items=[(EVIL, EVIL)], tabs=[{"label": EVIL, "url": EVIL}])
    assert "<script>alert" not in page
    assert re.findall(r"""<[^>]*?["'\s]onmouseover="alert""", re.sub(r"\"[^\"]*\"|'[^']*'", '""', page)) == []


class Signup(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="For receipts.")


def test_a_field_ties_its_help_and_error_to_its_control() -> None:
    page = render('<c-field :field="form.email" />', form=Signup({"email": "no"}))
    control = re.findall(r"<input[^>]*>", page)[0]
    assert 'aria-describedby="id_email_helptext id_email_error"' in control
    assert 'aria-invalid="true"' in control
    assert '<label for="id_email">E-mail</label>' in page
    assert '<p class="help" id="id_email_helptext">For receipts.</p>' in page
    assert '<ul class="errorlist" id="id_email_error">' in page


def test_figures_in_attributes_are_not_localised() -> None:
    assert (share(1, 3), share(2, 2), share(5, 0)) == ("33.33", "100.00", "0")
    assert polyline([0, 5, 10]) == "0.00,31.00 50.00,16.00 100.00,1.00"
    assert polyline([]) == ""
    assert polyline([7]) == "0.00,1.00"


def test_an_avatar_shows_one_letter() -> None:
    assert [initial(name) for name in ("王晓敏", " emma", "&#x27;t Hooft", "")] == ["王", "E", "'", "·"]


def test_the_phone_bar_shows_marked_entries_and_the_first_ones_beside_them() -> None:
    entries = [{"label": str(n), "mobile": n in (4, 5), "current": n == 2} for n in range(6)]
    nav = [{"entries": entries[:3]}, {"entries": entries[3:]}]
    assert bottom_entries(nav) == [entries[0], entries[1], entries[4], entries[5]]
    assert bottom_entries([{"entries": entries[:3]}]) == entries[:3]
    assert bottom_entries([]) == []
    assert (is_under_more(nav), is_under_more([{"entries": entries[:3]}])) == (True, False)


def test_quotes_are_of_the_latin_font_on_english_pages_only() -> None:
    css = (STATIC / "css" / "guanxi.css").read_text()
    faces = dict(re.findall(r'@font-face\{font-family:"([^"]+)".*unicode-range:([^}]+)\}', css))
    assert "U+2014-201F" in faces["Inter Marks"].split(",")
    assert "U+2013,U+2020" in faces["Inter"]  # the quotes between them are left to the fonts of a language
    fonts = dict(re.findall(r':root(:lang\(\w+\))?\{[^{}]*--sans:("Inter","[^"]+")', css))
    assert [lang for lang, first in fonts.items() if "Inter Marks" in first] == [":lang(en)"]
