"""From a file's table to standard records: typed, dirt counted, derived columns added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count as counting
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedData
from stats.raw_records.derive import derived
from stats.raw_records.dirt import Finding, Flag, content_flags, count, moment, reading_flags
from stats.raw_records.mapping import RawMapping, refuse_unfit
from stats.raw_records.typed import typed_fields

if TYPE_CHECKING:
    import ibis.expr.types as ir

_numbers = counting(1)


@dataclass(frozen=True, kw_only=True)
class RawRecords:
    """table: one row a record that counts, with the mapped standard fields, the derived columns, ``row`` (1-based data
    row of the file) and ``moment``; rows: data rows of the file; kept: rows of ``table``; findings: what was dirty.
    """

    table: ir.Table
    mapping: RawMapping
    rows: int
    kept: int
    findings: tuple[Finding, ...]


def read_raw(table: ir.Table, mapping: RawMapping) -> RawRecords:
    """The file's rows as standard records.

    Values are read first and kept in the engine; flags, findings and derived columns are computed from them, so that
    windows (repeats, duplicates) are sorted once, and the metrics' scan reads plain columns.
    Raises RefusedSpec where the mapping does not fit, RefusedData where no row is left.
    """
    refuse_unfit(mapping, table.columns)
    read = _kept_in_engine(_as_read(table, mapping))
    rows = _count(read)
    first = list(reading_flags(read, mapping))
    typed = _kept_in_engine(read.select("row", **_corrected(read, mapping, first), **_columns(first)), instead_of=read)
    seen = [replace(flag, where=typed[flag.name]) for flag in first]
    flags = [*seen, *content_flags(typed, mapping)]
    flagged = _kept_in_engine(typed.select("row", *_values(mapping), **_columns(flags)), instead_of=typed)
    findings = count(flagged, flags)
    records = _kept_in_engine(_records(flagged, mapping, flags), instead_of=flagged)
    kept = _count(records)
    if kept == 0:
        raise RefusedData(Problem(code="raw_nothing_left", facts={"rows": rows}))
    return RawRecords(table=records, mapping=mapping, rows=rows, kept=kept, findings=findings)


def _count(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _as_read(table: ir.Table, mapping: RawMapping) -> ir.Table:
    """``row``, the fields, and ``said|<field>`` where something may stand that can't be read."""
    import ibis

    fields = typed_fields(table, mapping)
    values: dict[str, Any] = {name: field.value for name, field in fields.items()}
    values |= {f"said|{name}": field.said for name, field in fields.items() if field.said is not None}
    values |= {f"scale_{place}": _as_number(table[column]) for place, column in enumerate(mapping.scale, start=1)}
    return table.select(row=ibis.row_number() + 1, **values)


def _corrected(read: ir.Table, mapping: RawMapping, flags: Sequence[Flag]) -> dict[str, Any]:
    """The values without impossible dates, and with what belongs to the next day there."""
    import ibis

    values: dict[str, Any] = {name: read[name] for name in _values(mapping)}
    for flag in flags:
        value = values[flag.field]
        if flag.code == "raw_impossible_date":
            values[flag.field] = ibis.ifelse(_yes(flag.where), ibis.null("timestamp"), value)
        elif flag.code == "raw_next_day":
            values[flag.field] = ibis.ifelse(_yes(flag.where), value + ibis.interval(days=1), value)
    return values


def _as_number(column: Any) -> Any:
    return column.cast("float64") if column.type().is_numeric() else column.cast("string").try_cast("float64")


def _values(mapping: RawMapping) -> list[str]:
    return [*mapping.fields, *(f"scale_{place}" for place in range(1, len(mapping.scale) + 1))]


def _columns(flags: Sequence[Flag]) -> dict[str, Any]:
    return {flag.name: _yes(flag.where) for flag in flags}


def _records(flagged: ir.Table, mapping: RawMapping, flags: Sequence[Flag]) -> ir.Table:
    """The rows that count, values that can't be true unknown, with the derived columns."""
    import ibis

    left_out = [flagged[flag.name] for flag in flags if flag.handling == "left_out"]
    kept = flagged.filter(*(~one for one in left_out))
    unknown: dict[str, Any] = {}
    for flag in flags:
        if flag.handling == "value_unknown":
            value = unknown.get(flag.field, kept[flag.field])
            unknown[flag.field] = ibis.ifelse(kept[flag.name], ibis.null(value.type()), value)
    clean = kept.mutate(**unknown) if unknown else kept
    clean = clean.drop(*(flag.name for flag in flags))
    made = clean.mutate(moment=moment(clean, mapping), **derived(clean, mapping))
    return made.order_by("row")  # the scan adds in this order: the same bits each time


def _yes(condition: Any) -> Any:
    return condition.fill_null(False)


def _kept_in_engine(table: ir.Table, *, instead_of: ir.Table | None = None) -> ir.Table:
    """The table's rows as a temporary one; the one that it was made from is dropped."""
    backend = table.get_backend()
    made = backend.create_table(f"raw_{next(_numbers)}", table, temp=True)
    if instead_of is not None:
        backend.raw_sql(f"DROP TABLE {instead_of.get_name()}")
    return made
