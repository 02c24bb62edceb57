"""What is dirty in raw records, counted by reason, and the stated rule for each: nothing is dropped silently.

| handling | what is done |
|---|---|
| left_out | the row is set aside and counted: it can't be placed in time, or it says the same thing twice |
| value_unknown | the value counts as not known, the row stays |
| moved | the moment is read as the next day's |
| kept | the row stays as it is, and is pointed out |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stats.raw_records.mapping import RawMapping
from stats.raw_records.typed import impossible, of_next_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

Handling = Literal["left_out", "value_unknown", "moved", "kept"]
FIRST_ROWS = 5
MAY_BE_NEGATIVE = frozenset({"sales", "value", "cost"})
"""Money may come back; counts and times can't."""
ALIKE = frozenset({"calls", "shifts"})
"""Numbers of calls begin again and people work many shifts: the same in every field is the same record."""
IN_ORDER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "calls": (
        ("entered_at", "queued_at"),
        ("entered_at", "answered_at"),
        ("queued_at", "left_queue_at"),
        ("answered_at", "ended_at"),
        ("call_back_promised_at", "called_back_at"),
    ),
    "tickets": (("opened_at", "first_reply_at"), ("opened_at", "resolved_at")),
    "surveys": (("sent_at", "answered_at"),),
    "customers": (("start", "end"),),
    "employees": (("start", "end"),),
    "orders": (("ordered_at", "delivered_at"),),
    "shifts": (("started_at", "ended_at"),),
}
"""Pairs of moments of which the second can't lie before the first."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One reason, in one field. rows: how many; first: 1-based data rows, at most the first five."""

    code: str
    field: str
    rows: int
    first: tuple[int, ...]
    handling: Handling


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Rows of one reason: ``where`` is a yes/no expression on the typed table."""

    code: str
    field: str
    handling: Handling
    where: Any

    @property
    def name(self) -> str:
        return f"{self.code}|{self.field}"


def reading_flags(table: ir.Table, mapping: RawMapping) -> Iterator[Flag]:
    """What could not be read, or is no possible date, in a table of the fields as read, with ``said|<field>``."""
    for name in mapping.fields:
        if f"said|{name}" in table.columns:
            where = table[f"said|{name}"] & table[name].isnull()
            yield Flag(code="raw_unreadable", field=name, handling="value_unknown", where=where)
        if mapping.raw_kind.fields[name].type == "time":
            where = impossible(table[name])
            yield Flag(code="raw_impossible_date", field=name, handling="value_unknown", where=where)
        if name != mapping.raw_kind.clock and len(mapping.columns_of(name)) == 2:
            where = of_next_day(table[name], table[mapping.raw_kind.clock])
            yield Flag(code="raw_next_day", field=name, handling="moved", where=where)


def content_flags(table: ir.Table, mapping: RawMapping) -> Iterator[Flag]:
    """What the standard fields say against each other. Must come from one table with the fields and ``row``."""
    kind = mapping.raw_kind
    yield Flag(code="raw_no_moment", field=kind.clock, handling="left_out", where=moment(table, mapping).isnull())
    yield from _twice(table, mapping)
    for name in mapping.fields:
        if kind.fields[name].type == "number" and name not in MAY_BE_NEGATIVE:
            yield Flag(code="raw_negative", field=name, handling="value_unknown", where=table[name] < 0)
    for first, second in IN_ORDER.get(mapping.kind, ()):
        if mapping.has(first, second):
            before = table[second] < table[first]
            yield Flag(code="raw_end_before_start", field=second, handling="value_unknown", where=before)
    if mapping.has("recommend"):
        yield Flag(code="raw_out_of_scale", field="recommend", handling="value_unknown", where=table["recommend"] > 10)
    if mapping.kind == "calls":
        yield from _of_calls(table, mapping)
    if mapping.kind == "shifts" and mapping.has("employee", "started_at", "ended_at"):
        yield _overlap(table, "employee", "started_at", "ended_at")


def moment(table: ir.Table, mapping: RawMapping) -> Any:
    """When a record happened: its clock; for an invitation that nobody answered, when it was sent."""
    clock = mapping.raw_kind.clock
    if mapping.kind == "surveys":
        known = [table[name] for name in ("answered_at", "sent_at") if mapping.has(name)]
        return known[0] if len(known) == 1 else known[0].coalesce(known[1])
    return table[clock]


def _twice(table: ir.Table, mapping: RawMapping) -> Iterator[Flag]:
    """The same record again. Of a ticket's states the last one stands; of anything else the first row.

    Two rows that look the same can be two people who said the same: only what has a name can be there twice.
    """
    import ibis

    kind = mapping.raw_kind
    if not mapping.has(kind.identity):
        return
    identity = table[kind.identity]
    group = [identity.coalesce("row " + table["row"].cast("string"))]
    order, code = [table["row"]], "raw_duplicate"
    if mapping.kind in ALIKE:
        group += [table[name] for name in mapping.fields if name != kind.identity]
    elif mapping.kind in ("customers", "employees"):
        group.append(table[kind.clock])  # who came back has a second start
    if mapping.has("updated_at"):
        order, code = [ibis.desc(table["updated_at"]), ibis.desc(table["row"])], "raw_earlier_state"
    where = ibis.row_number().over(group_by=group, order_by=order) > 0
    yield Flag(code=code, field=kind.identity, handling="left_out", where=where)


def _of_calls(table: ir.Table, mapping: RawMapping) -> Iterator[Flag]:
    from stats.raw_records.derive import answered, meaning, said_handle

    picked_up = answered(table, mapping)
    if mapping.has("outcome"):
        unknown = meaning(table, mapping).isnull()
        yield Flag(code="raw_unknown_outcome", field="outcome", handling="kept", where=unknown)
    if mapping.has("agent"):
        alone = picked_up & table["agent"].isnull()
        yield Flag(code="raw_answered_without_agent", field="agent", handling="kept", where=alone)
    served = said_handle(table, mapping)
    if served is not None:
        field = "handle_seconds" if mapping.has("handle_seconds") else "ended_at"
        yield Flag(code="raw_answered_without_service", field=field, handling="kept", where=picked_up & (served == 0))
        if mapping.has("outcome"):
            where = (meaning(table, mapping) == "abandoned") & (served > 0)
            yield Flag(code="raw_abandoned_with_service", field=field, handling="kept", where=where)
        yield Flag(code="raw_long_service", field=field, handling="kept", where=served > mapping.longest_minutes * 60)
    if mapping.has("agent", "answered_at", "ended_at"):
        yield _overlap(table, "agent", "answered_at", "ended_at")


def _overlap(table: ir.Table, who: str, start: str, end: str) -> Flag:
    """One person's stretch that begins before the one before it has ended."""
    before = table[end].lag().over(group_by=table[who], order_by=[table[start], table["row"]])
    where = table[who].notnull() & table[start].notnull() & (table[start] < before)
    return Flag(code="raw_overlapping", field=who, handling="kept", where=where)


def count(table: ir.Table, flags: Sequence[Flag]) -> tuple[Finding, ...]:
    """How many rows each flag concerns, in one query over the table that holds the flags as columns; none: left out."""
    import ibis
    import ibis.expr.datatypes as dt

    @ibis.udf.agg.builtin(name="min", signature=(("int64", "int64"), dt.Array(dt.int64)))
    def smallest(row, n):  # type: ignore[no-untyped-def]
        ...

    if not flags:
        return ()
    named: dict[str, Any] = {}
    for flag in flags:
        named[f"n|{flag.name}"] = table[flag.name].sum()
        named[f"first|{flag.name}"] = smallest(
            ibis.ifelse(table[flag.name], table["row"], ibis.null("int64")), FIRST_ROWS
        )
    answer = table.aggregate(**named).to_pyarrow().to_pylist()[0]
    return tuple(
        Finding(
            code=flag.code,
            field=flag.field,
            rows=int(answer[f"n|{flag.name}"]),
            first=tuple(answer[f"first|{flag.name}"] or ()),
            handling=flag.handling,
        )
        for flag in flags
        if answer[f"n|{flag.name}"]
    )
