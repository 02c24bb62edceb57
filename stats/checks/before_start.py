"""Checks that use the time before the start as a rehearsal: there was no change yet, so nothing should be found."""

from __future__ import annotations

from stats.methods.before_start import PlaceboDates, breakdown, trend_difference
from stats.results import Check, Estimate, Severity, Status
from stats.study import SitePeriods

TREND_LINE = 0.05
PLACEBO_LINE = 0.01


def pre_trend(data: SitePeriods, arm: int) -> Check:
    """Did the groups already drift apart before the start: difference of the sites' slopes. value: its p."""
    found = trend_difference(data, arm)
    if found is None:
        return Check(key="pre_trend", status=Status.NOT_RUN, facts={"periods": int((~data.post).sum())})
    return Check(
        key="pre_trend",
        status=Status.FAIL if found.p_value < TREND_LINE else Status.PASS,
        value=found.p_value,
        threshold=TREND_LINE,
        facts={"slope": found.effect, "p_value": found.p_value},
    )


def placebo_date(dates: PlaceboDates | None, *, randomised: bool = False, line: float = PLACEBO_LINE) -> Check:
    """The same comparison with the start put to the middle of the time before it. value: its p.

    Critical unless the sites were drawn by lot.
    """
    severity = Severity.WARNING if randomised else Severity.CRITICAL
    if dates is None:
        return Check(key="placebo_date", status=Status.NOT_RUN, severity=severity)
    p = dates.middle.p_value
    return Check(
        key="placebo_date",
        status=Status.FAIL if p < line else Status.PASS,
        severity=severity,
        value=p,
        threshold=line,
        facts={"date": str(dates.middle_period), "effect": dates.middle.effect, "p_value": p},
    )


def bias_robustness(result: Estimate, largest: float | None, mbar: float) -> Check:
    """Does the finding survive a bias of ``mbar`` times the largest placebo deviation.

    value: how many times that deviation it survives; not run without such deviations or without a clear finding.
    """
    times = None if largest is None else breakdown(result, largest)
    if largest is None or times is None:
        return Check(key="bias_robustness", status=Status.NOT_RUN, threshold=mbar)
    return Check(
        key="bias_robustness",
        status=Status.PASS if times >= mbar else Status.FAIL,
        value=times,
        threshold=mbar,
        facts={"times": times, "largest": largest, "mbar": mbar},
    )


def survives(check: Check) -> dict[str, bool]:
    """What the grade asks of the finding, as part of an estimate's details; nothing where it was not judged."""
    return {} if check.status == Status.NOT_RUN else {"survives_bias": check.status == Status.PASS}


def placebo_outcome(result: Estimate, line: float = PLACEBO_LINE, *, randomised: bool = False) -> Check:
    """The same comparison on a figure that the change can't have moved. value: its p."""
    severity = Severity.WARNING if randomised else Severity.CRITICAL
    if result.p_value is None:
        return Check(key="placebo_outcome", status=Status.NOT_RUN, severity=severity)
    return Check(
        key="placebo_outcome",
        status=Status.FAIL if result.p_value < line else Status.PASS,
        severity=severity,
        value=result.p_value,
        threshold=line,
        facts={"effect": result.effect, "p_value": result.p_value},
    )
