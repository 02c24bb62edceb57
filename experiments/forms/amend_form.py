"""What a form can change in a signed plan: one part at a time, in the unit that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from experiments.words import say
from experiments.words.numbers import Unit
from stats.plan import Plan, PlannedMetric

Kind = Literal["day", "number", "class", "text"]
CLASSES = ("WATCH", "PROVE")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the plan. name: in words, with the unit; now: as it stands, in the unit shown; factor: shown per
    stored unit; path: where it stands in the plan, metrics by key."""

    path: tuple[str, ...]
    name: str
    kind: Kind
    now: Any
    factor: float = 1.0

    @property
    def key(self) -> str:
        return ".".join(self.path)


def parts(plan: Plan) -> tuple[Part, ...]:
    """Everything that the form offers: the last day, each metric's line, class and name, and the title."""
    found = [] if plan.end is None else [Part(path=("end",), name=say("amend.part.end"), kind="day", now=plan.end)]
    for metric in plan.metrics:
        found += _of_metric(metric)
    return (*found, Part(path=("title",), name=say("amend.part.title"), kind="text", now=plan.title))


def changes_of(part: Part, value: Any) -> dict[str, Any]:
    """The change as ``amend`` takes it: {"metrics": {"wait": {"margin": 30.0}}}."""
    stored: Any = value
    if isinstance(value, date):
        stored = value.isoformat()
    elif part.kind == "number":
        stored = float(value) / part.factor
    made: Any = stored
    for name in reversed(part.path):
        made = {name: made}
    return dict(made)


def changed(part: Part, value: Any) -> bool:
    """Whether the value given is another one than stands in the plan."""
    return bool(value != part.now)


def _of_metric(metric: PlannedMetric) -> list[Part]:
    unit = Unit.of(metric.unit, metric.spec.kind)
    facts: Mapping[str, Any] = {"metric": metric.name, "unit": unit.of_effect}

    def part(field: str, kind: Kind, now: Any, factor: float = 1.0) -> Part:
        return Part(
            path=("metrics", metric.key, field), name=say(f"amend.part.{field}", **facts), kind=kind, now=now,
            factor=factor,
        )  # fmt: skip

    found = []
    if metric.role == "SUCCESS" and metric.mwe is not None:
        found.append(part("mwe", "number", round(metric.mwe * unit.factor, 9), unit.factor))
    if metric.role == "GUARDRAIL" and metric.margin is not None:
        found.append(part("margin", "number", round(metric.margin * unit.factor, 9), unit.factor))
        found.append(part("guardrail_class", "class", metric.guardrail_class))
    return [*found, part("name", "text", metric.name)]
