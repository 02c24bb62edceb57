"""Which pilots of a portfolio are wanted, and in which order: what the address of the page says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from experiments.portfolio.rows import PilotRow


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Everything empty wants every pilot. words: all of them, in any case; the rest: one of each that is not empty.

    departments: of the owner or of a partner; simulated: made-up pilots only (True), real ones only (False).
    """

    words: str = ""
    stages: Collection[str] = ()
    verdicts: Collection[str] = ()
    departments: Collection[str] = ()
    owners: Collection[str] = ()
    overdue: bool = False
    simulated: bool | None = None


def matching(rows: Sequence[PilotRow], wanted: Wanted) -> tuple[PilotRow, ...]:
    """In the order given."""
    return tuple(row for row in rows if _matches(row, wanted))


def _matches(row: PilotRow, wanted: Wanted) -> bool:
    text = " ".join((row.title, row.team, row.department, row.owner, *row.partners, row.metric)).lower()
    return (
        all(word in text for word in wanted.words.lower().split())
        and (not wanted.stages or row.stage in wanted.stages)
        and (not wanted.verdicts or row.verdict in wanted.verdicts)
        and (not wanted.departments or bool({row.department, *row.partners} & {*wanted.departments}))
        and (not wanted.owners or row.owner in wanted.owners)
        and (row.overdue or not wanted.overdue)
        and (wanted.simulated is None or row.simulated == wanted.simulated)
    )


ORDERS: dict[str, Callable[[PilotRow], Any]] = {
    "moved": lambda row: (-row.stage_since.timestamp(), row.title),
    "title": lambda row: row.title.lower(),
    "age": lambda row: (-row.age_days, row.title),
    "due": lambda row: (row.next_date or date.max, row.title),
    "money": lambda row: (row.expected is None, -(row.expected or 0.0), row.title),
    "grade": lambda row: (row.grade or "Z", row.title),
}
"""By name: the pilot that moved last first; by title; the longest in its stage first; the next date first; the largest
cautious net benefit first, whatever its currency; the strongest evidence first."""


def in_order(rows: Sequence[PilotRow], order: str) -> tuple[PilotRow, ...]:
    """By one of ``ORDERS``."""
    return tuple(sorted(rows, key=ORDERS[order]))
