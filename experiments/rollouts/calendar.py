"""The calendar of a roll-out: when each wave starts and is measured, and until when sites are kept as before.

A wave runs, is measured, and only then, after the weeks to decide, the next one starts: a pause that is proposed comes
while it can still hold something up. No data are lost by it: what sites show in the weeks to decide is not part of the
measurement that is being decided on, but of that of every later wave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import Any

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
LEAD = 2 * WEEK
"""From a decision to the first wave, unless somebody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """starts: first day of each wave; weeks: how long a wave runs before it is measured; held_until: the sites kept as
    before start no earlier; deciding: weeks between the last day that is measured and the next start, 0 in plans that
    were kept before there were any."""

    starts: tuple[date, ...]
    weeks: int
    held_until: date
    deciding: int = 0

    @property
    def measured(self) -> tuple[date, ...]:
        """Last day of the data that each wave is measured on: so that the weeks to decide lie before the next start.

        A wave whose next one was moved by a pause runs longer; the last one runs ``weeks``.
        """
        ends = [*(start - self.deciding * WEEK for start in self.starts[1:]), self.starts[-1] + self.weeks * WEEK]
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
        return replace(self, starts=tuple(moved), held_until=max(self.held_until, moved[-1]))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` reads them back."""
        return {
            "starts": [day.isoformat() for day in self.starts],
            "weeks": self.weeks,
            "deciding": self.deciding,
            "held_until": self.held_until.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calendar:
        return cls(
            starts=days(value["starts"]),
            weeks=value["weeks"],
            held_until=date.fromisoformat(value["held_until"]),
            deciding=value.get("deciding", 0),
        )


def calendar_of(first: date, rings: int, weeks: int, months: int, *, deciding: int) -> Calendar:
    """Waves at even distances: each runs ``weeks``, then ``deciding`` weeks pass before the next one starts."""
    count = first.year * 12 + first.month - 1 + months
    held = date(count // 12, count % 12 + 1, min(first.day, 28))
    starts = tuple(first + number * (weeks + deciding) * WEEK for number in range(rings))
    over = starts[-1] + weeks * WEEK
    return Calendar(starts=starts, weeks=weeks, held_until=max(held, over), deciding=deciding)


def first_start(today: date, weekday: int) -> date:
    """The first such day of the week that leaves time to prepare."""
    day = today + LEAD
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def days(texts: Sequence[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)
