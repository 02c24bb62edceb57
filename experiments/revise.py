"""Revise: a registered charter is opened again while its plan is not signed by whoever freezes it.

What partners signed so far was about the charter as it stood: those signatures fall away, and the log says whose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from experiments.register import forget_charter
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Reopened:
    """The pilot as a draft again. fallen: names of the partner departments whose signatures fell away."""

    pilot: Pilot
    fallen: tuple[str, ...]


def reopen(desk: Desk, key: str) -> Reopened:
    """Open a registered charter again. Refused where nothing is registered yet, or the plan is frozen."""
    pilot = desk.pilot(key)
    may(desk, Act.REVISE, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        if find.hypothesis(work.session, row.id) is None:
            raise Refused(Problem(code="charter_is_open", facts={"pilot": row.key}))
        fallen = _signed(work.session, row)
        forget_charter(work, row)
        _forget_plan(work, row)
        row.draft_step = ""
        move(work, row, Stage.DRAFT)
        work.record("charter.reopened", row, after={"fallen": list(fallen)})
    return Reopened(pilot=row, fallen=fallen)


def signed_so_far(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """Names of the partner departments that have signed."""
    with desk.read() as session:
        return _signed(session, pilot)


def _signed(session: Any, pilot: Pilot) -> tuple[str, ...]:
    signed = {row.partner_id for row, _, _ in find.pilot_metrics(session, pilot.id) if row.signed_by_id}
    return tuple(
        sorted(department.name for partner, department in find.partners(session, pilot.id) if partner.id in signed)
    )


def _forget_plan(work: Work, pilot: Pilot) -> None:
    """The open plan was worked out from the charter as it stood."""
    record = find.latest_plan(work.session, pilot.id)
    if record is not None and record.locked_at is None:
        work.delete(record)
