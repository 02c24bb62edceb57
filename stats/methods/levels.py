"""Two arms' levels, each with its own variance, made into a difference: the last step of most unit-level methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from stats.methods.hypotheses import t_estimate
from stats.methods.relative import fieller
from stats.results import Estimate

EPSILON = 2.0**-52


@dataclass(frozen=True, kw_only=True)
class ArmLevel:
    """The level of one arm.

    value: metric's unit; variance: of ``value`` (metric's unit squared), not of a single unit; df: degrees of freedom
    behind ``variance``; n: units of inference.
    """

    value: float
    variance: float
    df: float
    n: int


def satterthwaite(*parts: tuple[float, float]) -> float:
    """Degrees of freedom of a sum of independent variance estimates, each (variance, df) (Satterthwaite 1946)."""
    total = sum(variance for variance, _ in parts)
    # Shares of the total rather than the variances themselves: squares of tiny variances would underflow.
    return 1.0 / sum((variance / total) ** 2 / df for variance, df in parts if variance > 0)


def is_constant(variance: float, level: float) -> bool:
    """True where a variance is nothing but rounding: a standard deviation below 8 units in the level's last place."""
    return variance <= (8 * EPSILON * abs(level)) ** 2


def difference(
    control: ArmLevel,
    treatment: ArmLevel,
    *,
    confidence: float,
    method: str,
    df: float | None,
    raw: tuple[float, float] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Estimate:
    """Treatment minus control with a t interval (normal where df is None), relative effect by Fieller.

    The arms are independent, so the variances add. raw: the arms' unadjusted levels where ``value`` is adjusted.
    The callers see to it that the sum of the variances is above 0.
    """
    effect = treatment.value - control.value
    std_error = sqrt(control.variance + treatment.variance)
    mean_control, mean_treatment = raw if raw is not None else (control.value, treatment.value)
    return t_estimate(
        effect,
        std_error,
        df,
        n_control=control.n,
        n_treatment=treatment.n,
        confidence=confidence,
        method=method,
        relative=fieller(
            (treatment.value, treatment.variance), (control.value, control.variance), confidence=confidence, df=df
        ),
        mean_control=mean_control,
        mean_treatment=mean_treatment,
        details={"statistic": effect / std_error, **(details or {})},
    )
