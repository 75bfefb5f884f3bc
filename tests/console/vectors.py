"""2,000 ways to smuggle a script into a page, made from a small grammar: how to break out, with which tag, on which
event, written how. Each calls `alert`. The sink that they would run in is tried in browser/test_script_injection.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product
from pathlib import Path

HOW_MANY = 2_000

GRAMMAR: dict[str, list[str]] = json.loads(Path(__file__).with_suffix(".json").read_text())
BREAKS = GRAMMAR["breaks"]  # out of text, attributes, elements whose content is text, comments, scripts, templates
TAGS = GRAMMAR["tags"]  # {on} is the event with its code
EVENTS = GRAMMAR["events"]
CODES = GRAMMAR["codes"]
ADDRESSES = GRAMMAR["addresses"]  # those that are code, and what takes an address
HOLDERS = GRAMMAR["holders"]
OURS = GRAMMAR["ours"]  # what parts of this house would read: Liquid, Markdown, Django, Alpine, htmx, spreadsheets
POLYGLOTS = GRAMMAR["polyglots"]

# How an event with its code may be written in a tag.
WRITTEN: tuple[Callable[[str, str], str], ...] = (
    lambda on, code: f"{on}={code}",
    lambda on, code: f'{on}="{code}"',
    lambda on, code: f"{on}='{code}'",
    lambda on, code: f"{on.upper()}={code}",
    lambda on, code: f"{on[:3]}{on[3:].title()} = {code}",
    lambda on, code: f"/{on}={code}",
    lambda on, code: f"\t{on}\n=\r{code}",
    lambda on, code: f'{on}="{entities(code)}"',
    lambda on, code: f"{on}={decimal(code)}",
    lambda on, code: f"x='{on}' {on}={code}//",
)


def entities(text: str) -> str:
    return "".join(f"&#x{ord(letter):x};" for letter in text)


def decimal(text: str) -> str:
    return "".join(f"&#{ord(letter):07d}" for letter in text)


def handlers() -> Iterator[str]:
    """Every tag with every event; breaks, codes and spellings take turns."""
    breaks, codes, written = cycle(BREAKS), cycle(CODES), cycle(WRITTEN)
    for tag, event in product(TAGS, EVENTS):
        for _ in range(3):
            yield next(breaks) + tag.format(on=next(written)(event, next(codes)))


def attributes() -> Iterator[str]:
    """Without a tag of their own: they need only the quotes."""
    breaks = cycle(('" ', "' ", '"/', "'\t", "` ", " "))
    written = cycle(WRITTEN)
    for event, code in product(EVENTS, CODES):
        yield f"{next(breaks)}{next(written)(event, code)} autofocus tabindex=1 x={next(breaks).strip()}"


def addresses() -> Iterator[str]:
    breaks = cycle(BREAKS)
    for holder, address in product(HOLDERS, ADDRESSES):
        yield next(breaks) + holder.format(to=address)


def all_vectors() -> list[str]:
    made = dict.fromkeys([*OURS, *POLYGLOTS, *addresses(), *attributes(), *handlers()])
    return list(islice(made, HOW_MANY))


VECTORS = all_vectors()
