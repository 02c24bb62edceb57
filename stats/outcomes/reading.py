"""How one file is to be read: everything that makes the same bytes give the same table again."""

from __future__ import annotations

from typing import Literal

from stats.spec import Strict

Format = Literal["csv", "parquet", "excel"]
Encoding = Literal[
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "gb18030",
    "cp874",
    "cp1258",
    "cp1256",
]
Delimiter = Literal[",", ";", "\t", "|"]

ENCODINGS: tuple[Encoding, ...] = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "gb18030", "cp874",
    "cp1258", "cp1256",
)  # fmt: skip
DELIMITERS: tuple[Delimiter, ...] = (",", ";", "\t", "|")
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "?", "-", "--", ".", "#N/A")


class Reading(Strict):
    """Guessed by ``guess_reading``, shown in a preview, changeable; stored with the snapshot.

    encoding, delimiter: of a text file; decimal: decimal mark of numbers written as text (the other mark, spaces and
    apostrophes are then accepted between groups of three digits); skip: lines above the header; sheet: of a workbook,
    None the first; date_order: of dates such as 03/04/2026 (ISO dates are always understood);
    buddhist_years: subtract 543 from the years of dates; missing: values that mean "not known".
    """

    format: Format = "csv"
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    decimal: Literal[".", ","] = "."
    skip: int = 0
    sheet: str | None = None
    compression: Literal["none", "gzip"] = "none"
    date_order: Literal["dmy", "mdy", "ymd"] = "dmy"
    buddhist_years: bool = False
    missing: tuple[str, ...] = MISSING
