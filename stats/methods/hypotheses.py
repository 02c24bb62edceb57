"""What is tested about a difference: superiority, non-inferiority, equivalence.

Every estimator makes its estimate with a two-sided p for superiority and an interval at ``interval_confidence``; then
``apply_test`` puts the p that the specification asks for in its place. Effects stay treatment minus control.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scipy.special import ndtr, stdtr

from stats.errors import Problem, RefusedSpec
from stats.results import Estimate, NotEstimable, Result, quantile
from stats.spec import TestSpec


def t_estimate(effect: float, std_error: float, df: float | None, *, confidence: float, **rest: Any) -> Estimate:
    """An estimate whose interval and two-sided p follow from Student's t (normal where df is None).

    std_error above 0; ``rest``: every other field of the estimate.
    """
    reach = quantile(0.5 + confidence / 2, df) * std_error
    return Estimate(
        effect=effect,
        std_error=std_error,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=two_sided(effect / std_error, df),
        df=df,
        confidence=confidence,
        **rest,
    )


def interval_confidence(test: TestSpec, confidence: float) -> float:
    """Confidence of the two-sided interval: 2c - 1 for equivalence (it matches the two one-sided tests), else c."""
    return 2 * confidence - 1 if test.kind == "equivalence" else confidence


def apply_test(result: Result, test: TestSpec, better: str = "higher") -> Result:
    """The estimate with the p of ``test``; ``details`` gains the margin and the statistics behind the p.

    Superiority leaves the estimate as it is (two-sided p). Non-inferiority: one-sided p of "worse than control by the
    margin or more", where ``better`` ('higher' or 'lower') says which way is worse; the interval stays two-sided.
    Equivalence: the larger p of the two one-sided tests (Schuirmann 1987); make the estimate with
    ``interval_confidence``. t reference with the estimate's df, normal where df is None.
    Raises RefusedSpec without a margin; NotEstimable where the method gives no standard error.
    """
    if isinstance(result, NotEstimable) or test.kind == "superiority":
        return result
    if test.margin is None:
        raise RefusedSpec(Problem(code="margin_needed", facts={"test": test.kind}))
    if result.std_error is None or result.std_error <= 0:
        return NotEstimable(code="margin_needs_std_error", facts={"method": result.method}, checks=result.checks)
    above_lower = (result.effect + test.margin) / result.std_error
    below_upper = (result.effect - test.margin) / result.std_error
    p_above_lower = lower_tail(-above_lower, result.df)
    p_below_upper = lower_tail(below_upper, result.df)
    if test.kind == "noninferiority":
        p_value, t = (p_above_lower, above_lower) if better == "higher" else (p_below_upper, below_upper)
        facts = {"test": test.kind, "margin": test.margin, "t_margin": t}
    else:
        p_value = max(p_above_lower, p_below_upper)
        facts = {
            "test": test.kind,
            "margin": test.margin,
            "t_lower": above_lower,
            "p_lower": p_above_lower,
            "t_upper": below_upper,
            "p_upper": p_below_upper,
        }
    return replace(result, p_value=p_value, details={**result.details, **facts})


def lower_tail(t: float, df: float | None) -> float:
    """P(T <= t) under Student's t with ``df`` degrees of freedom, normal where df is None."""
    return float(ndtr(t) if df is None else stdtr(df, t))


def two_sided(t: float, df: float | None) -> float:
    """Two-sided p of a t (or z, df None) statistic."""
    return min(1.0, 2 * lower_tail(-abs(t), df))
