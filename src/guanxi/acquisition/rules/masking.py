"""An event as those may see it who connect sites and see no people."""

from typing import Any

from guanxi.acquisition.rules.keys import KEY_START, keys_masked, shown_start
from guanxi.acquisition.rules.names import word
from guanxi.acquisition.rules.personal import NAMES, looks_personal

HIDDEN = "•••"
IDS = frozenset({"userId", "anonymousId", "previousId", "groupId"})
SHOWN_OF_AN_ID = 3
ALWAYS = frozenset({"ip", "name", "userAgent"})
DEPTH = 6


def masked(value: Any, key: str = "", depth: int = 0) -> Any:
    if key in IDS and isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)[:SHOWN_OF_AN_ID] + HIDDEN
    if value is not None and (key in ALWAYS or (key and word(key) in NAMES)):
        return HIDDEN
    if key and word(key) == "write_key":
        return shown_start(value) + "…" if isinstance(value, str) and value.startswith(KEY_START) else HIDDEN
    if depth > DEPTH:
        return HIDDEN
    match value:
        case dict():
            return {keys_masked(str(name)): masked(one, str(name), depth + 1) for name, one in value.items()}
        case list():
            return [masked(one, "", depth + 1) for one in value[:20]]
        case str():
            return HIDDEN if looks_personal(value) else keys_masked(value)[:200]
        case int() if looks_personal(value):
            return HIDDEN
        case _:
            return value
