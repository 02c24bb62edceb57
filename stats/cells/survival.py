"""Time until an event (churn): durations from dates, and the mean time within a horizon by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells.moments import Cells, Floats
from stats.cells.request import MetricValues, number, truthy
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


def restricted_means(table: ir.Table, keys: Mapping[str, Any], value: MetricValues, cells: Cells) -> Floats:
    """(C,) restricted mean time to the event, up to the horizon: the area under the group's Kaplan-Meier curve.

    Royston & Parmar (2013). From counts of events and of censored by group and time, no record is fetched. NaN where
    the last person under observation left the group's view before the horizon without the event.
    """
    import ibis

    spec = value.request.spec
    horizon = horizon_of(spec)
    time, seen = duration(spec, table)
    rows = table.select(**keys, time=time, seen=seen)
    rows = rows.filter(*(rows[name].notnull() for name in (*keys, "time")))
    at = ibis.least(rows["time"], horizon)
    event = (rows["seen"] & (rows["time"] <= horizon)).fill_null(False)
    rows = rows.mutate(at=at, event=event)
    answer = rows.group_by([*keys, "at"]).aggregate(left=rows.count(), events=rows["event"].sum()).to_pyarrow()
    from stats.cells.passes import _places

    place = _places(answer, keys, cells)
    times, left, events = (np.asarray(answer.column(name).to_numpy(), dtype=float) for name in ("at", "left", "events"))
    result = np.full(len(cells), np.nan)
    for cell in np.unique(place):
        mine = place == cell
        result[cell] = restricted_mean(times[mine], left[mine], events[mine], horizon)
    return result


def restricted_mean(times: Floats, left: Floats, events: Floats, horizon: float) -> float:
    """Area under the Kaplan-Meier curve from 0 to ``horizon``; NaN where the curve is not known that far.

    times: (T,) distinct times, at most ``horizon``; left: (T,) persons whose observation ends then; events: (T,) of
    whom with the event.
    """
    order = np.argsort(times)
    times, left, events = times[order], left[order], events[order]
    at_risk = left.sum() - np.concatenate([[0.0], np.cumsum(left)[:-1]])
    alive = np.cumprod(1 - events / at_risk)
    if times[-1] < horizon and alive[-1] > 0:
        return float("nan")
    steps = np.diff(np.concatenate([[0.0], times, [horizon]]))
    return float(np.concatenate([[1.0], alive]) @ steps)
