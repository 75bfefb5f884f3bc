"""What is typed about a content: its name, and for each language a subject and a body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from guanxi.content.models import Content, Variant
from guanxi.content.queries import BadTemplate, Words, canonical, explain

MOST_LANGUAGES = 40
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{4})?", re.ASCII)
# Languages that may be added to those of the console; others come with the content that has them.
MORE_LANGUAGES = [
    "ja",
    "zh-hant",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "ru",
    "uk",
    "tr",
    "vi",
    "th",
    "id",
    "ms",
    "hi",
    "ar",
    "he",
    "sv",
    "da",
    "fi",
    "nb",
    "cs",
    "hu",
    "ro",
    "el",
]


class Outline(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only staff see it."))
    fall_back = forms.BooleanField(
        label=_("Where a language is missing, use the workspace's own language"),
        help_text=_("Without the tick, nothing is sent until every language that the readers speak is written."),
        required=False,
    )


@dataclass(frozen=True)
class Section:
    """One language on the page."""

    language: str
    subject: str = ""
    body: str = ""
    own: bool = False
    subject_error: str = ""
    body_error: str = ""

    @property
    def written(self) -> bool:
        return bool(self.subject.strip() or self.body.strip())


def saved_sections(content: Content | None, own: str) -> list[Section]:
    """The workspace's language, those of the console, and those that the content has."""
    variants = list(Variant.objects.filter(content=content).order_by("pk")) if content else []
    by_language = {one.language: one for one in variants}
    order = dict.fromkeys([canonical(own), *(code for code, _name in settings.LANGUAGES), *by_language])
    return [
        Section(code, one.subject, one.body, code == canonical(own))
        if (one := by_language.get(code))
        else Section(code, own=code == canonical(own))
        for code in order
    ]


def posted_sections(data: QueryDict, own: str) -> list[Section]:
    """The workspace's language is always among them, so that no content is saved without a word."""
    given = [code for code in data.getlist("language")[:MOST_LANGUAGES] if LANGUAGE.fullmatch(code)]
    if data.get("do", "") == "add" and LANGUAGE.fullmatch(data.get("more", "")):
        given.append(data.get("more", ""))
    return [
        Section(code, data.get(f"subject-{code}", ""), data.get(f"body-{code}", ""), code == canonical(own))
        for code in dict.fromkeys([canonical(own), *given])
    ]


def words_of(sections: Sequence[Section]) -> list[Words]:
    """A language in which nothing stands is left out, but for the workspace's own."""
    return [Words(one.language, one.subject, one.body) for one in sections if one.written or one.own]


def with_problems(sections: Sequence[Section], problems: Mapping[tuple[str, str], BadTemplate]) -> list[Section]:
    def said(language: str, part: str) -> str:
        problem = problems.get((language, part))
        return explain(problem) if problem else ""

    return [
        Section(
            one.language, one.subject, one.body, one.own,
            said(one.language, "subject") or said(one.language, "language"), said(one.language, "body"),
        )
        for one in sections
    ]  # fmt: skip
