"""Relative effects: the difference as a fraction of the control level."""

from __future__ import annotations

from math import exp, log, sqrt

from stats.results import Relative, quantile

Level = tuple[float, float]
"""(level, variance of the level)"""


def fieller(
    treatment: Level, control: Level, *, confidence: float, df: float | None, covariance: float = 0.0
) -> Relative | None:
    """Relative effect with the interval of Fieller (1954): all ratios r at which treatment - r control is no surprise.

    None where the control level can't be told from zero at this confidence: the interval is then unbounded, and a
    fraction of next to nothing says nothing. The fraction is of the control level's size, so that its sign is that
    of the effect also where levels are negative.
    """
    (mean_t, var_t), (mean_c, var_c) = treatment, control
    q2 = quantile(0.5 + confidence / 2, df) ** 2
    # Lower and upper ratio: roots of (mean_t - r mean_c)^2 = q2 (var_t - 2 r cov + r^2 var_c).
    square = mean_c**2 - q2 * var_c
    if square <= 0:
        return None
    cross = mean_t * mean_c - q2 * covariance
    root = sqrt(max(0.0, cross**2 - square * (mean_t**2 - q2 * var_t)))
    ends = ((cross - root) / square - 1, (cross + root) / square - 1)
    sign = 1.0 if mean_c > 0 else -1.0
    lower, upper = sorted(sign * end for end in ends)
    return Relative(effect=(mean_t - mean_c) / abs(mean_c), ci_lower=lower, ci_upper=upper)


def log_ratio(treatment: Level, control: Level, *, confidence: float, df: float | None = None) -> Relative | None:
    """Relative effect with an interval symmetric in the log of the ratio; None unless both levels are above zero."""
    (mean_t, _), (mean_c, _) = treatment, control
    if mean_t <= 0 or mean_c <= 0:
        return None
    centre = log(mean_t / mean_c)
    reach = quantile(0.5 + confidence / 2, df) * log_ratio_std_error(treatment, control)
    return Relative(
        effect=mean_t / mean_c - 1,
        ci_lower=exp(centre - reach) - 1,
        ci_upper=exp(centre + reach) - 1,
        method="log_ratio",
    )


def log_ratio_std_error(treatment: Level, control: Level) -> float:
    """Standard error of log(treatment / control) by the delta method."""
    (mean_t, var_t), (mean_c, var_c) = treatment, control
    return sqrt(var_t / mean_t**2 + var_c / mean_c**2)
