"""Time until something happens, with units still waiting: restricted mean time and the log-rank test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from stats.methods.arms import too_few
from stats.methods.levels import ArmLevel, difference
from stats.results import Estimate, NotEstimable, Result

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class LogRank:
    """Log-rank test: observed and expected events in the treatment arm, variance, chi-square with 1 df, p."""

    observed: float
    expected: float
    variance: float
    chi2: float
    p_value: float


def restricted_mean(time: Floats, event: Bools, horizon: float) -> ArmLevel:
    """Mean time until the event or the horizon: the area under Kaplan-Meier's curve, variance by Greenwood.

    Variance: sum over event times t of A(t)^2 d / (r (r - d)), A the area from t to the horizon (Klein and
    Moeschberger 2003, eq. 4.5.2). time: (N,) >= 0; event: (N,) True where the end was seen.
    """
    times, deaths, at_risk = _table(time, event)
    inside = times <= horizon
    times, deaths, at_risk = times[inside], deaths[inside], at_risk[inside]
    survival = np.cumprod(1 - deaths / at_risk)
    steps = np.diff(np.concatenate([[0.0], times, [horizon]]))
    pieces = steps * np.concatenate([[1.0], survival])
    area_from = np.cumsum(pieces[::-1])[::-1][1:]
    alive = at_risk > deaths
    terms = area_from[alive] ** 2 * deaths[alive] / (at_risk[alive] * (at_risk[alive] - deaths[alive]))
    return ArmLevel(value=float(pieces.sum()), variance=float(terms.sum()), df=0, n=len(time))


def _table(time: Floats, event: Bools) -> tuple[Floats, Floats, Floats]:
    """Distinct event times, events at each, units at risk just before."""
    times, deaths = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    return times, deaths.astype(float), at_risk.astype(float)


def last_common_time(control: Floats, treatment: Floats) -> float:
    """The longest horizon that both arms' follow-up reaches."""
    return float(min(control.max(), treatment.max()))


def rmst(
    control: tuple[Floats, Bools], treatment: tuple[Floats, Bools], *, horizon: float | None, confidence: float
) -> Result:
    """Difference of restricted mean times, normal (Royston and Parmar 2013). Each arm: (time, event).

    horizon None: the longest that both arms reach. A horizon beyond an arm's follow-up is not estimable.
    """
    if reason := too_few(len(control[0]), len(treatment[0])):
        return reason
    reached = last_common_time(control[0], treatment[0])
    until = reached if horizon is None else horizon
    if until > reached and any(_cut_short(*arm, until) for arm in (control, treatment)):
        return NotEstimable(code="horizon_beyond_follow_up", facts={"horizon": until, "reached": reached})
    levels = restricted_mean(*control, until), restricted_mean(*treatment, until)
    if levels[0].variance + levels[1].variance <= 0:
        return NotEstimable(code="no_events", facts={"n_control": levels[0].n, "n_treatment": levels[1].n})
    test = log_rank_test(control, treatment)
    details = {
        "horizon": until,
        "events_control": int(control[1].sum()),
        "events_treatment": int(treatment[1].sum()),
        "log_rank_chi2": test.chi2,
        "log_rank_p": test.p_value,
    }
    return difference(*levels, confidence=confidence, method="rmst", df=None, details=details)


def _cut_short(time: Floats, event: Bools, until: float) -> bool:
    """True where the last unit observed was still waiting before the horizon: the curve is unknown from there on."""
    last = time.max()
    return bool(last < until and not event[time == last].all())


def log_rank_test(control: tuple[Floats, Bools], treatment: tuple[Floats, Bools]) -> LogRank:
    """Mantel (1966): events in the treatment arm against those expected of its share at risk, over event times."""
    time = np.concatenate([control[0], treatment[0]])
    event = np.concatenate([control[1], treatment[1]])
    times, deaths, at_risk = _table(time, event)
    treated = len(treatment[0]) - np.searchsorted(np.sort(treatment[0]), times, side="left")
    share = treated / at_risk
    observed, expected = float(treatment[1].sum()), float((deaths * share).sum())
    shrink = np.where(at_risk > 1, (at_risk - deaths) / np.maximum(at_risk - 1, 1), 0.0)
    variance = float((deaths * share * (1 - share) * shrink).sum())
    chi2 = (observed - expected) ** 2 / variance if variance > 0 else 0.0
    return LogRank(observed=observed, expected=expected, variance=variance, chi2=chi2, p_value=float(chdtrc(1, chi2)))


def log_rank(
    control: tuple[Floats, Bools], treatment: tuple[Floats, Bools], *, horizon: float | None, confidence: float
) -> Result:
    """Difference of restricted mean times with the log-rank p; the log hazard ratio (one-step) in ``details``."""
    result = rmst(control, treatment, horizon=horizon, confidence=confidence)
    if not isinstance(result, Estimate):
        return result
    test = log_rank_test(control, treatment)
    details = {**result.details, "observed_treatment": test.observed, "expected_treatment": test.expected}
    if test.variance > 0:
        details["log_hazard_ratio"] = (test.observed - test.expected) / test.variance
        details["log_hazard_ratio_std_error"] = 1 / sqrt(test.variance)
    return replace(result, p_value=test.p_value, method="rmst, p by log-rank", details=details)
