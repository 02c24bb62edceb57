"""The weekly harm check: on the data so far, alarm or no alarm; it decides nothing and no number leaves it.

It spends the plan's harm rate over its own weeks (Bonferroni over metrics and weeks: alpha_harm / (M W)), so over a
whole pilot a harmless change raises an alarm in at most alpha_harm of cases, however often it is asked. The planned
checks keep their own level: an alarm is a call to look, never a verdict. What that finds and how often it cries wolf:
docs/methods/harm-check.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil

from stats.evidence import Evidence
from stats.plan import Looks, Plan
from stats.verdict.levels import levels_at
from stats.verdict.states import estimates_of, metric_state

DRAWS = 99
ALARMS = frozenset({"HARM", "BREACH"})


@dataclass(frozen=True, kw_only=True)
class HarmFinding:
    """alarm: None where no metric could be looked at; level: one-sided, of each metric; unchecked: keys of metrics
    without an estimate so far."""

    alarm: bool | None
    level: float
    unchecked: tuple[str, ...]


def weeks_of(plan: Plan) -> int:
    """How many weekly checks the plan can have, the extension included; 0 without dates."""
    if plan.start is None or plan.end is None:
        return 0
    weeks = ceil(((plan.end - plan.start).days + 1) / 7)
    return weeks if plan.looks.extension is None else ceil(weeks * plan.looks.extension / plan.looks.fractions[-1])


def harm_plan(plan: Plan, until: date) -> Plan:
    """The plan of one weekly check on the data up to ``until``: one look, its share of the harm rate."""
    share = plan.errors.alpha_harm / weeks_of(plan)
    return plan.model_copy(
        update={
            "end": until,
            "draws": DRAWS,
            "looks": Looks(fractions=[1.0], extension=None),
            "errors": plan.errors.model_copy(update={"alpha_harm": share}),
        }
    )


def harm_alarm(plan: Plan, evidence: Evidence) -> HarmFinding:
    """What the evidence made under a ``harm_plan`` says."""
    levels = levels_at(plan, evidence)
    judged = [metric for metric in plan.metrics if metric.role != "SECONDARY"]
    unchecked = tuple(metric.key for metric in judged if estimates_of(evidence.metrics.get(metric.key)) is None)
    labels = {metric_state(metric, evidence.metrics.get(metric.key), levels).label for metric in judged}
    alarm = None if len(unchecked) == len(judged) else bool(labels & ALARMS)
    return HarmFinding(alarm=alarm, level=levels.harm, unchecked=unchecked)
