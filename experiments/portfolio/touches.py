"""What a pilot measures along the customer's journey, and what was shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from experiments.documents.rows import metric_line
from experiments.metrics.placing import step_of
from experiments.words import say
from stats.plan import PlannedMetric

Outcome = Literal["better", "safe", "worse", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SHOWN: Mapping[str, Outcome] = {"WIN": "better", "SMALL": "better", "PASS": "safe", "HARM": "worse", "BREACH": "worse"}
"""What a state of the rule comes to; every other is open."""


@dataclass(frozen=True, kw_only=True)
class Touch:
    """One number of one pilot at one step (None: nobody placed it). change, state: in words, "" before evidence."""

    step: str | None
    metric: str
    perspective: str
    change: str
    state: str
    tone: str
    outcome: Outcome


def touches(
    metrics: Sequence[PlannedMetric], evidence: Mapping[str, Any] | None, advice: Mapping[str, Any] | None
) -> tuple[Touch, ...]:
    """Of a plan's metrics; evidence, advice: as stored, None before there is a verdict."""
    return tuple(_touch(metric, evidence or {"metrics": {}}, advice) for metric in metrics)


def _touch(metric: PlannedMetric, evidence: Mapping[str, Any], advice: Mapping[str, Any] | None) -> Touch:
    said: dict[str, Any] = {"change": "", "state": say("journey.no_evidence"), "tone": "none", "outcome": "open"}
    if advice is not None:
        line = metric_line(metric, evidence, advice)
        label = "" if advice.get("hidden") else ((advice.get("states") or {}).get(metric.key) or {}).get("label")
        outcome = SHOWN.get(label or "", "open")
        words = say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect
        said = {"change": words, "state": line.state, "tone": line.tone, "outcome": outcome}
    return Touch(step=step_of(metric), metric=metric.name, perspective=metric.perspective, **said)
