"""A staggered roll-out as an estimate: average effect, path since the start, cohorts, and the time before the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.checks.before_start import bias_robustness, survives
from stats.checks.rollout import anticipation_check, placebo_start_check, pre_trend_path
from stats.methods.adoption import adoption_p
from stats.methods.hypotheses import two_sided
from stats.methods.imputation import Average, Imputed, impute
from stats.methods.panel import Panel
from stats.methods.relative import fieller
from stats.methods.twfe import levels, why_not_panel
from stats.results import Check, Estimate, NotEstimable, Result, quantile

Bools = NDArray[np.bool_]
LEADS_AT_MOST = 6


def rollout(
    panel: Panel, *, confidence: float, options: Mapping[str, Any], draws: int, seed: int, randomised: bool
) -> Result:
    """The imputation estimate with its checks. randomised: starts were drawn by lot, so that no check is critical."""
    if reason := why_not_panel(panel):
        return reason
    imputed = impute(panel, anticipation=int(options.get("anticipation", 0)))
    if isinstance(imputed, NotEstimable):
        return imputed
    everything = np.ones(imputed.panel.y.shape, dtype=bool)
    whole = imputed.average(everything)
    assert whole is not None
    counts = _counts(imputed)
    df = imputed.df(everything)
    if whole.std_error is None or df < 1:
        return NotEstimable(code="too_few_sites", facts=counts)
    if whole.std_error <= 1e-12 * max(1.0, float(np.abs(panel.y).max())):
        return NotEstimable(code="no_variation", facts=levels(imputed.panel))
    result = _estimate(imputed, whole, df, confidence, counts)
    replayed = adoption_p(imputed, draws=draws, seed=seed)
    before = before_the_start(imputed, int(options.get("anticipation", 0)))
    robust = bias_robustness(result, before.largest, float(options.get("mbar", 1)))
    checks: list[Check] = [
        placebo_start_check(before.placebo, before.df, randomised=randomised),
        pre_trend_path(before.path),
        anticipation_check(before.path),
        robust,
    ]
    details = {
        **result.details,
        **({} if randomised else survives(robust)),
        "event_study": [*before.path, *_path(imputed, confidence)],
        "cohorts": _cohorts(imputed, confidence),
        "randomisation": {
            "assignments": replayed.total,
            "replayed": replayed.replayed,
            "exact": replayed.exact,
            "p_greater": replayed.greater,
            "p_less": replayed.less,
            "p_floor_one_sided": replayed.floor,
        },
        "dropped": {
            "sites_never_untreated": len(panel.sites) - len(imputed.panel.sites),
            "treated_cells_without_comparison": _without_comparison(panel, imputed),
        },
    }
    result = replace(result, p_randomisation=replayed.two_sided, p_floor=replayed.floor, details=details)
    return result.with_checks(checks)


def _counts(imputed: Imputed) -> dict[str, int]:
    """Never treated sites and treated ones with an effect; where all are treated in the end, waves serve as control."""
    ever = imputed.panel.ever
    treated = imputed.treated.any(axis=1)
    return {
        "n_control": int((~treated).sum()) if not ever.all() else _not_yet(imputed),
        "n_treatment": int(treated.sum()),
    }


def _not_yet(imputed: Imputed) -> int:
    """Sites that were compared with a treated one before their own start."""
    first = int(imputed.panel.start.min())
    return int((imputed.panel.start > first).sum())


def _without_comparison(panel: Panel, imputed: Imputed) -> int:
    place = np.arange(len(panel.periods))[None, :]
    return int((panel.known & (place >= panel.start[:, None])).sum()) - int(imputed.treated.sum())


def _estimate(imputed: Imputed, whole: Average, df: float, confidence: float, counts: dict[str, int]) -> Estimate:
    assert whole.std_error is not None
    reach = quantile(0.5 + confidence / 2, df) * whole.std_error
    raw = levels(replace(imputed.panel, dose=imputed.treated.astype(float)))
    relative = None
    if whole.level_variance is not None and whole.covariance is not None:
        both = whole.std_error**2 + whole.level_variance + 2 * whole.covariance
        relative = fieller(
            (whole.level + whole.effect, both),
            (whole.level, whole.level_variance),
            confidence=confidence,
            df=df,
            covariance=whole.level_variance + whole.covariance,
        )
    return Estimate(
        effect=whole.effect,
        std_error=whole.std_error,
        ci_lower=whole.effect - reach,
        ci_upper=whole.effect + reach,
        p_value=two_sided(whole.effect / whole.std_error, df),
        df=df,
        confidence=confidence,
        method="imputation_jackknife",
        relative=relative,
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **counts,  # type: ignore[arg-type]
        details={
            "statistic": whole.effect / whole.std_error,
            "n": int(imputed.panel.known.sum()),
            "sites": len(imputed.panel.sites),
        },
    )


def _line(found: Average | None, df: float, confidence: float) -> dict[str, Any]:
    """An average with its interval, as far as there is one."""
    if found is None:
        return {}
    line: dict[str, Any] = {"effect": found.effect}
    spread = found.std_error
    if spread is not None and spread > 0 and df >= 1:
        reach = quantile(0.5 + confidence / 2, df) * spread
        ends = {"ci_lower": found.effect - reach, "ci_upper": found.effect + reach}
        line |= {"std_error": spread, **ends, "df": df, "p_value": two_sided(found.effect / spread, df)}
    return line


def _lines(imputed: Imputed, cells: Bools, confidence: float) -> dict[str, Any]:
    found = imputed.average(cells)
    return {} if found is None else _line(found, imputed.df(cells), confidence)


def _relative_time(imputed: Imputed) -> NDArray[np.int64]:
    return np.arange(len(imputed.panel.periods))[None, :] - imputed.panel.start[:, None]


def _path(imputed: Imputed, confidence: float) -> list[dict[str, Any]]:
    time = _relative_time(imputed)
    return [
        {"time": int(t), "sites": int((imputed.treated & (time == t)).sum()), **_lines(imputed, time == t, confidence)}
        for t in np.unique(time[imputed.treated])
    ]


def _cohorts(imputed: Imputed, confidence: float) -> list[dict[str, Any]]:
    found = []
    effects, weight = imputed.effects(), imputed.panel.weight
    for start in np.unique(imputed.panel.start[imputed.treated.any(axis=1)]):
        members = imputed.panel.start == start
        own = {
            "sites": int(members.sum()),
            **_lines(imputed, np.broadcast_to(members[:, None], weight.shape), confidence),
        }
        counted = np.where(np.isfinite(effects[members]), weight[members], 0.0)
        total = counted.sum(axis=0)
        summed = (np.nan_to_num(effects[members]) * counted).sum(axis=0)
        path = [
            {"time": int(place - start), "effect": float(summed[place] / total[place])}
            for place in np.flatnonzero(total)
        ]
        found.append({"start": imputed.panel.periods[start], **own, "path": path})
    return found


@dataclass(frozen=True, kw_only=True)
class BeforeStart:
    """Effects where there can be none. placebo: average over the last periods before each start; path: by period.

    largest: the largest placebo average over the last 1, 2, ... periods before the start, None without any.
    """

    placebo: Average | None = None
    df: float = 0.0
    path: tuple[dict[str, Any], ...] = ()
    largest: float | None = None


def before_the_start(imputed: Imputed, anticipation: int) -> BeforeStart:
    """The same estimate with every start moved forward by up to half of the time before it, on untreated cells only."""
    panel = imputed.panel
    starts = panel.start[panel.ever & imputed.treated.any(axis=1)] - anticipation
    most = min(LEADS_AT_MOST, int(np.median(starts)) // 2)
    found: dict[int, float] = {}
    for leads in range(1, most + 1):
        moved = _earlier(imputed, leads, anticipation, jackknifed=False)
        placebo = None if isinstance(moved, NotEstimable) else _whole(moved)
        if placebo is not None:
            found[leads] = abs(placebo.effect)
    if not found:
        return BeforeStart()
    earlier = _earlier(imputed, max(found), anticipation, jackknifed=True)
    assert isinstance(earlier, Imputed)
    time = np.arange(len(panel.periods))[None, :] - earlier.panel.start[:, None]
    longest = int(time[earlier.treated].max()) + 1
    path = tuple(
        {"time": int(t) - longest - anticipation, "before": True, **_lines(earlier, time == t, 0.95)}
        for t in np.unique(time[earlier.treated])
    )
    return BeforeStart(
        placebo=_whole(earlier),
        df=earlier.df(np.ones(earlier.panel.y.shape, dtype=bool)),
        path=path,
        largest=max(found.values()),
    )


def _whole(imputed: Imputed) -> Average | None:
    return imputed.average(np.ones(imputed.panel.y.shape, dtype=bool))


def _earlier(imputed: Imputed, leads: int, anticipation: int, *, jackknifed: bool) -> Imputed | NotEstimable:
    """The model with starts ``leads`` periods earlier and nothing from the true start on."""
    panel = imputed.panel
    place = np.arange(len(panel.periods))[None, :]
    real = panel.start[:, None] - anticipation
    weight = np.where(place < real, panel.weight, 0.0)
    start = np.where(panel.ever, np.maximum(panel.start - anticipation - leads, 0), panel.start)
    return impute(replace(panel, weight=weight, start=start), jackknifed=jackknifed)
