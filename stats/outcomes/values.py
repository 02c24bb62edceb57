"""What a piece of text in a table means: number, date, true or false, or just text. As SQL for DuckDB.

Every rule is all or nothing for a column: a column is numeric only if each of its values is a number, so that a
mistyped value is never lost quietly: the column stays text and the check names the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stats.outcomes.reading import Reading

Kind = Literal["empty", "integer", "number", "boolean", "date", "timestamp", "text"]
SQL_TYPES: dict[Kind, str] = {
    "empty": "DOUBLE",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "text": "VARCHAR",
}
SPACES = " \t\r\n\u00a0\u202f\ufeff"
GROUPING = " \u00a0\u202f'’"
DAY_FIRST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
CLOCK = r"([T ]+\d{1,2}:\d{2}(:\d{2}([.]\d{1,9})?)?)?( ?[AaPp][Mm])?( ?(Z|[+-]\d{2}:?\d{2}))?"
NAMED_MONTHS = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def number_pattern(decimal: str) -> str:
    """RE2 / Python pattern of a number with this decimal mark; groups of three digits only where well formed."""
    group = "[" + ("," if decimal == "." else ".") + GROUPING + "]"
    point = "[.]" if decimal == "." else ","
    whole = rf"([0-9]+|[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+)"
    return rf"[+-]?({whole}({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Values:
    """SQL expressions over a text column (given as SQL), for one way of reading."""

    reading: Reading

    def clean(self, column: str) -> str:
        """The text without spaces around it; NULL where it says that nothing is known."""
        trimmed = f"trim({column}, {literal(SPACES)})"
        tokens = ", ".join(literal(token) for token in ("", *self.reading.missing))
        return f"(CASE WHEN {trimmed} IN ({tokens}) THEN NULL ELSE {trimmed} END)"

    def text(self, column: str) -> str:
        """Text with accents in one spelling (NFC), so that names from different systems agree."""
        return f"nfc_normalize({self.clean(column)})"

    def number(self, column: str) -> str:
        """A double; NULL where the text is no number in this file's spelling."""
        decimal = self.reading.decimal
        signed = f"replace({self.clean(column)}, '\u2212', '-')"
        group = "[" + ("," if decimal == "." else ".") + GROUPING + "]"
        plain = f"regexp_replace({signed}, {literal(group)}, '', 'g')"
        if decimal == ",":
            plain = f"replace({plain}, ',', '.')"
        value = f"try_cast({plain} AS DOUBLE)"
        matches = f"regexp_full_match({signed}, {literal(number_pattern(decimal))})"
        return f"(CASE WHEN {matches} AND isfinite({value}) THEN {value} END)"

    def integer(self, column: str) -> str:
        """A whole number kept exactly; NULL for anything else, also for codes such as 007."""
        plain = self.clean(column)
        return f"(CASE WHEN regexp_full_match({plain}, '[+-]?(0|[1-9][0-9]*)') THEN try_cast({plain} AS BIGINT) END)"

    def boolean(self, column: str) -> str:
        return f"(CASE lower({self.clean(column)}) WHEN 'true' THEN true WHEN 'false' THEN false END)"

    def timestamp(self, column: str) -> str:
        """Wall-clock time: an offset from UTC is dropped, for half-hours are judged by the clock on the wall."""
        plain = self.clean(column)
        if self.reading.buddhist_years:
            year = f"regexp_extract({plain}, '[0-9]{{4}}')"
            shifted = f"CAST(try_cast({year} AS INTEGER) - 543 AS VARCHAR)"
            plain = f"(CASE WHEN {year} BETWEEN '2300' AND '2800' THEN replace({plain}, {year}, {shifted}) ELSE {plain} END)"
        day_first = r"\3-\1-\2" if self.reading.date_order == "mdy" else r"\3-\2-\1"
        iso = f"regexp_replace({plain}, {literal(DAY_FIRST)}, {literal(day_first)})"
        iso = f"regexp_replace({iso}, {literal(YEAR_FIRST)}, '\\1-\\2-\\3')"
        iso = f"regexp_replace({iso}, '(:[0-9.]+ ?([AaPp][Mm])?) ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$', '\\1')"
        iso = f"regexp_replace({iso}, 'T', ' ')"
        numeric = rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}{CLOCK}"
        twelve = "['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M%p', '%Y-%m-%d %I:%M:%S%p']"
        months = "[" + ", ".join(literal(pattern) for pattern in NAMED_MONTHS) + "]"
        return (
            f"(CASE WHEN regexp_full_match({iso}, {literal(numeric)})"
            f" THEN coalesce(try_cast({iso} AS TIMESTAMP), try_strptime({iso}, {twelve}))"
            f" ELSE try_strptime({plain}, {months}) END)"
        )

    def native(self, column: str, sql_type: str) -> str:
        """A column that already has a type: as it is, but for the Buddhist calendar."""
        if self.reading.buddhist_years and (sql_type == "DATE" or sql_type.startswith("TIMESTAMP")):
            earlier = f"CAST({column} - INTERVAL 543 YEAR AS {sql_type})"
            return f"(CASE WHEN year({column}) BETWEEN 2300 AND 2800 THEN {earlier} ELSE {column} END)"
        return column

    def of_kind(self, kind: Kind, column: str) -> str:
        """The column's values as ``kind``; NULL where unknown or not of that kind."""
        if kind == "date":
            return f"CAST({self.timestamp(column)} AS DATE)"
        convert = {
            "empty": self.number,
            "integer": self.integer,
            "number": self.number,
            "boolean": self.boolean,
            "timestamp": self.timestamp,
            "text": self.text,
        }[kind]
        return convert(column)


def tests(values: Values, column: str) -> dict[Kind, str]:
    """Per kind an aggregate that is true when every known value of the column is of that kind."""
    clean = values.clean(column)
    known = f"count({clean})"
    moment = values.timestamp(column)
    code = f"coalesce(bool_or(regexp_matches({clean}, '^[+-]?0[0-9]')), false)"
    return {
        "empty": f"({known} = 0)",
        "boolean": f"({known} = count({values.boolean(column)}))",
        "integer": f"({known} = count({values.integer(column)}))",
        "number": f"({known} = count({values.number(column)}) AND NOT {code})",
        "date": f"({known} = count({moment}) AND bool_and({moment} = date_trunc('day', {moment})))",
        "timestamp": f"({known} = count({moment}))",
    }
