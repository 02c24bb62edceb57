"""Units that come in clusters (calls of an agent, visits of a customer): CR2 from each cluster's moments alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.clustered import ClusteredFit, ClusterMoments, Correction, clustered_variance, fit
from stats.methods.hypotheses import t_estimate
from stats.methods.levels import EPSILON
from stats.methods.relative import fieller
from stats.moments import ArmMoments, Moments
from stats.results import NotEstimable, Relative, Result

Floats = NDArray[np.float64]
CORRECTION: Correction = "cr2"


@dataclass(frozen=True, kw_only=True)
class ClusterSums:
    """Sums by arm and cluster, rows of both arms concerned. y and x are centred; treated: (R,); label: (R,) code.

    n, sum_y, sum_x, xx, xy: (R,); xx and xy None without a pre-value. centre_y: what was taken from y.
    """

    n: Floats
    sum_y: Floats
    treated: NDArray[np.bool_]
    label: NDArray[np.int64]
    centre_y: float
    sum_x: Floats | None = None
    xx: Floats | None = None
    xy: Floats | None = None


def cluster_sums(moments: ArmMoments, arm: int, *, ratio: bool, pre: bool) -> ClusterSums | None:
    """Sums by cluster of the control arm and ``arm``; None where the study has no clusters.

    ratio: y is linearised, R + (y - R d) / mean d with its arm's R and mean d. pre: only units with a pre-value count.
    """
    if moments.clusters is None or moments.cluster_arm is None:
        return None
    here = np.isin(moments.cluster_arm, [0, arm])
    groups = moments.clusters.take(here)
    arms = moments.cluster_arm[here]
    _, label = np.unique(np.array(moments.cluster_label, dtype=object)[here].astype(str), return_inverse=True)
    n = groups.n_x if pre else groups.n
    mean_y = _linearised(groups, moments.arms, arms) if ratio else (groups.mean_y_x if pre else groups.mean_y)
    used = n > 0
    n, mean_y, arms, label, groups = n[used], mean_y[used], arms[used], label[used], groups.take(used)
    centre_y = float(np.average(mean_y, weights=n)) if len(n) else 0.0
    gap_y = mean_y - centre_y
    plain = ClusterSums(n=n, sum_y=n * gap_y, treated=arms == arm, label=label, centre_y=centre_y)
    if not pre:
        return plain
    gap_x = groups.mean_x - (float(np.average(groups.mean_x, weights=n)) if len(n) else 0.0)
    covariance = groups.cov_xy
    if ratio:
        of_arm = arms.astype(np.intp)
        r = moments.arms.mean_y[of_arm] / moments.arms.mean_d[of_arm]
        covariance = (covariance - r * groups.cov_xd) / moments.arms.mean_d[of_arm]
    # A cluster of one unit has no spread inside: its variance is unknown (NaN) and its sum of squares zero.
    inner_xx = np.where(n > 1, (n - 1) * groups.var_x, 0.0)
    inner_xy = np.where(n > 1, (n - 1) * covariance, 0.0)
    return ClusterSums(
        n=n,
        sum_y=n * gap_y,
        treated=arms == arm,
        label=label,
        centre_y=centre_y,
        sum_x=n * gap_x,
        xx=inner_xx + n * gap_x**2,
        xy=inner_xy + n * gap_x * gap_y,
    )


def _linearised(groups: Moments, arms: Moments, cluster_arm: NDArray[np.int64]) -> Floats:
    of_arm = cluster_arm.astype(np.intp)
    r = arms.mean_y[of_arm] / arms.mean_d[of_arm]
    return np.asarray(r + (groups.mean_y - r * groups.mean_d) / arms.mean_d[of_arm])


def as_moments(sums: ClusterSums) -> ClusterMoments:
    """X'X and X'y by cluster; columns: control level, treatment level, pre-value. Both arms of one cluster add up."""
    zero = np.zeros_like(sums.n)
    side = np.column_stack([~sums.treated, sums.treated]).astype(float)
    columns = 2 if sums.sum_x is None else 3
    xtx = np.zeros((len(sums.n), columns, columns))
    xty = np.zeros((len(sums.n), columns))
    xtx[:, 0, 0], xtx[:, 1, 1] = sums.n * side[:, 0], sums.n * side[:, 1]
    xty[:, :2] = side * sums.sum_y[:, None]
    if sums.sum_x is not None:
        xtx[:, :2, 2] = xtx[:, 2, :2] = side * sums.sum_x[:, None]
        xtx[:, 2, 2] = zero if sums.xx is None else sums.xx
        xty[:, 2] = zero if sums.xy is None else sums.xy
    count = int(sums.label.max()) + 1
    merged_xtx, merged_xty, n = np.zeros((count, columns, columns)), np.zeros((count, columns)), np.zeros(count)
    np.add.at(merged_xtx, sums.label, xtx)
    np.add.at(merged_xty, sums.label, xty)
    np.add.at(n, sums.label, sums.n)
    present = n > 0
    return ClusterMoments(xtx=merged_xtx[present], xty=merged_xty[present], n=n[present].astype(np.int64))


def cluster_robust(moments: ArmMoments, arm: int, *, ratio: bool, pre: bool, confidence: float) -> Result:
    """Difference of the arms' levels over units (adjusted for the pre-value), CR2 and Satterthwaite's df.

    Bell and McCaffrey (2002); Pustejovsky and Tipton (2018). n_control, n_treatment: clusters with units in that arm.
    """
    sums = cluster_sums(moments, arm, ratio=ratio, pre=pre)
    if sums is None:
        return NotEstimable(code="cluster_needed", facts={})
    clusters = [len(np.unique(sums.label[sums.treated == side])) for side in (False, True)]
    if min(clusters) < 2:
        facts = {"n_control": clusters[0], "n_treatment": clusters[1], "needed": 2}
        return NotEstimable(code="too_few_clusters", facts=facts)
    if pre and sums.xx is not None and sums.xx.sum() <= 0:
        return cluster_robust(moments, arm, ratio=ratio, pre=False, confidence=confidence)
    levels = as_moments(sums)
    fitted = fit(levels)
    values = fitted.coefficients[:2] + sums.centre_y
    effect = float(values[1] - values[0])
    std_error, df = _contrast(fitted, -1, 1)
    if std_error <= 64 * EPSILON * float(np.abs(values).max()):
        return NotEstimable(code="same_value", facts={"control": float(values[0]), "treatment": float(values[1])})
    units = [float(sums.n[sums.treated == side].sum()) for side in (False, True)]
    raw = [float(sums.sum_y[sums.treated == side].sum()) / n for side, n in zip((False, True), units, strict=True)]
    return t_estimate(
        effect,
        std_error,
        df,
        n_control=clusters[0],
        n_treatment=clusters[1],
        confidence=confidence,
        method="cr2",
        relative=_relative(fitted, (float(values[0]), float(values[1])), std_error, df, confidence),
        mean_control=raw[0] + sums.centre_y,
        mean_treatment=raw[1] + sums.centre_y,
        details={
            "statistic": effect / std_error,
            "clusters": len(levels.n),
            "units_control": int(units[0]),
            "units_treatment": int(units[1]),
            "adjusted": pre,
        },
    )


def _contrast(fitted: ClusteredFit, control: float, treatment: float) -> tuple[float, float]:
    """(standard error, df) of control x control level + treatment x treatment level."""
    weights = np.zeros(len(fitted.coefficients))
    weights[:2] = control, treatment
    variance, df = clustered_variance(fitted, weights, CORRECTION)
    return sqrt(variance), df


def _relative(
    fitted: ClusteredFit, values: tuple[float, float], std_error: float, df: float, confidence: float
) -> Relative | None:
    spread_c, spread_t = _contrast(fitted, 1, 0)[0], _contrast(fitted, 0, 1)[0]
    covariance = (spread_c**2 + spread_t**2 - std_error**2) / 2
    return fieller(
        (values[1], spread_t**2), (values[0], spread_c**2), confidence=confidence, df=df, covariance=covariance
    )
