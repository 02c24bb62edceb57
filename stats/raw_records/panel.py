"""Metrics by site and period, or by half-hour, from standard records: the one scan of ``stats.cells``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells import Cells, MetricRequest, read_cells
from stats.cells.passes import HALF_HOUR_MINUTES
from stats.errors import Problem, RefusedSpec
from stats.expressions import resolve
from stats.raw_records.records import RawRecords
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

GROUPINGS = ("day", "week", "month", "weekday", "hour", "half-hour")
"""Groups that follow from the moment of a record; any text field (site, queue, channel ...) is one too."""
MOST_CELLS = 200_000


@dataclass(frozen=True, kw_only=True)
class PanelMetric:
    """One metric of a panel: (C,) by cell. value: None where fewer than ``minimum_n`` records stand behind it (or
    nothing is known); n: records with a value; missing: records without."""

    key: str
    minimum_n: int
    value: tuple[float | None, ...]
    n: tuple[int, ...]
    missing: tuple[int, ...]
    whole: float | None
    whole_n: int


@dataclass(frozen=True, kw_only=True)
class Panel:
    """groups: name -> (C,) values (days as ISO text, weeks by their Monday, half-hours "09:30", weekdays 1-7);
    rows: (C,) records of the cell; metrics with their values by cell and over all records."""

    groups: Mapping[str, tuple[Any, ...]]
    rows: tuple[int, ...]
    metrics: tuple[PanelMetric, ...]

    def __len__(self) -> int:
        return len(self.rows)


def panel(records: RawRecords, metrics: Mapping[str, MetricSpec], by: Sequence[str] = ()) -> Panel:
    """``metrics`` (by key) over the groups ``by``. Raises RefusedSpec with every metric and group that can't be had."""
    keys = _keys(records.table, by)
    problems = [*_without_columns(records.table, metrics)]
    if problems:
        raise RefusedSpec(problems)
    requests = [MetricRequest(key=key, spec=spec) for key, spec in metrics.items()]
    cells = read_cells(records.table, keys=keys, metrics=requests)
    if len(cells) > MOST_CELLS:
        raise RefusedSpec(Problem(code="raw_too_many_cells", facts={"cells": len(cells), "most": MOST_CELLS}))
    whole = read_cells(records.table, keys={}, metrics=requests) if keys else cells
    return Panel(
        groups={name: tuple(_shown(name, value) for value in cells.keys[name]) for name in keys},
        rows=tuple(int(n) for n in cells.rows),
        metrics=tuple(_metric(key, spec, cells, whole) for key, spec in metrics.items()),
    )


def _metric(key: str, spec: MetricSpec, cells: Cells, whole: Cells) -> PanelMetric:
    moments, all_of_it = cells.metrics[key], whole.metrics[key]
    enough = moments.n >= spec.minimum_n
    return PanelMetric(
        key=key,
        minimum_n=spec.minimum_n,
        value=tuple(_known(v) if ok else None for v, ok in zip(moments.level, enough, strict=True)),
        n=tuple(int(n) for n in moments.n),
        missing=tuple(int(n) for n in moments.missing),
        whole=_known(all_of_it.level[0]) if len(all_of_it.n) and all_of_it.n[0] >= spec.minimum_n else None,
        whole_n=int(all_of_it.n[0]) if len(all_of_it.n) else 0,
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _keys(table: ir.Table, by: Sequence[str]) -> dict[str, Any]:
    """The grouping expressions. Raises RefusedSpec for groups that the records do not have."""
    offered = [*GROUPINGS, *(name for name in table.columns if table[name].type().is_string())]
    unknown = [name for name in by if name not in offered]
    if unknown:
        raise RefusedSpec(
            [Problem(code="raw_group_unknown", facts={"group": name, "offered": offered}) for name in unknown]
        )
    return {name: grouping(table, name) for name in by}


def grouping(table: ir.Table, name: str) -> Any:
    """The value of a group of ``GROUPINGS`` (days, weeks by their Monday and months as dates), or of a field."""
    at = table["moment"]
    if name in ("day", "week", "month"):
        return at.truncate({"day": "D", "week": "W", "month": "M"}[name]).cast("date")
    if name == "weekday":
        return at.day_of_week.index() + 1
    if name in ("hour", "half-hour"):
        length = HALF_HOUR_MINUTES if name == "half-hour" else 60
        return (at.hour() * 60 + at.minute()) // length * length
    return table[name]


def _shown(name: str, value: Any) -> Any:
    if name in ("hour", "half-hour"):
        return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
    return value.isoformat()[:10] if name in ("day", "week", "month") else value


def _without_columns(table: ir.Table, metrics: Mapping[str, MetricSpec]) -> list[Problem]:
    """Metrics whose columns these records do not have: the mapping lacks a field."""
    problems = []
    for key, spec in metrics.items():
        for text in texts_of(spec):
            try:
                resolve(text, table)
            except RefusedSpec as refused:
                lacking = [problem.facts.get("name", text) for problem in refused.problems]
                problems.append(Problem(code="raw_metric_lacks", facts={"metric": key, "lacking": lacking[0]}))
                break
    return problems


def texts_of(spec: MetricSpec) -> list[str]:
    """The columns and expressions that a metric names."""
    named: list[str] = []
    for value in (spec.column, spec.numerator):
        named += [value] if isinstance(value, str) else list(value or [])
    others = (spec.denominator, spec.interval, spec.event, spec.censored, spec.exposure, spec.start, spec.end)
    return [*named, *(text for text in others if text is not None)]
