"""Guardrails in the roll-out: shown safe, not shown, or broken; by the rule's own states, spent over the rings.

Safe is shown at the plan's alpha_guard, spent over the rings (O'Brien-Fleming); a breach at alpha_harm / (metrics x
rings), as at the pilot's planned checks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stats.combining.sequential import nominal_levels
from stats.evidence import Evidence
from stats.plan import Plan
from stats.verdict.levels import Levels
from stats.verdict.states import metric_state

LABELS = {"PASS": "SAFE_SHOWN", "UNPROVEN": "NOT_SHOWN", "BREACH": "BREACH", "MISSING": "MISSING"}
"""What the rule's states are called here."""


@dataclass(frozen=True, kw_only=True)
class GuardrailJudgement:
    """One guardrail in the roll-out. label: SAFE_SHOWN, NOT_SHOWN, BREACH or MISSING; oriented, metric's unit; watched:
    it was UNPROVEN at the verdict, so that this is its judgement; line: minus the largest accepted loss."""

    key: str
    label: str
    critical: bool
    watched: bool
    effect: float | None
    lower: float | None
    upper: float | None
    line: float | None


def judge_guardrails(
    plan: Plan, evidence: Evidence | None, *, ring: int, fractions: Sequence[float], unproven: Collection[str]
) -> dict[str, GuardrailJudgement]:
    """Every guardrail of the pilot's plan at this ring, by key; evidence None: not measured yet."""
    place = max(0, min(ring, len(fractions)) - 1)
    levels = Levels(
        look=place + 1,
        looks=len(fractions),
        alpha=0.0,
        win=0.0,
        gamma=0.0,
        guard=nominal_levels(tuple(fractions), plan.errors.alpha_guard, "obrien_fleming")[place],
        harm=plan.errors.alpha_harm / (max(1, len(plan.metrics)) * len(fractions)),
        doubt=0.0,
    )
    found = {}
    for metric in plan.guardrails:
        state = metric_state(metric, None if evidence is None else evidence.metrics.get(metric.key), levels)
        found[metric.key] = GuardrailJudgement(
            key=metric.key,
            label=LABELS[state.label],
            critical=metric.critical,
            watched=metric.key in unproven,
            effect=state.effect,
            lower=state.lower,
            upper=state.upper,
            line=state.line,
        )
    return found
