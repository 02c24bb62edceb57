"""A sheet of a workbook as an Arrow table: typed where Excel has types, text elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

from stats.outcomes.files import (
    UNPACK_FLOOR,
    UNPACK_RATIO,
    SizeLimits,
    Source,
    kind_of,
    not_a_table,
    open_bytes,
    refuse,
    size_of,
)
from stats.outcomes.reading import Reading
from stats.outcomes.sprawl import MOST_SHEETS, Places, refuse_sprawl

if TYPE_CHECKING:
    import pyarrow as pa

WORKBOOK_MOST = 1 << 30
"""Bytes that a workbook may unpack to: about twenty full columns of Excel's longest sheet."""
_fitting: deque[tuple[str, SizeLimits]] = deque(maxlen=32)
"""Workbooks (by hash) that were looked through already: on its way in, each is opened several times."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_workbook(source: Source, limits: SizeLimits) -> Any:
    """The workbook, once it is known that it is one and that it unpacks within measure. Raises RefusedData."""
    import python_calamine

    with open_bytes(source) as raw:
        content = raw.read(limits.max_bytes)
    known = (hashlib.sha256(content).hexdigest(), limits)
    if known not in _fitting:
        _refuse_unfit(source, content, limits)
        _fitting.append(known)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except BaseException as error:
        raise _broken(error) from error
    if len(book.sheet_names) > MOST_SHEETS:
        raise refuse("too_many_sheets", found=len(book.sheet_names), limit=MOST_SHEETS)
    return book


def _refuse_unfit(source: Source, content: bytes, limits: SizeLimits) -> None:
    """Raise for what is no workbook, or would be too much to open."""
    if kind_of(content[:16]) == "archive":
        if refuse_zip(source, limits):
            return
    elif ENCRYPTED in content:
        raise refuse("password_protected")
    refuse_sprawl(content)


def refuse_zip(source: Source, limits: SizeLimits) -> bool:
    """Raise for an archive that is no workbook, is broken, or unpacks beyond measure (counted, not believed).

    Whether all its cells lie so near the first that its sheets can be laid out without looking further.
    """
    try:
        with open_bytes(source) as raw, zipfile.ZipFile(raw) as archive:
            names = set(archive.namelist())
            if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
                raise not_a_table("document" if "word/document.xml" in names else "archive")
            if any(member.flag_bits & 1 for member in archive.infolist()):
                raise refuse("password_protected")
            places = _unpack(size_of(source), archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise refuse("broken_workbook", detail=type(error).__name__) from error
    return "xl/workbook.xml" in names and places.all_near


def _unpack(packed: int, archive: zipfile.ZipFile, limits: SizeLimits) -> Places:
    """Unpack every member into nothing, so that a size that lies is found out; where the cells are."""
    most = min(limits.max_bytes, WORKBOOK_MOST, max(UNPACK_FLOOR, UNPACK_RATIO * packed))
    total, places = 0, Places()
    for member in archive.infolist():
        member.file_size = most + 1
        with archive.open(member) as stream:
            while chunk := stream.read(1 << 20):
                total += len(chunk)
                if total > most:
                    raise refuse("unpacks_too_large", packed_mb=round(packed / 2**20, 1), unpacked_mb=total >> 20)
                places.take(chunk)
        places.end_of_part()
    return places


def _broken(error: BaseException) -> BaseException:
    """What calamine says about a broken file; a panic of its native code is no Exception, so it is named here."""
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        return refuse("broken_workbook", detail=type(error).__name__)
    return error


def sheet_names(source: Source, limits: SizeLimits) -> tuple[str, ...]:
    return tuple(open_workbook(source, limits).sheet_names)


def sheet_rows(
    source: Source, reading: Reading, limits: SizeLimits, rows: int | None = None, may_be_empty: bool = False
) -> list[list[Any]]:
    """Header and rows of the sheet from below the skipped lines; blank rows left out."""
    workbook = open_workbook(source, limits)
    names = workbook.sheet_names
    if not names:
        raise refuse("empty_file")
    if reading.sheet is not None and reading.sheet not in names:
        raise refuse("unknown_sheet", sheet=reading.sheet, offered=", ".join(names))
    try:
        sheet = workbook.get_sheet_by_name(reading.sheet or names[0])
        wanted = None if rows is None else rows + reading.skip + 1
        cells = sheet.to_python(skip_empty_area=True, nrows=wanted)[reading.skip :]
    except BaseException as error:
        raise _broken(error) from error
    cells = [row for row in cells if any(cell not in ("", None) for cell in row)]
    if not cells and not may_be_empty:
        raise refuse("empty_file")
    return cells


def read_sheet(source: Source, reading: Reading, limits: SizeLimits) -> pa.Table:
    """The sheet as Arrow columns. Raises RefusedData where there is no such sheet or no readable workbook."""
    import pyarrow as pa

    header, *rows = sheet_rows(source, reading, limits)
    names = [as_text(cell) or f"column_{place}" for place, cell in enumerate(header, start=1)]
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    arrays = [_column(list(cells)) for cells in columns]
    return pa.Table.from_arrays(arrays, names=names)


def _column(cells: list[Any]) -> pa.Array:
    """Numbers, dates or booleans where every filled cell is one; text otherwise."""
    import pyarrow as pa

    known = [None if cell == "" else cell for cell in cells]
    types = {type(cell) for cell in known if cell is not None}
    if types == {bool}:
        return pa.array(known, pa.bool_())
    if types and types <= {int, float}:
        whole = all(cell is None or (float(cell).is_integer() and abs(cell) < 2**53) for cell in known)
        return pa.array(
            [None if cell is None else int(cell) for cell in known] if whole else known, None if whole else pa.float64()
        )
    if types == {dt.date}:
        return pa.array(known, pa.date32())
    if types and types <= {dt.date, dt.datetime}:
        return pa.array([_moment(cell) for cell in known], pa.timestamp("us"))
    return pa.array([None if cell is None else as_text(cell) for cell in known], pa.string())


def _moment(cell: dt.date | None) -> dt.datetime | None:
    if cell is None or isinstance(cell, dt.datetime):
        return cell
    return dt.datetime(cell.year, cell.month, cell.day)


def as_text(cell: Any) -> str:
    """A cell as one reads it: whole numbers without a point, dates in ISO."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell).strip()
