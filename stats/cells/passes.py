"""Kinds that one grouped sum can't give: shares of half-hours on target, survival.

Each reads its own columns once more and aggregates in the engine; no record is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells.moments import CellMoments, Cells, Floats
from stats.cells.request import MetricValues
from stats.cells.sums import known
from stats.cells.survival import restricted_means
from stats.errors import Problem, RefusedSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

HALF_HOUR_MINUTES = 30


def own_pass(table: ir.Table, keys: Mapping[str, Any], value: MetricValues, cells: Cells) -> CellMoments:
    """The metric's moments of the scan with its own ``value`` (and ``volume`` for intervals) added."""
    moments = cells.metrics[value.request.key]
    if value.request.spec.kind == "interval_share":
        share, intervals = intervals_on_target(table, keys, value, cells)
        return replace(moments, value=share, volume=intervals)
    return replace(moments, value=restricted_means(table, keys, value, cells))


def _projected(table: ir.Table, keys: Mapping[str, Any], **values: Any) -> ir.Table:
    rows = table.select(**keys, **values)
    return rows.filter(*(rows[name].notnull() for name in (*keys, "y")))


def _grouped(rows: ir.Table, names: list[str], **named: Any) -> ir.Table:
    return rows.group_by(names).aggregate(**named) if names else rows.aggregate(**named)


def intervals_on_target(
    table: ir.Table, keys: Mapping[str, Any], value: MetricValues, cells: Cells
) -> tuple[Floats, Floats]:
    """(C,) share of intervals (half-hours) on target, and (C,) intervals with data. See MetricSpec for the target."""
    spec = value.request.spec
    if spec.interval is None or spec.target is None:
        part = "interval" if spec.interval is None else "target"
        raise RefusedSpec(
            Problem(code="metric_needs", facts={"metric": value.request.key, "kind": spec.kind, "part": part})
        )
    names = list(keys)
    y = known(value.y)
    if spec.within == "share" and spec.threshold is not None:
        y = ((y > spec.threshold) if spec.beyond == "above" else (y < spec.threshold)).cast("float64")
    parts = {"y": y, "interval": half_hour(spec.interval, table)}
    rows = _projected(table, keys, **(parts if value.d is None else parts | {"d": known(value.d)}))
    rows = rows.filter(rows["interval"].notnull())
    level = rows["y"].mean() if value.d is None else rows["y"].sum() / rows["d"].sum()
    inner = rows.group_by([*names, "interval"]).aggregate(level=level)
    below = spec.within == "mean" and spec.beyond == "below"
    met = (inner["level"] <= spec.target) if below else (inner["level"] >= spec.target)
    answer = _grouped(inner, names, n=inner["level"].count(), met=met.cast("float64").sum()).to_pyarrow()
    share, intervals = np.full(len(cells), np.nan), np.zeros(len(cells))
    place = cells.places(answer, keys)
    n, met_n = (np.asarray(answer.column(name).to_numpy(), dtype=float) for name in ("n", "met"))
    intervals[place] = n
    share[place] = np.divide(met_n, n, out=np.full(len(n), np.nan), where=n > 0)
    return share, intervals


def half_hour(text: str, table: ir.Table) -> Any:
    """The interval a row belongs to: a time is cut to its half-hour, anything else is the interval's own label."""
    import ibis

    from stats.expressions import resolve

    value = resolve(text, table)
    return value.bucket(ibis.interval(minutes=HALF_HOUR_MINUTES)) if value.type().is_timestamp() else value
