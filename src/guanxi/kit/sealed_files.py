"""Files at rest under the key of a person: AES-256-GCM in chunks, so that a large one is never whole in memory.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): each chunk's nonce holds its number and whether
it is the last one, so that none can be left out, moved or cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guanxi.kit.crypto import Unreadable, person_cipher

MAGIC = b"GXF\x01"
CHUNK = 64 * 1024
PREFIX = 7
TAG = 16


def write(path: Path, pieces: Iterable[bytes], *, workspace_id: int, salt: bytes, place: str) -> int:
    """Appears whole or not at all; gives the size in clear. `place` (a table and row) is bound to the content."""
    cipher, prefix, size = person_cipher(workspace_id, salt), os.urandom(PREFIX), 0
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC + prefix)
            for number, (chunk, last) in enumerate(_chunks(pieces)):
                size += len(chunk)
                file.write(cipher.encrypt(_nonce(prefix, number, last), chunk, _place(workspace_id, place)))
        beside.chmod(0o600)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return size


def read(path: Path, *, workspace_id: int, salt: bytes, place: str) -> Iterator[bytes]:
    """The content in pieces. Raises Unreadable when a byte was changed, and FileNotFoundError."""
    cipher = person_cipher(workspace_id, salt)
    with path.open("rb") as file:
        head = file.read(len(MAGIC) + PREFIX)
        if head[: len(MAGIC)] != MAGIC:
            raise Unreadable("This file was not sealed here.")
        yield from _opened(cipher, head[len(MAGIC) :], file, _place(workspace_id, place))


def _opened(cipher: AESGCM, prefix: bytes, file: IO[bytes], place: bytes) -> Iterator[bytes]:
    piece, number = file.read(CHUNK + TAG), 0
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(prefix, number, not following), piece, place)
        except InvalidTag as error:
            raise Unreadable("This file was changed, cut, or belongs to another row.") from error
        if not following:
            return
        piece, number = following, number + 1


def _chunks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of one size; the last one, which may be empty, says so."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > CHUNK:
            yield bytes(held[:CHUNK]), False
            del held[:CHUNK]
    yield bytes(held), True


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _place(workspace_id: int, place: str) -> bytes:
    return f"{workspace_id}|{place}".encode()
