"""Differences of quantiles and of worst-case means between two arms of independent units."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.methods.levels import ArmLevel, difference, satterthwaite
from stats.results import Estimate, Limits, NotEstimable, Result
from stats.spec import TestSpec

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
NEEDED_BEYOND = 5
"""Units that must lie beyond the quantile (or in the tail) in each arm: fewer, and no interval holds its promise."""


def bootstrap_quantiles(ordered: Floats, q: float, draws: int, rng: np.random.Generator) -> Floats:
    """``draws`` bootstrap replicates of the type-7 quantile of one sorted sample, without resampling it.

    The k-th smallest of n values drawn with replacement is the ceil(n U)-th of the sample, U the k-th smallest of n
    uniform numbers, which is Beta(k, n - k + 1); the next one follows from the smallest of the n - k numbers above.
    The same distribution as resampling whole samples (Hyndman and Fan 1996 for type 7), at a cost that does not
    grow with n.
    """
    n = len(ordered)
    place = (n - 1) * q
    k = floor(place) + 1
    share = place - floor(place)
    low = rng.beta(k, n - k + 1, draws)
    value = ordered[np.minimum(np.ceil(n * low).astype(np.int64), n) - 1]
    if share == 0 or k == n:
        return np.asarray(value)
    high = low + (1 - low) * rng.beta(1, n - k, draws)
    above = ordered[np.minimum(np.ceil(n * high).astype(np.int64), n) - 1]
    return np.asarray(value + share * (above - value))


def too_few_beyond(control: int, treatment: int, share: float) -> NotEstimable | None:
    """Why a quantile (tail) can't be compared: too few units lie beyond it."""
    needed = ceil(NEEDED_BEYOND / share - 1e-9)
    if min(control, treatment) >= needed:
        return None
    facts = {"n_control": control, "n_treatment": treatment, "needed": needed}
    return NotEstimable(code="too_few_beyond", facts=facts)


def quantile_difference(
    control: Floats,
    treatment: Floats,
    *,
    q: float,
    confidence: float,
    test: TestSpec,
    better: str,
    seed: int,
    draws: int,
    levels: tuple[float, ...] = (),
) -> Result:
    """Difference of type-7 quantiles; percentile bootstrap within arms (Efron 1979), p by inverting its interval.

    For one quantile the percentile bootstrap is the interval between order statistics, so it needs no density.
    std_error: standard deviation of the replicates. The smallest p is 1 / (draws + 1), twice that two-sided.
    """
    if reason := too_few_beyond(len(control), len(treatment), min(q, 1 - q)):
        return reason
    rng = np.random.default_rng(seed)
    values = [float(np.quantile(arm, q)) for arm in (control, treatment)]
    replicates = [bootstrap_quantiles(np.sort(arm), q, draws, rng) for arm in (control, treatment)]
    gaps = np.sort(replicates[1] - replicates[0])
    spread = float(gaps.std(ddof=1))
    if spread == 0:
        return NotEstimable(code="same_value", facts={"control": values[0], "treatment": values[1]})

    def limits(level: float) -> Limits:
        lower, upper = np.quantile(gaps, [level, 1 - level])
        return Limits(level=level, lower=float(lower), upper=float(upper))

    interval = limits((1 - confidence) / 2)
    result = Estimate(
        effect=values[1] - values[0],
        std_error=spread,
        ci_lower=interval.lower,
        ci_upper=interval.upper,
        p_value=min(1.0, 2 * min(_share_at_most(gaps, 0.0), _share_at_least(gaps, 0.0))),
        df=None,
        n_control=len(control),
        n_treatment=len(treatment),
        confidence=confidence,
        method="quantile_bootstrap",
        mean_control=values[0],
        mean_treatment=values[1],
        limits=tuple(limits(level) for level in levels),
        details={"q": q, "draws": draws, "seed": seed},
    )
    if test.kind == "superiority" or test.margin is None:
        return result
    p_above, p_below = _share_at_most(gaps, -test.margin), _share_at_least(gaps, test.margin)
    if test.kind == "noninferiority":
        p_value = p_above if better == "higher" else p_below
    else:
        p_value = max(p_above, p_below)
    facts: dict[str, Any] = {"test": test.kind, "margin": test.margin, "p_lower": p_above, "p_upper": p_below}
    return replace(result, p_value=p_value, details={**result.details, **facts})


def _share_at_most(gaps: Floats, value: float) -> float:
    return float((np.searchsorted(gaps, value, side="right") + 1) / (len(gaps) + 1))


def _share_at_least(gaps: Floats, value: float) -> float:
    return float((len(gaps) - np.searchsorted(gaps, value, side="left") + 1) / (len(gaps) + 1))


def tail_level(values: Floats, tail: float, worst: str, cluster: Codes | None = None) -> ArmLevel:
    """Mean of the worst ``tail`` share of the values ('high' or 'low'), with the variance of its influence function.

    The mean beyond a quantile v is v + mean(excess over v) / tail, and only the excess varies to first order (Chen
    2008); degrees of freedom are those of the units in the tail. cluster: (n,) whose rows each value belongs to; then
    the excesses are summed by cluster, and those with a value in the tail are counted.
    """
    sign = 1.0 if worst == "high" else -1.0
    outward = sign * values
    line = float(np.quantile(outward, 1 - tail))
    excess = np.maximum(outward - line, 0.0)
    n = len(values)
    value = sign * (line + float(excess.mean()) / tail)
    if cluster is not None:
        groups = int(cluster.max()) + 1
        summed = np.bincount(cluster, weights=excess - excess.mean(), minlength=groups)
        variance = float((summed**2).sum()) * groups / max(groups - 1, 1) / (n * tail) ** 2
        return ArmLevel(value=value, variance=variance, df=max(1.0, float(_in_tail(excess, cluster) - 1)), n=groups)
    return ArmLevel(value=value, variance=float(excess.var(ddof=1)) / (n * tail**2), df=max(1.0, n * tail - 1), n=n)


def _in_tail(excess: Floats, cluster: Codes) -> int:
    return len(np.unique(cluster[excess > 0]))


def tail_difference(
    control: Floats,
    treatment: Floats,
    *,
    tail: float,
    worst: str,
    confidence: float,
    clusters: tuple[Codes, Codes] | None = None,
) -> Result:
    """Difference of the means of the worst cases of each arm. clusters: by arm, numbered from 0; none in both arms."""
    if reason := too_few_beyond(len(control), len(treatment), tail):
        return reason
    of_control, of_treatment = clusters or (None, None)
    levels = tail_level(control, tail, worst, of_control), tail_level(treatment, tail, worst, of_treatment)
    if clusters is not None and min(level.df for level in levels) < NEEDED_BEYOND - 1:
        facts = {"n_control": int(levels[0].df) + 1, "n_treatment": int(levels[1].df) + 1, "needed": NEEDED_BEYOND}
        return NotEstimable(code="too_few_beyond", facts=facts)
    if levels[0].variance + levels[1].variance <= 0:
        return NotEstimable(code="same_value", facts={"control": levels[0].value, "treatment": levels[1].value})
    df = satterthwaite(*((level.variance, level.df) for level in levels))
    return difference(*levels, confidence=confidence, method="tail_mean", df=df, details={"tail": tail, "worst": worst})
