"""Time until an event (churn): the mean time within a horizon by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells.durations import duration, horizon_of
from stats.cells.moments import Cells, Floats
from stats.cells.request import MetricValues

if TYPE_CHECKING:
    import ibis.expr.types as ir


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
    place = cells.places(answer, keys)
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
