"""From Markdown to a letter: HTML without anything foreign in it, and the same as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt

from guanxi.content.rules.templates import MAX_SUBJECT, render

_WEB = re.compile(r"https?://[^\s]+$", re.IGNORECASE)
_SYLLABIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "a",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "code",
    "pre",
    "hr",
    "img",
}
_PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#1f2328">
<div style="max-width:600px;margin:0 auto">
{body}{foot}{pixel}
</div>
</body>
</html>
"""
_FOOT = '<p style="font-size:13px;color:#59636e">{lines}</p>\n'
_LINK = '<a href="{url}" style="color:#59636e">{label}</a>'
_PIXEL = '<img src="{url}" width="1" height="1" alt="" style="display:block">'


@dataclass(frozen=True, slots=True)
class Template:
    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a template may know of its reader. Without an unsubscribe link there is no line for it (messages about an
    order), without `pixel_url` no picture. `imprint` says who sends it, on lines of its own at the end."""

    name: str
    workspace: str
    traits: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str = ""
    preferences_url: str = ""
    pixel_url: str = ""
    imprint: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    language: str
    subject: str
    text: str
    html: str


def write(template: Template, values: Values, *, unsubscribe_label: str, preferences_label: str = "") -> Letter:
    """Raises BadTemplate. The unsubscribe line is added unless the template has a link of its own; beside it stands
    the link to what the reader gets."""
    known = known_of(values)
    body = template.body.replace("\r\n", "\n")
    subject = _one_line(render(template.subject, known, escaped=False))[:MAX_SUBJECT]
    text = render(body, known, escaped=False).strip() + "\n"
    add_link = bool(values.unsubscribe_url) and values.unsubscribe_url not in text
    links: list[tuple[str, str]] = []
    if add_link:
        links = [(unsubscribe_label, values.unsubscribe_url)]
        if preferences_label and values.preferences_url and values.preferences_url not in text:
            links.append((preferences_label, values.preferences_url))
    imprint = values.imprint.splitlines()
    if end := [*imprint, *(f"{label}: {url}" for label, url in links)]:
        text += "\n-- \n" + "\n".join(end) + "\n"
    page = _PAGE.format(
        language=html.escape(template.language),
        subject=html.escape(subject),
        body=to_html(render(body, known, escaped=True)),
        foot=_foot(imprint, links),
        pixel=_PIXEL.format(url=html.escape(values.pixel_url)) if values.pixel_url else "",
    )
    return Letter(template.language, subject, text, page)


def _foot(imprint: list[str], links: list[tuple[str, str]]) -> str:
    lines = [html.escape(line) for line in imprint]
    if links:
        lines.append(" · ".join(_LINK.format(url=html.escape(url), label=html.escape(label)) for label, url in links))
    return _FOOT.format(lines="<br>".join(lines)) if lines else ""


def to_html(markdown: str) -> str:
    """Twice guarded: raw HTML is not read as such, and only these tags, web links and encrypted pictures come out."""
    return nh3.clean(
        _reader().render(markdown),
        tags=TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt"}},
        attribute_filter=_https_pictures,
        set_tag_attribute_values={"img": {"style": "max-width:100%;height:auto"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )


def _https_pictures(tag: str, attribute: str, value: str) -> str | None:
    """A picture over plain http shows anybody on the way who reads, and mail programs do not load it."""
    return None if tag == "img" and attribute == "src" and not value.lower().startswith("https://") else value


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False})
    reader.validateLink = lambda url: bool(_WEB.match(url))  # type: ignore[method-assign]
    return reader


def known_of(values: Values) -> dict[str, Any]:
    return {
        "person": {
            "name": values.name,
            "first_name": first_name(values.name),
            "traits": dict(values.traits),
        },
        "workspace": {"name": values.workspace},
        "unsubscribe_url": values.unsubscribe_url,
        "preferences_url": values.preferences_url,
    }


def first_name(name: str) -> str:
    """The first word where names are written in words; the whole name where they are not (Han, kana, hangul)."""
    words = name.split()
    return name.strip() if not words or _SYLLABIC.search(name) else words[0]


def _one_line(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())
