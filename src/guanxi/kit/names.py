"""Names of people in any script: how they sort and by which words they are found."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pypinyin import lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_SYLLABIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+")
_WORD = re.compile(r"\w+")
MAX_WORDS = 32
SPELLED_AT_MOST = 4
"""Characters of a name that are found by their sounds; longer runs are names of companies."""
NAMELESS = "\U0010fffd"
"""The sort key of who has no name: after every name."""


def fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


@lru_cache(maxsize=8192)
def _latin(letter: str) -> str:
    return str(lazy_pinyin(letter)[0])


def sort_key(name: str) -> str:
    """Latin letters for Han characters, so that 王 sorts under w in every list."""
    folded = fold(name)
    if not folded:
        return NAMELESS
    return ("".join(map(_latin, folded)) if _HAN.search(folded) else folded)[:64]


def words(name: str) -> set[str]:
    """What a name is found by: words of alphabets (searched by prefix), one and two characters of Han, kana, hangul.

    王晓敏 is also found as people type it without its characters: wangxiaomin, wang xiao min, xiaomin, wxm.
    """
    found: list[str] = []
    for word in _WORD.findall(fold(name)):
        rest = word
        for run in _SYLLABIC.findall(word):
            found += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
            rest = rest.replace(run, " ", 1)
        found += [*rest.split(), *_sounds(word)]
    return {word[:32] for word in found[:MAX_WORDS]}


def _sounds(word: str) -> list[str]:
    """Each end of the name in pinyin, as a search goes by the beginnings of words; and the first letters."""
    sounds = [_latin(letter) for letter in _HAN.findall(word)]
    if not 1 < len(sounds) <= SPELLED_AT_MOST:
        return []
    return [*("".join(sounds[i:]) for i in range(len(sounds))), "".join(sound[0] for sound in sounds)]


def query_words(text: str) -> list[tuple[str, bool]]:
    """(word, whole?) pairs that must all match: runs of Han are cut in overlapping pairs, words are prefixes."""
    wanted: list[tuple[str, bool]] = []
    for word in _WORD.findall(fold(text)):
        rest = word
        for run in _SYLLABIC.findall(word):
            wanted += [(run[i : i + 2], True) for i in range(max(len(run) - 1, 1))]
            rest = rest.replace(run, " ", 1)
        wanted += [(part[:32], False) for part in rest.split()]
    return wanted[:8]


_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


def typed_as(text: str) -> tuple[str, str]:
    """What people type for a text in Han or hangul: its sounds, and the first letters (gmsp and ㅈㅁ)."""
    folded = fold(text)
    sounds = [_latin(letter) if _HAN.match(letter) else letter for letter in folded]
    first = [sound[0] for sound in sounds if sound]
    jamo = [_INITIALS[(ord(letter) - 0xAC00) // 588] if "가" <= letter <= "힣" else letter for letter in first]
    return "".join(sounds), fold("".join(jamo))
