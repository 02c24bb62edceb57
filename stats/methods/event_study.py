"""Effects by time since the start, by regression with site and period effects: the plain event study and Sun-Abraham.

Plain: one coefficient for each period relative to the start. With several starts it mixes effects of other periods into
each coefficient; Sun & Abraham (2021), J. Econometrics 225, have one for each cohort and relative period and average
them by the cohorts' shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import two_sided
from stats.methods.panel import Panel
from stats.methods.twfe import checked_error, counted, levels, why_not_panel
from stats.methods.two_way import Error, TwoWayFit, std_error, two_way
from stats.results import Estimate, NotEstimable, Result, quantile

Floats = NDArray[np.float64]
LARGEST = 40_000_000
"""Numbers in the columns of the regression: 320 MB."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """x: (K, S, P); time: (K,) periods since the start; weight: (K,) site-periods behind a column, as its share."""

    x: Floats
    time: tuple[int, ...]
    weight: Floats


def event_study(panel: Panel, *, confidence: float, options: Mapping[str, Any]) -> Result:
    """One coefficient a period relative to the start, the last one before it as reference.

    effect: the average of those from the start on, by site-periods. Option ``se``: as in ``twfe``.
    """
    if reason := _why_not(panel):
        return reason
    relative = relative_time(panel)
    # The farthest period before the start comes last, so that it is the one to go where not all can be told apart.
    times = sorted({int(t) for t in np.unique(relative[panel.known & panel.ever[:, None]]) if t != -1}, reverse=True)
    if len(times) * panel.y.size > LARGEST:
        return NotEstimable(code="too_large_for_method", facts={"method": "event_study", **counted(panel)})
    masks = [(relative == t) & panel.ever[:, None] & panel.known for t in times]
    columns = Columns(
        x=np.stack(masks).astype(float), time=tuple(times), weight=np.array([mask.sum() for mask in masks], dtype=float)
    )
    asked = options.get("se")
    return _estimate(panel, columns, "event_study", confidence, None if asked is None else checked_error(asked))


def sun_abraham(panel: Panel, *, confidence: float, options: Mapping[str, Any]) -> Result:
    """Interaction-weighted event study. Control: never treated sites, or the last cohort where there are none.

    Option ``se``: 'cr1s' by default, with the site effects nested in the clusters (as fixest).
    """
    if reason := _why_not(panel):
        return reason
    # A site that is treated from the first period on has no before to be compared with.
    panel = panel.take(panel.start > 0)
    if panel.ever.all():
        panel = last_cohort_as_control(panel)
    columns = _by_cohort(panel)
    if not len(columns.time):
        return NotEstimable(code="no_untreated_periods", facts=counted(panel))
    if len(columns.time) * panel.y.size > LARGEST:
        return NotEstimable(code="too_large_for_method", facts={"method": "sun_abraham", **counted(panel)})
    return _estimate(panel, columns, "sun_abraham", confidence, checked_error(options.get("se", "cr1s")), nested=True)


def _by_cohort(panel: Panel) -> Columns:
    relative = relative_time(panel)
    masks = [
        ((panel.start == start)[:, None] & panel.known & (relative == time), int(time))
        for start in np.unique(panel.start[panel.ever])
        for time in np.unique(relative[(panel.start == start)[:, None] & panel.known])
        if time != -1
    ]
    return Columns(
        x=np.stack([mask for mask, _ in masks]).astype(float) if masks else np.empty((0, *panel.y.shape)),
        time=tuple(time for _, time in masks),
        weight=np.array([float(mask.sum()) for mask, _ in masks]),
    )


def last_cohort_as_control(panel: Panel) -> Panel:
    """The periods before the last cohort starts, in which its sites serve as those that never do."""
    last = int(panel.start.max())
    return replace(
        panel,
        periods=panel.periods[:last],
        y=panel.y[:, :last],
        weight=panel.weight[:, :last],
        n=panel.n[:, :last],
        dose=panel.dose[:, :last],
        start=np.minimum(panel.start, last),
        covariates=panel.covariates[:, :, :last],
    )


def relative_time(panel: Panel) -> NDArray[np.int64]:
    """(S, P) periods since the start; meaningless for sites that never start."""
    return np.arange(len(panel.periods))[None, :] - panel.start[:, None]


def _why_not(panel: Panel) -> NotEstimable | None:
    if reason := why_not_panel(panel):
        return reason
    counts = counted(panel)
    if not panel.ever.any():
        return NotEstimable(code="no_treated_sites", facts=counts)
    if int(panel.known.any(axis=1).sum()) < 3:
        return NotEstimable(code="too_few_sites", facts=counts)
    return None


def _estimate(
    panel: Panel, columns: Columns, method: str, confidence: float, error: Error | None, *, nested: bool = False
) -> Result:
    x = np.concatenate([columns.x, panel.covariates])
    fitted = two_way(panel.y, x, panel.weight)
    counts = counted(panel)
    own = [k for k in fitted.kept if k < len(columns.time)]
    after = [k for k in own if columns.time[k] >= 0]
    if not after or len(after) < sum(1 for time in columns.time if time >= 0):
        return NotEstimable(code="treatment_not_separable", facts=counts)
    if fitted.df < 1:
        return NotEstimable(code="no_degrees_of_freedom", facts=counts)
    wanted = error or "cr2"
    path = []
    for time in sorted({columns.time[k] for k in own}):
        line = _average(fitted, x, columns, [k for k in own if columns.time[k] == time], wanted, nested)
        path.append({"time": time, **_with_interval(line, confidence)})
    whole = _average(fitted, x, columns, after, wanted, nested)
    if whole["std_error"] <= 1e-12 * max(1.0, float(np.abs(panel.y).max())):
        return NotEstimable(code="no_variation", facts=levels(panel))
    whole = _with_interval(whole, confidence)
    raw = levels(panel)
    return Estimate(
        effect=whole["effect"],
        std_error=whole["std_error"],
        ci_lower=whole["ci_lower"],
        ci_upper=whole["ci_upper"],
        p_value=whole["p_value"],
        df=whole["df"],
        confidence=confidence,
        method=f"{method}_{whole['error']}",
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **counts,  # type: ignore[arg-type]
        details={
            "statistic": whole["effect"] / whole["std_error"],
            "n": fitted.n,
            "clusters": fitted.groups,
            "event_study": path,
            "reference": -1,
        },
    )


def _average(
    fitted: TwoWayFit, x: Floats, columns: Columns, chosen: list[int], error: Error, nested: bool
) -> dict[str, Any]:
    """Average of the coefficients of the ``chosen`` columns by their site-periods, with its standard error."""
    share = columns.weight[chosen] / columns.weight[chosen].sum()
    contrast = np.zeros(len(fitted.kept))
    contrast[[fitted.kept.index(k) for k in chosen]] = share
    found = std_error(fitted, x, contrast, error, nested=nested)
    if found is None:
        error = "cr1s"
        found = std_error(fitted, x, contrast, error, nested=nested)
    assert found is not None
    return {"effect": float(contrast @ fitted.coefficients), "std_error": found[0], "df": found[1], "error": error}


def _with_interval(line: dict[str, Any], confidence: float) -> dict[str, Any]:
    reach = quantile(0.5 + confidence / 2, line["df"]) * line["std_error"]
    p = two_sided(line["effect"] / line["std_error"], line["df"]) if line["std_error"] > 0 else None
    return {**line, "ci_lower": line["effect"] - reach, "ci_upper": line["effect"] + reach, "p_value": p}
