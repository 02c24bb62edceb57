"""Time until an event (churn): durations from dates, or as the data give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stats.cells.values import number, truthy
from stats.errors import Problem, RefusedSpec
from stats.expressions import resolve
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAY_SECONDS = 86400.0


def duration(spec: MetricSpec, table: ir.Table) -> tuple[Any, Any]:
    """(time observed, was the end seen): Ibis values, double (days for dates) and yes/no; negative times are missing.

    Someone without an end is still there: observed until ``censored``, else until the last date of the data.
    """
    import ibis

    if spec.column is not None:
        if not isinstance(spec.column, str):
            raise _needs("column")
        time = number(spec.column, table)
        seen = ibis.literal(True) if spec.event is None else truthy(spec.event, table)
        return ibis.ifelse(time >= 0, time, ibis.null("float64")), seen
    if spec.start is None or spec.end is None:
        raise _needs("start" if spec.start is None else "end")
    start, end = _days(spec.start, table), _days(spec.end, table)
    until = _days(spec.censored, table) if spec.censored is not None else _last_day(table, start, end)
    left = end.notnull() & ((end <= until) | until.isnull())
    time = ibis.ifelse(left, end, until) - start
    return ibis.ifelse(time >= 0, time, ibis.null("float64")), left


def _needs(part: str) -> RefusedSpec:
    return RefusedSpec(Problem(code="metric_needs", facts={"metric": "", "kind": "survival", "part": part}))


def _days(text: str, table: ir.Table) -> Any:
    """A date or time as days since 1970, a number as it is."""
    value = resolve(text, table)
    if value.type().is_temporal():
        return value.cast("timestamp").epoch_seconds().cast("float64") / DAY_SECONDS
    return number(text, table)


def _last_day(table: ir.Table, start: Any, end: Any) -> Any:
    import ibis

    last = table.aggregate(start=start.max(), end=end.max()).to_pyarrow().to_pylist()[0]
    known = [value for value in last.values() if value is not None]
    return ibis.literal(max(known)) if known else ibis.null("float64")


def horizon_of(spec: MetricSpec) -> float:
    """The horizon must be promised: one read off the data would change with the data."""
    if spec.horizon is None:
        raise _needs("horizon")
    return spec.horizon
