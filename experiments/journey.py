"""The customer's journey across pilots: what they measure at each step, what they did there, where nobody looks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from experiments.desk import Desk
from experiments.documents.rows import metric_line
from experiments.metrics import JOURNEY_STEPS
from experiments.metrics.placing import step_of
from experiments.words import say
from registry import find
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.overview import Overview, overview, texts
from registry.plans import PlanRecord
from stats.plan import Plan

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


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A touch with the pilot that it is of."""

    key: str
    title: str
    simulated: bool
    touch: Touch


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the journey: what pilots did there, newest pilots first. felt: somebody measures it from outside."""

    name: str
    touched: tuple[Touched, ...]

    @property
    def pilots(self) -> int:
        return len({one.key for one in self.touched})

    @property
    def felt(self) -> bool:
        return any(one.touch.perspective == "customer" for one in self.touched)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers by what they were shown to be."""
        return {outcome: sum(one.touch.outcome == outcome for one in self.touched) for outcome in OUTCOMES}


@dataclass(frozen=True, kw_only=True)
class Journey:
    """The steps in order; loose: numbers that nobody placed; simulated: whether made-up pilots are part of it."""

    steps: tuple[Step, ...]
    loose: int
    simulated: bool


_TOUCHES: dict[tuple[str, ...], tuple[Touch, ...]] = {}
"""By the hashes of plan, evidence and recommendation: whatever those say never changes."""
REMEMBERED = 20_000


def journey(desk: Desk, keys: Collection[str]) -> Journey:
    """Of the pilots with these keys, in that order."""
    place = {key: number for number, key in enumerate(keys)}
    with desk.read() as session:
        pilots = [pilot for pilot in find.pilots(session, drafts=False) if pilot.key in place]
        touches = _touches(session, overview(session, pilots))
    pilots.sort(key=lambda pilot: place[pilot.key])
    found = [
        Touched(key=pilot.key, title=pilot.title, simulated=pilot.simulated, touch=touch)
        for pilot in pilots
        for touch in touches.get(pilot.id, ())
    ]
    return Journey(
        steps=tuple(_step(name, found) for name in JOURNEY_STEPS),
        loose=sum(one.touch.step is None for one in found),
        simulated=any(one.simulated for one in found),
    )


def step_word(name: str) -> str:
    return say(f"journey.{name.replace(' ', '_')}")


def _step(name: str, found: Sequence[Touched]) -> Step:
    return Step(name=name, touched=tuple(one for one in found if one.touch.step == name))


def _touches(session: Any, known: Overview) -> dict[UUID, tuple[Touch, ...]]:
    """By pilot; only what was never looked at before is read and taken apart."""
    stored = (known.plans, known.evidence, known.recommendations)
    marks = {key: tuple(part[key].sha256 if key in part else "" for part in stored) for key in known.plans}
    fresh = [key for key, mark in marks.items() if mark not in _TOUCHES]
    said = [key for key in fresh if key in known.recommendations]
    plans = texts(session, PlanRecord, [known.plans[key].id for key in fresh])
    advice = texts(session, RecommendationRecord, [known.recommendations[key].id for key in said])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in said])
    if len(_TOUCHES) + len(fresh) > REMEMBERED:
        _TOUCHES.clear()
    found = {key: _TOUCHES[mark] for key, mark in marks.items() if mark in _TOUCHES}
    for key in fresh:
        plan = Plan.model_validate_json(plans[known.plans[key].id])
        judged = key in known.recommendations
        told = (evidence[known.evidence[key].id], advice[known.recommendations[key].id]) if judged else None
        found[key] = _TOUCHES[marks[key]] = _of_plan(plan, told)
    return found


def _of_plan(plan: Plan, told: tuple[str, str] | None) -> tuple[Touch, ...]:
    """told: evidence and recommendation as stored."""
    if told is None:
        return tuple(_touch(plan, metric.key, {"metrics": {}}, None) for metric in plan.metrics)
    evidence, advice = (json.loads(text) for text in told)
    return tuple(_touch(plan, metric.key, evidence, advice) for metric in plan.metrics)


def _touch(plan: Plan, key: str, evidence: Mapping[str, Any], advice: Mapping[str, Any] | None) -> Touch:
    metric = plan.metric(key)
    said: dict[str, Any] = {"change": "", "state": say("journey.no_evidence"), "tone": "none", "outcome": "open"}
    if advice is not None:
        line = metric_line(metric, evidence, advice)
        label = "" if advice.get("hidden") else ((advice.get("states") or {}).get(key) or {}).get("label")
        outcome = SHOWN.get(label or "", "open")
        words = say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect
        said = {"change": words, "state": line.state, "tone": line.tone, "outcome": outcome}
    return Touch(step=step_of(metric), metric=metric.name, perspective=metric.perspective, **said)
