"""Limits of a difference of two shares from counts, at any level: Wald, Newcombe, Miettinen and Nurminen.

x of n in each arm. Limits of Newcombe's and the score interval do not follow from a standard error; an estimate keeps
the counts in its ``details``, from which ``limits_from_counts`` makes them at any level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import acos, copysign, cos, pi, sqrt
from typing import Any

from scipy.special import ndtri


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


def limits_from_counts(details: Mapping[str, Any], level: float) -> tuple[float, float]:
    """(lower, upper) one-sided limits at ``level``; ``details`` hold the counts and name one of ``INTERVALS``."""
    control = Count(x=details["x_control"], n=details["n_control"])
    treatment = Count(x=details["x_treatment"], n=details["n_treatment"])
    return INTERVALS[details["interval"]](control, treatment, float(ndtri(1 - level)))
