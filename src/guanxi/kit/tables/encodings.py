"""Which encoding a text file is in, decided by decoding all of it strictly."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from guanxi.kit.tables.messages import TableError

CHUNK = 1 << 20
# GB18030 text does not contain this many well-formed three-byte UTF-8 characters before the first malformed one.
SURELY_UTF8 = 8


@dataclass(frozen=True)
class Encoding:
    name: str
    lines: int


@dataclass(frozen=True)
class _Failure:
    offset: int
    wide_characters: int


def detect_encoding(path: Path) -> Encoding:
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _only(path, "utf-16")
    if head.startswith(codecs.BOM_UTF8):
        return _only(path, "utf-8-sig")
    utf8 = _decode(path, "utf-8")
    if isinstance(utf8, Encoding):
        return utf8
    if utf8.wide_characters >= SURELY_UTF8:
        raise _unreadable(path, utf8.offset)
    gb18030 = _decode(path, "gb18030")
    if isinstance(gb18030, Encoding):
        return gb18030
    raise _unreadable(path, max(utf8.offset, gb18030.offset))


def _only(path: Path, name: str) -> Encoding:
    found = _decode(path, name)
    if isinstance(found, Encoding):
        return found
    raise _unreadable(path, found.offset)


def _decode(path: Path, name: str) -> Encoding | _Failure:
    decoder = codecs.getincrementaldecoder(name)("strict")
    feeds = returns = wide = read = 0
    text = ""
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk) or text
            except UnicodeDecodeError as error:
                good = (pending + chunk)[: error.start].decode(name, "ignore")
                return _Failure(read - len(pending) + error.start, wide + _wide(good))
            if not chunk:
                break
            read += len(chunk)
            feeds, returns = feeds + text.count("\n"), returns + text.count("\r")
            wide += 0 if text.isascii() or wide >= SURELY_UTF8 else _wide(text)
    unfinished = 0 if text.endswith(("\n", "\r")) else 1
    return Encoding(name, (feeds or returns) + unfinished)


def _wide(text: str) -> int:
    return sum(1 for character in text if character >= "\u0800")


def _unreadable(path: Path, offset: int) -> TableError:
    """`offset` counts bytes from 0, lines count from 1."""
    lines, left = 1, offset
    with path.open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(CHUNK, left))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return TableError("unreadable_text", line=lines, offset=offset)
