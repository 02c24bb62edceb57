"""One arm's counts, means and variances as plain numbers, and what makes two arms impossible to compare."""

from __future__ import annotations

from dataclasses import dataclass, fields

from stats.methods.levels import ArmLevel, is_constant
from stats.moments import Moments
from stats.results import NotEstimable


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """One group of ``Moments`` (same names, same meaning) as plain numbers; ``n`` and ``n_x`` are whole."""

    n: int
    missing: float
    mean_y: float
    var_y: float
    sum_y: float
    mean_d: float
    var_d: float
    sum_d: float
    cov_yd: float
    n_x: int
    mean_x: float
    var_x: float
    cov_xy: float
    mean_y_x: float
    var_y_x: float
    cov_xd: float


def arm_summary(moments: Moments, arm: int) -> ArmSummary:
    values = {field.name: float(getattr(moments, field.name)[arm]) for field in fields(Moments)}
    counts = {name: round(values[name]) if values[name] == values[name] else 0 for name in ("n", "n_x")}
    return ArmSummary(**{**values, **counts})  # type: ignore[arg-type]


def mean_level(arm: ArmSummary) -> ArmLevel:
    """The plain mean of an arm with its variance."""
    return ArmLevel(value=arm.mean_y, variance=arm.var_y / arm.n, df=arm.n - 1, n=arm.n)


def too_few(control: int, treatment: int, needed: int = 2) -> NotEstimable | None:
    """Why two arms can't be compared: one of them has fewer than ``needed`` units."""
    if min(control, treatment) >= needed:
        return None
    return NotEstimable(code="too_few_units", facts={"n_control": control, "n_treatment": treatment, "needed": needed})


def no_variation(control: ArmSummary, treatment: ArmSummary) -> NotEstimable | None:
    """Why two arms can't be compared: all units of an arm have the same value, so nothing tells chance from effect."""
    if not all(is_constant(arm.var_y, arm.mean_y) for arm in (control, treatment)):
        return None
    return NotEstimable(code="same_value", facts={"control": control.mean_y, "treatment": treatment.mean_y})
