"""Which type each text column of a table has. The whole column decides, not its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stats.outcomes.reading import Reading
from stats.outcomes.values import Kind, Values, quoted, tests

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 2_000
PREFERENCE: tuple[Kind, ...] = ("empty", "boolean", "integer", "number", "date", "timestamp")
# What a column may still turn out to be when its first rows look like ...
POSSIBLE: dict[Kind, tuple[Kind, ...]] = {
    "empty": PREFERENCE,
    "boolean": ("boolean",),
    "integer": ("integer", "number"),
    "number": ("number",),
    "date": ("date", "timestamp"),
    "timestamp": ("timestamp",),
    "text": (),
}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A column with its kind and the SQL that turns the source's column into it."""

    name: str
    kind: Kind
    sql: str


def typed_columns(
    con: duckdb.DuckDBPyConnection, source: str, columns: list[tuple[str, str]], reading: Reading
) -> list[Typed]:
    """Columns of ``source`` (name, SQL type) with the expressions that read them; only text needs a look inside."""
    values = Values(reading)
    texts = [name for name, sql_type in columns if sql_type == "VARCHAR"]
    kinds = kinds_of(con, source, texts, values)
    return [
        Typed(name=name, kind=kinds[name], sql=values.of_kind(kinds[name], quoted(name)))
        if name in kinds
        else Typed(name=name, kind="text", sql=values.native(quoted(name), sql_type))
        for name, sql_type in columns
    ]


def kinds_of(con: duckdb.DuckDBPyConnection, source: str, names: list[str], values: Values) -> dict[str, Kind]:
    """The kind of each text column: guessed from the first rows, then held against every row."""
    possible = {name: PREFERENCE for name in names}
    sample = f"(SELECT * FROM {source} LIMIT {SAMPLE_ROWS})"
    rows, guesses = _decide(con, sample, possible, values)
    if rows < SAMPLE_ROWS:
        return guesses
    _, kinds = _decide(con, source, {name: POSSIBLE[kind] for name, kind in guesses.items()}, values)
    return kinds


def _decide(
    con: duckdb.DuckDBPyConnection, source: str, possible: dict[str, tuple[Kind, ...]], values: Values
) -> tuple[int, dict[str, Kind]]:
    asked = [(name, kind) for name, kinds in possible.items() for kind in kinds]
    conditions = [tests(values, quoted(name))[kind] for name, kind in asked]
    answer = con.execute(f"SELECT {', '.join(['count(*)', *conditions])} FROM {source}").fetchone() or (0,)
    kinds: dict[str, Kind] = {name: "text" for name in possible}
    for (name, kind), holds in reversed(list(zip(asked, answer[1:], strict=True))):
        if holds:
            kinds[name] = kind
    return int(answer[0]), kinds
