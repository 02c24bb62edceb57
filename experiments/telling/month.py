"""What one department has learned this month, from pilots of its own and from those it is a partner of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from experiments.desk import Desk
from experiments.telling.digest import Told, told_since
from registry import find
from registry.kinds import Verdict

DAYS = 30
MOST = 10
"""Nobody reads further; the library has the rest."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """told: the newest first, at most ``MOST``; department: its name."""

    department: str
    told: tuple[Told, ...]


def month(desk: Desk) -> Month | None:
    """The last ``DAYS`` days of the department of whoever is at the desk; None where they have none."""
    if desk.person is None or desk.person.department_id is None:
        return None
    since = desk.registry.clock() - timedelta(days=DAYS)
    with desk.read() as session:
        names = {row.id: row.name for row in find.departments(session)}
        told = told_since(session, since, desk.person.department_id)
    told = [one for one in told if one.verdict != Verdict.NOT_YET]  # a check that is still to come has taught nothing
    return Month(department=names[desk.person.department_id], told=tuple(told[::-1][:MOST]))
