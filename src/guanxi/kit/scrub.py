"""Text that may be kept or logged: without addresses, phone numbers, secrets, and values that a database quotes."""

from __future__ import annotations

import re

HIDDEN = "•••"
_PATTERNS = (
    # PostgreSQL quotes the values of a row in the detail of an error: "Key (lookup)=(…)", "Failing row contains (…)".
    re.compile(r"(?s)(?<=\)=)\(.*?\)(?= (?:already exists|is not present|is still referenced|conflicts)|$)"),
    re.compile(r"(?s)(?<=Failing row contains )\(.*\)"),
    re.compile(r"whsec_[\w+/=]+"),
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)(?<=basic )[\w+/=]{8,}"),
    re.compile(r"[^\s@<>\"'(),;:]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    # The end of an address line: a query may hold anything that somebody searched for.
    re.compile(r"(?<=[\w/])\?[^\s\"'<>]+"),
)
# Seven digits and more with the marks that people write between them, not inside an id or a number with a point.
_PHONE = re.compile(r"(?<![\w.:+(-])(?!\d{4}-\d\d-\d\d\b)\+?\(?\d(?:[ ().\-]{0,2}\d){7,}(?![\w:-])")


def scrubbed(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return _PHONE.sub(HIDDEN, text)
