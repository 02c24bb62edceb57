"""Power of comparisons of units, pairs, clusters and several arms: exact noncentral t (F), normal for shares.

Every design is brought to one number, the standard error of the effect, and its degrees of freedom; power, needed size
and smallest detectable effect are the same function read in three directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import asin, ceil, sqrt
from typing import Literal

from scipy.optimize import brentq
from scipy.special import fdtri, ncfdtr, nctdtr, ndtr

from stats.results import quantile

Alternative = Literal["two_sided", "one_sided"]
LARGEST = 1e9
"""Units (sites) beyond which a size counts as out of reach."""
CERTAIN = 20.0
"""Standard errors beyond the line from which power is 1 in double precision; the noncentral t fails far out."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One power question. n_control, n_treatment: units (pairs: n_control; clusters: sites) in each arm.

    effect: true difference (metric's unit); sd: of a unit (paired: of the differences; clusters: total, between and
    within sites); base_rate: control share, for shares; margin > 0: non-inferiority, the distance is effect + margin;
    pre_correlation: of a unit's value with its own before the start. Clusters: cluster_size records per site and
    period, icc within a period, autocorrelation between two periods (of the part shared by a site), individual: of a
    customer's own part, where the same ones are measured again; periods after and pre_periods before the start, of
    which the comparison takes the change, or adjusts for them; cluster_size_cv: sd / mean of the sizes.
    """

    design: Literal["two_sample", "paired", "clusters"] = "two_sample"
    metric: Literal["mean", "share"] = "mean"
    method: Literal["exact_t", "normal", "arcsine"] = "exact_t"
    n_control: float = 0.0
    n_treatment: float = 0.0
    effect: float = 0.0
    sd: float = 1.0
    base_rate: float = 0.0
    alpha: float = 0.05
    alternative: Alternative = "two_sided"
    margin: float = 0.0
    better: Literal["higher", "lower"] = "higher"
    pre_correlation: float = 0.0
    cluster_size: float = 1.0
    cluster_size_cv: float = 0.0
    icc: float = 0.0
    autocorrelation: float = 1.0
    periods: int = 1
    pre_periods: int = 0
    individual: float = 0.0
    before: Literal["adjust", "change"] = "adjust"

    @property
    def slope(self) -> bool:
        """Whether a slope on the value before is estimated between sites."""
        return self.design == "clusters" and self.pre_periods > 0 and self.before == "adjust"

    @property
    def tail(self) -> float:
        """Error rate on the side of the effect."""
        return self.alpha / 2 if self.alternative == "two_sided" else self.alpha

    @property
    def distance(self) -> float:
        """How far the truth lies from what is to be refuted."""
        if not self.margin:
            return abs(self.effect)
        return self.margin + (self.effect if self.better == "higher" else -self.effect)


@dataclass(frozen=True, kw_only=True)
class Power:
    """power: chance to refute; std_error: of the effect (metric's unit); df None: normal reference."""

    power: float
    std_error: float
    df: float | None
    question: Question


def power(question: Question) -> Power:
    """Chance that the test refutes, counting only refutations in the right direction (R's power.t.test)."""
    if question.metric == "share" and question.method != "exact_t":
        return _power_of_shares(question)
    std_error, df = standard_error(question)
    if std_error <= 0 or (df is not None and df <= question.slope):
        return Power(power=0.0, std_error=std_error, df=df, question=question)
    chance = chance_to_show(question.distance, std_error, df, question.tail)
    return Power(power=chance, std_error=std_error, df=df, question=question)


def chance_to_show(distance: float, std_error: float, df: float | None, tail: float) -> float:
    """Chance that a one-sided t-test (normal: df None) at level ``tail`` refutes what lies ``distance`` away."""
    if df is not None and df < 1:
        return 0.0  # a fraction of a degree of freedom is no test, and its quantiles are beyond double precision
    reach = quantile(1 - tail, df)
    shift = distance / std_error
    if df is None or shift - reach > CERTAIN:
        return float(ndtr(shift - reach))
    return 1 - float(nctdtr(df, shift, reach))


def standard_error(question: Question) -> tuple[float, float | None]:
    """(standard error of the effect, degrees of freedom) of the planned comparison."""
    variances = [question.sd**2] * 2
    if question.metric == "share":
        rates = question.base_rate, question.base_rate + question.effect
        variances = [rate * (1 - rate) for rate in rates]
    left = 1 - question.pre_correlation**2
    if question.design == "paired":
        return sqrt(left * variances[0] / question.n_control), question.n_control - 1
    df: float | None = question.n_control + question.n_treatment - 2
    if question.design == "clusters":
        left *= cluster_factor(question)
        df = question.n_control + question.n_treatment - 2 - question.slope
        # What is lost by estimating the slope from few sites, for normal values (as in stats/planning/precision.py).
        left *= 1 + 1 / (df - 1) if question.slope and df > 1 else 1
    std_error = sqrt(left * (variances[0] / question.n_control + variances[1] / question.n_treatment))
    return std_error, None if question.method == "normal" else df


def cluster_factor(question: Question) -> float:
    """Variance of a site's mean after the start, less what its mean before explains, over a unit's variance.

    A site's mean in one period has variance (1 + ((1 + cv^2) m - 1) icc) / m (Eldridge, Ashby and Kerry 2006), two
    periods share icc x autocorrelation of it (and what customers keep), and ANCOVA takes off the squared correlation
    (Teerenstra et al. 2012; Hooper et al. 2016).
    """
    m = question.cluster_size
    one = (1 + ((1 + question.cluster_size_cv**2) * m - 1) * question.icc) / m
    shared = question.icc * question.autocorrelation + (1 - question.icc) * question.individual / m
    after = (one + (question.periods - 1) * shared) / question.periods
    if not question.pre_periods:
        return after
    before = (one + (question.pre_periods - 1) * shared) / question.pre_periods
    return after - shared**2 / before if question.before == "adjust" else after + before - 2 * shared


def _power_of_shares(question: Question) -> Power:
    """Two shares, normal: pooled variance under the null, own variances under the truth; or Cohen's arcsine h."""
    n_c, n_t, p_c = question.n_control, question.n_treatment, question.base_rate
    p_t = p_c + question.effect
    reach = quantile(1 - question.tail, None)
    if question.method == "arcsine":
        std_error = sqrt(1 / n_c + 1 / n_t)
        chance = ndtr(abs(cohen_h(p_t, p_c)) / std_error - reach)
        return Power(power=float(chance), std_error=std_error, df=None, question=question)
    factor = 1.0
    if question.design == "clusters":
        factor = cluster_factor(question)
    own = sqrt(factor * (p_c * (1 - p_c) / n_c + p_t * (1 - p_t) / n_t))
    pooled = (n_c * p_c + n_t * p_t) / (n_c + n_t)
    null = own if question.margin else sqrt(factor * pooled * (1 - pooled) * (1 / n_c + 1 / n_t))
    chance = ndtr((question.distance - reach * null) / own) if own > 0 else 0.0
    return Power(power=float(chance), std_error=own, df=None, question=question)


def cohen_h(share: float, other: float) -> float:
    """Distance of two shares on the arcsine scale (Cohen 1988)."""
    return 2 * asin(sqrt(share)) - 2 * asin(sqrt(other))


def power_of_h(h: float, n_control: float, n_treatment: float, tail: float) -> float:
    """Power for a standardised distance of two shares."""
    return float(ndtr(abs(h) / sqrt(1 / n_control + 1 / n_treatment) - quantile(1 - tail, None)))


def power_anova(groups: int, n: float, f: float, alpha: float = 0.05) -> float:
    """Power of the F test that ``groups`` arms of n units are all alike; f: Cohen's (1988) effect size."""
    within = groups * (n - 1)
    line = float(fdtri(groups - 1, within, 1 - alpha))
    return 1 - float(ncfdtr(groups - 1, within, groups * n * f**2, line))


# -- read backwards ----------------------------------------------------------------------------------------------------


def needed_size(question: Question, target: float, *, allocation: float = 1.0) -> Power | None:
    """The question with the (fractional) control size that reaches ``target`` power; None if none does.

    allocation: treatment size over control size.
    """

    def at(size: float) -> Question:
        return replace(question, n_control=size, n_treatment=size * allocation)

    smallest = 1.0 + 1e-6 if question.design == "paired" else (2.0 + 1e-6 + 2 * question.slope) / (1 + allocation)
    found = crossing(lambda size: power(at(size)).power - target, smallest, LARGEST)
    return None if found is None else power(at(found))


def needed_cluster_size(question: Question, target: float) -> Power | None:
    """The question with the (fractional) records per site and period that reach ``target``; None if none do."""

    def at(size: float) -> Question:
        return replace(question, cluster_size=size)

    found = crossing(lambda size: power(at(size)).power - target, 1.0, LARGEST)
    return None if found is None else power(at(found))


def detectable(question: Question, target: float) -> Power | None:
    """The question with the smallest improvement that reaches ``target``; None if none does (a share stays in 0-1).

    With a margin it may be a loss smaller than the margin.
    """
    sign = 1.0 if question.better == "higher" else -1.0
    start = -question.margin * (1 - 1e-9) if question.margin else 0.0
    if question.metric == "share":
        end = (1 - question.base_rate if sign > 0 else question.base_rate) * (1 - 1e-12)
    else:
        end = 1e6 * question.sd

    def at(gain: float) -> Question:
        return replace(question, effect=sign * gain)

    found = crossing(lambda gain: power(at(gain)).power - target, start, end)
    return None if found is None else power(at(found))


def crossing(rising: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a rising function crosses zero; ``low`` if it is there already, None if it never is."""
    if rising(low) >= 0:
        return low
    width = 1e-3 * max(1e-3, abs(low))
    below, above = low, min(high, low + width)
    while rising(above) < 0:
        if above >= high:
            return None
        width *= 2
        below, above = above, min(high, low + width)
    return float(brentq(rising, below, above, xtol=1e-14 * max(1.0, abs(above)), rtol=1e-13, maxiter=500))


def whole(size: float) -> int:
    """The size in whole units; a hair above a whole number is that number."""
    return ceil(size - 1e-6)
