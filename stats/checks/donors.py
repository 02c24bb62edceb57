"""Checks of a synthetic control: did it follow the site before the start, and does the finding hang on one donor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stats.checks.before_start import PLACEBO_LINE, bias_robustness
from stats.methods.synthetic import Scheme, SyntheticFit, synthetic
from stats.methods.synthetic_placebo import placebos
from stats.methods.synthetic_series import Series
from stats.results import Check, Estimate, Severity, Status

FIT_LINE = 2.0
DONOR_LINE = 0.5
WEIGHT_THAT_COUNTS = 0.01
FEWEST_BEFORE = 4


def donor_checks(series: Series, fitted: SyntheticFit, result: Estimate, kind: Scheme, *, mbar: float) -> list[Check]:
    """Pre-fit, leave one donor out, a start put earlier, and robustness to a bias of that size."""
    earlier = earlier_start(series, kind)
    largest = None if earlier is None else abs(earlier.effect)
    return [
        pre_fit(series, fitted, kind),
        leave_one_donor_out(series, fitted, kind),
        placebo_start(earlier),
        bias_robustness(result, largest, mbar),
    ]


def pre_fit(series: Series, fitted: SyntheticFit, kind: Scheme) -> Check:
    """Gap before the start against that of the donors' own synthetic controls. value: times their median."""
    everyone = [
        synthetic(series.donors[:, j], np.delete(series.donors, j, axis=1), series.before, kind).pre_rmse
        for j in range(series.donors.shape[1])
        if series.donors.shape[1] > 2
    ]
    usual = float(np.median(everyone)) if everyone else 0.0
    if usual <= 0:
        return Check(key="pre_fit", status=Status.NOT_RUN)
    times = fitted.pre_rmse / usual
    return Check(
        key="pre_fit",
        status=Status.FAIL if times > FIT_LINE else Status.PASS,
        value=times,
        threshold=FIT_LINE,
        facts={"gap": fitted.pre_rmse, "usual": usual, "times": times},
    )


def leave_one_donor_out(series: Series, fitted: SyntheticFit, kind: Scheme) -> Check:
    """The effect without each donor that carries weight. value: largest change, as a fraction of the effect."""
    carrying = np.flatnonzero(fitted.weights > WEIGHT_THAT_COUNTS)
    if series.donors.shape[1] < 3 or fitted.effect == 0:
        return Check(key="leave_one_donor_out", status=Status.NOT_RUN)
    found = {
        series.names[j]: synthetic(series.y, np.delete(series.donors, j, axis=1), series.before, kind).effect
        for j in carrying
    }
    site, effect = max(found.items(), key=lambda pair: abs(pair[1] - fitted.effect))
    moved = abs(effect - fitted.effect) / abs(fitted.effect)
    return Check(
        key="leave_one_donor_out",
        status=Status.FAIL if moved > DONOR_LINE else Status.PASS,
        value=moved,
        threshold=DONOR_LINE,
        facts={"site": site, "effect": fitted.effect, "effect_without": effect},
    )


@dataclass(frozen=True, kw_only=True)
class EarlierStart:
    """The effect found with the start put earlier, its p by placebo ranks, and the period it was put to."""

    effect: float
    p_value: float
    date: str


def earlier_start(series: Series, kind: Scheme) -> EarlierStart | None:
    """The start put to two thirds of the time before it; None with too few periods."""
    count = int(series.before.sum())
    if count < FEWEST_BEFORE:
        return None
    y, donors = series.y[series.before], series.donors[series.before]
    before = np.arange(count) < count - max(1, count // 3)
    moved = synthetic(y, donors, before, kind)
    p = placebos(y, donors, before, moved, kind, treated_in_pools=kind != "sdid").p_two_sided()
    date = str(
        [period for period, early in zip(series.periods, series.before, strict=True) if early][int(before.sum())]
    )
    return EarlierStart(effect=moved.effect, p_value=p, date=date)


def placebo_start(found: EarlierStart | None) -> Check:
    """The same with the start put to two thirds of the time before it. value: its p by placebo ranks.

    Critical at .01, which takes a hundred sites; being the most extreme of fewer is a warning.
    """
    if found is None:
        return Check(key="placebo_date", status=Status.NOT_RUN, severity=Severity.WARNING)
    p = found.p_value
    return Check(
        key="placebo_date",
        status=Status.FAIL if p <= 0.05 else Status.PASS,
        severity=Severity.CRITICAL if p <= PLACEBO_LINE else Severity.WARNING,
        value=p,
        threshold=PLACEBO_LINE,
        facts={"effect": found.effect, "p_value": p, "date": found.date},
    )
