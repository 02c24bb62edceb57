"""Differences adjusted for the unit's own value before the start, from second moments alone: no record is read.

``ancova`` needs neither equal variances nor a straight line to be honest under random assignment: the slope only buys
precision, and each arm brings its own residual variance (what HC2 does with single residuals, done by arm). Without a
pre-value it *is* Welch. ``cuped`` is the form of the online-experiment literature, asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from stats.methods.arms import ArmSummary, no_variation, too_few
from stats.methods.levels import ArmLevel, difference, is_constant, satterthwaite
from stats.methods.welch import welch
from stats.results import Estimate, NotEstimable, Result


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Centred sums of one arm: n units, mean pre-value (from the common centre), squares and products."""

    n: int
    mean_x: float
    xx: float
    xy: float
    yy: float


def complete_cases(arm: ArmSummary) -> ArmSummary:
    """The arm's units that have a pre-value, as if there were no others."""
    return replace(arm, n=arm.n_x, mean_y=arm.mean_y_x, var_y=arm.var_y_x)


def common_centre(control: ArmSummary, treatment: ArmSummary) -> float:
    """Mean pre-value of both arms together, over the units that have one."""
    total = control.n_x + treatment.n_x
    return control.mean_x + (treatment.mean_x - control.mean_x) * treatment.n_x / total


def sums(arm: ArmSummary, centre: float) -> Sums:
    """Centred sums where units without a pre-value stand at the common centre.

    Who lacks a pre-value was settled before assignment, so this keeps the comparison random and keeps every unit
    (Gerber and Green 2012, section 4.2); with all pre-values known nothing changes.
    """
    gap = arm.mean_x - centre
    mean_x = gap * arm.n_x / arm.n
    xx = (arm.n_x - 1) * arm.var_x + gap**2 * arm.n_x * (1 - arm.n_x / arm.n)
    xy = (arm.n_x - 1) * arm.cov_xy + gap * arm.n_x * (arm.mean_y_x - arm.mean_y)
    return Sums(n=arm.n, mean_x=mean_x, xx=xx, xy=xy, yy=(arm.n - 1) * arm.var_y)


def ancova(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """ANCOVA on the pre-value, residual variance by arm, df by Satterthwaite.

    effect = difference of means - b x difference of mean pre-values, b the slope within arms. Its weights on the units
    of arm a sum in squares to 1/n_a + D^2 Sxx_a / W^2 (D: difference of mean pre-values, W: sum of the Sxx_a), and the
    arm's residuals have n_a - 1 - Sxx_a / W degrees of freedom. Falls back on Welch, and says so in ``details``, where
    no pre-value varies.
    """
    if reason := too_few(control.n, treatment.n, 3) or no_variation(control, treatment):
        return reason
    if min(control.n_x, treatment.n_x) < 3 or all(is_constant(arm.var_x, arm.mean_x) for arm in (control, treatment)):
        return _unadjusted(control, treatment, confidence, "pre_value_says_nothing")
    centre = common_centre(control, treatment)
    parts = sums(control, centre), sums(treatment, centre)
    within = parts[0].xx + parts[1].xx
    slope = (parts[0].xy + parts[1].xy) / within
    gap = parts[1].mean_x - parts[0].mean_x
    levels = tuple(
        _adjusted_level(arm, part, slope, within, gap) for arm, part in zip((control, treatment), parts, strict=True)
    )
    if not any(level.variance > 0 for level in levels):
        return NotEstimable(code="same_value", facts={"control": levels[0].value, "treatment": levels[1].value})
    missing = control.n + treatment.n - control.n_x - treatment.n_x
    plain = sqrt(control.var_y / control.n + treatment.var_y / treatment.n)
    return difference(
        *levels,
        confidence=confidence,
        method="ancova_by_arm",
        df=satterthwaite(*((level.variance, level.df) for level in levels)),
        raw=(control.mean_y, treatment.mean_y),
        details={
            "slope": slope,
            "unadjusted_effect": treatment.mean_y - control.mean_y,
            "unadjusted_std_error": plain,
            "variance_reduction": 1 - (levels[0].variance + levels[1].variance) / plain**2,
            "pre_value_missing": missing,
        },
    )


def _adjusted_level(arm: ArmSummary, part: Sums, slope: float, within: float, gap: float) -> ArmLevel:
    df = part.n - 1 - part.xx / within
    residual = max(0.0, part.yy - 2 * slope * part.xy + slope**2 * part.xx) / df
    if is_constant(residual, arm.mean_y):
        residual = 0.0
    value = arm.mean_y - slope * part.mean_x
    return ArmLevel(value=value, variance=residual * (1 / part.n + gap**2 * part.xx / within**2), df=df, n=part.n)


def _unadjusted(control: ArmSummary, treatment: ArmSummary, confidence: float, why: str) -> Result:
    result = welch(control, treatment, confidence=confidence)
    return replace(result, details={**result.details, "not_adjusted": why}) if isinstance(result, Estimate) else result


def cuped(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """CUPED (Deng et al. 2013): y - theta (x - mean x) with theta over both arms pooled, then Welch on that.

    Complete cases only. theta = cov(y, x) / var(x) of all units together, the difference between the arms included.
    """
    control, treatment = complete_cases(control), complete_cases(treatment)
    if reason := too_few(control.n, treatment.n) or no_variation(control, treatment):
        return reason
    share = control.n * treatment.n / (control.n + treatment.n)
    gap_x, gap_y = treatment.mean_x - control.mean_x, treatment.mean_y - control.mean_y
    xx, xy, yy = (
        sum((arm.n - 1) * value for arm, value in zip((control, treatment), values, strict=True)) + share * between
        for values, between in (
            ((control.var_x, treatment.var_x), gap_x**2),
            ((control.cov_xy, treatment.cov_xy), gap_x * gap_y),
            ((control.var_y, treatment.var_y), gap_y**2),
        )
    )
    if is_constant(xx, control.mean_x):
        return NotEstimable(code="pre_value_constant", facts={"value": control.mean_x})
    theta = xy / xx
    centre = common_centre(control, treatment)
    adjusted = [_residual(arm, theta, centre) for arm in (control, treatment)]
    result = welch(*adjusted, confidence=confidence)
    if isinstance(result, NotEstimable):
        return result
    plain = control.var_y / control.n + treatment.var_y / treatment.n
    details = {
        "theta": theta,
        "correlation": xy / sqrt(xx * yy),
        "unadjusted_effect": gap_y,
        "unadjusted_std_error": sqrt(plain),
        "variance_reduction": 1 - (result.std_error or 0.0) ** 2 / plain,
    }
    return replace(
        result,
        method="cuped",
        mean_control=control.mean_y,
        mean_treatment=treatment.mean_y,
        details={**result.details, **details},
    )


def _residual(arm: ArmSummary, theta: float, centre: float) -> ArmSummary:
    variance = max(0.0, arm.var_y - 2 * theta * arm.cov_xy + theta**2 * arm.var_x)
    return replace(arm, mean_y=arm.mean_y - theta * (arm.mean_x - centre), var_y=variance)
