"""Which type each text column of a table has. The whole column decides, not its beginning."""

# ruff: noqa: S608 - names and texts go through quoted() and literal()

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stats.outcomes.reading import Reading
from stats.outcomes.values import Form, Kind, Values, possible_kinds, quoted

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 500


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A column of a source and what becomes of it: ``inner`` and ``outer`` are SQL, one select around the other."""

    name: str
    kind: Kind
    inner: str
    outer: str


def typed_columns(
    con: duckdb.DuckDBPyConnection, source: str, columns: list[tuple[str, str]], reading: Reading
) -> list[Typed]:
    """Columns of ``source`` (name, SQL type) with what reads them; only text needs a look inside."""
    values = Values(reading)
    texts = [name for name, sql_type in columns if sql_type == "VARCHAR"]
    found = _kinds(con, source, texts, values)
    return [_typed(name, sql_type, found.get(name), values) for name, sql_type in columns]


def without_needless_cleaning(
    con: duckdb.DuckDBPyConnection, source: str, typed: list[Typed], reading: Reading
) -> list[Typed]:
    """The same, with text columns as they lie in ``source`` where cleaning would change no value.

    For sources that are read again and again (Parquet): each distinct value is looked at once, instead of each row
    at every scan, which costs more than summing twenty numeric columns.
    """
    values = Values(reading)
    return [_as_it_lies(con, source, column, values) if column.kind == "text" else column for column in typed]


def _as_it_lies(con: duckdb.DuckDBPyConnection, source: str, column: Typed, values: Values) -> Typed:
    name = quoted(column.name)
    if column.inner != values.clean(name):
        return column
    cleaned = values.of_kind("text", "full", column.inner)
    changed = f"count(*) FILTER ({name} IS DISTINCT FROM {cleaned})"
    answer = con.execute(f"SELECT {changed} FROM (SELECT DISTINCT {name} FROM {source})").fetchone()
    return column if answer and answer[0] else replace(column, inner=name, outer=name)


def select(typed: list[Typed], source: str) -> str:
    """The query that gives the typed columns of ``source``."""
    inner = ", ".join(f"{column.inner} AS {quoted(column.name)}" for column in typed)
    outer = ", ".join(f"{column.outer} AS {quoted(column.name)}" for column in typed)
    return f"SELECT {outer} FROM (SELECT {inner} FROM {source})"


def _typed(name: str, sql_type: str, found: tuple[Kind, Form] | None, values: Values) -> Typed:
    column = quoted(name)
    if found is None:
        return Typed(name=name, kind="text", inner=values.native(column, sql_type), outer=column)
    kind, form = found
    return Typed(
        name=name,
        kind=kind,
        inner=column if form == "plain" else values.clean(column),
        outer=values.of_kind(kind, form, column),
    )


def _kinds(
    con: duckdb.DuckDBPyConnection, source: str, names: list[str], values: Values
) -> dict[str, tuple[Kind, Form]]:
    """Kind and form of each text column: guessed from the first rows, then held against every row."""
    if not names:
        return {}
    listed = ", ".join(quoted(name) for name in names)
    rows = con.execute(f"SELECT {listed} FROM {source} LIMIT {SAMPLE_ROWS}").fetchall()
    cells = zip(*rows, strict=True) if rows else [()] * len(names)
    possible = {name: possible_kinds(column, values.reading) for name, column in zip(names, cells, strict=True)}
    found: dict[str, tuple[Kind, Form]] = {}
    forms: tuple[Form, ...] = ("plain", "full")
    for form in forms:
        left = {name: kinds for name, kinds in possible.items() if kinds and name not in found}
        found |= _holding(con, source, left, values, form)
    return {name: found.get(name, ("text", "full")) for name in names}


def _holding(
    con: duckdb.DuckDBPyConnection, source: str, possible: dict[str, tuple[Kind, ...]], values: Values, form: Form
) -> dict[str, tuple[Kind, Form]]:
    """The first possible kind of each column that all its values are of; columns with none are left out."""
    asked = [(name, kind) for name, kinds in possible.items() for kind in kinds]
    if not asked:
        return {}
    inner = ", ".join(
        f"{quoted(name) if form == 'plain' else values.clean(quoted(name))} AS {quoted(name)}" for name in possible
    )
    tests = ", ".join(values.test(kind, form, quoted(name)) for name, kind in asked)
    answer = con.execute(f"SELECT {tests} FROM (SELECT {inner} FROM {source})").fetchone() or ()
    found: dict[str, tuple[Kind, Form]] = {}
    for (name, kind), holds in zip(asked, answer, strict=True):
        if holds:
            found.setdefault(name, (kind, form))
    return found
