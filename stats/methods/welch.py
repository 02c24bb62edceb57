"""Differences of means of independent units, from each arm's count, mean and variance alone."""

from __future__ import annotations

from stats.methods.arms import ArmSummary, mean_level, no_variation, too_few
from stats.methods.levels import ArmLevel, difference, satterthwaite
from stats.results import Result


def welch(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """Difference of means; each arm has its own variance (Welch 1947), df by Satterthwaite."""
    if reason := too_few(control.n, treatment.n) or no_variation(control, treatment):
        return reason
    levels = mean_level(control), mean_level(treatment)
    df = satterthwaite(*((level.variance, level.df) for level in levels))
    return difference(*levels, confidence=confidence, method="welch", df=df)


def pooled_t(control: ArmSummary, treatment: ArmSummary, *, confidence: float) -> Result:
    """Difference of means, one variance for both arms (Student 1908); wrong where arms differ in size and spread."""
    if reason := too_few(control.n, treatment.n) or no_variation(control, treatment):
        return reason
    df = control.n + treatment.n - 2
    variance = ((control.n - 1) * control.var_y + (treatment.n - 1) * treatment.var_y) / df
    levels = (ArmLevel(value=arm.mean_y, variance=variance / arm.n, df=df, n=arm.n) for arm in (control, treatment))
    return difference(*levels, confidence=confidence, method="pooled_t", df=df)
