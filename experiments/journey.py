"""The customer's journey across pilots: what they measure at each step, what they did there, where nobody looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic_core import from_json

from experiments.desk import Desk
from experiments.documents.rows import metric_line
from experiments.metrics import JOURNEY_STEPS
from experiments.metrics.placing import step_of
from experiments.words import language, say
from registry import find, shelf
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.moved import Moment, moved_since, now_in
from registry.overview import judged, texts
from registry.pilots import Pilot
from registry.plans import PlanRecord
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


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A touch with the pilot that it is of. judged: whether there is a verdict on it."""

    key: str
    title: str
    simulated: bool
    judged: bool
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


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What every pilot did along the journey as it stood at a moment of the log, by the pilot's id."""

    at: Moment
    touched: Mapping[UUID, tuple[Touched, ...]]


_SEEN: dict[tuple[Any, ...], _Seen] = {}
MOST = 4
"""Records and languages kept at once."""


def journey(desk: Desk, keys: Collection[str]) -> Journey:
    """Of the pilots with these keys, in that order."""
    by_key = {own[0].key: own for own in _whole(desk).values() if own}
    found = [one for key in keys for one in by_key.get(key, ())]
    return Journey(
        steps=tuple(_step(name, found) for name in JOURNEY_STEPS),
        loose=sum(one.touch.step is None for one in found),
        simulated=any(one.simulated for one in found),
    )


def step_word(name: str) -> str:
    return say(f"journey.{name.replace(' ', '_')}")


def _step(name: str, found: Sequence[Touched]) -> Step:
    return Step(name=name, touched=tuple(one for one in found if one.touch.step == name))


def _whole(desk: Desk) -> Mapping[UUID, tuple[Touched, ...]]:
    """Every pilot; read once and kept: at each look only those that something happened to are read again."""
    name = (desk.registry.home, desk.registry.url, language())
    seen = _SEEN.get(name)
    with desk.read() as session:
        moved = moved_since(session, seen.at) if seen is not None else None
        if seen is None or moved is None:
            seen = _Seen(at=now_in(session), touched=_touched(session, find.pilots(session, drafts=False)))
        elif moved:
            fresh = _touched(session, shelf.pilots_by_id(session, list(moved)))
            seen = _Seen(at=now_in(session), touched={**seen.touched, **fresh})
    if len(_SEEN) >= MOST and name not in _SEEN:
        _SEEN.clear()
    _SEEN[name] = seen
    return seen.touched


def _touched(session: Any, pilots: Sequence[Pilot]) -> dict[UUID, tuple[Touched, ...]]:
    """What is stored of these pilots, taken apart; whoever has no plan yet has none."""
    known = judged(session, pilots)
    said = known.recommendations.keys()
    plans = texts(session, PlanRecord, [stored.id for stored in known.plans.values()])
    advice = texts(session, RecommendationRecord, [stored.id for stored in known.recommendations.values()])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in said])
    found = {}
    for pilot in pilots:
        if pilot.id not in known.plans:
            continue
        told = None
        if pilot.id in said:
            told = evidence[known.evidence[pilot.id].id], advice[known.recommendations[pilot.id].id]
        found[pilot.id] = tuple(
            Touched(key=pilot.key, title=pilot.title, simulated=pilot.simulated, judged=told is not None, touch=touch)
            for touch in _of_plan(plans[known.plans[pilot.id].id], told)
        )
    return found


def _of_plan(plan: str, told: tuple[str, str] | None) -> tuple[Touch, ...]:
    """plan; evidence and recommendation: as stored."""
    metrics = [PlannedMetric.model_validate(metric) for metric in from_json(plan)["metrics"]]
    if told is None:
        return tuple(_touch(metric, {"metrics": {}}, None) for metric in metrics)
    evidence, advice = (from_json(text) for text in told)
    return tuple(_touch(metric, evidence, advice) for metric in metrics)


def _touch(metric: PlannedMetric, evidence: Mapping[str, Any], advice: Mapping[str, Any] | None) -> Touch:
    said: dict[str, Any] = {"change": "", "state": say("journey.no_evidence"), "tone": "none", "outcome": "open"}
    if advice is not None:
        line = metric_line(metric, evidence, advice)
        label = "" if advice.get("hidden") else ((advice.get("states") or {}).get(metric.key) or {}).get("label")
        outcome = SHOWN.get(label or "", "open")
        words = say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect
        said = {"change": words, "state": line.state, "tone": line.tone, "outcome": outcome}
    return Touch(step=step_of(metric), metric=metric.name, perspective=metric.perspective, **said)
