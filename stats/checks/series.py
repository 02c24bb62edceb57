"""Checks of a single series over time."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import two_sided
from stats.methods.one_series import OneSeries
from stats.results import Check, Status

FEWEST_POINTS = 8
"""Before and after the start each (Wagner et al. 2002 ask for 12 months; below 8 no correction of errors works)."""
AUTOCORRELATION_LINE = 0.05
STRONG = 0.4


def enough_points(series: OneSeries) -> Check:
    """Periods before and after the start. value: the smaller number."""
    before, after = int((~series.after).sum()), int(series.after.sum())
    return Check(
        key="enough_points",
        status=Status.PASS if min(before, after) >= FEWEST_POINTS else Status.FAIL,
        value=min(before, after),
        threshold=FEWEST_POINTS,
        facts={"before": before, "after": after, "needed": FEWEST_POINTS},
    )


def residual_autocorrelation(residual: NDArray[np.float64], rho: float | None = None) -> Check:
    """Do neighbouring residuals still go together. value: p of their correlation (Box & Pierce 1970, lag 1).

    Only neighbours that are alike fail it: they make errors too small. It fails too where the errors' own
    autocorrelation ``rho`` is so strong that allowing for it no longer holds the error rate in short series
    (docs/methods/false-positives.md).
    """
    count = len(residual)
    if count < FEWEST_POINTS:
        return Check(key="residual_autocorrelation", status=Status.NOT_RUN)
    centred = residual - residual.mean()
    if not (centred @ centred) > 0:
        return Check(key="residual_autocorrelation", status=Status.NOT_RUN)
    found = float(centred[1:] @ centred[:-1] / (centred @ centred))
    p = two_sided((found + 1 / count) * sqrt(count), None)
    strong = rho is not None and rho > STRONG
    return Check(
        key="residual_autocorrelation",
        status=Status.FAIL if strong or (p < AUTOCORRELATION_LINE and found > 0) else Status.PASS,
        value=p,
        threshold=AUTOCORRELATION_LINE,
        facts={"correlation": found, "p_value": p, "rho": rho},
    )
