"""Two samples compared by ranks: Mann-Whitney with the Hodges-Lehmann shift and its interval.

The shift is the median of all differences treatment - control. Neither the differences (n x m of them) nor a normal
shape is ever needed: order statistics of the differences are found by counting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from stats.methods.arms import too_few
from stats.results import Estimate, Limits, NotEstimable, Result, quantile
from stats.spec import TestSpec

Floats = NDArray[np.float64]
EXACT_BELOW = 50
"""Exact by default where both arms are smaller than this and no values tie, as in R's wilcox.test."""


@dataclass(frozen=True, kw_only=True)
class RankTest:
    """Mann-Whitney's U of the treatment arm (pairs in which treatment is larger, ties half) and its p values.

    p_greater, p_less: one-sided p of "treatment tends to be larger / smaller"; p_two_sided; exact: how they were made.
    """

    u: float
    p_greater: float
    p_less: float
    p_two_sided: float
    exact: bool
    ties: bool


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse], dtype=float)


def rank_sum_distribution(doubled: NDArray[np.int64], size: int) -> Floats:
    """P(sum of ``size`` of these doubled ranks = s), s = 0..sum, all choices equally likely.

    The shift algorithm (Streitberg and Roehmel 1986); only sums of positive numbers, so no digits are lost.
    """
    total = int(doubled.sum())
    ways = np.zeros((size + 1, total + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] += ways[:-1, : total + 1 - rank]
        ways /= ways.max()
    return np.asarray(ways[size] / ways[size].sum(), dtype=float)


def rank_test(control: Floats, treatment: Floats, *, exact: bool | None = None, continuity: bool = True) -> RankTest:
    """Mann and Whitney (1947). exact None: exact where small without ties, else normal, variance corrected for ties.

    An exact test with ties is the permutation test of the midranks. continuity: move U half a step towards its mean.
    """
    n, m = len(treatment), len(control)
    ranks = midranks(np.concatenate([treatment, control]))
    u = float(ranks[:n].sum() - n * (n + 1) / 2)
    _, counts = np.unique(ranks, return_counts=True)
    ties = bool((counts > 1).any())
    if exact if exact is not None else (max(n, m) < EXACT_BELOW and not ties):
        doubled = np.rint(2 * ranks).astype(np.int64)
        chance = rank_sum_distribution(doubled, n)
        seen = int(doubled[:n].sum())
        centre = n * (n + m + 1)
        sums = np.arange(len(chance))
        beyond = np.abs(sums - centre) >= abs(seen - centre)
        return RankTest(
            u=u,
            p_greater=min(1.0, float(chance[seen:].sum())),
            p_less=min(1.0, float(chance[: seen + 1].sum())),
            p_two_sided=min(1.0, float(chance[beyond].sum())),
            exact=True,
            ties=ties,
        )
    spread = sqrt(n * m / 12 * (n + m + 1 - float((counts**3 - counts).sum()) / ((n + m) * (n + m - 1))))
    if spread == 0:
        return RankTest(u=u, p_greater=nan, p_less=nan, p_two_sided=nan, exact=False, ties=True)
    half, gap = (0.5 if continuity else 0.0), u - n * m / 2
    towards = gap - np.sign(gap) * half
    return RankTest(
        u=u,
        p_greater=float(ndtr(-(gap - half) / spread)),
        p_less=float(ndtr((gap + half) / spread)),
        p_two_sided=min(1.0, 2 * float(ndtr(-abs(towards) / spread))),
        exact=False,
        ties=ties,
    )


# -- order statistics of the differences -------------------------------------------------------------------------------


def count_at_most(control: Floats, treatment: Floats, shift: float) -> int:
    """Pairs with treatment - control <= shift; both arrays sorted."""
    return int(np.searchsorted(treatment, control + shift, side="right").sum())


def nth_difference(control: Floats, treatment: Floats, position: int) -> float:
    """The ``position``-th smallest (from 1) of all differences treatment - control; both arrays sorted.

    Halves the range by counting until only candidates within rounding of each other are left.
    """
    low = float(treatment[0] - control[-1])
    high = float(treatment[-1] - control[0])
    scale = max(abs(low), abs(high), float(np.abs(control).max()), float(np.abs(treatment).max()))
    while high - low > 4e-16 * scale:
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        if count_at_most(control, treatment, middle) >= position:
            high = middle
        else:
            low = middle
    # The answer lies within rounding of ``high``: take the actual difference nearest to it.
    near = np.searchsorted(treatment, control + high)
    candidates = np.concatenate([treatment[np.clip(near + step, 0, len(treatment) - 1)] - control for step in (-1, 0)])
    return float(candidates[np.argmin(np.abs(candidates - high))])


def hodges_lehmann(control: Floats, treatment: Floats) -> float:
    """Median of all differences treatment - control (Hodges and Lehmann 1963); both arrays sorted."""
    pairs = len(control) * len(treatment)
    upper = nth_difference(control, treatment, pairs // 2 + 1)
    if pairs % 2:
        return upper
    return (nth_difference(control, treatment, pairs // 2) + upper) / 2


def shift_limits(control: Floats, treatment: Floats, level: float, *, exact: bool, continuity: bool = True) -> Limits:
    """One-sided limits of the shift at ``level``: all shifts that the rank test does not reject (Lehmann 1963)."""
    n, m = len(treatment), len(control)
    if exact:
        chance = rank_sum_distribution(2 * np.arange(1, n + m + 1), n)[n * (n + 1) :: 2]
        # Smallest k with P(U <= k) > level (a shade above, so that a tail of exactly ``level`` counts as attained).
        position = int(np.searchsorted(np.cumsum(chance), level * (1 + 1e-12), side="right"))
    else:
        spread = sqrt(n * m / 12 * (n + m + 1 - _ties_within(control, treatment)))
        reach = quantile(1 - level, None) * spread + (0.5 if continuity else 0.0)
        position = ceil(n * m / 2 - reach)
    if position < 1:
        return Limits(level=level, lower=None, upper=None)
    lower, upper = (
        nth_difference(control, treatment, position),
        nth_difference(control, treatment, n * m - position + 1),
    )
    return Limits(level=level, lower=lower, upper=upper)


def _ties_within(control: Floats, treatment: Floats) -> float:
    """Loss of variance by ties inside each arm: those that stay whatever the shift."""
    total = len(control) + len(treatment)
    counts = np.concatenate([np.unique(arm, return_counts=True)[1] for arm in (control, treatment)]).astype(float)
    return float((counts**3 - counts).sum()) / (total * (total - 1))


# -- the estimate ------------------------------------------------------------------------------------------------------


def mann_whitney(
    control: Floats,
    treatment: Floats,
    *,
    confidence: float,
    test: TestSpec,
    better: str,
    exact: bool | None = None,
    continuity: bool = True,
    levels: tuple[float, ...] = (),
) -> Result:
    """Hodges-Lehmann shift, its interval and Mann-Whitney's p; at a margin, the test of the data shifted by it.

    The shift is no difference of means: it is that where the arms differ by a shift alone. No standard error.
    """
    if reason := too_few(len(control), len(treatment)):
        return reason
    control, treatment = np.sort(control), np.sort(treatment)
    at_zero = rank_test(control, treatment, exact=exact, continuity=continuity)
    if at_zero.p_two_sided != at_zero.p_two_sided:
        return NotEstimable(code="same_value", facts={"control": float(control[0]), "treatment": float(treatment[0])})
    exactly = at_zero.exact and not at_zero.ties
    interval = shift_limits(control, treatment, (1 - confidence) / 2, exact=exactly, continuity=continuity)
    result = Estimate(
        effect=hodges_lehmann(control, treatment),
        std_error=None,
        ci_lower=interval.lower,
        ci_upper=interval.upper,
        p_value=at_zero.p_two_sided,
        df=None,
        n_control=len(control),
        n_treatment=len(treatment),
        confidence=confidence,
        method="mann_whitney_exact" if at_zero.exact else "mann_whitney",
        mean_control=float(np.median(control)),
        mean_treatment=float(np.median(treatment)),
        limits=tuple(shift_limits(control, treatment, level, exact=exactly, continuity=continuity) for level in levels),
        details=_details(control, treatment, at_zero),
    )
    if test.kind == "superiority" or test.margin is None:
        return result
    worse = rank_test(control, treatment + test.margin, exact=exact, continuity=continuity).p_greater
    better_by = rank_test(control, treatment - test.margin, exact=exact, continuity=continuity).p_less
    if test.kind == "noninferiority":
        p_value = worse if better == "higher" else better_by
    else:
        p_value = max(worse, better_by)
    facts = {"test": test.kind, "margin": test.margin, "p_lower": worse, "p_upper": better_by}
    return replace(result, p_value=p_value, details={**result.details, **facts})


def _details(control: Floats, treatment: Floats, test: RankTest) -> dict[str, Any]:
    """U of both arms, the chance that a treated unit is above a control one, and the p values by every name."""
    pairs = len(control) * len(treatment)
    details: dict[str, Any] = {
        "u_treatment": test.u,
        "u_control": pairs - test.u,
        "probability_larger": test.u / pairs,
        "p_greater": test.p_greater,
        "p_less": test.p_less,
        "ties": test.ties,
    }
    for name, continuity in (("p_continuity", True), ("p_no_continuity", False)):
        details[name] = rank_test(control, treatment, exact=False, continuity=continuity).p_two_sided
    if max(len(control), len(treatment)) < EXACT_BELOW:
        exact = test if test.exact else rank_test(control, treatment, exact=True)
        details["p_exact"] = exact.p_two_sided
    return details
