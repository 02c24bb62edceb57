"""What this plan would have shown in the past: power by resampling history through the design's own estimator.

Whole sites and blocks of periods are drawn from earlier outcomes, so that spread, drift, seasons and odd values stay as
they were; arms (or starts) are drawn anew, an effect is added to the treated cells, and the design's default estimator
runs as it will on the pilot. It needs no formula, and it is the only answer for designs that have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stats.designs import choose
from stats.planning.components import CellTable
from stats.results import Estimate, NotEstimable, Result
from stats.spec import Design, EstimateSpec, MetricSpec
from stats.study import Floats, SitePeriods, Study

PILOTS = 400
SITES_AT_LEAST = 4
DRAWS = 99
"""Replayed assignments within each pilot: t decides, so that the fewest will do."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The plan to be tried: sites with and without the change, periods before and after the start (of the first wave),
    and, where sites begin one after the other, in how many ``waves``, one every ``step`` periods."""

    design: Design
    n_treatment: int
    n_control: int
    before: int
    after: int
    waves: int = 1
    step: int = 1

    @property
    def sites(self) -> int:
        return self.n_treatment + self.n_control


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """shown: share of pilots that show an effect in the right direction; wrongly: in the other one; error: Monte Carlo
    standard errors; effect, std_error: mean and standard deviation of the estimates, metric's unit (what the estimator
    is off by, and how precise it truly was); promised: the mean of the standard errors that it gave itself, None where
    it gives none; failed: share of pilots without an estimate (they show nothing).
    """

    shown: float
    shown_error: float
    wrongly: float
    wrongly_error: float
    effect: float
    std_error: float
    std_error_error: float
    promised: float | None
    failed: float
    pilots: int
    sites_in_history: int
    repeats_sites: bool


def replay_power(
    history: CellTable,
    trial: Trial,
    *,
    effect: float,
    tail: float,
    pilots: int = PILOTS,
    seed: int = 20260101,
    estimator: str = "default",
    report: Callable[[float], None] | None = None,
) -> Replayed | NotEstimable:
    """Power of a one-sided claim at level ``tail`` for a true ``effect``, metric's unit; effect 0: false alarms.

    history: no pilot ran in it; sites without data in at least half of its periods are left out. Sites are drawn
    without repetition while there are enough; a plan longer than the history is laid out in blocks of it.
    report: told the share done. Customers drawn one by one can't be replayed: their history is no series.
    """
    if trial.design == "randomised_units":
        return NotEstimable(code="replay_needs_sites")
    usable = np.isfinite(history.mean).mean(axis=1) >= 0.5
    known, periods = int(usable.sum()), history.mean.shape[1]
    facts = {"sites": known, "periods": periods, "sites_needed": SITES_AT_LEAST}
    if known < SITES_AT_LEAST or periods < 2:
        return NotEstimable(code="history_too_short", facts=facts)
    mean, n = history.mean[usable], history.n[usable]
    run = choose(trial.design, estimator).run
    spec = _spec(trial, tail, estimator)
    rng = np.random.default_rng(seed)
    results = []
    for number in range(pilots):
        results.append(run(_study(spec, _draw(mean, n, trial, rng), effect)))
        if report is not None:
            report((number + 1) / pilots)
    return _summary(results, effect, tail, sites=known, repeats=trial.sites > known)


def _spec(trial: Trial, tail: float, estimator: str) -> EstimateSpec:
    return EstimateSpec(
        data="history",
        design=trial.design,
        site="site",
        period="period",
        metric=MetricSpec(kind="mean", column="value"),
        estimator=estimator,
        confidence=1 - 2 * tail,
        levels=[tail],
        draws=DRAWS,
    )


def _draw(mean: Floats, n: Floats, trial: Trial, rng: np.random.Generator) -> SitePeriods:
    """One pilot without any effect: sites, a stretch of time, and who starts when."""
    sites = rng.choice(len(mean), trial.sites, replace=trial.sites > len(mean))
    length = trial.before + trial.after
    columns = _stretch(mean.shape[1], length, rng)
    start = rng.permutation(_starts(trial))
    treated = np.arange(length)[None, :] >= start[:, None]
    ever = start < length
    values = mean[np.ix_(sites, columns)]
    return SitePeriods(
        sites=tuple(f"site {number}" for number in range(trial.sites)),
        periods=tuple(range(length)),
        value=values,
        n=np.where(np.isfinite(values), n[np.ix_(sites, columns)], 0.0),
        missing=np.zeros_like(values),
        arm=ever.astype(np.int64),
        treated=treated,
        post=np.arange(length) >= trial.before,
        start=start,
    )


def _starts(trial: Trial) -> NDArray[np.int64]:
    """(sites,) index of the first treated period of each site, the length of the pilot for those that never start."""
    length = trial.before + trial.after
    wave = np.arange(trial.n_treatment) % trial.waves
    starts = np.minimum(trial.before + wave * trial.step, length)
    return np.concatenate([starts, np.full(trial.n_control, length)]).astype(np.int64)


def _stretch(available: int, length: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Periods in a row; where the pilot is longer than the history, blocks of half the history one after the other."""
    if length <= available:
        return int(rng.integers(available - length + 1)) + np.arange(length)
    block = max(1, available // 2)
    firsts = rng.integers(available - block + 1, size=-(-length // block))
    return (firsts[:, None] + np.arange(block)[None, :]).ravel()[:length]


def _study(spec: EstimateSpec, drawn: SitePeriods, effect: float) -> Study:
    data = replace(drawn, value=drawn.value + effect * drawn.treated)

    def no_records() -> Any:
        raise LookupError("history is read by site and period")

    return Study(spec=spec, read_site_periods=lambda: data, read_records=no_records)


def _summary(
    results: list[Result], effect: float, tail: float, *, sites: int, repeats: bool
) -> Replayed | NotEstimable:
    found = [result for result in results if isinstance(result, Estimate)]
    if len(found) < 2:
        reason = next(result for result in results if isinstance(result, NotEstimable))
        return replace(reason, checks=())
    claims = [_claim(result, tail) for result in found]
    right = "lower" if effect < 0 else "higher"
    pilots = len(results)
    shown, wrongly = (
        sum(claim == way for claim in claims) / pilots for way in (right, "higher" if right == "lower" else "lower")
    )
    estimates = np.array([result.effect for result in found])
    errors = [result.std_error for result in found if result.std_error is not None]
    spread = float(estimates.std(ddof=1))
    return Replayed(
        shown=shown,
        shown_error=monte_carlo_error(shown, pilots),
        wrongly=wrongly,
        wrongly_error=monte_carlo_error(wrongly, pilots),
        effect=float(estimates.mean()),
        std_error=spread,
        std_error_error=spread / sqrt(2 * (len(found) - 1)),
        promised=float(np.sqrt(np.mean(np.square(errors)))) if errors else None,
        failed=1 - len(found) / pilots,
        pilots=pilots,
        sites_in_history=sites,
        repeats_sites=repeats,
    )


def _claim(result: Estimate, tail: float) -> Literal["higher", "lower"] | None:
    """What one pilot shows at level ``tail``, if anything."""
    limits = result.at_level(tail)
    if limits.lower is not None and limits.lower > 0:
        return "higher"
    return "lower" if limits.upper is not None and limits.upper < 0 else None


def monte_carlo_error(share: float, pilots: int) -> float:
    """Standard error of a simulated share; never zero, for a share of 0 or 1 is not certain."""
    return sqrt(max(share * (1 - share), 1 / pilots) / pilots)
