"""A look at the first rows of a file under one way of reading it, with what else it could be."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stats.errors import Problem
from stats.outcomes.encodings import readable
from stats.outcomes.files import SizeLimits, Source, open_bytes, refuse
from stats.outcomes.guess import EITHER, decimal_marks, guess_date_order, taste, text_rows, whole_lines
from stats.outcomes.reading import ENCODINGS, Encoding, Reading
from stats.outcomes.tables import refuse_at_sight
from stats.outcomes.values import BUDDHIST_YEARS, DAY_FIRST, Kind, known, possible_kinds

LIMITS = SizeLimits()
LOOK_ROWS = 200
SAMPLE_LINES = 4
YEAR = re.compile(r"(?:^|[-/. ])([0-9]{4})(?:$|[-/. T])")


@dataclass(frozen=True, kw_only=True)
class PreviewColumn:
    """A column as its first rows show it. examples: some known values; missing: how many unknown among those rows."""

    name: str
    kind: Kind
    missing: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EncodingChoice:
    """How lines with accents would look in one encoding; ``fits``: it has all their bytes."""

    encoding: Encoding
    sample: str
    fits: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a person looks at before accepting a file. rows: as text, None unknown; warnings: guesses to look at."""

    reading: Reading
    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    encodings: tuple[EncodingChoice, ...] = ()
    sheets: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()


def preview(source: Source, reading: Reading, rows: int = 20, limits: SizeLimits = LIMITS) -> Preview:
    """The first rows and what they look like. Raises RefusedData where the file can't be read in this way at all."""
    refuse_at_sight(source, reading, limits)
    wanted = max(rows, LOOK_ROWS)
    choices: tuple[EncodingChoice, ...] = ()
    sheets: tuple[str, ...] = ()
    if reading.format == "parquet":
        return _parquet_preview(source, reading, rows)
    if reading.format == "excel":
        from stats.outcomes.excel import as_text, sheet_names, sheet_rows

        sheets = sheet_names(source, limits)
        table = [[as_text(cell) for cell in row] for row in sheet_rows(source, reading, limits, rows=wanted)]
    else:
        found = taste(source, reading.compression, limits)
        head = whole_lines(found.head).decode(reading.encoding, errors="replace")
        table = text_rows(head, reading, wanted + 1)
        choices = _choices(found.high_lines[:SAMPLE_LINES], reading)
    if not table:
        # Something is there, but the reader gave up in the first line: a name of hundreds of pages.
        raise refuse("header_too_long", limit=csv.field_size_limit())
    header, *body = table
    names = [name.strip() or f"column_{place}" for place, name in enumerate(header, start=1)]
    cells = [[_shown(row, place, reading) for place in range(len(names))] for row in body]
    columns = [[row[place] for row in cells] for place in range(len(names))]
    return Preview(
        reading=reading,
        columns=tuple(_column(name, column, reading) for name, column in zip(names, columns, strict=True)),
        rows=tuple(tuple(row) for row in cells[:rows]),
        encodings=choices,
        sheets=sheets,
        warnings=tuple(_doubts(names, columns, reading)),
    )


def _shown(row: Sequence[str], place: int, reading: Reading) -> str | None:
    cell = row[place].strip() if place < len(row) else ""
    return None if cell in ("", *reading.missing) else cell


def _column(name: str, cells: Sequence[str | None], reading: Reading) -> PreviewColumn:
    some = known(cells, reading)
    kinds = possible_kinds(cells, reading)
    return PreviewColumn(
        name=name,
        kind=kinds[0] if kinds else "text",
        missing=len(cells) - len(some),
        examples=tuple(dict.fromkeys(some))[:3],
    )


def _choices(lines: Sequence[bytes], reading: Reading) -> tuple[EncodingChoice, ...]:
    """Other encodings of the same bytes, those that fit first; none where all is plain ASCII."""
    if not lines or reading.encoding.startswith("utf-16"):
        return ()
    sample = b"\n".join(line[:200] for line in lines)
    tried = [encoding for encoding in ENCODINGS if not encoding.startswith("utf-16") and encoding != "utf-8-sig"]
    looks = [(encoding, *readable(sample, encoding)) for encoding in tried]
    choices = [EncodingChoice(encoding=encoding, sample=text, fits=fits) for encoding, text, fits in looks]
    return tuple(sorted(choices, key=lambda choice: (choice.encoding != reading.encoding, not choice.fits)))


def _doubts(names: Sequence[str], columns: Sequence[Sequence[str | None]], reading: Reading) -> list[Problem]:
    """Guesses that the first rows do not settle, and years that are not of our calendar."""
    doubts = []
    comma, point, _ = decimal_marks(cell for cells in columns for cell in known(cells, reading))
    for name, cells in zip(names, columns, strict=True):
        some = known(cells, reading)
        kinds = possible_kinds(cells, reading)
        either = [cell for cell in some if EITHER.fullmatch(cell)]
        if either and "number" in kinds and not comma and not point:
            doubts.append(Problem(code="doubtful_decimal", column=name, facts={"value": either[0]}))
        dates = [cell for cell in some if re.match(DAY_FIRST, cell)]
        if dates and "timestamp" in kinds and not guess_date_order(dates)[1]:
            doubts.append(Problem(code="doubtful_date_order", column=name, facts={"value": dates[0]}))
        if "timestamp" in kinds and not reading.buddhist_years:
            doubts += _buddhist(name, cells)
    return doubts


def _buddhist(name: str, cells: Sequence[str | None]) -> list[Problem]:
    first, last = BUDDHIST_YEARS
    rows = [
        (row, cell)
        for row, cell in enumerate(cells, start=1)
        if cell and (year := YEAR.search(cell)) and first <= int(year[1]) <= last
    ]
    if not rows:
        return []
    first_rows = tuple(row for row, _ in rows[:5])
    facts = {"values": rows[0][1]}
    return [Problem(code="buddhist_years", column=name, rows=first_rows, count=len(rows), facts=facts)]


def _parquet_preview(source: Source, reading: Reading, rows: int) -> Preview:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_bytes(source) as raw:
            file = pq.ParquetFile(raw)
            batch: Any = next(file.iter_batches(batch_size=max(rows, LOOK_ROWS)), None)
            names = file.schema_arrow.names
            types = [_arrow_kind(field.type) for field in file.schema_arrow]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refuse("unreadable", detail=str(error).splitlines()[0][:200] if str(error) else "") from error
    found = [column.to_pylist() for column in batch.columns] if batch else [[] for _ in names]
    columns = [[_cell(cell) for cell in column] for column in found]
    looked = [_column(name, cells, reading) for name, cells in zip(names, columns, strict=True)]
    return Preview(
        reading=reading,
        columns=tuple(
            column if kind == "text" else replace(column, kind=kind) for column, kind in zip(looked, types, strict=True)
        ),
        rows=tuple(zip(*(cells[:rows] for cells in columns), strict=True)),
        warnings=tuple(_doubts(names, columns, reading)),
    )


def _arrow_kind(kind: Any) -> Kind:
    import pyarrow.types as of

    if of.is_boolean(kind):
        return "boolean"
    if of.is_integer(kind):
        return "integer"
    if of.is_floating(kind) or of.is_decimal(kind):
        return "number"
    if of.is_date(kind):
        return "date"
    return "timestamp" if of.is_timestamp(kind) else "text"


def _cell(value: Any) -> str | None:
    if value is None or value != value:
        return None
    return value.isoformat(" ") if hasattr(value, "hour") and hasattr(value, "year") else str(value)
