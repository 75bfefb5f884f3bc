"""What can be said about a letter without guessing: its size, its links, what is empty for this reader."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from guanxi.content.rules.letters import Letter, Template, Values, known_of
from guanxi.content.rules.templates import variables

# Gmail shows the first 102 KB of the HTML and a link to the rest, where nobody finds the line to unsubscribe.
CLIPPED_AT = 102 * 1024
# About what a phone shows of a subject in a list.
SUBJECT_SHOWN = 40

_HREF = re.compile(r'<a href="([^"]+)"')
_SRC = re.compile(r'<img [^>]*?src="([^"]+)"')
_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]*)")


@dataclass(frozen=True, slots=True)
class Facts:
    """`empty` are variables that say nothing for this reader; `unloaded` pictures that are not https and left out."""

    size: int
    links: tuple[str, ...]
    plain_links: tuple[str, ...]
    pictures: tuple[str, ...]
    unloaded: tuple[str, ...]
    empty: tuple[str, ...]
    long_subject: bool
    has_imprint: bool

    @property
    def clipped(self) -> bool:
        return self.size > CLIPPED_AT


def facts(template: Template, values: Values, letter: Letter) -> Facts:
    own = {values.unsubscribe_url, values.pixel_url}
    links = tuple(dict.fromkeys(url for one in _HREF.findall(letter.html) if (url := html.unescape(one)) not in own))
    pictures = tuple(url for one in _SRC.findall(letter.html) if (url := html.unescape(one)) not in own)
    wanted = [url for url in _PICTURE.findall(letter.text) if url]
    return Facts(
        size=len(letter.html.encode()),
        links=links,
        plain_links=tuple(url for url in links if url.startswith("http://")),
        pictures=tuple(dict.fromkeys(pictures)),
        unloaded=tuple(dict.fromkeys(url for url in wanted if not url.lower().startswith("https://"))),
        empty=tuple(_empty(template, values)),
        long_subject=len(letter.subject) > SUBJECT_SHOWN,
        has_imprint=bool(values.imprint),
    )


def _empty(template: Template, values: Values) -> list[str]:
    said = known_of(values)
    used = dict.fromkeys([*variables(template.subject), *variables(template.body)])
    return [".".join(path) for path in used if _value(said, path) == ""]


def _value(said: object, path: tuple[str, ...]) -> object:
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return said
