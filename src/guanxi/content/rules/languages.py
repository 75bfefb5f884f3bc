"""The language of a letter: the person's, else the workspace's."""

from __future__ import annotations

from collections.abc import Collection, Iterable

# Chinese is told apart by script, whatever region was stored (BCP 47 with the likely subtags of CLDR).
_CHINESE = {
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-my": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
}


def canonical(language: str) -> str:
    """`zh_CN` → `zh-hans`, `ko-KR` → `ko`, `` → ``."""
    tag = language.strip().lower().replace("_", "-")
    if tag in _CHINESE:
        return _CHINESE[tag]
    head, _, rest = tag.partition("-")
    return f"{head}-{rest.partition('-')[0]}" if head == "zh" else head


def choose(wanted: str, own: str, available: Collection[str], *, fall_back: bool) -> str | None:
    """One of `available`, or None when there is none to be sent. `own` is the workspace's language."""
    by_name = {canonical(language): language for language in available}
    first = canonical(wanted) or canonical(own)
    if first in by_name:
        return by_name[first]
    return by_name.get(canonical(own)) if fall_back else None


def missing(wanted: Iterable[str], own: str, available: Collection[str], *, fall_back: bool) -> list[str]:
    """What must be written before anything is sent; the workspace's own language is always wanted."""
    needed = {canonical(own)} if fall_back else {canonical(own)} | {canonical(language) for language in wanted}
    return sorted(needed - {canonical(language) for language in available} - {""})
