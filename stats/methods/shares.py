"""Differences of two shares from counts: tests, tests at a margin, risk and odds ratios."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt
from typing import Any

from stats.methods.arms import ArmSummary, too_few
from stats.methods.hypotheses import lower_tail, two_sided
from stats.methods.relative import fieller
from stats.results import Estimate, NotEstimable, Result, quantile
from stats.share_limits import INTERVALS, Count, Interval, score, wald_interval
from stats.spec import TestSpec


def counted(arm: ArmSummary) -> Count | NotEstimable:
    """The counts behind an arm: sums of numerator and denominator where it has both, else of zeros and ones."""
    has_denominator = arm.mean_d == arm.mean_d
    x, n = (arm.sum_y, arm.sum_d) if has_denominator else (arm.sum_y, float(arm.n))
    if not (abs(x - round(x)) <= 1e-6 * max(1.0, x) and abs(n - round(n)) <= 1e-6 * max(1.0, n) and 0 <= x <= n):
        return NotEstimable(code="share_not_counts", facts={"x": x, "n": n})
    return Count(x=round(x), n=round(n))


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
