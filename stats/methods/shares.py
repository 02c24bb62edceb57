"""Differences of two shares from counts: intervals, tests at a margin, risk and odds ratios.

x of n in each arm. Limits of Newcombe's and the score interval do not follow from a standard error; they are computed
from the counts at any level (``limits_from_counts``), which stand in ``Estimate.details``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import acos, copysign, cos, exp, log, pi, sqrt
from typing import Any

from stats.methods.arms import ArmSummary, too_few
from stats.methods.hypotheses import lower_tail, two_sided
from stats.methods.relative import fieller
from stats.results import Estimate, Limits, NotEstimable, Result, quantile
from stats.spec import TestSpec


@dataclass(frozen=True, kw_only=True)
class Count:
    """x of n units."""

    x: int
    n: int

    @property
    def share(self) -> float:
        return self.x / self.n

    @property
    def variance(self) -> float:
        """Variance of the share, from the arm's own share."""
        return self.share * (1 - self.share) / self.n


Interval = Callable[[Count, Count, float], tuple[float, float]]
"""(control, treatment, z) -> limits of treatment minus control, each at one-sided level 1 - Phi(z)."""


def counted(arm: ArmSummary) -> Count | NotEstimable:
    """The counts behind an arm: sums of numerator and denominator where it has both, else of zeros and ones."""
    has_denominator = arm.mean_d == arm.mean_d
    x, n = (arm.sum_y, arm.sum_d) if has_denominator else (arm.sum_y, float(arm.n))
    if not (abs(x - round(x)) <= 1e-6 * max(1.0, x) and abs(n - round(n)) <= 1e-6 * max(1.0, n) and 0 <= x <= n):
        return NotEstimable(code="share_not_counts", facts={"x": x, "n": n})
    return Count(x=round(x), n=round(n))


# -- intervals ---------------------------------------------------------------------------------------------------------


def wald_interval(control: Count, treatment: Count, z: float) -> tuple[float, float]:
    """Difference +- z standard errors, each arm with its own variance."""
    effect = treatment.share - control.share
    reach = z * sqrt(control.variance + treatment.variance)
    return effect - reach, effect + reach


def wilson_interval(count: Count, z: float) -> tuple[float, float]:
    """Score interval of one share (Wilson 1927)."""
    centre = count.share + z**2 / (2 * count.n)
    reach = z * sqrt(count.variance + z**2 / (4 * count.n**2))
    scale = 1 + z**2 / count.n
    lower = 0.0 if count.x == 0 else (centre - reach) / scale
    upper = 1.0 if count.x == count.n else (centre + reach) / scale
    return lower, upper


def newcombe_interval(control: Count, treatment: Count, z: float) -> tuple[float, float]:
    """Newcombe (1998), method 10: the two Wilson intervals, squared and added."""
    if z < 0:  # limits beyond the middle: the formula's arms change places
        upper, lower = newcombe_interval(control, treatment, -z)
        return lower, upper
    lower_c, upper_c = wilson_interval(control, z)
    lower_t, upper_t = wilson_interval(treatment, z)
    effect = treatment.share - control.share
    below = sqrt((treatment.share - lower_t) ** 2 + (upper_c - control.share) ** 2)
    above = sqrt((upper_t - treatment.share) ** 2 + (control.share - lower_c) ** 2)
    return effect - below, effect + above


def shares_under(control: Count, treatment: Count, difference: float) -> tuple[float, float]:
    """Most likely (control, treatment) shares whose difference is ``difference``.

    Closed form of the cubic by Farrington and Manning (1990, appendix), there with groups 1 (here treatment), 2.
    """
    theta = control.n / treatment.n
    p_t, p_c, s = treatment.share, control.share, difference
    a = 1 + theta
    b = -(1 + theta + p_t + theta * p_c + s * (theta + 2))
    c = s**2 + s * (2 * p_t + theta + 1) + p_t + theta * p_c
    d = -p_t * s * (1 + s)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = copysign(sqrt(max(0.0, (b / (3 * a)) ** 2 - c / (3 * a))), v)
    w = (pi + acos(max(-1.0, min(1.0, v / u**3)) if u else 0.0)) / 3
    share_t = 2 * u * cos(w) - b / (3 * a)
    share_t = min(max(share_t, max(0.0, s)), min(1.0, 1.0 + s))
    return share_t - s, share_t


def score(control: Count, treatment: Count, difference: float, *, small_sample: bool = False) -> float:
    """z of "the true difference is ``difference``" with the variance that this implies (Farrington and Manning 1990).

    At 0 it is the pooled z. small_sample: times sqrt((N - 1) / N), as Miettinen and Nurminen (1985) have it.
    """
    share_c, share_t = shares_under(control, treatment, difference)
    variance = share_c * (1 - share_c) / control.n + share_t * (1 - share_t) / treatment.n
    gap = treatment.share - control.share - difference
    if variance <= 1e-300:
        return 0.0 if abs(gap) < 1e-15 else copysign(float("inf"), gap)
    total = control.n + treatment.n
    return gap / sqrt(variance * (total / (total - 1) if small_sample else 1.0))


def miettinen_nurminen_interval(control: Count, treatment: Count, z: float) -> tuple[float, float]:
    """All differences that the score test at z does not reject (Miettinen and Nurminen 1985)."""
    from scipy.optimize import brentq

    effect = treatment.share - control.share

    def limit(end: float, sign: float) -> float:
        def excess(difference: float) -> float:
            return max(-1e6, min(1e6, score(control, treatment, difference, small_sample=True))) - sign * z

        if excess(end) * excess(effect) >= 0:
            return end
        return float(brentq(excess, *sorted((end, effect)), xtol=1e-14, rtol=1e-14, maxiter=500))

    return limit(-1 + 1e-12, 1.0), limit(1 - 1e-12, -1.0)


INTERVALS: Mapping[str, Interval] = {
    "newcombe": newcombe_interval,
    "miettinen_nurminen": miettinen_nurminen_interval,
}


def limits_from_counts(details: Mapping[str, Any], level: float) -> Limits:
    """One-sided limits at ``level`` of an estimate whose ``details`` hold the counts and name one of ``INTERVALS``."""
    control = Count(x=details["x_control"], n=details["n_control"])
    treatment = Count(x=details["x_treatment"], n=details["n_treatment"])
    lower, upper = INTERVALS[details["interval"]](control, treatment, quantile(1 - level, None))
    return Limits(level=level, lower=lower, upper=upper)


# -- ratios ------------------------------------------------------------------------------------------------------------


def ratios(control: Count, treatment: Count, confidence: float) -> dict[str, Any]:
    """Risk ratio and odds ratio with intervals symmetric in the log (Katz 1978; Woolf 1955).

    A cell without units gets half a unit in every cell (Walters 1985; Haldane 1956), and ``cells_corrected`` says so;
    both are None where neither arm, or only either arm whole, has the event: nothing is known of a ratio then.
    """
    a, b = float(treatment.x), float(treatment.n - treatment.x)
    c, d = float(control.x), float(control.n - control.x)
    z = quantile(0.5 + confidence / 2, None)
    names = ("risk_ratio", "odds_ratio")
    keys = [name + end for name in names for end in ("", "_ci_lower", "_ci_upper")]
    if a + c == 0 or b + d == 0:
        return {**dict.fromkeys(keys), "cells_corrected": False}
    corrected = min(a, b, c, d) == 0
    if corrected:
        a, b, c, d = (cell + 0.5 for cell in (a, b, c, d))
    n_t, n_c = a + b, c + d
    risk = log(a / n_t) - log(c / n_c)
    odds = log(a) - log(b) - log(c) + log(d)
    risk_se = sqrt(1 / a - 1 / n_t + 1 / c - 1 / n_c)
    odds_se = sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    values: list[float] = []
    for centre, se in ((risk, risk_se), (odds, odds_se)):
        values += [exp(centre), exp(centre - z * se), exp(centre + z * se)]
    return {**dict(zip(keys, values, strict=True)), "cells_corrected": corrected}


# -- estimates ---------------------------------------------------------------------------------------------------------


def pooled_p(control: Count, treatment: Count) -> tuple[float | None, float]:
    """(z, two-sided p) of the pooled z test, whose square is chi-square without continuity correction.

    Where no unit, or every unit, of both arms has the event the only possible table is the one seen: z None, p 1.
    """
    if control.x + treatment.x in (0, control.n + treatment.n):
        return None, 1.0
    z = score(control, treatment, 0.0)
    return z, two_sided(z, None)


def share_difference(
    control: Count, treatment: Count, *, confidence: float, method: str, interval: Interval, p_value: float
) -> Estimate:
    """Difference of two shares with the interval asked for; std_error is the unpooled one."""
    std_error = sqrt(control.variance + treatment.variance)
    effect = treatment.share - control.share
    lower, upper = interval(control, treatment, quantile(0.5 + confidence / 2, None))
    z, p_pooled = pooled_p(control, treatment)
    details: dict[str, Any] = {
        "x_control": control.x,
        "n_control": control.n,
        "x_treatment": treatment.x,
        "n_treatment": treatment.n,
        "z_pooled": z,
        "p_pooled": p_pooled,
        "z_unpooled": effect / std_error if std_error > 0 else None,
        **ratios(control, treatment, confidence),
    }
    for name, rule in (("wald", wald_interval), *INTERVALS.items()):
        details[f"{name}_ci_lower"], details[f"{name}_ci_upper"] = rule(
            control, treatment, quantile(0.5 + confidence / 2, None)
        )
    return Estimate(
        effect=effect,
        std_error=std_error if std_error > 0 else None,
        ci_lower=lower,
        ci_upper=upper,
        p_value=p_value,
        df=None,
        n_control=control.n,
        n_treatment=treatment.n,
        confidence=confidence,
        method=method,
        relative=fieller(
            (treatment.share, treatment.variance), (control.share, control.variance), confidence=confidence, df=None
        )
        if std_error > 0
        else None,
        mean_control=control.share,
        mean_treatment=treatment.share,
        details=details,
    )


def score_margin(control: Count, treatment: Count, result: Estimate, test: TestSpec, better: str) -> Estimate:
    """The estimate with the p of non-inferiority or equivalence by the score test (Farrington and Manning 1990)."""
    assert test.margin is not None  # the specification was checked before any data were read
    above = score(control, treatment, -test.margin)
    below = score(control, treatment, test.margin)
    p_above, p_below = lower_tail(-above, None), lower_tail(below, None)
    facts: dict[str, Any] = {"test": test.kind, "margin": test.margin}
    if test.kind == "noninferiority":
        p_value, z = (p_above, above) if better == "higher" else (p_below, below)
        facts["z_margin"] = z
    else:
        p_value = max(p_above, p_below)
        facts |= {"z_lower": above, "p_lower": p_above, "z_upper": below, "p_upper": p_below}
    return replace(result, p_value=p_value, details={**result.details, **facts})


def newcombe(control: Count, treatment: Count, *, confidence: float, method: str = "newcombe") -> Result:
    """Newcombe's interval; p by the pooled z (the score test, of which the interval is the Wilson counterpart)."""
    return _counted_interval(control, treatment, confidence, method, "newcombe")


def miettinen_nurminen(control: Count, treatment: Count, *, confidence: float) -> Result:
    """Score interval of the difference; p by the score test at zero with the same small-sample factor."""
    result = _counted_interval(control, treatment, confidence, "miettinen_nurminen", "miettinen_nurminen")
    if isinstance(result, NotEstimable) or result.details["z_pooled"] is None:
        return result
    return replace(result, p_value=two_sided(score(control, treatment, 0.0, small_sample=True), None))


def _counted_interval(control: Count, treatment: Count, confidence: float, method: str, name: str) -> Result:
    if reason := too_few(control.n, treatment.n, 1):
        return reason
    result = share_difference(
        control,
        treatment,
        confidence=confidence,
        method=method,
        interval=INTERVALS[name],
        p_value=pooled_p(control, treatment)[1],
    )
    return replace(result, details={**result.details, "interval": name})


def wald(control: Count, treatment: Count, *, confidence: float) -> Result:
    """Difference +- z unpooled standard errors, p by the unpooled z; too confident for rare events and small arms."""
    return _normal(control, treatment, confidence, "wald", pooled=False)


def pooled_z(control: Count, treatment: Count, *, confidence: float) -> Result:
    """Wald interval, p by the pooled z (chi-square without continuity correction): what R's prop.test prints."""
    return _normal(control, treatment, confidence, "pooled_z", pooled=True)


def _normal(control: Count, treatment: Count, confidence: float, method: str, *, pooled: bool) -> Result:
    if reason := too_few(control.n, treatment.n, 1):
        return reason
    variance = control.variance + treatment.variance
    if variance <= 0:
        return NotEstimable(code="same_value", facts={"control": control.share, "treatment": treatment.share})
    z = (treatment.share - control.share) / sqrt(variance)
    p_value = pooled_p(control, treatment)[1] if pooled else two_sided(z, None)
    return share_difference(
        control, treatment, confidence=confidence, method=method, interval=wald_interval, p_value=p_value
    )
