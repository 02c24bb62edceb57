"""The mapping of raw records between a file and the form: what each field can be mapped to, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.words import say
from stats.raw_records.kinds import KINDS, OUTCOMES

if TYPE_CHECKING:
    from stats.outcomes import Preview
    from stats.raw_records import RawMapping

NOT_THERE = ""
JOINED = "\n"
"""Between a date column and a time-of-day column in a choice: no column's name holds a line end."""
MOST_VALUES = 40


def choices(looked: Preview, kind: str, field: str) -> list[str]:
    """What a field can be mapped to: nothing, any column; for a moment also a date with each time of day."""
    names = [column.name for column in looked.columns]
    if KINDS[kind].fields[field].type != "time":  # type: ignore[index]
        return [NOT_THERE, *names]
    days = [column.name for column in looked.columns if column.kind == "date"]
    times = [column.name for column in looked.columns if ":" in "".join(column.examples) and column.kind == "text"]
    return [NOT_THERE, *names, *(f"{day}{JOINED}{time}" for day in days for time in times)]


def label(choice: str) -> str:
    if choice == NOT_THERE:
        return say("raw.not_there")
    day, joined, time = choice.partition(JOINED)
    return say("raw.day_and_time", day=day, time=time) if joined else day


def chosen_now(mapping: RawMapping, field: str) -> str:
    return JOINED.join(mapping.columns_of(field))


def unfitting(mapping: RawMapping, looked: Preview) -> bool:
    """Whether a kept mapping names columns that this file does not have."""
    names = {column.name for column in looked.columns}
    used = {column for field in mapping.fields for column in mapping.columns_of(field)} | set(mapping.scale)
    return not used <= names


def outcome_values(looked: Preview, column: str) -> list[str]:
    """The words of the outcome column, the first forty."""
    names = [found.name for found in looked.columns]
    if column not in names:
        return []
    place = names.index(column)
    return list(dict.fromkeys(str(row[place]) for row in looked.rows if row[place] is not None))[:MOST_VALUES]


def meanings(chosen: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Words by meaning; a word counts for the first meaning that it was given."""
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for meaning in OUTCOMES:
        words = [word for word in chosen.get(meaning, ()) if word not in taken]
        taken |= set(words)
        if words:
            found[meaning] = words
    return found


def with_choices(mapping: RawMapping, fields: Mapping[str, str], **others: Any) -> dict[str, Any]:
    """The mapping as chosen in the form, as a document to be read."""
    kept = mapping.model_dump(mode="json")
    mapped = {
        name: choice.split(JOINED) if JOINED in choice else choice
        for name, choice in fields.items()
        if choice != NOT_THERE
    }
    unknown = {name: values for name, values in kept["unknown"].items() if name in mapped}
    return {**kept, "fields": mapped, "unknown": unknown, **others}
