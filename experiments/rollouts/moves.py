"""What a roll-out waits for, and for whom: from its row, its plan's text and its newest measurement. No query."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from experiments.rollouts.calendar import DAY, Calendar
from registry.find import Rolling
from registry.kinds import RolloutState

Whose = Literal["owner", "sponsor", "executive"]
SOON = timedelta(days=14)
"""So long before a wave begins it is told."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """One next act. whose: of whom any can do it, or must know of it; facts: of its sentence to them."""

    act: str
    whose: frozenset[Whose]
    due: date | None = None
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


OWNER: frozenset[Whose] = frozenset({"owner"})
EVERYBODY: frozenset[Whose] = frozenset({"owner", "sponsor", "executive"})


def dues(rolling: Rolling, today: date) -> Iterator[Due]:
    """The next acts of one roll-out."""
    state, calendar = rolling.rollout.state, _calendar(rolling.plan)
    if state == RolloutState.PLANNED:
        yield Due(act="start_rollout", whose=OWNER, due=calendar.starts[0])
    elif state == RolloutState.PAUSED:
        yield from _proposed(rolling, None)
        yield Due(act="resume_rollout", whose=frozenset({"executive"}))
    elif state == RolloutState.RUNNING:
        coming = coming_wave(calendar, today)
        yield from _proposed(rolling, coming)
        if coming is not None and coming[1] - today <= SOON:
            facts = {"wave": coming[0], "day": coming[1]}
            yield Due(act="begin_wave", whose=OWNER, due=coming[1], about=str(coming[0]), facts=facts)
        yield from _to_measure(calendar, rolling.measure.ring if rolling.measure else 0, today)
    else:
        yield from _proposed(rolling, None) if state == RolloutState.FINISHED else ()
        yield Due(act="close", whose=OWNER)


def coming_wave(calendar: Calendar, today: date) -> tuple[int, date] | None:
    """(number from 1, first day) of the next wave that has not started; None where all have."""
    begun = calendar.begun(today)
    return (begun + 1, calendar.starts[begun]) if begun < len(calendar.starts) else None


def started_unmeasured(calendar: Calendar, measured: int, today: date) -> int | None:
    """Number of the wave, from 2, that started last although the one before it is not measured; None where it is."""
    begun = calendar.begun(today)
    return begun if begun > measured + 1 else None


def _to_measure(calendar: Calendar, measured: int, today: date) -> Iterator[Due]:
    """The wave to measure next: in the weeks to decide; or said plainly that the next one starts without it."""
    late = started_unmeasured(calendar, measured, today)
    if late is not None:
        start = calendar.starts[late - 1]
        facts: dict[str, Any] = {"wave": late, "before": late - 1}
        # Where no time to decide was planned this comes with every wave, and only its owner can do anything about it.
        whose = EVERYBODY if calendar.deciding else OWNER
        yield Due(act="wave_unmeasured", whose=whose, due=start, about=str(late), facts=facts)
    elif measured < len(calendar.starts):
        wave, until = measured + 1, calendar.measured[measured]
        facts = {"wave": wave, "until": until}
        if wave == len(calendar.starts) or not calendar.deciding:
            yield Due(act="measure_rollout", whose=OWNER, due=until + DAY, about=str(wave), facts=facts)
            return
        start = calendar.starts[wave]
        facts |= {"next": wave + 1, "day": start}
        yield Due(act="measure_in_time", whose=OWNER, due=start - DAY, about=str(wave), facts=facts)


def _proposed(rolling: Rolling, coming: tuple[int, date] | None) -> Iterator[Due]:
    """What the newest measurement proposes, unless somebody has acted on it since.

    coming: the wave that starts unless they do, with its day.
    """
    if rolling.measure is None:
        return
    judged = _judged(rolling.measure.canonical)
    state, answered = rolling.rollout.state, rolling.rollout.since > rolling.measure.made_at
    about = str(rolling.measure.ring)
    if judged["roll_back_proposed"] and not (answered and state == RolloutState.RUNNING):
        yield _before("roll_back", coming, about)
    elif judged["pause_proposed"] and not answered and state == RolloutState.RUNNING:
        yield _before("pause_rollout", coming, about)


def _before(act: str, coming: tuple[int, date] | None, about: str) -> Due:
    """An act for everybody; where a wave is to come, its sentence says that it starts unless they do it."""
    if coming is None:
        return Due(act=act, whose=EVERYBODY, about=about)
    facts = {"wave": coming[0], "day": coming[1]}
    return Due(act=f"{act}_before_wave", whose=EVERYBODY, due=coming[1] - DAY, about=about, facts=facts)


@lru_cache(maxsize=256)
def _calendar(text: str) -> Calendar:
    return Calendar.from_json(json.loads(text)["calendar"])


@lru_cache(maxsize=256)
def _judged(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["judgement"]
    return found
