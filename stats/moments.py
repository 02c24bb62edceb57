"""Counts, means and (co)variances by arm, or by arm and cluster: all that unit-level inference needs of the records.

Everything is centred (no raw sums of squares), so a metric with mean 1e9 and standard deviation 1 keeps its digits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments of G groups; every array has shape (G,). Variances and covariances divide by n - 1 (NaN where n < 2).

    y: the metric, or its numerator for ratio, rate and a share given as numerator / denominator;
    d: the denominator (exposure) of those kinds; x: the unit's own pre-value (``pre``).

    n: records with y (and d, where there is one); missing: eligible records without;
    mean_y, var_y, sum_y, mean_d, var_d, sum_d, cov_yd: over those n records;
    n_x, mean_x, var_x, cov_xy, mean_y_x, var_y_x: over the records that have y *and* x (complete cases);
    cov_xd: pre-value with denominator over the same. NaN where the study has no d or no x.
    """

    n: Floats
    missing: Floats
    mean_y: Floats
    var_y: Floats
    sum_y: Floats
    mean_d: Floats
    var_d: Floats
    sum_d: Floats
    cov_yd: Floats
    n_x: Floats
    mean_x: Floats
    var_x: Floats
    cov_xy: Floats
    mean_y_x: Floats
    var_y_x: Floats
    cov_xd: Floats

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Moments:
        """The groups at ``index``."""
        return Moments(**{field.name: getattr(self, field.name)[index] for field in fields(Moments)})


@dataclass(frozen=True, kw_only=True)
class ArmMoments:
    """Moments of the records after the start, without looking at a record.

    arms: Moments of shape (A,), position 0 control, 1.. treatments in the order of ``arm.treatment``;
    clusters: Moments of shape (C,), one per arm and cluster (``cluster``, else ``site``), or None without either;
    cluster_arm: (C,) arm of each of them; cluster_label: (C,) its label; a cluster with units of both arms appears
    once in each.
    """

    arms: Moments
    clusters: Moments | None = None
    cluster_arm: NDArray[np.int64] | None = None
    cluster_label: tuple[str, ...] = ()
