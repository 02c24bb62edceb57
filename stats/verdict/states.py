"""States of metrics: flags that hold, oriented so that + is better, and the label: the first in the rule's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from stats.evidence import MetricEvidence
from stats.plan import PlannedMetric
from stats.results import Estimate
from stats.verdict.levels import Levels
from stats.verdict.recommendation import MetricState

SUCCESS_ORDER = ("HARM", "WIN", "RULED_OUT", "SMALL", "UNCLEAR")
GUARDRAIL_ORDER = ("BREACH", "PASS", "UNPROVEN", "MISSING")
"""Labels in the rule's order: the first flag that holds is the label."""


@dataclass(frozen=True, kw_only=True)
class Oriented:
    """What every estimate of a metric (both ends of a bracket) agrees on, + is better, metric's unit.

    effect: the deciding estimate; lowest, highest: over all estimates; lower_win, lower_guard: smallest lower limit at
    those levels; upper_gamma, upper_harm: largest upper limit. None: unbounded, so that nothing can be shown on that
    side.
    """

    effect: float
    lowest: float
    highest: float
    lower_win: float | None
    lower_guard: float | None
    upper_gamma: float | None
    upper_harm: float | None


def metric_state(
    metric: PlannedMetric, evidence: MetricEvidence | None, levels: Levels, *, usable: bool = True
) -> MetricState:
    """State of one planned metric. ``usable`` False: its own check failed, so that its numbers say nothing."""
    found = oriented(metric, evidence, levels) if usable else None
    if metric.role == "GUARDRAIL":
        return _guardrail(metric, found, levels)
    return _success(metric, found, levels)


def oriented(metric: PlannedMetric, evidence: MetricEvidence | None, levels: Levels) -> Oriented | None:
    """The oriented limits, or None where there is no estimate."""
    estimates = estimates_of(evidence)
    if estimates is None:
        return None
    higher = metric.better == "higher"
    effects = [estimate.effect if higher else -estimate.effect for estimate in estimates]
    return Oriented(
        effect=effects[0],
        lowest=min(effects),
        highest=max(effects),
        lower_win=_smallest_lower(estimates, levels.win, higher),
        lower_guard=_smallest_lower(estimates, levels.guard, higher),
        upper_gamma=_largest_upper(estimates, levels.gamma, higher),
        upper_harm=_largest_upper(estimates, levels.harm, higher),
    )


def upper_limit(metric: PlannedMetric, evidence: MetricEvidence | None, level: float) -> float | None:
    """Largest oriented upper limit at this level over both ends of a bracket; None: unbounded or no estimate."""
    estimates = estimates_of(evidence)
    return None if estimates is None else _largest_upper(estimates, level, metric.better == "higher")


def estimates_of(evidence: MetricEvidence | None) -> tuple[Estimate, ...] | None:
    """The estimate and the further ends of its bracket; None if one of them is no number (a failure is never one)."""
    if evidence is None or not isinstance(evidence.result, Estimate):
        return None
    estimates = (evidence.result, *evidence.bracket)
    return estimates if all(_is_number(estimate) for estimate in estimates) else None


def _is_number(estimate: Estimate) -> bool:
    std_error, df = estimate.std_error, estimate.df
    precise = std_error is None or (isfinite(std_error) and std_error >= 0)
    return isfinite(estimate.effect) and precise and (df is None or df > 0)


def _smallest_lower(estimates: Sequence[Estimate], level: float, higher: bool) -> float | None:
    if level <= 0:
        return None
    lowest = None
    for estimate in estimates:
        limits = estimate.at_level(level)
        limit = limits.lower if higher else _negated(limits.upper)
        if limit is None:
            return None
        lowest = limit if lowest is None else min(lowest, limit)
    return lowest


def _largest_upper(estimates: Sequence[Estimate], level: float, higher: bool) -> float | None:
    if level <= 0:
        return None
    highest = None
    for estimate in estimates:
        limits = estimate.at_level(level)
        limit = limits.upper if higher else _negated(limits.lower)
        if limit is None:
            return None
        highest = limit if highest is None else max(highest, limit)
    return highest


def _negated(limit: float | None) -> float | None:
    return None if limit is None else -limit


def _above(limit: float | None, line: float) -> bool:
    return limit is not None and limit > line


def _below(limit: float | None, line: float) -> bool:
    return limit is not None and limit < line


def _success(metric: PlannedMetric, found: Oriented | None, levels: Levels) -> MetricState:
    """Success metrics, and secondary ones, which have no line unless the plan gives one."""
    if found is None:
        return MetricState(key=metric.key, label="UNCLEAR", flags=("UNCLEAR", "NO_DATA"), line=metric.mwe)
    mwe = metric.mwe or 0.0
    better, enough = _above(found.lower_win, 0.0), found.lowest >= mwe
    holds = {
        "HARM": _below(found.upper_harm, 0.0),
        "WIN": better and enough,
        "RULED_OUT": mwe > 0 and _below(found.upper_gamma, mwe),
        "SMALL": better and not enough,
    }
    flags = tuple(flag for flag in SUCCESS_ORDER if holds.get(flag)) or ("UNCLEAR",)
    return MetricState(
        key=metric.key,
        label=flags[0],
        flags=flags,
        effect=found.effect,
        lower=found.lower_win,
        upper=found.upper_gamma,
        line=metric.mwe,
        lower_level=levels.win,
        upper_level=levels.gamma,
    )


def _guardrail(metric: PlannedMetric, found: Oriented | None, levels: Levels) -> MetricState:
    line = None if metric.margin is None else -metric.margin
    if found is None:
        return MetricState(key=metric.key, label="MISSING", flags=("MISSING",), line=line)
    harmed = _below(found.upper_harm, 0.0)
    holds = {
        "BREACH": harmed and found.highest <= (line or 0.0),
        "PASS": line is not None and _above(found.lower_guard, line),
    }
    flags = tuple(flag for flag in GUARDRAIL_ORDER if holds.get(flag)) or ("UNPROVEN",)
    return MetricState(
        key=metric.key,
        label=flags[0],
        flags=(*flags, "HARM") if harmed else flags,
        effect=found.effect,
        lower=found.lower_guard,
        upper=found.upper_harm,
        line=line,
        lower_level=levels.guard,
        upper_level=levels.harm,
    )


def loss_reaches_margin(state: MetricState) -> bool:
    """The estimated loss is as large as the largest that is accepted, shown or not."""
    return state.effect is not None and state.line is not None and state.effect <= state.line
