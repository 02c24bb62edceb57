"""Part by part: a metric by channel (or whatever the plan's segment column tells apart), to be looked at.

Read only where the plan names the column. It describes; no verdict is ever passed on a part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stats.assessing.half_hours import COMPARED, squares_of
from stats.assessing.layout import ADDITIVE, PlanTable
from stats.assessing.squares import as_columns
from stats.cells import Cells, MetricRequest, read_cells
from stats.cells.moments import codes
from stats.cells.request import OWN_PASS
from stats.expressions import resolve
from stats.plan import Plan, PlannedMetric
from stats.studies.open_study import in_some_arm

MOST_SEGMENTS = 30
"""A column of more parts is no channel."""


def read_segments(plan: Plan, rows: PlanTable, usable: Sequence[MetricRequest]) -> Cells | None:
    """Cells by site (or arm), window and segment of the metrics whose cells add up; None where no column is named."""
    wanted = [each for each in usable if each.spec.kind in ADDITIVE and each.spec.kind not in OWN_PASS]
    if plan.columns.segment is None or plan.design not in COMPARED or not wanted:
        return None
    keys = {**rows.windows.keys(rows.table), "segment": resolve(plan.columns.segment, rows.table).cast("string")}
    return in_some_arm(read_cells(rows.table, keys=keys, metrics=wanted))


def segments(
    cells: Cells, metric: PlannedMetric, arms: Mapping[str, int] | None, arm: int, *, by_lot: bool
) -> dict[str, Any] | None:
    """Columns of equal length by segment, those with most behind them first; None without two of them.

    segment: its label; the others as of half-hours (levels, what is behind them, the difference with its interval).
    """
    labels, place = codes(cells.keys["segment"])
    if not 2 <= len(labels) <= MOST_SEGMENTS:
        return None
    found = squares_of(cells, metric.key, metric.spec, arms, arm, place, len(labels))
    shown = [at for at in range(len(labels)) if (found.counted[:, at] > 0).all()]
    if len(shown) < 2:
        return None
    shown.sort(key=lambda at: -float(found.counted[:, at].sum()))
    changes = not by_lot and bool(np.isfinite(found.level(1, 0)[shown]).any())
    return {
        "segment": [str(labels[at]) for at in shown],
        "changes": changes,
        **as_columns(found, shown, changes=changes),
    }
