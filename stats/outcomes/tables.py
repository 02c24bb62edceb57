"""A file, or a table behind a connection, as one Ibis table whose columns have the right types."""

# ruff: noqa: S608 - names and texts go through quoted() and literal()

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedData, without_secrets
from stats.outcomes.files import SizeLimits, kind_of, not_a_table, open_bytes, refuse, refuse_size, utf8_path
from stats.outcomes.kinds import select, typed_columns, without_needless_cleaning
from stats.outcomes.reading import Reading
from stats.outcomes.values import literal, quoted

if TYPE_CHECKING:
    import duckdb
    import ibis
    import pyarrow as pa

LIMITS = SizeLimits()
FIRST_ROWS = 5
EMBEDDED = ("duckdb", "sqlite")
_numbers = count(1)


def connect() -> Any:
    """An embedded DuckDB, with Ibis in front, that never fetches anything from outside."""
    import ibis

    return ibis.duckdb.connect(autoinstall_known_extensions="false", autoload_known_extensions="false")


def open_connection(connection: str, table: str) -> ibis.Table:
    """A table behind an Ibis connection string (``duckdb://file.db``, ``postgres://user@host/base``).

    ``table`` may be ``schema.table``. Raises RefusedData where there is no such connection or table.
    """
    import ibis

    *schema, name = table.split(".")
    scheme, _, place = connection.partition("://")
    if scheme in EMBEDDED and not Path(place.partition("?")[0]).is_file():
        # Opening a database that is not there would make an empty one.
        raise refuse("no_connection", scheme=scheme, table=table, detail="there is no such file")
    try:
        backend = ibis.connect(connection)
        return backend.table(name, database=tuple(schema) if len(schema) > 1 else (schema[0] if schema else None))
    except Exception as error:  # noqa: BLE001 - each backend has its own errors; some repeat the password
        detail = without_secrets(first_line(error), of=connection)
        raise refuse("no_connection", scheme=scheme, table=table, detail=detail) from None


def open_table(path: Path | str, reading: Reading, connection: Any = None, limits: SizeLimits = LIMITS) -> ibis.Table:
    """The file as an Ibis table on DuckDB: numbers, dates and text as ``reading`` says, unknown values NULL.

    Parquet stays where it is (a lazy scan). Text files and workbooks are read once into the connection, in which a
    column is a number or date only if all its values are; rows in which nothing is known are left out.
    Raises RefusedData, with every fault of the file found, where the bytes are not such a table.
    """
    import duckdb

    path = Path(path)
    backend = connect() if connection is None else connection
    refuse_at_sight(path, reading, limits)
    name = f"outcomes_{next(_numbers)}"
    try:
        if reading.format == "parquet":
            _open_parquet(backend.con, name, path, reading, limits)
        elif reading.format == "excel":
            _open_excel(backend.con, name, path, reading, limits)
        else:
            _open_csv(backend.con, name, path, reading, limits)
    except duckdb.Error as error:
        raise refuse("unreadable", detail=first_line(error)) from error
    return backend.table(name)


def first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def refuse_at_sight(source: Path | str | bytes, reading: Reading, limits: SizeLimits) -> None:
    """Raise for what the first bytes and the size already tell."""
    refuse_size(source, limits)
    with open_bytes(source) as raw:
        kind = kind_of(raw.read(8192))
    fitting = {
        "csv": ("text", "gzip") if reading.compression == "gzip" else ("text", "binary"),
        "parquet": ("parquet",),
        "excel": ("archive", "workbook"),
    }[reading.format]
    if kind not in fitting:
        raise not_a_table(kind)


def _open_parquet(con: duckdb.DuckDBPyConnection, name: str, path: Path, reading: Reading, limits: SizeLimits) -> None:
    source = f"read_parquet({literal(without_glob(path))}, hive_partitioning=false)"
    columns = [(str(row[0]), str(row[1])) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    refuse_names([column for column, _ in columns], limits)
    texts = [column for column, kind in columns if kind == "VARCHAR"]
    longest = ", ".join(["count(*)", *(f"max(strlen({quoted(column)}))" for column in texts)])
    rows, *found = con.execute(f"SELECT {longest} FROM {source}").fetchone() or (0,)
    refuse_count(int(rows), limits)
    refuse_cells(int(rows), len(columns), limits)
    refuse_long_texts(dict(zip(texts, found, strict=True)), limits)
    typed = without_needless_cleaning(con, source, typed_columns(con, source, columns, reading), reading)
    con.execute(f"CREATE TEMP VIEW {name} AS {select(typed, source)}")


def _open_excel(con: duckdb.DuckDBPyConnection, name: str, path: Path, reading: Reading, limits: SizeLimits) -> None:
    from stats.outcomes.excel import read_sheet

    table = read_sheet(path, reading, limits)
    refuse_names(table.column_names, limits)
    refuse_count(table.num_rows, limits)
    refuse_long_texts(longest_texts(table), limits)
    con.register(f"{name}_sheet", table)
    columns = [(str(row[0]), str(row[1])) for row in con.execute(f"DESCRIBE SELECT * FROM {name}_sheet").fetchall()]
    typed = typed_columns(con, f"{name}_sheet", columns, reading)
    con.execute(f"CREATE TEMP TABLE {name} AS {select(typed, f'{name}_sheet')}")
    con.unregister(f"{name}_sheet")


def _open_csv(con: duckdb.DuckDBPyConnection, name: str, path: Path, reading: Reading, limits: SizeLimits) -> None:
    with tempfile.TemporaryDirectory(prefix="outcomes-") as folder:
        text = utf8_path(path, reading, Path(folder), limits)
        header = read_header(text, reading)
        refuse_names(header, limits)
        names = [column.strip() or f"column_{number}" for number, column in enumerate(header, start=1)]
        source = csv_source(text, reading, names)
        typed = typed_columns(con, source, [(column, "VARCHAR") for column in names], reading)
        rejects = f"{name}_rejects"
        # The rows that do not fit are collected beside the table, so that all of them are named at once.
        storing = csv_source(text, reading, names, rejects)
        not_blank = " OR ".join(f"{quoted(column)} IS NOT NULL" for column in names)
        con.execute(f"CREATE TEMP TABLE {name} AS {select(typed, f'{storing} WHERE {not_blank}')}")
        try:
            refuse_rejected(con, rejects, reading)
            rows = con.execute(f"SELECT count(*) FROM {name}").fetchone()
            refuse_count(int(rows[0]) if rows else 0, limits)
        except RefusedData:
            con.execute(f"DROP TABLE {name}")
            raise
        finally:
            con.execute(f"DROP TABLE IF EXISTS {rejects}")
            con.execute(f"DROP TABLE IF EXISTS {rejects}_scans")


def without_glob(path: Path) -> str:
    """DuckDB takes paths for patterns: brackets, stars and question marks are put between brackets."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))


def csv_source(path: Path, reading: Reading, names: list[str], rejects: str | None = None) -> str:
    """DuckDB's reader over clean utf-8, all columns as text, nothing guessed."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    missing = ", ".join(literal(token) for token in dict.fromkeys(("", *reading.missing)))
    faults = "ignore_errors=true"
    if rejects:
        tables = f"rejects_table={literal(rejects)}, rejects_scan={literal(rejects + '_scans')}"
        faults = f"store_rejects=true, rejects_limit=0, {tables}"
    return (
        f"read_csv({literal(without_glob(path))}, auto_detect=false, header=true, skip={reading.skip},"
        f" delim={literal(reading.delimiter)}, quote='\"', escape='\"', nullstr=[{missing}], columns={{{columns}}},"
        f" compression='none', hive_partitioning=false, {faults})"
    )


def read_header(path: Path, reading: Reading) -> list[str]:
    """The names above the columns. Raises where there is no line to read them from."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for _ in range(reading.skip):
            lines.readline()
        head = lines.read(1 << 20)
    rows = csv.reader(io.StringIO(head.lstrip("\r\n"), newline=""), delimiter=reading.delimiter)
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise refuse("header_too_long", limit=csv.field_size_limit()) from error
    if not any(name.strip() for name in header):
        raise refuse("empty_file")
    return header


def refuse_names(names: list[str], limits: SizeLimits) -> None:
    """Two columns of one name (capitals do not count), or more columns than anyone means."""
    if len(names) > limits.max_columns:
        raise refuse("too_many_columns", columns=len(names), limit=limits.max_columns)
    seen: dict[str, list[int]] = {}
    for place, name in enumerate(names, start=1):
        if name.strip():
            seen.setdefault(name.strip().lower(), []).append(place)
    problems = [
        Problem(
            code="duplicate_column",
            column=names[places[0] - 1].strip(),
            count=len(places),
            facts={"places": ", ".join(map(str, places))},
        )
        for places in seen.values()
        if len(places) > 1
    ]
    if problems:
        raise RefusedData(problems)


def refuse_count(rows: int, limits: SizeLimits) -> None:
    if rows == 0:
        raise refuse("header_only")
    if rows > limits.max_rows:
        raise refuse("too_many_rows", found=rows, limit=limits.max_rows)


def refuse_cells(rows: int, columns: int, limits: SizeLimits) -> None:
    """A file of a few kilobytes can say the same value billions of times."""
    if rows * columns > limits.max_cells:
        raise refuse("too_many_cells", rows=rows, columns=columns, limit=limits.max_cells)


def longest_texts(table: pa.Table) -> dict[str, int | None]:
    """Bytes of the longest text in each column of text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    return {name: pc.max(pc.binary_length(table[name])).as_py() for name in texts}


def refuse_long_texts(longest: Mapping[str, int | None], limits: SizeLimits) -> None:
    """Texts of megabytes are no values of a table, and each pass over them would cost minutes."""
    problems = [
        Problem(code="cell_too_long", column=name, facts={"found": found, "limit": limits.max_text})
        for name, found in longest.items()
        if (found or 0) > limits.max_text
    ]
    if problems:
        raise RefusedData(problems)


def refuse_rejected(con: duckdb.DuckDBPyConnection, rejects: str, reading: Reading) -> None:
    """Raise for the lines that have more or fewer values than the header, or a quote that is never closed."""
    found = con.execute(
        f"SELECT error_type, count(DISTINCT line), list(DISTINCT line ORDER BY line)[1:{FIRST_ROWS}],"
        " min(error_message)"
        f" FROM {rejects} GROUP BY error_type ORDER BY error_type"
    ).fetchall()
    codes = {"MISSING COLUMNS": "too_few_values", "TOO MANY COLUMNS": "too_many_values", "UNQUOTED VALUE": "open_quote"}
    problems = [
        Problem(
            code=codes.get(str(kind), "unreadable_line"),
            rows=tuple(max(int(line) - reading.skip - 1, 1) for line in lines),
            count=int(number),
            facts={"lines": ", ".join(map(str, lines)), "detail": str(message)},
        )
        for kind, number, lines, message in found
    ]
    if problems:
        raise RefusedData(problems)
