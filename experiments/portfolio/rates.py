"""Funnel and rates of a portfolio: how many came how far, taught something, or were approved and may disappoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.portfolio.rows import PilotRow
from stats.plan import Plan, PlannedMetric

ENDED = frozenset({"decided", "rolling_out", "closed", "withdrawn"})
VALID = frozenset({"SCALE", "ITERATE", "STOP"})
REACHED = {
    "signed": frozenset({"signed", "assigned", "running", "paused", "assessed", "in_review", *ENDED} - {"withdrawn"}),
    "running": frozenset({"running", "paused", "assessed", "in_review", *ENDED} - {"withdrawn"}),
    "assessed": frozenset({"assessed", "in_review", *ENDED} - {"withdrawn"}),
}
"""Stages that a pilot can only be in after it had come so far; of a withdrawn one, what it left tells."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Counts of pilots. registered, signed, running, assessed, decided: how many came at least so far.

    ended: decided, rolled out, closed or withdrawn; learned: ended with a decision on evidence that could be judged;
    scaled: approvals, of which ``disappointing`` (expected number) have an effect below the smallest gain worth having;
    unknown: approvals of which that can't be told, in neither; overdue: next date behind us.
    """

    registered: int
    signed: int
    running: int
    assessed: int
    decided: int
    ended: int
    learned: int
    scaled: int
    disappointing: float
    unknown: int
    overdue: int

    @property
    def learning_rate(self) -> float | None:
        """Share (0-1) of the pilots that ended; None before the first has."""
        return self.learned / self.ended if self.ended else None

    @property
    def scale_rate(self) -> float | None:
        return self.scaled / self.ended if self.ended else None


def counted(rows: Sequence[PilotRow]) -> tuple[PilotRow, ...]:
    """The rows that count: made-up pilots only where there are no others, and never those recorded afterwards."""
    run_here = tuple(row for row in rows if not row.imported)
    return tuple(row for row in run_here if not row.simulated) or run_here


def rates(rows: Sequence[PilotRow]) -> Rates:
    """Of exactly these rows."""
    scaled = [row for row in rows if row.decided == "SCALE"]
    known = [row.short for row in scaled if row.short is not None]
    ended = [row for row in rows if row.stage in ENDED]
    return Rates(
        registered=sum(row.registered for row in rows),
        signed=sum(_reached(row, "signed") for row in rows),
        running=sum(_reached(row, "running") for row in rows),
        assessed=sum(_reached(row, "assessed") for row in rows),
        decided=sum(row.decided is not None for row in rows),
        ended=len(ended),
        learned=sum(row.decided is not None and row.verdict in VALID for row in ended),
        scaled=len(scaled),
        disappointing=sum(known),
        unknown=len(scaled) - len(known),
        overdue=sum(row.overdue for row in rows),
    )


def _reached(row: PilotRow, step: str) -> bool:
    judged = row.verdict is not None and (step != "assessed" or row.verdict != "NOT_YET")
    return row.stage in REACHED[step] or judged or row.decided is not None


def chance_of_falling_short(
    plan: Plan, inputs: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]
) -> float | None:
    """Chance (0-1) that an approval disappoints: P(effect < smallest gain worth having | evidence, earlier pilots).

    inputs: the recommendation's; results: by metric, as stored. The stored cautious estimate is used where there is
    one, else it is made in the same way. Of several metrics that won, one that holds is enough: the smallest of their
    chances, which none of them can exceed together. Where all have to win, the largest. None without an estimate.
    """
    stored = (inputs.get("money") or {}).get("shrunken") or {}
    won = set(inputs.get("wins") or ())
    asked = [metric for metric in plan.success if not won or metric.key in won]
    if plan.primary_rule == "all":
        asked = list(plan.success)
    chances = [_short(plan, metric, stored.get(metric.key), results.get(metric.key) or {}) for metric in asked]
    known = [chance for chance in chances if chance is not None]
    if not known or (plan.primary_rule == "all" and len(known) < len(chances)):
        return None
    return max(known) if plan.primary_rule == "all" else min(known)


def _short(
    plan: Plan, metric: PlannedMetric, stored: Mapping[str, float] | None, result: Mapping[str, Any]
) -> float | None:
    from stats.money import Shrunken, p_below, prior_of, shrink

    if metric.mwe is None:
        return None
    if stored:
        return p_below(Shrunken(mean=stored["mean"], sd=stored["sd"], weight=stored["weight"]), metric.mwe)
    if result.get("effect") is None or result.get("std_error") is None:
        return None
    effect = result["effect"] if metric.better == "higher" else -result["effect"]
    return p_below(shrink(effect, result["std_error"], metric.mwe, prior_of(plan)), metric.mwe)
