"""Several treatment arms against one control at once: Dunnett's comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from stats.methods.arms import ArmSummary, no_variation, too_few
from stats.methods.levels import ArmLevel, difference
from stats.results import Estimate, Limits, NotEstimable, Result
from stats.spec import TestSpec

Floats = NDArray[np.float64]


@lru_cache(maxsize=8)
def _normal_nodes(count: int = 80) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


@lru_cache(maxsize=64)
def _scale_nodes(df: float, count: int = 120) -> tuple[Floats, Floats]:
    """Nodes and weights for s, where df s^2 is chi-square with df degrees of freedom."""
    low, high = (sqrt(float(chdtri(df, tail)) / df) for tail in (1 - 1e-13, 1e-13))
    nodes, weights = np.polynomial.legendre.leggauss(count)
    s = low + (high - low) * (nodes + 1) / 2
    log_density = df / 2 * log(df) - (df / 2 - 1) * log(2) - lgamma(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    density = np.exp(log_density) * weights
    return s, density / density.sum()


def largest_below(bound: float, loadings: Sequence[float], df: float, *, two_sided: bool) -> float:
    """P(every |T_i| <= bound), or every T_i <= bound, for Dunnett's T_i.

    T_i share the control arm and the pooled variance: correlation of i and j = loadings[i] x loadings[j], where
    loading^2 = n_i / (n_i + n_control) (Dunnett 1955). Integrated over the shared control mean and the scale.
    """
    z, z_weight = _normal_nodes()
    s, s_weight = _scale_nodes(df)
    inside = np.ones((len(s), len(z)))
    for loading in loadings:
        rest = sqrt(1 - loading**2)
        chance = ndtr((bound * s[:, None] + loading * z) / rest)
        if two_sided:
            chance = chance - ndtr((-bound * s[:, None] + loading * z) / rest)
        inside *= chance
    return float(s_weight @ inside @ z_weight)


def critical(level: float, loadings: Sequence[float], df: float, *, two_sided: bool) -> float:
    """The bound that all T_i together exceed with probability ``level``."""
    from scipy.optimize import brentq

    def excess(bound: float) -> float:
        return largest_below(bound, loadings, df, two_sided=two_sided) - (1 - level)

    return float(brentq(excess, 0.0 if two_sided else -10.0, 100.0, xtol=1e-10))


def dunnett(
    arms: Sequence[ArmSummary], which: int, *, confidence: float, test: TestSpec, levels: tuple[float, ...] = ()
) -> Result:
    """Arm ``which`` (1..) minus control, judged together with all other treatment arms; one variance for all arms.

    Interval, p and ``limits`` hold for all arms at once. arms: control first. Superiority only: at a margin each arm
    is judged by its own limits.
    """
    control, treatment = arms[0], arms[which]
    for arm in arms[1:]:
        if reason := too_few(control.n, arm.n):
            return reason
    if reason := no_variation(control, treatment):
        return reason
    df = float(sum(arm.n for arm in arms) - len(arms))
    variance = sum((arm.n - 1) * arm.var_y for arm in arms) / df
    pooled = [ArmLevel(value=arm.mean_y, variance=variance / arm.n, df=df, n=arm.n) for arm in (control, treatment)]
    plain = difference(pooled[0], pooled[1], confidence=confidence, method="dunnett", df=df)
    assert plain.std_error is not None
    loadings = tuple(sqrt(arm.n / (arm.n + control.n)) for arm in arms[1:])
    return _simultaneous(plain, loadings, df, plain.std_error, levels, test)


def _simultaneous(
    plain: Estimate, loadings: tuple[float, ...], df: float, std_error: float, levels: tuple[float, ...], test: TestSpec
) -> Result:
    if test.kind != "superiority":
        return NotEstimable(code="dunnett_superiority_only", facts={"test": test.kind})
    t = abs(plain.effect) / std_error
    reach = critical(1 - plain.confidence, loadings, df, two_sided=True) * std_error
    one_sided = {level: critical(level, loadings, df, two_sided=False) * std_error for level in levels}
    return replace(
        plain,
        ci_lower=plain.effect - reach,
        ci_upper=plain.effect + reach,
        p_value=max(0.0, 1 - largest_below(t, loadings, df, two_sided=True)),
        limits=tuple(
            Limits(level=level, lower=plain.effect - width, upper=plain.effect + width)
            for level, width in one_sided.items()
        ),
        details={**plain.details, "p_unadjusted": plain.p_value, "arms": len(loadings), "critical": reach / std_error},
    )
