"""Tables to take away, as CSV or Excel. What people wrote stays text: a spreadsheet never takes it for a formula.

A text that a spreadsheet would run (``=``, ``+``, ``-``, ``@``, a tab, a line end, and their full-width forms) gets an
apostrophe before it, also behind a semicolon, tab or line end inside it: in many countries those divide columns. The
rule is OWASP's (CSV injection). Numbers, dates and yes or no are no text and stay what they are.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, Sequence[Any]]
"""Title of each column -> its cells; all of one length."""

LONGEST_CELL = 32_767
"""Characters that a cell of Excel holds; what is longer ends with three dots."""
WIDEST = 60
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b"
"""What begins a formula: = + - @, the wide forms of East Asian keyboards, and their small forms."""
_RUN_AT_START = re.compile(rf"^(?=[\s\ufeff\u200b]*[{_SIGNS}\t\r\n])")
_RUN_INSIDE = re.compile(rf"(?<=[,;|\t\r\n])(?=[ \u00a0]*[{_SIGNS}])")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way to write a table. mime: what browsers call it."""

    ending: str
    mime: str
    write: Callable[[Columns], bytes]


def marked(columns: Columns, title: str, mark: str) -> Columns:
    """The table with one more column, the same mark in every row."""
    rows = len(next(iter(columns.values()), ()))
    return {**columns, title: [mark] * rows}


def harmless(value: Any) -> Any:
    """The value for a cell: a number, date, yes or no, or nothing as it is; all else as text that is never run."""
    if hasattr(value, "dtype"):
        value = value.item()  # numpy's numbers are no numbers to openpyxl
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime)):
        return value
    if isinstance(value, (Mapping, list, tuple)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return harmless_text(str(value))


def harmless_text(text: str) -> str:
    """The text without characters that no table can hold, with an apostrophe wherever it would be run."""
    clean = _HALVES.sub("\ufffd", _NO_TEXT.sub("", text))
    return _RUN_AT_START.sub("'", _RUN_INSIDE.sub("'", clean))


def as_csv(columns: Columns) -> bytes:
    """Comma-separated utf-8 with its mark, so that Excel reads accents; all text between quotes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless_text(title) for title in columns])
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if cell is None else _for_csv(harmless(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _for_csv(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def as_workbook(columns: Columns) -> bytes:
    """One sheet, the titles frozen above it; every text is stored as text, whatever it begins with."""
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    for place, (title, cells) in enumerate(columns.items(), start=1):
        filled = [harmless_text(title), *(harmless(cell) for cell in cells)]
        for row, cell in enumerate(filled, start=1):
            _put(sheet.cell(row=row, column=place), cell)
        sheet.cell(row=1, column=place).font = Font(bold=True)
        widest = max(len(str(cell)) for cell in filled)
        sheet.column_dimensions[get_column_letter(place)].width = min(widest, WIDEST) + 2
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(into: Any, cell: Any) -> None:
    if isinstance(cell, datetime):
        cell = cell.isoformat(" ") if cell.tzinfo else cell
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 2**53:
        cell = str(cell)  # Excel would round it
    if isinstance(cell, str):
        cell = cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…"
        into.value, into.data_type = cell, "s"
    else:
        into.value = cell


FORMS: Mapping[str, Form] = {
    "csv": Form(ending="csv", mime="text/csv", write=as_csv),
    "excel": Form(
        ending="xlsx", mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write=as_workbook
    ),
}


def form_of(name: str) -> Form:
    """The form that a file's name asks for: Excel for .xlsx, else CSV."""
    return FORMS["excel" if PurePath(name).suffix.lower() == ".xlsx" else "csv"]


def large_as_parquet(table: pa.Table) -> bytes:
    """As it is, types and all: what is brought to a pilot at once."""
    import pyarrow.parquet as parquet

    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def large_as_csv(table: pa.Table) -> bytes:
    """Comma-separated; texts that a spreadsheet would run get an apostrophe before them."""
    import pyarrow as pa
    from pyarrow.csv import write_csv

    columns = []
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            known = column.combine_chunks().dictionary_encode()
            safe = pa.array([None if text is None else harmless_text(text) for text in known.dictionary.to_pylist()])
            column = safe.take(known.indices)
        columns.append(column)
    out = io.BytesIO()
    write_csv(pa.table(columns, names=table.column_names), out)
    return out.getvalue()
