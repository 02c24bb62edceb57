"""Checks of a roll-out in steps: its own path before each site's start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stats.checks.before_start import PLACEBO_LINE, TREND_LINE
from stats.methods.hypotheses import two_sided
from stats.methods.imputation import Average
from stats.results import Check, Severity, Status


def placebo_start_check(found: Average | None, df: float, *, randomised: bool, line: float = PLACEBO_LINE) -> Check:
    """The same estimate with all starts moved forward, on data from before them. value: its p.

    Critical unless the starts were drawn by lot.
    """
    severity = Severity.WARNING if randomised else Severity.CRITICAL
    if found is None or not found.std_error or df < 1:
        return Check(key="placebo_date", status=Status.NOT_RUN, severity=severity)
    p = two_sided(found.effect / found.std_error, df)
    return Check(
        key="placebo_date",
        status=Status.FAIL if p < line else Status.PASS,
        severity=severity,
        value=p,
        threshold=line,
        facts={"date": "earlier", "effect": found.effect, "p_value": p},
    )


def pre_trend_path(path: Sequence[dict[str, Any]]) -> Check:
    """Does any period before the start differ: the smallest p, times the number of periods (Bonferroni)."""
    judged = [float(line["p_value"]) for line in path if "p_value" in line]
    if not judged:
        return Check(key="pre_trend", status=Status.NOT_RUN, facts={"periods": 0})
    p = min(1.0, min(judged) * len(judged))
    return Check(
        key="pre_trend",
        status=Status.FAIL if p < TREND_LINE else Status.PASS,
        value=p,
        threshold=TREND_LINE,
        facts={"p_value": p, "periods": len(judged)},
    )


def anticipation_check(path: Sequence[dict[str, Any]]) -> Check:
    """Did sites move already in the last period before their start. value: its p."""
    last = [line for line in path if "p_value" in line]
    if not last:
        return Check(key="anticipation", status=Status.NOT_RUN)
    p = float(last[-1]["p_value"])
    return Check(
        key="anticipation",
        status=Status.FAIL if p < TREND_LINE else Status.PASS,
        value=p,
        threshold=TREND_LINE,
        facts={"effect": last[-1]["effect"], "p_value": p},
    )
