"""What a piece of text in a table means: number, date, true or false, or just text. As SQL for DuckDB.

Every rule is all or nothing for a column: a column is numeric only if each of its values is a number, so that a
mistyped value is never lost quietly: the column stays text and the check names the row.

There are two forms of each rule: ``plain``, fast, for values spelt as computers spell them, and ``full``, for spaces
around a value, groups of three digits, day before month, named months, offsets from UTC. The full form accepts
whatever the plain one accepts, with the same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stats.outcomes.reading import Reading

Kind = Literal["empty", "integer", "number", "boolean", "date", "timestamp", "text"]
Form = Literal["plain", "full"]
PREFERENCE: tuple[Kind, ...] = ("empty", "boolean", "integer", "number", "date", "timestamp")
SPACES = " \t\r\n\u00a0\u202f\ufeff"
GROUPING = " \u00a0\u202f'’"
DAY_FIRST = r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})"
YEAR_FIRST = r"^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
CLOCK = r"([T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?( ?[AaPp][Mm])?"
OFFSET = r"(:[0-9.]+ ?([AaPp][Mm])?) ?(Z|[+-][0-9]{2}:?[0-9]{2})$"
NAMED_MONTHS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
TWELVE_HOURS = ("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M%p", "%Y-%m-%d %I:%M:%S%p")
BUDDHIST_YEARS = (2300, 2800)
INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)")
CODE = re.compile(r"[+-]?0[0-9]")
DATE_LIKE = re.compile(r"([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|[0-9]{1,2}[- ][A-Za-z]{3}|[A-Za-z]{3,9} [0-9])")


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    return ", ".join(literal(text) for text in texts)


def number_pattern(decimal: str) -> str:
    """Pattern (RE2 and Python) of a number with this decimal mark; groups of three digits only where well formed."""
    group = "[" + ("," if decimal == "." else ".") + GROUPING + "]"
    point = "[.]" if decimal == "." else ","
    whole = rf"([0-9]+|[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+)"
    return rf"[+-]?({whole}({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Values:
    """The rules for one way of reading. ``column`` is SQL; of the full form it must be cleaned text already."""

    reading: Reading

    def clean(self, column: str) -> str:
        """The text without spaces around it; NULL where it says that nothing is known."""
        trimmed = f"trim({column}, {literal(SPACES)})"
        # Not IN (...): DuckDB turns a long list into a join, and with it the rows lose their order.
        unknown = f"list_contains([{literals(('', *self.reading.missing))}], {trimmed})"
        return f"(CASE WHEN {unknown} THEN NULL ELSE {trimmed} END)"

    def of_kind(self, kind: Kind, form: Form, column: str) -> str:
        """The column's values as ``kind``; NULL where unknown or not of that kind."""
        if kind == "integer":
            return f"try_cast({column} AS BIGINT)"
        if kind == "boolean":
            return f"(CASE lower({column}) WHEN 'true' THEN true WHEN 'false' THEN false END)"
        if kind == "date":
            return f"try_cast({column} AS DATE)" if form == "plain" else f"CAST({self._timestamp(column)} AS DATE)"
        if kind == "timestamp":
            return f"try_cast({column} AS TIMESTAMP)" if form == "plain" else self._timestamp(column)
        if kind == "text":
            # Accents in one spelling and plain spaces, so that names from different systems agree.
            return f"translate(nfc_normalize({column}), '\u00a0\u202f', '  ')"
        return self._plain_number(column) if form == "plain" else self._number(column)

    def test(self, kind: Kind, form: Form, column: str) -> str:
        """An aggregate, true when every known value of the column is of that kind (in that form)."""
        value = self.of_kind(kind, form, column)
        if kind == "empty":
            return f"(count({column}) = 0)"
        if kind == "text":
            return "true"
        if kind == "integer":
            # Written back it must be the same text: 007, +5 and 1_000 are codes or other spellings.
            return f"(count({column}) = count(*) FILTER (CAST({value} AS VARCHAR) = {column}))"
        if kind in ("date", "timestamp"):
            return self._test_moment(kind, form, column)
        if kind == "number":
            exact = f"isfinite({value}) AND NOT contains({column}, '_')"
            exact += f" AND NOT (starts_with({column}, '0') AND regexp_matches({column}, '^0[0-9]'))"
            if self.reading.decimal == "," and form == "plain":
                exact += f" AND NOT contains({column}, '.')"
            return f"(count({column}) = count(*) FILTER ({exact}))"
        return f"(count({column}) = count({value}))"

    def native(self, column: str, sql_type: str) -> str:
        """A column that already has a type: as it is, but for the Buddhist calendar."""
        if self.reading.buddhist_years and (sql_type == "DATE" or sql_type.startswith("TIMESTAMP")):
            first, last = BUDDHIST_YEARS
            earlier = f"CAST({column} - INTERVAL 543 YEAR AS {sql_type})"
            return f"(CASE WHEN year({column}) BETWEEN {first} AND {last} THEN {earlier} ELSE {column} END)"
        return column

    def _plain_number(self, column: str) -> str:
        plain = f"replace({column}, ',', '.')" if self.reading.decimal == "," else column
        return f"try_cast({plain} AS DOUBLE)"

    def _number(self, column: str) -> str:
        decimal = self.reading.decimal
        signed = f"replace({column}, '\u2212', '-')"
        group = "[" + ("," if decimal == "." else ".") + GROUPING + "]"
        bare = f"regexp_replace({signed}, {literal(group)}, '', 'g')"
        matches = f"regexp_full_match({signed}, {literal(number_pattern(decimal))})"
        return f"(CASE WHEN {matches} THEN {self._plain_number(bare)} END)"

    def _test_moment(self, kind: Kind, form: Form, column: str) -> str:
        value = self.of_kind("timestamp", form, column)
        exact = f"{value} IS NOT NULL" if kind == "timestamp" else f"{value} = date_trunc('day', {value})"
        if form == "plain":
            # An offset from UTC, or another calendar, is for the full form. A cast alone would take "12" for a year.
            exact = (
                f"length({column}) >= 8 AND NOT contains({column}, 'Z') AND NOT contains({column}, '+')"
                f" AND NOT contains(substr({column}, 12), '-') AND {exact}"
            )
            if kind == "date":
                exact = f"length({column}) <= 10 AND {exact}"
            if self.reading.buddhist_years:
                return "false"
        return f"(count({column}) = count(*) FILTER ({exact}))"

    def _timestamp(self, column: str) -> str:
        """Wall-clock time: an offset from UTC is dropped, for half-hours are judged by the clock on the wall."""
        plain = column
        if self.reading.buddhist_years:
            first, last = BUDDHIST_YEARS
            year = f"try_cast(regexp_extract({column}, '[0-9]{{4}}') AS INTEGER)"
            shifted = f"replace({column}, CAST({year} AS VARCHAR), CAST({year} - 543 AS VARCHAR))"
            plain = f"(CASE WHEN {year} BETWEEN {first} AND {last} THEN {shifted} ELSE {column} END)"
        day_first = r"\3-\1-\2" if self.reading.date_order == "mdy" else r"\3-\2-\1"
        iso = f"regexp_replace({plain}, {literal(DAY_FIRST)}, {literal(day_first)})"
        iso = f"regexp_replace({iso}, {literal(YEAR_FIRST)}, '\\1-\\2-\\3')"
        iso = f"replace(regexp_replace({iso}, {literal(OFFSET)}, '\\1'), 'T', ' ')"
        numeric = f"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{CLOCK}"
        return (
            f"(CASE WHEN regexp_full_match({iso}, {literal(numeric)})"
            f" THEN coalesce(try_cast({iso} AS TIMESTAMP), try_strptime({iso}, [{literals(TWELVE_HOURS)}]))"
            f" ELSE try_strptime({plain}, [{literals(NAMED_MONTHS)}]) END)"
        )


def known(cells: Iterable[str | None], reading: Reading) -> list[str]:
    """The cells that say something, without spaces around them."""
    stripped = (cell.strip(SPACES) for cell in cells if cell is not None)
    return [cell for cell in stripped if cell and cell not in reading.missing]


def possible_kinds(cells: Sequence[str | None], reading: Reading) -> tuple[Kind, ...]:
    """What a column may be, judging by some of its cells, best first; the full rules decide. Empty: only text."""
    some = known(cells, reading)
    if not some:
        return PREFERENCE
    if all(cell.lower() in ("true", "false") for cell in some):
        return ("boolean",)
    if all(INTEGER.fullmatch(cell) for cell in some):
        return ("integer", "number")
    number = re.compile(number_pattern(reading.decimal))
    if all(number.fullmatch(cell.replace("\u2212", "-")) for cell in some):
        return () if any(CODE.match(cell) for cell in some) else ("number",)
    if all(DATE_LIKE.match(cell) for cell in some):
        return ("date", "timestamp") if not any(":" in cell for cell in some) else ("timestamp",)
    return ()
