"""Stored periods as steps since the start: dates, week numbers, or labels in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from experiments.words import say
from experiments.words.catalogue import written_day
from stats.plan import Plan

KNOWN = ("day", "week", "month", "quarter", "year")
LENGTHS = {1: "day", 7: "week"}
MONTH = (28, 31)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """at: whole steps since the start, the first period after it is 0; word: for one step; names: of those steps that
    the data name (a date, a label)."""

    at: tuple[int, ...]
    word: str
    names: Mapping[int, str] = field(default_factory=dict)

    def label(self, at: int) -> str:
        """One period in words: as the data name it, else its distance from the start."""
        return self.names.get(at) or _since(at, self.word)


def steps_of(plan: Plan, periods: Sequence[Any], after: Sequence[bool]) -> Steps:
    """Numbers are steps already; dates are counted in their own steps; anything else by its place."""
    first = after.index(True) if True in after else len(periods)
    if all(isinstance(period, int) and not isinstance(period, bool) for period in periods):
        zero = periods[first] if first < len(periods) else periods[-1] + 1
        at = tuple(period - zero for period in periods)
        return Steps(at=at, word=say(f"time.{_word(plan, 'week')}"))
    days = [_day(period) for period in periods]
    if None not in days:
        return _by_date(plan, [day for day in days if day is not None], first)
    return Steps(
        at=tuple(place - first for place in range(len(periods))),
        word=say(f"time.{_word(plan, 'period')}"),
        names={place - first: str(period) for place, period in enumerate(periods)},
    )


def _by_date(plan: Plan, days: list[date], first: int) -> Steps:
    """Steps of the shortest distance between two dates; months by the calendar."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    step = max(1, min(gaps, default=7))
    zero = days[first] if first < len(days) else plan.start or days[-1]
    if MONTH[0] <= step <= MONTH[1]:
        at = tuple((day.year - zero.year) * 12 + day.month - zero.month for day in days)
        word = "month"
    else:
        at = tuple(round((day - zero).days / step) for day in days)
        word = LENGTHS.get(step, "period")
    names = dict(zip(at, map(written_day, days), strict=True))
    return Steps(at=at, word=say(f"time.{word}"), names=names)


def moment_words(plan: Plan, period: str) -> str:
    """One stored period alone: a date as people write it, weeks since the start by their distance, else as it is."""
    day = _day(period)
    if day is not None:
        return written_day(day)
    own_weeks = plan.columns.period is None and period.lstrip("-").isdigit()
    return _since(int(period), say("time.week")) if own_weeks else period


def _since(at: int, word: str) -> str:
    if at < 0:
        return say("time.before_start" if at == -1 else "time.before_start_many", count=-at, period=word)
    return say("time.after_start", number=at + 1, period=word)


def _word(plan: Plan, usual: str) -> str:
    """What a step is called: the name of the period's column where that says it; weeks since the start are our own."""
    named = (plan.columns.period or "").lower()
    return next((word for word in KNOWN if word in named), "period" if named else usual)


def _day(period: Any) -> date | None:
    try:
        return date.fromisoformat(str(period)[:10])
    except ValueError:
        return None
