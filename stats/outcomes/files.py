"""Bytes: what kind of file they are, how large they may be, and how they become clean utf-8 text."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from stats.errors import Problem, RefusedData
from stats.outcomes.reading import Reading

Kind = Literal[
    "text", "gzip", "parquet", "workbook", "archive", "document", "pdf", "image", "web_page", "json", "binary"
]  # fmt: skip
Source = Path | str | bytes
CHUNK = 4 << 20
UNPACK_RATIO = 200
"""How many times larger than the file its content may be; checked from UNPACK_FLOOR bytes on."""
UNPACK_FLOOR = 100 << 20
STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
)
WEB = (b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<body")


@dataclass(frozen=True, kw_only=True)
class SizeLimits:
    """What is refused before it is read: bytes as they come, bytes after unpacking, data rows, columns, cells;
    and the characters of one cell."""

    max_file: int = 4 << 30
    max_bytes: int = 4 << 30
    max_rows: int = 50_000_000
    max_columns: int = 2_000
    max_cells: int = 4_000_000_000
    max_text: int = 100_000


@dataclass
class TextFacts:
    """What a pass over a text file found: its size in (unpacked) bytes and its line ends."""

    size: int = 0
    newlines: set[str] = field(default_factory=set)


def refuse(code: str, **facts: object) -> RefusedData:
    """A refusal of the file as a whole."""
    return RefusedData(Problem(code=code, facts=facts))


def not_a_table(kind: Kind) -> RefusedData:
    """Another kind of file altogether: ``not_a_table.<kind>``, so that each has its own advice."""
    return RefusedData(Problem(code=f"not_a_table.{kind}"))


def open_bytes(source: Source) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def size_of(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else Path(source).stat().st_size


def refuse_size(source: Source, limits: SizeLimits) -> None:
    """Raise for a file without anything in it, and for one that is larger than files may be."""
    size = size_of(source)
    if size == 0:
        raise refuse("empty_file")
    if size > limits.max_file:
        raise refuse("file_too_large", size_mb=-(-size // 2**20), limit_mb=limits.max_file >> 20)


def kind_of(head: bytes) -> Kind:
    """What the first bytes say, whatever the file is called."""
    for start, kind in STARTS:
        if head.startswith(start):
            return kind
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "archive"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_utf16(head):
        return "text"
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()[:200].lower()
    if plain.startswith(WEB):
        return "web_page"
    if re.match(rb"(\{\s*[\"'}]|\[\s*[\[{])", plain):
        return "json"
    controls = sum(byte < 9 or 14 <= byte < 32 for byte in head[:4096])
    return "binary" if controls > max(4, 0.02 * len(head[:4096])) else "text"


def _looks_utf16(head: bytes) -> bool:
    """Latin text in utf-16 without its mark has a zero in every second byte."""
    even, odd = head[0:2000:2], head[1:2000:2]
    return len(head) >= 8 and (even.count(0) > 0.4 * len(even)) != (odd.count(0) > 0.4 * len(odd))


def raw_chunks(source: Source, compression: str, limits: SizeLimits) -> Iterator[bytes]:
    """The bytes of the file, unpacked, a few megabytes at a time; refuses what is broken or unpacks beyond measure."""
    packed, total = size_of(source), 0
    with open_bytes(source) as raw:
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if compression == "gzip" else raw  # type: ignore[assignment]
        while True:
            try:
                chunk = stream.read(CHUNK)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise refuse("broken_gzip", unpacked=total) from error
            if not chunk:
                return
            total += len(chunk)
            if total > limits.max_bytes:
                raise refuse("too_many_bytes", limit_mb=limits.max_bytes >> 20)
            if compression == "gzip" and total > max(UNPACK_FLOOR, UNPACK_RATIO * packed):
                raise refuse("unpacks_too_large", packed_mb=round(packed / 2**20, 1), unpacked_mb=total >> 20)
            yield chunk


def utf8_path(path: Path, reading: Reading, folder: Path, limits: SizeLimits) -> Path:
    """A file of clean utf-8 with one kind of line end: the file itself where it is that already, else a copy.

    Raises RefusedData for bytes that the encoding does not have and for NUL bytes.
    """
    if reading.compression == "none" and reading.encoding in ("utf-8", "utf-8-sig"):
        facts = TextFacts()
        for _ in decoded(path, reading, limits, facts):
            pass
        if facts.newlines <= {"\n"} or facts.newlines == {"\r\n"}:
            return path
    copy = folder / "text.csv"
    with copy.open("w", encoding="utf-8", newline="") as out:
        for text in decoded(path, reading, limits, TextFacts()):
            out.write(text.replace("\r\n", "\n").replace("\r", "\n"))
    return copy


def decoded(source: Source, reading: Reading, limits: SizeLimits, facts: TextFacts) -> Iterator[str]:
    """The text, checked, a chunk at a time. ``facts`` is filled on the way."""
    decoder = codecs.getincrementaldecoder(reading.encoding)("strict")
    lines = 1
    carried = ""
    for chunk in raw_chunks(source, reading.compression, limits):
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk)
        except UnicodeError as error:
            raise _undecodable(error, facts.size - pending, lines, reading) from error
        facts.size += len(chunk)
        if "\x00" in text:
            raise _nul_bytes(text, lines, reading)
        text = carried + text
        # A carriage return at the end of a chunk may be half of a line end.
        carried = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(carried)]
        lines += text.count("\n")
        _note_newlines(text, facts)
        yield text
    try:
        text = carried + decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise _undecodable(error, facts.size - len(getattr(error, "object", b"")), lines, reading) from error
    _note_newlines(text, facts)
    yield text


def _note_newlines(text: str, facts: TextFacts) -> None:
    both, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
    if both:
        facts.newlines.add("\r\n")
    if feeds > both:
        facts.newlines.add("\n")
    if returns > both:
        facts.newlines.add("\r")


def _nul_bytes(text: str, lines: int, reading: Reading) -> RefusedData:
    line = lines + text[: text.index("\x00")].count("\n")
    rows = (max(line - reading.skip - 1, 1),)
    return RefusedData(Problem(code="nul_bytes", rows=rows, count=text.count("\x00"), facts={"line": line}))


def _undecodable(error: UnicodeError, base: int, lines: int, reading: Reading) -> RefusedData:
    """Where the first byte stands that the encoding does not have; utf-16 may lack its mark, at the very start."""
    before, byte = b"", "-"
    if isinstance(error, UnicodeDecodeError):
        before, byte = error.object[: error.start], f"0x{error.object[error.start]:02X}"
    line = lines + before.count(b"\n")
    facts = {"offset": base + len(before), "byte": byte, "line": line, "encoding": reading.encoding}
    return RefusedData(Problem(code="undecodable_byte", rows=(max(line - reading.skip - 1, 1),), facts=facts))
