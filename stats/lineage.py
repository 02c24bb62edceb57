"""What a lineage of versions teaches: each version's own effect, filtered as a random walk, and the alpha it may use.

Versions are separate windows with separate effects: never pooled, never "best of". But the version before says
something about the next one, as far as a change of what is tried moves the effect: a step with a standard deviation of
half the smallest gain worth having. The filter is Kalman's (1960) for a local level with known variances (Durbin and
Koopman 2012, sections 2.1-2.2), begun without prior knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from stats.combining.sequential import spent
from stats.plan import Plan
from stats.verdict.levels import horizon

STEP_PER_MWE = 0.5
"""Standard deviation of what changes between versions, in smallest gains worth having."""


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """The effect of one version given the versions up to it: mean and standard error, in the metric's unit."""

    effect: float
    std_error: float


def filtered(estimates: Sequence[tuple[float, float] | None], step: float) -> tuple[Filtered | None, ...]:
    """(effect, standard error) by version -> the same, each with what the versions before it said.

    step: standard deviation of the change between versions, metric's unit. A version without an estimate (None) only
    makes the next one vaguer; before the first estimate there is nothing to say.

    >>> [round(version.effect, 2) for version in filtered([(10.0, 4.0), (2.0, 4.0)], step=3.0)]
    [10.0, 5.12]
    """
    made: list[Filtered | None] = []
    mean, variance = 0.0, float("inf")
    for estimate in estimates:
        if variance != float("inf"):
            variance += step**2
        if estimate is not None:
            effect, error = estimate
            gain = 1.0 if variance == float("inf") else variance / (variance + error**2)
            mean += gain * (effect - mean)
            variance = error**2 if variance == float("inf") else (1 - gain) * variance
        known = variance != float("inf")
        made.append(Filtered(effect=mean, std_error=sqrt(variance)) if known else None)
    return tuple(made)


def alpha_used(plan: Plan, looks_made: int) -> float:
    """Alpha that the checks made so far have used up, of what the plan promised; its reserve is used by nobody else."""
    if looks_made == 0:
        return 0.0
    fractions = horizon(plan)
    return spent(plan.errors.alpha_spending, plan.errors.alpha, fractions[min(looks_made, len(fractions)) - 1])
