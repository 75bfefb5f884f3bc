"""The file that `guanxi backup` writes: a plain tar. Its last two members say what must be in it, and seal that."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

FORMAT = 1
DATABASE, KEY, MANIFEST, SEAL = "database.dump", "secret.key", "manifest.json", "manifest.sha256"
PIECE = 1024 * 1024


class Broken(Exception):
    """This is not a whole, unchanged archive of ours."""


class Roles(msgspec.Struct, frozen=True):
    owner: str
    app: str


class Manifest(msgspec.Struct, frozen=True):
    """`lake` has the Delta version of each table, `retracted` the retractions that the lake had seen by then.

    `members` has the SHA-256 of every other member, `key` the fingerprint of the root key, which may not be a member.
    """

    format: int
    guanxi: str
    made_at: datetime
    postgres: int
    roles: Roles
    schema: str
    migrations: list[str]
    rows: dict[str, int]
    lake: dict[str, int]
    retracted: list[int]
    key: str | None
    members: dict[str, str]


def schema_of(migrations: list[str]) -> str:
    """The fingerprint of a schema: of the names of the migrations that made it."""
    return hashlib.sha256("\n".join(sorted(migrations)).encode()).hexdigest()


class _Hashing:
    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        return piece


class Writer:
    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: dict[str, str] = {}

    def add(self, name: str, path: Path) -> int:
        """The file as long as it is now: what is written to its end meanwhile is left out. Returns its size."""
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            self.members[name] = self._add(name, source, size)
        return size

    def seal(self, manifest: Manifest) -> None:
        text = msgspec.json.format(msgspec.json.encode(manifest))
        digest = self._add(MANIFEST, io.BytesIO(text), len(text))
        self._add(SEAL, io.BytesIO(digest.encode()), len(digest))
        self._tar.close()

    def _add(self, name: str, source: IO[bytes], size: int) -> str:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashing = _Hashing(source)
        self._tar.addfile(member, hashing)
        return hashing.digest.hexdigest()


def verified(path: Path) -> Manifest:
    """What the archive says of itself, after every byte of its members was compared. Raises Broken."""
    found: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                source = _opened(tar, member, found)
                if member.name in (MANIFEST, SEAL):
                    kept[member.name] = source.read()
                    source = io.BytesIO(kept[member.name])
                found[member.name] = _sha256(source)
    except (tarfile.TarError, EOFError) as error:
        raise Broken(f"{path} cannot be read as an archive: {error}.") from error
    if kept.keys() != {MANIFEST, SEAL}:
        raise Broken(f"{path} is not a whole archive of Guanxi: it does not end as one does.")
    if found.pop(MANIFEST).encode() != kept[SEAL]:
        raise Broken(f"{path} was changed: its manifest is not the one that was sealed.")
    found.pop(SEAL)
    return _agreed(path, kept[MANIFEST], found)


def _agreed(path: Path, text: bytes, found: dict[str, str]) -> Manifest:
    number = msgspec.json.decode(text).get("format")
    if number != FORMAT:
        raise Broken(
            f"{path} has the form {number}; this Guanxi reads {FORMAT}. Restore it with the Guanxi it is from."
        )
    manifest = msgspec.json.decode(text, type=Manifest)
    wrong = sorted(name for name, _ in manifest.members.items() ^ found.items())
    if wrong:
        raise Broken(f"{path} was changed: {wrong[0]} is not what was written.")
    return manifest


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r:") as tar:
        seen: dict[str, str] = {}
        for member in tar:
            yield member.name, _opened(tar, member, seen)


def write(source: IO[bytes], target: Path) -> None:
    """A new file that only its owner may read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := source.read(PIECE):
            file.write(piece)


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo, seen: dict[str, str]) -> IO[bytes]:
    source = tar.extractfile(member) if member.isreg() else None
    name = PurePosixPath(member.name)
    if source is None or name.is_absolute() or ".." in name.parts or member.name in seen:
        raise Broken(f"{member.name} has no place in an archive of Guanxi.")
    return source


def _sha256(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
