"""What a person would see wrong with a page at a glance: words that are cut off, and words in another language.

Cut off: a text whose letters reach out of an ancestor that hides what overflows, out of its button or chip, or out of
the window; and the shown option of a select, or the placeholder of a field, that is wider than its room. It is meant
when a `title` there says the whole of it, or when a reader can scroll to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from django.apps import apps
from django.db import models

import guanxi.console

HERE = Path(__file__).parent
LOCALES = Path(str(guanxi.console.__file__)).parent / "locale"
CATALOGUES = {"zh-hans": "zh_Hans", "ko": "ko"}

CUT = (HERE / "cut.js").read_text()

# What stands on a page or is read out, folded parts too.
WORDS = (HERE / "words.js").read_text()

PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
ADDRESS = re.compile(r"\S+@\S+|\w+://\S+|\S+\.(?:csv|xlsx|parquet|test|html?)\b|[\w-]+(?:[._][\w-]+)+")
SENTENCE = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:,? [A-Za-z'’-]{2,})+")
# Names that are the same in every language.
NAMES = re.compile(
    r"\b(?:Guanxi|guanxi [a-z-]+|Lumen(?: Retail)?|English|UTF-8|Windows|Chrome|Safari|Firefox"
    r"|macOS|Android|iPhone|Google|Microsoft|Office|PDF"
    r"|Standard Webhooks|GB18030|CSV|XLSX|Parquet|JSON|API|SMTP|IMAP|DKIM|SPF|DMARC|VERP|TLS|STARTTLS|SSL|DNS|TXT"
    r"|URL|ID|WeCom|Kakao|WhatsApp|Telegram|Kim Minji|HTML|include|render"
    r"|Liquid|Markdown|OpenAPI|TOTP|QR|Esc|Enter|Ctrl|Shift|Tab|Asia/\w+)\b"
)


@dataclass(frozen=True)
class Reader:
    """Finds what is still English on a page of `language`; what the workspace's own rows say is theirs to say."""

    language: str
    told: frozenset[str]

    @cached_property
    def messages(self) -> dict[str, str]:
        path = LOCALES / CATALOGUES[self.language] / "LC_MESSAGES" / "django.po"
        with path.open("rb") as file:
            catalogue = read_po(file)
        pairs: dict[str, str] = {}
        for message in catalogue:
            ours, theirs = message.id, message.string
            for one in ours if isinstance(ours, (list, tuple)) else [ours]:
                other = theirs if isinstance(theirs, str) else (theirs or [""])[0]
                if one and one != other and re.search("[A-Za-z]{2}", PLACE.sub("", one)):
                    pairs[" ".join(one.split())] = other
        return pairs

    @cached_property
    def patterns(self) -> re.Pattern[str]:
        filled = [
            ".+".join(re.escape(part) for part in PLACE.split(message))
            for message in self.messages
            if PLACE.search(message)
        ]
        return re.compile("|".join(f"(?:{one})" for one in filled))

    @cached_property
    def known(self) -> dict[str, bool]:
        """Most texts of a page are on many pages."""
        return {}

    def english(self, texts: list[str]) -> list[str]:
        for text in texts:
            if text not in self.known:
                self.known[text] = self._is_english(text)
        return [text for text in texts if self.known[text]]

    def _is_english(self, text: str) -> bool:
        if text in self.told or not re.search("[A-Za-z]{2}", text):
            return False
        if text in self.messages or self.patterns.fullmatch(text):
            return True
        rest = text
        for told in sorted((one for one in self.told if one in text), key=len, reverse=True):
            rest = rest.replace(told, "·")
        return SENTENCE.search(NAMES.sub("·", ADDRESS.sub("·", rest))) is not None


def told_by_rows() -> frozenset[str]:
    """Every text that is kept in a row: names, subjects, reasons."""
    found: set[str] = set()
    for model in apps.get_models():
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField, models.JSONField))
            and not field.choices
            and model._meta.app_label not in ("sessions", "contenttypes", "auth", "procrastinate")
        ]
        if fields:
            for row in model._default_manager.values_list(*fields):
                found |= set(strings(row))
    return frozenset(text for one in found if len(text := " ".join(one.split())) > 1)


def strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for one in value.values() for text in strings(one)]
        case list() | tuple():
            return [text for one in value for text in strings(one)]
    return []
