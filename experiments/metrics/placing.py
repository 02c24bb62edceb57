"""Where a metric stands: its step along the customer's way, and the class of waste that it shows."""

from __future__ import annotations

from experiments.metrics.entry import JOURNEY_STEPS
from experiments.metrics.read import shipped
from stats.plan import PlannedMetric, WasteClass

WASTES: tuple[WasteClass, ...] = ("waiting", "over_production", "rework", "movement")


def step_of(metric: PlannedMetric) -> str | None:
    """The step that the plan names; else that of the product's metric of the same key; None where nobody knows."""
    known = metric.journey_step or _shipped(metric, "journey_step")
    return known if known in JOURNEY_STEPS else None


def waste_of(metric: PlannedMetric) -> str | None:
    """The class of waste, likewise."""
    return metric.waste or _shipped(metric, "waste")


def _shipped(metric: PlannedMetric, part: str) -> str | None:
    """A twin has the key of its own, and stands where the metric behind it does."""
    entry = shipped().get(metric.twin_of or metric.key) or shipped().get(metric.key)
    return None if entry is None else getattr(entry, part)
