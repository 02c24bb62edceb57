"""A file's columns as standard fields of the right type, with what could not be read. Ibis expressions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stats.cells.values import NO, YES
from stats.raw_records.kinds import Field
from stats.raw_records.mapping import RawMapping

if TYPE_CHECKING:
    import ibis.expr.types as ir

FIRST_YEAR, LAST_YEAR = 1970, 2100
HALF_A_DAY = 12 * 3600
DAY_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d")
CLOCK_FORMATS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
ZERO_TIMES = ("0:00:00", "00:00:00", "0:00", "00:00")


@dataclass(frozen=True, kw_only=True)
class TypedField:
    """value: the field as read, NULL where unknown; said: whether anything stands there, None where all can be read."""

    value: Any
    said: Any = None


def typed_fields(table: ir.Table, mapping: RawMapping) -> dict[str, TypedField]:
    """Every mapped field of the file's table."""
    return {name: _typed(table, mapping, mapping.raw_kind.fields[name]) for name in mapping.fields}


def _typed(table: ir.Table, mapping: RawMapping, field: Field) -> TypedField:
    columns = [table[name] for name in mapping.columns_of(field.name)]
    unknown = mapping.unknown.get(field.name, [])
    if field.type == "text":
        return TypedField(value=_text(columns[0], unknown))
    if field.type == "number":
        return _number(columns[0], unknown)
    if field.type == "yes_no":
        return _yes_no(columns[0], unknown)
    if len(columns) == 2:
        zero = mapping.zero_time_is_missing and field.name != mapping.raw_kind.clock
        return _day_and_time(columns[0], columns[1], [*unknown, *(ZERO_TIMES if zero else ())])
    return _moment(columns[0], unknown)


def impossible(moment: Any) -> Any:
    """Whether a date lies outside 1970-2100."""
    return ~moment.year().between(FIRST_YEAR, LAST_YEAR)


def of_next_day(moment: Any, entry: Any) -> Any:
    """Whether a time of day, put on the entry's date, lies so far before the entry that it belongs to the next day."""
    return seconds_between(moment, entry) < -HALF_A_DAY


def _text(column: Any, unknown: list[str]) -> Any:
    """Words without spaces around them; whole numbers without a point."""
    if column.type().is_floating():
        column = (column == column.round()).ifelse(column.cast("int64").cast("string"), column.cast("string"))
    text = column.cast("string").strip()
    return _null_where(text, text.isin(["", *unknown]))


def _number(column: Any, unknown: list[str]) -> TypedField:
    if column.type().is_numeric() or column.type().is_boolean() or column.type().is_null():
        value = column.cast("float64")
        values = [float(word) for word in unknown if _is_number(word)]
        return TypedField(value=_null_where(value, value.isin(values) if values else None))
    text = _text(column, unknown)
    value = text.try_cast("float64")
    return TypedField(value=value, said=text.notnull())


def _yes_no(column: Any, unknown: list[str]) -> TypedField:
    import ibis

    if column.type().is_boolean():
        return TypedField(value=column)
    if column.type().is_numeric():
        return TypedField(value=column != 0)
    text = _text(column, unknown)
    word = text.lower()
    value = ibis.cases((word.isin(YES), True), (word.isin(NO), False), else_=ibis.null("boolean"))
    return TypedField(value=value, said=text.notnull())


def _moment(column: Any, unknown: list[str]) -> TypedField:
    if column.type().is_temporal():
        return TypedField(value=column.cast("timestamp"))
    text = _text(column, unknown)
    return TypedField(value=_parsed(text), said=text.notnull())


def _day_and_time(day: Any, time: Any, unknown: list[str]) -> TypedField:
    """A date and a time of day in two columns."""
    days = day.cast("timestamp") if day.type().is_temporal() else _parsed(_text(day, []))
    words = _text(time, unknown)
    return TypedField(
        value=(days.strftime("%Y-%m-%d") + " " + words).try_cast("timestamp"), said=words.notnull() & day.notnull()
    )


def _parsed(text: Any) -> Any:
    """A moment written as text, ISO or day first, with or without a time of day."""
    import ibis
    import ibis.expr.datatypes as dt

    @ibis.udf.scalar.builtin(signature=(("string", "array<string>"), dt.Timestamp()))
    def try_strptime(text, formats):  # type: ignore[no-untyped-def]
        ...

    formats = [day + clock for day in DAY_FORMATS for clock in CLOCK_FORMATS]
    return ibis.coalesce(text.try_cast("timestamp"), try_strptime(text, ibis.array(formats)))


def _null_where(value: Any, condition: Any) -> Any:
    import ibis

    if condition is None:
        return value
    return ibis.ifelse(condition.fill_null(False), ibis.null(value.type()), value)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def seconds_between(later: Any, earlier: Any) -> Any:
    """Seconds from one moment to another, as double."""
    return (later.epoch_seconds() - earlier.epoch_seconds()).cast("float64")
