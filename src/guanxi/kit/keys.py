"""Ids that leave the house: a prefix and a UUIDv7 in Crockford's base 32, such as `psn_01k9…`; never a bigint."""

from __future__ import annotations

import os
import re
import time
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import models

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PATTERN = re.compile(r"^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$")
_LETTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
_NONE = np.empty((0, 16), np.uint8)
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


def uuid7() -> int:
    """A UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, the rest random."""
    random = int.from_bytes(os.urandom(10), "big")
    return (
        (time.time_ns() // 1_000_000 & 0xFFFFFFFFFFFF) << 80
        | 0x7 << 76
        | (random >> 68 & 0xFFF) << 64
        | 0x2 << 62
        | random & 0x3FFFFFFFFFFFFFFF
    )


def event_id() -> bytes:
    return uuid7().to_bytes(16, "big")


def event_ids(count: int) -> list[bytes]:
    """As many at once, of one moment."""
    all_ids = id_bytes(count).tobytes()
    return [all_ids[at : at + 16] for at in range(0, len(all_ids), 16)]


def id_bytes(count: int) -> npt.NDArray[np.uint8]:
    """The same as rows of 16 bytes."""
    made = np.empty((count, 16), np.uint8)
    made[:, :6] = np.frombuffer((time.time_ns() // 1_000_000 & 0xFFFFFFFFFFFF).to_bytes(6, "big"), np.uint8)
    made[:, 6:] = np.frombuffer(os.urandom(10 * count), np.uint8).reshape(count, 10)
    made[:, 6] = made[:, 6] & 0x0F | 0x70
    made[:, 8] = made[:, 8] & 0x3F | 0x80
    return made


def new(prefix: str) -> str:
    number = uuid7()
    return prefix + "_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def new_many(prefix: str, count: int) -> list[str]:
    """As many at once, of one moment, in rising order: an index takes them one behind the other."""
    rising = np.sort(id_bytes(count).view("S16").ravel()).view(np.uint8).reshape(count, 16) if count else _NONE
    bits = np.zeros((count, 130), np.uint8)
    bits[:, 2:] = np.unpackbits(rising, axis=1)
    fives = np.zeros((count, 26, 8), np.uint8)
    fives[:, :, 3:] = bits.reshape(count, 26, 5)
    letters = _LETTERS[np.packbits(fives)].tobytes().decode()
    return [f"{prefix}_{letters[at : at + 26]}" for at in range(0, len(letters), 26)]


def is_id(text: str, prefix: str) -> bool:
    """Of this kind, whether there is such a row or not."""
    return bool(PATTERN.match(text)) and text.startswith(f"{prefix}_")


class PublicId(models.CharField):  # type: ignore[type-arg]
    """The public id of a row: `PublicId("psn")`."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        options |= {"max_length": 30, "unique": True, "editable": False, "default": partial(new, prefix)}
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, _, options = super().deconstruct()
        for given in ("max_length", "unique", "editable", "default"):
            options.pop(given, None)
        return name, path, [self.prefix], options
