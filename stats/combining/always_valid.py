"""Intervals that hold at every look at once, however often one looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ConfidenceSequence:
    """One entry a look. effect: treatment minus control; ci_*: valid at all looks together; p_value: always valid.

    running_*: the intersection of the intervals so far (may be empty: lower above upper) and the smallest p so far.
    rho: the tuning that makes the interval tightest at ``n_star`` units; first_excluding_zero: look, from 1, or None.
    """

    effect: tuple[float, ...]
    std_error: tuple[float, ...]
    ci_lower: tuple[float, ...]
    ci_upper: tuple[float, ...]
    p_value: tuple[float, ...]
    running_lower: tuple[float, ...]
    running_upper: tuple[float, ...]
    running_p: tuple[float, ...]
    first_excluding_zero: int | None
    rho: float
    n_star: float
    alpha: float


def tuning(alpha: float, n_star: float) -> float:
    """rho at which the sequence is tightest after ``n_star`` units (Waudby-Smith et al. 2024, appendix B.2)."""
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / n_star)


def radius(n: float, rho: float, alpha: float) -> float:
    """Half width of the interval in standard errors after n units (Waudby-Smith et al. 2024, eq. 5)."""
    spread = n * rho**2
    return sqrt((spread + 1) / spread * log((spread + 1) / alpha**2))


def always_valid_p(z: float, n: float, rho: float) -> float:
    """The alpha at which the interval's end would lie at zero."""
    spread = n * rho**2
    exponent = -(z**2) * spread / (2 * (spread + 1)) + log(spread + 1) / 2
    return min(1.0, exp(exponent)) if exponent < 0 else 1.0


def confidence_sequence(
    n: tuple[Floats, Floats],
    mean: tuple[Floats, Floats],
    variance: tuple[Floats, Floats],
    *,
    alpha: float = 0.05,
    n_star: float | None = None,
) -> ConfidenceSequence:
    """Asymptotic confidence sequence for a difference of means; pairs are (control, treatment), arrays (K,) by look.

    n: units so far; mean, variance: of those. n_star: units (both arms) for which to tune, None: those at the last
    look; it must be chosen before the data are seen for the promise to hold.
    """
    total = n[0] + n[1]
    star = float(total[-1]) if n_star is None else n_star
    rho = tuning(alpha, star)
    effect = mean[1] - mean[0]
    std_error = np.sqrt(variance[0] / n[0] + variance[1] / n[1])
    reach = std_error * np.array([radius(float(count), rho, alpha) for count in total])
    lower, upper = effect - reach, effect + reach
    p = np.array(
        [
            always_valid_p(abs(e) / s if s > 0 else (inf if e else 0.0), float(count), rho)
            for e, s, count in zip(effect, std_error, total, strict=True)
        ]
    )
    outside = np.flatnonzero((lower > 0) | (upper < 0))
    return ConfidenceSequence(
        effect=_plain(effect),
        std_error=_plain(std_error),
        ci_lower=_plain(lower),
        ci_upper=_plain(upper),
        p_value=_plain(p),
        running_lower=_plain(np.maximum.accumulate(lower)),
        running_upper=_plain(np.minimum.accumulate(upper)),
        running_p=_plain(np.minimum.accumulate(p)),
        first_excluding_zero=int(outside[0]) + 1 if len(outside) else None,
        rho=rho,
        n_star=star,
        alpha=alpha,
    )


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
