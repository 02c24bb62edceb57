"""The course of a comparison of sites, period by period, held against the time before the start."""

from __future__ import annotations

from typing import Any

import numpy as np

from stats.methods.before_start import compare, window_means
from stats.methods.panel import take_sites
from stats.results import quantile
from stats.study import SitePeriods


def path_by_period(data: SitePeriods, arm: int, confidence: float) -> list[dict[str, Any]]:
    """Treated less control sites in every period, each site less its own mean before the start, pooled t.

    Without a time before the start the plain difference. One entry a period that can be compared: period, after,
    effect, std_error, ci_lower, ci_upper (metric's unit, two-sided at ``confidence``). It is there to be looked at:
    several periods are several chances to be surprised, and none of them decides.
    """
    data = take_sites(data, (data.arm == 0) | (data.arm == arm))
    treated = data.arm == arm
    usual = window_means(data, ~data.post) if not data.post.all() else np.zeros(len(data.sites))
    path: list[dict[str, Any]] = []
    for place, period in enumerate(data.periods):
        found = compare(data.value[:, place] - usual, treated)
        if found is None:
            continue
        reach = quantile(0.5 + confidence / 2, found.df) * found.std_error
        path.append(
            {
                "period": period,
                "after": bool(data.post[place]),
                "effect": found.effect,
                "std_error": found.std_error,
                "ci_lower": found.effect - reach,
                "ci_upper": found.effect + reach,
            }
        )
    return path
