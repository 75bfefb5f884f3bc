"""The message catalogues, without GNU gettext: collect, fill, check and compile them with Babel.

tools/translations.py update                 collect messages from code and templates into the .po files
tools/translations.py missing ko             print what has no translation yet, as JSON to fill in
tools/translations.py fill ko file.json      write {"message": "translation"} into the catalogue
tools/translations.py check                  fail when a message is missing, stale, or its placeholders differ
tools/translations.py compile                write the .mo files
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "guanxi"
LOCALES = SOURCE / "console" / "locale"
LANGUAGES = ("zh_Hans", "ko")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|\{(\w*)\}")
# A Liquid template keeps its own braces; they are compared as a whole.
Key = tuple[str, str]


def path_of(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


@contextmanager
def locked() -> Iterator[None]:
    LOCALES.mkdir(parents=True, exist_ok=True)
    with (LOCALES / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def collected() -> Catalog:
    """Every message of the code and the templates, in the order of its text."""
    catalog = Catalog(charset="utf-8", project="Guanxi")
    for file in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if "migrations" in file.parts or "static" in file.parts:
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix != ".py":
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(file)).split("\n"))
        name = file.relative_to(ROOT).as_posix()
        for _line, messages, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            catalog.add(messages, locations=[(name, 0)], context=context)
    return catalog


def load(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", project="Guanxi")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def save(language: str, catalog: Catalog) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    for message in catalog:
        message.locations = [(file, 0) for file in sorted({file for file, _ in message.locations})]
        message.flags.discard("fuzzy")
    out = io.BytesIO()
    write_po(out, catalog, sort_output=True, width=120, omit_header=False, include_previous=False)
    noise = r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Generated-By|Report-Msgid-Bugs-To)[^\n]*\n'
    text = re.sub(noise, "", out.getvalue().decode(), flags=re.M)
    path.write_text(re.sub(r"\A(#[^\n]*\n)+", "", text), encoding="utf-8")


def key_of(message: Message) -> Key:
    return (message.context or "", message.id if isinstance(message.id, str) else message.id[0])


def named(message: Message) -> str:
    """What a filled-in file calls a message: its text, after its context and a bar where it has one."""
    context, text = key_of(message)
    return f"{context}|{text}" if context else text


def translation_of(message: Message) -> str:
    """Chinese and Korean have one form for every number."""
    if not message.string:
        return ""
    return message.string if isinstance(message.string, str) else message.string[0]


def update() -> None:
    found = collected()
    for language in LANGUAGES:
        known = {key_of(message): translation_of(message) for message in load(language) if message.id}
        fresh = Catalog(locale=language, charset="utf-8", project="Guanxi")
        for message in found:
            if message.id:
                words = known.get(key_of(message), "")
                string = words if isinstance(message.id, str) else (words,)
                fresh.add(message.id, string, locations=message.locations, context=message.context)
        save(language, fresh)


def untranslated(language: str) -> list[Message]:
    return [message for message in load(language) if message.id and not translation_of(message)]


def fill(language: str, file: str) -> None:
    given: dict[str, str | list[str]] = json.loads(Path(file).read_text(encoding="utf-8"))
    catalog = load(language)
    by_id = {named(message): message for message in catalog if message.id}
    for text, translation in given.items():
        message = by_id.get(text)
        if message is None:
            print(f"not in the catalogue: {text!r}")
            continue
        one = translation if isinstance(translation, str) else translation[0]
        message.string = one if isinstance(message.id, str) else (one,)
    save(language, catalog)


def placeholders(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def problems() -> list[str]:
    wanted = {key_of(message) for message in collected() if message.id}
    found: list[str] = []
    for language in LANGUAGES:
        catalog = load(language)
        have = {key_of(message): message for message in catalog if message.id}
        found += [f"{language}: not collected: {text!r}" for _, text in sorted(wanted - have.keys())]
        found += [f"{language}: stale: {text!r}" for _, text in sorted(have.keys() - wanted)]
        found += [f"{language}: no translation: {key_of(message)[1]!r}" for message in untranslated(language)]
        for message in have.values():
            source = message.id if isinstance(message.id, str) else message.id[-1]
            string = translation_of(message)
            if string and placeholders(string) != placeholders(source):
                found.append(f"{language}: placeholders differ: {source!r} → {string!r}")
    return found


def compile_all() -> None:
    from guanxi.kit.translations import compile_catalogues

    compile_catalogues(LOCALES, force=True)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["update"]:
            with locked():
                update()
        case ["missing", language]:
            print(json.dumps({named(message): "" for message in untranslated(language)}, ensure_ascii=False, indent=1))
        case ["fill", language, file]:
            with locked():
                update()
                fill(language, file)
        case ["check"]:
            wrong = problems()
            print("\n".join(wrong) or "Every message is translated.")
            return 1 if wrong else 0
        case ["compile"]:
            compile_all()
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
