"""What a check says: the table is accepted, or refused with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from stats.errors import Problem, RefusedData


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A table that fits the plan.

    rows: data rows; good_rows: those with every key and every success metric known; missing: unknown values by column
    (all columns that the plan uses); first, last: dates in the data (None where it has none); days: how many different
    ones; sites: keys as text, in order; arms: rows by value of the arm column; units: distinct units, None where no
    unit column is named; shape: a row per site (or unit) and period, or a row per contact; warnings: what is odd but
    not wrong.
    """

    rows: int
    good_rows: int
    missing: Mapping[str, int]
    first: date | None = None
    last: date | None = None
    days: int = 0
    sites: tuple[str, ...] = ()
    arms: Mapping[str, int] = field(default_factory=dict)
    units: int | None = None
    shape: Literal["records", "panel"] = "records"
    warnings: tuple[Problem, ...] = ()


class RefusedOutcomes(RefusedData):
    """A readable table that does not fit. rows: how many it has; good_rows: how many have no fault of their own."""

    def __init__(self, problems: Sequence[Problem], *, rows: int, good_rows: int) -> None:
        super().__init__(problems)
        self.rows = rows
        self.good_rows = good_rows
