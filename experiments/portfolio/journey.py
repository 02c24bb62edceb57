"""The customer's journey across pilots: what they measure at each step, what they did there, where nobody looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from experiments.desk import Desk
from experiments.metrics import JOURNEY_STEPS
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.survey import survey
from experiments.portfolio.touches import OUTCOMES, Touch
from experiments.words import say


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


def journey(desk: Desk, keys: Collection[str]) -> Journey:
    """Of the pilots with these keys, in that order."""
    seen = survey(desk)
    by_key = {row.key: row for row in seen.rows}
    found = [one for key in keys if key in by_key for one in _touched(by_key[key], seen.touches.get(key, ()))]
    at: dict[str | None, list[Touched]] = {}
    for one in found:
        at.setdefault(one.touch.step, []).append(one)
    return Journey(
        steps=tuple(Step(name=name, touched=tuple(at.get(name, ()))) for name in JOURNEY_STEPS),
        loose=len(at.get(None, ())),
        simulated=any(one.simulated for one in found),
    )


def _touched(row: PilotRow, own: Sequence[Touch]) -> list[Touched]:
    judged = row.verdict is not None
    return [Touched(key=row.key, title=row.title, simulated=row.simulated, judged=judged, touch=one) for one in own]


def step_word(name: str) -> str:
    return say(f"journey.{name.replace(' ', '_')}")
