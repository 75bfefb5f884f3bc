"""Inflate a workbook's members without believing what its headers say."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from guanxi.kit.tables.messages import TableError

MAX_UNPACKED = 512 * 1024 * 1024
MAX_MEMBERS = 2_000
RATIO, RATIO_FROM = 200, 10 * 1024 * 1024
CHUNK = 1 << 18
END_OF_DIRECTORY = b"PK\x05\x06"
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
ENCRYPTED = 0x1


@contextmanager
def opened(path: Path) -> Iterator["Archive"]:
    try:
        with path.open("rb") as stream, zipfile.ZipFile(stream) as index:
            yield Archive(stream, {member.filename: member for member in _trusted(index)})
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError) as error:
        raise TableError("damaged_file") from error


class Archive:
    def __init__(self, stream: BinaryIO, members: dict[str, zipfile.ZipInfo]) -> None:
        self.stream, self.members = stream, members

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def read(self, name: str, limit: int = 16 << 20) -> bytes:
        """A small member whole."""
        if name not in self.members:
            raise TableError("damaged_file")
        if self.members[name].file_size > limit:
            raise TableError("zip_bomb")
        return b"".join(self.inflate(name))

    def inflate(self, name: str) -> Iterator[bytes]:
        """Never more than the member declares; calamine would go on where zipfile stops."""
        member = self.members[name]
        unpacked = 0
        for piece in self._pieces(member):
            unpacked += len(piece)
            if unpacked > member.file_size:
                raise TableError("zip_bomb")
            yield piece
        if unpacked != member.file_size:
            raise TableError("damaged_file")

    def _pieces(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        self.stream.seek(member.header_offset)
        local = LOCAL_HEADER.unpack(self.stream.read(LOCAL_HEADER.size))
        offset = member.header_offset + LOCAL_HEADER.size + local[9] + local[10]
        left = member.compress_size
        inflater = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
        while left > 0:
            self.stream.seek(offset)
            packed = self.stream.read(min(CHUNK, left))
            if not packed:
                raise TableError("damaged_file")
            offset, left = offset + len(packed), left - len(packed)
            if inflater is None:
                yield packed
                continue
            while packed:
                yield inflater.decompress(packed, CHUNK)
                packed = inflater.unconsumed_tail
        while inflater and (rest := inflater.decompress(inflater.unconsumed_tail, CHUNK)):
            yield rest


def check(archive: Archive) -> None:
    """Inflate every member once: sizes as declared, no document types, no archives inside."""
    for name in archive.members:
        tail = b""
        markup = name.endswith((".xml", ".rels", ".vml"))
        for place, piece in enumerate(archive.inflate(name)):
            if place == 0 and (
                piece.startswith(b"PK\x03\x04") or (markup and piece.startswith((b"\xff\xfe", b"\xfe\xff")))
            ):
                raise TableError("unsafe_workbook", member=name)
            text = tail + piece
            if markup and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
                raise TableError("unsafe_workbook", member=name)
            tail = text[-16:]


def _trusted(index: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [member for member in index.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise TableError("zip_bomb")
    seen: set[str] = set()
    for member in members:
        _check_member(member, seen)
        seen.add(member.filename.casefold())
    if index.comment or _directory_ends(index) != 1:
        # Two readers could find two different directories in such a file.
        raise TableError("damaged_file")
    return members


def _check_member(member: zipfile.ZipInfo, seen: set[str]) -> None:
    name = member.orig_filename
    if member.flag_bits & ENCRYPTED:
        raise TableError("encrypted_workbook")
    if member.file_size > RATIO_FROM and member.file_size > RATIO * max(member.compress_size, 1):
        raise TableError("zip_bomb")
    traverses = name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name or "\0" in name
    nested = name.casefold().endswith((".zip", ".xlsx", ".xlsm", ".jar", ".gz", ".7z", ".rar"))
    if traverses or nested or name.casefold() in seen:
        raise TableError("unsafe_workbook", member=name.replace("\0", ""))
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise TableError("damaged_file")


def _directory_ends(index: zipfile.ZipFile) -> int:
    stream = index.fp
    if stream is None:
        return 0
    stream.seek(index.start_dir)
    return stream.read().count(END_OF_DIRECTORY)
