"""The first guess at how a file is to be read. Every part of it can be changed after looking at a preview."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from stats.outcomes.encodings import HIGH_BYTES, SAMPLE_BYTES, guess_encoding, marked
from stats.outcomes.files import SizeLimits, Source, kind_of, not_a_table, open_bytes, raw_chunks, refuse, refuse_size
from stats.outcomes.reading import DELIMITERS, Delimiter, Reading
from stats.outcomes.values import DAY_FIRST, GROUPING

HEAD_BYTES = 256 << 10
TASTE_BYTES = 8 << 10
GUESS_ROWS = 2_000
LIMITS = SizeLimits()

BROKEN = {".xlsx": "broken_workbook", ".xls": "broken_workbook", ".parquet": "unreadable", ".gz": "broken_gzip"}
COMMA_DECIMAL = re.compile(rf"[+-]?([0-9]{{1,3}}([.{GROUPING}][0-9]{{3}})+|[0-9]+),[0-9]+([eE][+-]?[0-9]+)?")
POINT_DECIMAL = re.compile(rf"[+-]?([0-9]{{1,3}}([,{GROUPING}][0-9]{{3}})+|[0-9]+)\.[0-9]+([eE][+-]?[0-9]+)?")
EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
GROUPED_BY_POINT = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}")


@dataclass
class Taste:
    """Pieces of a text file: its first part whole, then some lines from all along it."""

    head: bytes = b""
    further: list[bytes] = field(default_factory=list)
    high_lines: list[bytes] = field(default_factory=list)
    utf8: bool = True


def guess_reading(source: Source, name: str = "", limits: SizeLimits = LIMITS) -> Reading:
    """How to read this file (a path, or its bytes with the ``name`` they came under). Raises RefusedData."""
    refuse_size(source, limits)
    with open_bytes(source) as raw:
        kind = kind_of(raw.read(8192))
    if kind == "parquet":
        return Reading(format="parquet")
    if kind in ("archive", "workbook"):
        return _guess_workbook(source, limits)
    if kind == "binary" and (suffix := Path(name or str(source)[:300]).suffix.lower()) in BROKEN:
        raise refuse(BROKEN[suffix], detail=suffix)
    if kind not in ("text", "gzip"):
        raise not_a_table(kind)
    return _guess_text(source, "gzip" if kind == "gzip" else "none", limits)


def _guess_text(source: Source, compression: Literal["none", "gzip"], limits: SizeLimits) -> Reading:
    found = taste(source, compression, limits)
    if compression == "gzip" and kind_of(found.head[:8192]) != "text":
        raise not_a_table(kind_of(found.head[:8192]))
    encoding = marked(found.head) or guess_encoding(found.high_lines, found.utf8)
    head = whole_lines(found.head).decode(encoding, errors="replace")
    delimiter, skip = guess_delimiter(head)
    if not head.strip("\ufeff \t\r\n"):
        raise refuse("empty_file")
    reading = Reading(encoding=encoding, compression=compression, delimiter=delimiter, skip=skip)
    further = "\n".join(piece.decode(encoding, errors="replace") for piece in found.further)
    cells = [cell.strip() for row in text_rows(head, reading) + split(further, delimiter, 10**6) for cell in row]
    return reading.model_copy(
        update={"decimal": guess_decimal(cells, delimiter), "date_order": guess_date_order(cells)[0]}
    )


def _guess_workbook(source: Source, limits: SizeLimits) -> Reading:
    from stats.outcomes.excel import sheet_names, sheet_rows

    for sheet in sheet_names(source, limits):
        tried = Reading(format="excel", sheet=sheet)
        rows = sheet_rows(source, tried, limits, rows=GUESS_ROWS, may_be_empty=True)
        if len(rows) > 1 and max(map(_filled, rows)) > 1:
            texts = [cell.strip() for row in rows for cell in row if isinstance(cell, str)]
            shown = {"decimal": guess_decimal(texts, ","), "date_order": guess_date_order(texts)[0]}
            return tried.model_copy(update={"skip": guess_skip(rows[:20]), **shown})
    return Reading(format="excel")


def taste(source: Source, compression: str, limits: SizeLimits) -> Taste:
    """Go through the whole file once: is it utf-8, which lines hold accents, and some lines from each part."""
    found = Taste()
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    high = 0
    for number, chunk in enumerate(raw_chunks(source, compression, limits)):
        if decoder is not None:
            decoder = _still_utf8(decoder, chunk)
        if number == 0:
            found.head = chunk[:HEAD_BYTES]
            if marked(found.head):
                return found
        else:
            found.further.append(_some_lines(chunk))
        if high < SAMPLE_BYTES and not chunk.isascii():
            lines = [line for line in chunk.splitlines() if HIGH_BYTES.search(line)][:500]
            high += sum(map(len, lines))
            found.high_lines += lines
    found.utf8 = decoder is not None and not decoder.getstate()[0]
    return found


def _still_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes) -> codecs.IncrementalDecoder | None:
    try:
        if not chunk.isascii() or decoder.getstate()[0]:
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return None
    return decoder


def _some_lines(chunk: bytes) -> bytes:
    start = chunk.find(b"\n", 0, TASTE_BYTES) + 1
    return whole_lines(chunk[start : start + TASTE_BYTES]) if start else b""


def whole_lines(piece: bytes) -> bytes:
    """The piece without a last line that may be cut off."""
    if len(piece) < TASTE_BYTES:
        return piece
    end = piece.rfind(b"\n") + 1
    end += (end and len(piece) > end and piece[end : end + 1] == b"\x00") or 0
    return piece[:end] if end else piece[: len(piece) & ~1]


def split(text: str, delimiter: Delimiter, rows: int) -> list[list[str]]:
    """Cells of the first ``rows`` rows. What csv can't parse ends the list."""
    found: list[list[str]] = []
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter):
            found.append(row)
            if len(found) == rows:
                break
    except csv.Error:
        return found
    return found


def text_rows(text: str, reading: Reading, rows: int = GUESS_ROWS) -> list[list[str]]:
    """Header and rows of a text, below the skipped lines, blank rows left out."""
    below = "".join(text.removeprefix("\ufeff").splitlines(keepends=True)[reading.skip :])
    return [row for row in split(below, reading.delimiter, rows) if any(cell.strip() for cell in row)]


def guess_delimiter(head: str) -> tuple[Delimiter, int]:
    """The delimiter that cuts most rows into the same number of cells (more than one), and lines above the header."""
    text = head.removeprefix("\ufeff")
    announced = re.match(r"sep=([,;\t|])\r?\n", text)
    if announced:
        delimiter = next(mark for mark in DELIMITERS if mark == announced[1])
        return delimiter, 1

    def agreement(delimiter: Delimiter) -> tuple[float, int]:
        widths = Counter(len(row) for row in split(text, delimiter, 200) if row)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return 0.0, 0
        width = max(wide, key=lambda width: (wide[width], width))
        return wide[width] / widths.total(), width

    best = max(DELIMITERS, key=lambda mark: agreement(mark))
    best = best if agreement(best)[0] > 0 else ","
    return best, guess_skip(split(text, best, 20))


def _filled(row: Sequence[Any]) -> int:
    return sum(str(cell).strip() != "" for cell in row)


def guess_skip(rows: Sequence[Sequence[Any]]) -> int:
    """Lines above the header: titles, which fill one cell at most where the table below has several."""
    if not rows or max(map(_filled, rows)) < 2:
        return 0
    return next(place for place, row in enumerate(rows) if _filled(row) > 1)


def decimal_marks(cells: Iterable[str]) -> tuple[int, int, int]:
    """How many cells are numbers only with a decimal comma, only with a point, or with either ("1.234")."""
    comma = point = either = 0
    for cell in cells:
        if EITHER.fullmatch(cell):
            either += 1
        elif COMMA_DECIMAL.fullmatch(cell) or GROUPED_BY_POINT.fullmatch(cell):
            comma += 1
        elif POINT_DECIMAL.fullmatch(cell):
            point += 1
    return comma, point, either


def guess_decimal(cells: Iterable[str], delimiter: Delimiter) -> Literal[".", ","]:
    """The decimal mark that the numbers show; where all could be either, the delimiter tells."""
    comma, point, either = decimal_marks(cells)
    if comma != point:
        return "," if comma > point else "."
    # Programs write a semicolon where the comma is taken by numbers.
    return "," if either and delimiter == ";" else "."


def guess_date_order(cells: Iterable[str]) -> tuple[Literal["dmy", "mdy"], bool]:
    """Whether days or months come first, and whether any date shows it."""
    day_first = month_first = False
    for cell in cells:
        parts = re.match(DAY_FIRST, cell)
        if parts:
            day_first |= int(parts[1]) > 12
            month_first |= int(parts[2]) > 12
    return ("mdy" if month_first and not day_first else "dmy"), day_first != month_first
