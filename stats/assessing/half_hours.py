"""Through the day and the week: a metric by weekday and half-hour, with the change and without, to be looked at.

One more reading of the few columns concerned, only where the data know the time of day. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.assessing.layout import ADDITIVE, PlanTable, request_of
from stats.assessing.promised import beneath, kept_above, promised, target_spec, within_key
from stats.assessing.squares import Squares, as_columns, squares
from stats.cells import Cells, MetricRequest, read_cells
from stats.cells.moments import Ints, codes
from stats.cells.passes import HALF_HOUR_MINUTES
from stats.expressions import resolve
from stats.plan import Plan, PlannedMetric
from stats.spec import MetricSpec
from stats.studies.open_study import in_some_arm

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Designs with one start for all, and sites (or customers) that stay as they were to be held against.
COMPARED = ("randomised_units", "randomised_sites", "matched_sites", "before_after_control", "synthetic_control")
A_DAY = 48
A_WEEK = 7 * A_DAY
"""Half-hours."""
FIRST_MONDAY = 3
"""1 January 1970 was a Thursday."""
MOST_TIMES = A_WEEK
"""Labels of half-hours beyond which they are something else (a running number, say)."""
SHARES = ("share", "share_beyond", "interval_share")


def time_column(plan: Plan, metric: PlannedMetric, table: ir.Table) -> str | None:
    """The column that says at what time of day a row happened; None where the metric has none."""
    if plan.design not in COMPARED or metric.spec.kind not in ADDITIVE:
        return None
    if metric.spec.kind == "interval_share":
        return metric.spec.interval
    named = plan.columns.timestamp
    return named if metric.role == "SUCCESS" and named is not None and _is_clock(resolve(named, table)) else None


def read_half_hours(plan: Plan, rows: PlanTable, usable: Sequence[MetricRequest]) -> dict[str, Cells]:
    """Cells by site (or arm), window, weekday and half-hour of each metric whose rows know their time of day."""
    by_column: dict[str, list[MetricRequest]] = {}
    known = {request.key for request in usable}
    for metric in plan.metrics:
        column = time_column(plan, metric, rows.table) if metric.key in known else None
        if column is not None:
            by_column.setdefault(column, []).extend(_requests(plan, metric))
    found: dict[str, Cells] = {}
    for column, requests in by_column.items():
        time = resolve(column, rows.table)
        if time.type().is_timestamp() and not _is_clock(time):
            continue  # in what zone a day begins is not known
        cells = in_some_arm(read_cells(rows.table, keys=_keys(rows, time), metrics=requests))
        found |= {request.key: cells for request in requests if request.key in known}
    return found


def _requests(plan: Plan, metric: PlannedMetric) -> list[MetricRequest]:
    """The metric, and what its target is held against where that is another number: of a share of half-hours on
    target, the share (or mean) in each of them."""
    target = target_spec(metric) if metric.spec.kind == "interval_share" else None
    own = request_of(plan, metric)
    return [own] if target is None else [own, MetricRequest(key=within_key(metric.key), spec=target, weight=own.weight)]


def _is_clock(time: Any) -> bool:
    """A moment as people at the site read it off the clock."""
    return bool(time.type().is_timestamp()) and time.type().timezone is None


def _keys(rows: PlanTable, time: Any) -> dict[str, Any]:
    """Site (or arm), window, and the half-hour: of the week where the moment is known (one number: cheap), else its
    label."""
    keys = rows.windows.keys(rows.table)
    if not time.type().is_timestamp():
        return {**keys, "slot": time}
    half_hour = time.epoch_seconds() // (60 * HALF_HOUR_MINUTES) + FIRST_MONDAY * A_DAY
    return {**keys, "of_week": (half_hour % A_WEEK + A_WEEK) % A_WEEK}


def half_hours(
    cells: Cells, metric: PlannedMetric, arms: Mapping[str, int] | None, arm: int, *, by_lot: bool
) -> dict[str, Any] | None:
    """Levels of ``arm`` and of control by weekday and half-hour, as columns of equal length; None without two of them.

    day: 0 Monday .. 6, or None where only a label is known; slot: minutes since midnight at which the half-hour begins,
    or its label; control, treatment: level after the start in the metric's unit; n_control, n_treatment: what is behind
    it; control_before, treatment_before: level before the start, where it is known; ci_lower, ci_upper: interval of the
    difference, None where there are too few (see squares); changes: that difference is of changes since the start
    (where no lot decided and the time before is known), else of levels. promised, beneath: see there, where known.
    """
    days, day, slots, slot = _times(cells)
    if not 2 <= len(slots) <= MOST_TIMES:
        return None
    place, size = day * len(slots) + slot, len(days) * len(slots)
    found = squares_of(cells, metric.key, metric.spec, arms, arm, place, size)
    shown = [at for at in range(size) if (found.counted[:, at] > 0).all()]
    if len(shown) < 2:
        return None
    changes = not by_lot and bool(np.isfinite(found.level(1, 0)[shown]).any())
    made: dict[str, Any] = {
        "day": [days[at // len(slots)] for at in shown],
        "slot": [slots[at % len(slots)] for at in shown],
        "changes": changes,
        **as_columns(found, shown, changes=changes),
    }
    target = target_spec(metric)
    if target is not None:
        level = found
        if within_key(metric.key) in cells.metrics:
            level = squares_of(cells, within_key(metric.key), target, arms, arm, place, size)
        held = float(metric.spec.target or 0.0)
        made["promised"] = promised(level, days, slots, target=held, above=kept_above(metric))
    low = beneath(found, np.arange(size) % len(slots), slots, higher=metric.better == "higher")
    return made if low is None else {**made, "beneath": low}


def squares_of(
    cells: Cells, key: str, spec: MetricSpec, arms: Mapping[str, int] | None, arm: int, place: Ints, size: int
) -> Squares:
    """The metric ``key`` of the cells in those places."""
    after = cells.keys["post"].astype(bool) if "post" in cells.keys else np.ones(len(cells), dtype=bool)
    return squares(
        cells.metrics[key],
        arm=_arm_of(cells, arms),
        of=arm,
        after=after,
        site=codes(cells.keys["site"])[1] if "site" in cells.keys else None,
        place=place,
        size=size,
        share=spec.kind in SHARES,
    )


def _times(cells: Cells) -> tuple[list[int | None], Ints, list[Any], Ints]:
    """Distinct days and the place of each cell's among them; distinct half-hours of the day, likewise."""
    if "slot" in cells.keys:
        labels, slot = codes(cells.keys["slot"])
        return [None], np.zeros(len(cells), dtype=np.int64), [str(label) for label in labels], slot
    of_week = cells.keys["of_week"].astype(np.int64)
    days, day = codes((of_week // A_DAY).tolist())
    minutes, slot = codes((of_week % A_DAY * HALF_HOUR_MINUTES).tolist())
    return days, day, minutes, slot


def _arm_of(cells: Cells, arms: Mapping[str, int] | None) -> Ints:
    if arms is None:
        return cells.keys["arm"].astype(np.int64)
    return np.array([arms.get(str(site), -1) for site in cells.keys["site"]], dtype=np.int64)
