"""When each planned check is due, and how far its data reach.

Information grows with time: the check at the fraction f of the planned window is due when that share of its days is
over, and looks at the data up to that day only, however late it is made. So a check holds the information that its
error rate was spent on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from stats.plan import Plan


@dataclass(frozen=True, kw_only=True)
class PlannedLook:
    """One planned check. number: from 1; fraction: of the planned information; due: the last day of its data, None
    where the plan has no dates; extension: the one kept in reserve."""

    number: int
    fraction: float
    due: date | None
    extension: bool


def planned_looks(plan: Plan) -> tuple[PlannedLook, ...]:
    """Every check of the plan, the reserved extension last.

    >>> from datetime import date
    >>> from stats.plan import Looks
    >>> plan = Plan(pilot="p", title="P", design="randomised_sites", metrics=[], looks=Looks(),
    ...             start=date(2026, 3, 2), end=date(2026, 5, 10))
    >>> [str(look.due) for look in planned_looks(plan)]
    ['2026-04-05', '2026-05-10', '2026-06-14']
    """
    reserved = [] if plan.looks.extension is None else [plan.looks.extension]
    planned = len(plan.looks.fractions)
    return tuple(
        PlannedLook(number=number, fraction=fraction, due=_due(plan, fraction), extension=number > planned)
        for number, fraction in enumerate([*plan.looks.fractions, *reserved], start=1)
    )


def at_look(plan: Plan, look: int) -> Plan:
    """The plan whose window ends where the data of this check do."""
    due = {each.number: each.due for each in planned_looks(plan)}.get(look)
    return plan if due is None or due == plan.end else plan.model_copy(update={"end": due})


def _due(plan: Plan, fraction: float) -> date | None:
    """The planned end is the last planned check's, whatever its fraction."""
    if plan.end is None or plan.start is None:
        return plan.end
    share = fraction / plan.looks.fractions[-1]
    days = ceil(share * ((plan.end - plan.start).days + 1) - 1e-9)
    return plan.start + timedelta(days=days - 1)
