"""What a roll-out waits for, and for whom: from its row, its plan's text and its newest measurement. No query."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from experiments.rollouts.calendar import DAY, Calendar, days
from registry.find import Rolling
from registry.kinds import RolloutState

Whose = Literal["owner", "sponsor", "executive"]
SOON = timedelta(days=14)
"""So long before a wave begins it is told."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """One next act. whose: of whom any can do it, or must know of it."""

    act: str
    whose: frozenset[Whose]
    due: date | None = None
    about: str = ""


def dues(rolling: Rolling, today: date) -> Iterator[Due]:
    """The next acts of one roll-out."""
    state, calendar = rolling.rollout.state, _calendar(rolling.plan)
    owner: frozenset[Whose] = frozenset({"owner"})
    if state == RolloutState.PLANNED:
        yield Due(act="start_rollout", whose=owner, due=calendar.starts[0])
    elif state in (RolloutState.RUNNING, RolloutState.PAUSED):
        yield from _proposed(rolling)
        if state == RolloutState.PAUSED:
            yield Due(act="resume_rollout", whose=frozenset({"executive"}))
            return
        begun = calendar.begun(today)
        if begun < len(calendar.starts) and calendar.starts[begun] - today <= SOON:
            yield Due(act="begin_wave", whose=owner, due=calendar.starts[begun], about=str(begun + 1))
        measured = rolling.measure.ring if rolling.measure else 0
        if measured < len(calendar.starts):
            due = calendar.measured[measured] + DAY
            yield Due(act="measure_rollout", whose=owner, due=due, about=str(measured + 1))
    else:
        yield from _proposed(rolling) if state == RolloutState.FINISHED else ()
        yield Due(act="close", whose=owner)


def _proposed(rolling: Rolling) -> Iterator[Due]:
    """What the newest measurement proposes, unless somebody has acted on it since."""
    everybody: frozenset[Whose] = frozenset({"owner", "sponsor", "executive"})
    if rolling.measure is None:
        return
    judged = _judged(rolling.measure.canonical)
    state, answered = rolling.rollout.state, rolling.rollout.since > rolling.measure.made_at
    about = str(rolling.measure.ring)
    if judged["roll_back_proposed"] and not (answered and state == RolloutState.RUNNING):
        yield Due(act="roll_back", whose=everybody, about=about)
    elif judged["pause_proposed"] and not answered and state == RolloutState.RUNNING:
        yield Due(act="pause_rollout", whose=everybody, about=about)


@lru_cache(maxsize=256)
def _calendar(text: str) -> Calendar:
    stored: dict[str, Any] = json.loads(text)["calendar"]
    held = date.fromisoformat(stored["held_until"])
    return Calendar(starts=days(stored["starts"]), weeks=stored["weeks"], held_until=held)


@lru_cache(maxsize=256)
def _judged(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["judgement"]
    return found
