"""What pictures of the evidence show beside the estimates. Nothing of it decides."""

from __future__ import annotations

from typing import Any

from stats.assessing.cells import Reading
from stats.assessing.half_hours import half_hours
from stats.assessing.segments import segments
from stats.methods.site_path import path_by_period
from stats.plan import PlannedMetric
from stats.results import NotEstimable, Result
from stats.studies.open_study import WINDOW_DESIGNS

BY_LOT = ("randomised_units", "randomised_sites")
"""A lot makes the arms alike: levels after the start can be set side by side."""
MOST_PERIODS = 400
"""A path of more periods is no picture any more."""


def pictured(reading: Reading, metric: PlannedMetric, arm: int, result: Result) -> dict[str, Any]:
    """``path``: by period, for designs whose estimate has none of its own; ``half_hours``: through day and week;
    ``segments``: by channel, or whatever the plan's segment column tells apart."""
    if isinstance(result, NotEstimable):
        return {}
    found: dict[str, Any] = {}
    path = _path(reading, metric, arm, result.confidence)
    if path:
        found["path"] = path
    if metric.key in reading.half_hours:
        cells = reading.half_hours[metric.key]
        through = half_hours(cells, metric, reading.arms, arm, by_lot=reading.plan.design in BY_LOT)
        if through is not None:
            found["half_hours"] = through
    if reading.segments is not None and metric.key in reading.segments.metrics:
        parts = segments(reading.segments, metric, reading.arms, arm, by_lot=reading.plan.design in BY_LOT)
        if parts is not None:
            found["segments"] = parts
    return found


def _path(reading: Reading, metric: PlannedMetric, arm: int, confidence: float) -> list[dict[str, Any]]:
    grid = reading.fine
    if reading.plan.design not in WINDOW_DESIGNS or grid is None or metric.key not in reading.cells.metrics:
        return []
    if not 2 < len(grid.periods) <= MOST_PERIODS:
        return []
    return path_by_period(reading.fine_periods(metric), arm, confidence)
