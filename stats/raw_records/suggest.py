"""A first proposal of the mapping, by the columns' names and by what stands in them; a person confirms it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stats.outcomes.preview import Preview, PreviewColumn
from stats.outcomes.suggest import plain, suggest_columns
from stats.raw_records.kinds import KINDS, OUTCOMES, Field, FieldType, Kind
from stats.raw_records.mapping import RawMapping
from stats.raw_records.typed import ZERO_TIMES

TIME_OF_DAY = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
FITTING: Mapping[FieldType, tuple[str, ...]] = {
    "time": ("timestamp", "date"),
    "number": ("integer", "number"),
    "yes_no": ("boolean", "integer", "text"),
    "text": ("text", "integer", "boolean"),
}
UNKNOWN_WORDS: Mapping[str, tuple[str, ...]] = {
    "customer": ("0", "-1", "unknown", "anonymous"),
    "agent": ("0", "no server", "no agent", "none", "unassigned", "unknown"),
}
YES_NO_WORDS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "0", "1"})
MOST_OUTCOMES = 30
ZERO_SHARE = 0.02
"""Share of 0:00:00 from which on it can't be midnight."""


def suggest_kind(preview: Preview) -> Kind:
    """The kind whose needed fields are all there, and of whose fields the file names most."""
    return max(KINDS, key=lambda name: _points(preview, name))


def _points(preview: Preview, kind: Kind) -> tuple[bool, float]:
    """Whether nothing needed is lacking; then a column called just so counts 1, one that is only like it a third."""
    fields = KINDS[kind].fields
    mapped = suggest_mapping(preview, kind).fields
    exact = 0
    for name, column in mapped.items():
        called = column if isinstance(column, str) else column[-1]
        exact += plain(called) in (plain(name), *fields[name].names)
    has_all = all(name in mapped for name, field in fields.items() if field.needed)
    return has_all, exact + (len(mapped) - exact) / 3


def suggest_mapping(preview: Preview, kind: Kind) -> RawMapping:
    """Fields by name and content. The more rows the preview has, the better words and zero times are seen."""
    columns = {column.name: column for column in preview.columns}
    cells = dict(zip(columns, zip(*preview.rows, strict=True), strict=True)) if preview.rows else {}
    days = [name for name, column in columns.items() if column.kind == "date"]
    fields: dict[str, str | list[str]] = {}
    for wanted in ("time", "number", "yes_no", "text"):
        found = _proposed(preview, list(KINDS[kind].fields.values()), wanted, fields)
        for name, column in found.items():
            of_day = wanted == "time" and _is_time_of_day(columns[column])
            if of_day and not days:
                continue
            fields[name] = [days[0], column] if of_day else column
    ordered = {name: fields[name] for name in KINDS[kind].fields if name in fields}
    return RawMapping(
        kind=kind,
        fields=ordered,
        outcomes=outcome_words(_values(cells, ordered.get("outcome"))),
        unknown={
            name: words
            for name, known in UNKNOWN_WORDS.items()
            if (
                words := [
                    value for value in _values(cells, ordered.get(name)) if plain(value) in known or value in known
                ]
            )
        },
        zero_time_is_missing=_has_zero_times(cells, ordered, KINDS[kind].clock),
    )


def outcome_words(values: Sequence[str]) -> dict[str, list[str]]:
    """The outcome column's words by what they seem to mean; those of which nobody knows are in none."""
    if len(values) > MOST_OUTCOMES:
        return {}
    found: dict[str, list[str]] = {}
    for value in values:
        said = plain(value)
        for meaning, words in OUTCOMES.items():
            if said in words or any(word in said.split() or (" " in word and word in said) for word in words):
                found.setdefault(meaning, []).append(value)
                break
    return found


def _proposed(
    preview: Preview, fields: Sequence[Field], wanted: FieldType, taken: Mapping[str, str | list[str]]
) -> dict[str, str]:
    """The best column for each field of that type, of those columns whose content fits."""
    used = {column for value in taken.values() for column in ([value] if isinstance(value, str) else value)}
    fitting = tuple(column for column in preview.columns if column.name not in used and _fits(column, wanted))
    of_type = {field.name: (plain(field.name), *field.names) for field in fields if field.type == wanted}
    found = suggest_columns(replace(preview, columns=fitting), list(of_type), of_type)
    return {name: column for name, column in found.items() if column is not None}


def _fits(column: PreviewColumn, wanted: FieldType) -> bool:
    if wanted == "time":
        return column.kind in FITTING["time"] or _is_time_of_day(column)
    if wanted == "yes_no" and column.kind == "text":
        return bool(column.examples) and all(value.lower() in YES_NO_WORDS for value in column.examples)
    return column.kind in FITTING[wanted] and not (wanted == "text" and _is_time_of_day(column))


def _is_time_of_day(column: PreviewColumn) -> bool:
    return bool(column.examples) and all(TIME_OF_DAY.match(value) for value in column.examples)


def _values(cells: Mapping[str, Sequence[str | None]], column: str | list[str] | None) -> list[str]:
    """The different values of a column, in the order in which they come."""
    if not isinstance(column, str):
        return []
    return list(dict.fromkeys(value for value in cells.get(column, ()) if value is not None))


def _has_zero_times(
    cells: Mapping[str, Sequence[str | None]], fields: Mapping[str, str | list[str]], clock: str
) -> bool:
    for name, column in fields.items():
        if isinstance(column, list) and name != clock:
            values = [value for value in cells.get(column[1], ()) if value is not None]
            if values and sum(value in ZERO_TIMES for value in values) > ZERO_SHARE * len(values):
                return True
    return False
