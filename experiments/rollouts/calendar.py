"""The calendar of a roll-out: when each wave starts and is measured, and until when sites are kept as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
LEAD = 2 * WEEK
"""From a decision to the first wave, unless somebody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """starts: first day of each wave; weeks: how long the last wave runs before it is measured; held_until: the sites
    kept as before start no earlier."""

    starts: tuple[date, ...]
    weeks: int
    held_until: date

    @property
    def measured(self) -> tuple[date, ...]:
        """Last day of the data that each wave is measured on: the day before the next one starts."""
        ends = [*self.starts[1:], self.starts[-1] + self.weeks * WEEK]
        return tuple(end - DAY for end in ends)

    def begun(self, today: date) -> int:
        """How many waves have started."""
        return sum(start <= today for start in self.starts)

    def from_ring(self, ring: int, start: date) -> Calendar:
        """The same with the waves from number ``ring`` (from 0) on moved by whole weeks, so that it starts no earlier
        than ``start``. Waves before it stay."""
        if ring >= len(self.starts):
            return self
        later = max(0, ceil((start - self.starts[ring]).days / 7)) * WEEK
        moved = [day + later if place >= ring else day for place, day in enumerate(self.starts)]
        return Calendar(starts=tuple(moved), weeks=self.weeks, held_until=max(self.held_until, moved[-1]))


def calendar_of(first: date, rings: int, weeks: int, months: int) -> Calendar:
    """Waves at even distances, ``weeks`` apart."""
    count = first.year * 12 + first.month - 1 + months
    held = date(count // 12, count % 12 + 1, min(first.day, 28))
    last = first + rings * weeks * WEEK
    return Calendar(
        starts=tuple(first + number * weeks * WEEK for number in range(rings)), weeks=weeks, held_until=max(held, last)
    )


def first_start(today: date, weekday: int) -> date:
    """The first such day of the week that leaves time to prepare."""
    day = today + LEAD
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def days(texts: Sequence[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)
