"""Ratios of two sums (spend per visit, cases per hour) where units, not visits, are independent."""

from __future__ import annotations

from dataclasses import replace

from stats.methods.arms import ArmSummary, too_few
from stats.methods.levels import ArmLevel, difference, is_constant, satterthwaite
from stats.methods.relative import log_ratio_std_error
from stats.results import NotEstimable, Result


def no_denominator(control: ArmSummary, treatment: ArmSummary) -> NotEstimable | None:
    """Why there is no ratio: an arm whose denominators do not add up to more than zero."""
    if min(control.mean_d, treatment.mean_d) > 0:
        return None
    if control.mean_d != control.mean_d:
        return NotEstimable(code="denominator_needed", facts={})
    return NotEstimable(code="denominator_not_positive", facts={"control": control.sum_d, "treatment": treatment.sum_d})


def ratio_level(arm: ArmSummary) -> ArmLevel:
    """Ratio of sums with its variance by linearisation (Cochran 1977, eq. 6.13): var(y - R d) / (n mean_d^2)."""
    ratio = arm.mean_y / arm.mean_d
    spread = arm.var_y - 2 * ratio * arm.cov_yd + ratio**2 * arm.var_d
    if is_constant(max(spread, 0.0), arm.mean_y):
        spread = 0.0
    return ArmLevel(value=ratio, variance=spread / arm.n / arm.mean_d**2, df=arm.n - 1, n=arm.n)


def linearised(arm: ArmSummary) -> ArmSummary:
    """A ratio as a mean that can be adjusted: each unit's R + (y - R d) / mean d (Budylin et al. 2018, by arm).

    Its mean is the arm's ratio and its variance the linearised one. Where only some units have a pre-value, theirs
    are taken to have the arm's ratio, which moves the slope but not what is estimated.
    """
    level = ratio_level(arm)
    return replace(
        arm,
        mean_y=level.value,
        var_y=level.variance * arm.n,
        cov_xy=(arm.cov_xy - level.value * arm.cov_xd) / arm.mean_d,
        mean_y_x=level.value,
        var_y_x=level.variance * arm.n,
    )


def delta(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """Difference of two ratios of sums; t with Satterthwaite's df over the linearised units."""
    if reason := too_few(control.n, treatment.n):
        return reason
    if reason := no_denominator(control, treatment):
        return reason
    levels = ratio_level(control), ratio_level(treatment)
    if not any(level.variance > 0 for level in levels):
        return NotEstimable(code="same_value", facts={"control": levels[0].value, "treatment": levels[1].value})
    df = satterthwaite(*((level.variance, level.df) for level in levels))
    pairs = (levels[1].value, levels[1].variance), (levels[0].value, levels[0].variance)
    details: dict[str, float] = {
        "std_error_control": levels[0].variance ** 0.5,
        "std_error_treatment": levels[1].variance ** 0.5,
    }
    if min(levels[0].value, levels[1].value) > 0:
        log_se = log_ratio_std_error(*pairs)
        details |= {"log_ratio_std_error": log_se, "relative_std_error": log_se * levels[1].value / levels[0].value}
    return difference(*levels, confidence=confidence, method="delta", df=df, details=details)
