"""A pilot as lists show it, and what a look at the whole portfolio gives: rows and times at sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from experiments.portfolio.site_calendar import Span
from experiments.portfolio.touches import Touch


@dataclass(frozen=True, kw_only=True)
class PilotRow:
    """One pilot as lists show it. effect: of the first success metric, in words ("" where hidden or none);
    cautious: the same, shrunk towards what pilots usually do.

    verdict, scope, mode, reason: of the newest recommendation; decided: the verdict of the newest decision;
    registered: False while the charter is a draft; next_date: the planned start, the planned end while it runs, the
    last day of the review; None in other stages; overdue: it is behind us; age_days: in this stage. expected: cautious
    net benefit of scaling over ``horizon``, in ``currency``, None where money has no say or nothing may be shown.
    roi: that benefit for one unit of money of its costs. loyalty, peers: before and after of churn and loyalty, and
    where those with the change stand beside their peers, in sentences ("" where there is nothing to say).
    imported: over before it was registered here; metric and effect are as reported.
    short: chance (0-1) that the effect is smaller than the smallest gain worth having, on the newest evidence, None
    where that can't be told.
    """

    key: str
    title: str
    team: str
    department: str
    owner: str
    partners: tuple[str, ...]
    stage: str
    stage_since: datetime
    version: int
    simulated: bool
    showcase: bool
    registered: bool
    verdict: str | None = None
    scope: str | None = None
    mode: str | None = None
    reason: str | None = None
    grade: str | None = None
    metric: str = ""
    effect: str = ""
    cautious: str = ""
    state: str | None = None
    decided: str | None = None
    overruled: bool = False
    next_date: date | None = None
    overdue: bool = False
    age_days: int = 0
    expected: float | None = None
    currency: str = ""
    horizon: str = ""
    rollout: str = ""
    short: float | None = None
    decided_on: date | None = None
    imported: bool = False
    roi: float | None = None
    loyalty: str = ""
    peers: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The pilots in rows, where and when each that has a plan with dates is at work (withdrawn ones are not), and what
    each that has a plan measures along the customer's journey, by its key."""

    rows: tuple[PilotRow, ...]
    spans: tuple[Span, ...]
    touches: Mapping[str, tuple[Touch, ...]]


def to_take_away(rows: Sequence[PilotRow]) -> dict[str, list[Any]]:
    """The rows as a table for programs: a column a field."""
    columns = {field.name: [getattr(row, field.name) for row in rows] for field in fields(PilotRow)}
    return {**columns, "partners": [", ".join(row.partners) for row in rows]}
