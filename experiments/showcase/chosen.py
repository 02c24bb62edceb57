"""Which pilots have a story: those decided as recommended, to scale, or to stop with something learned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from experiments.desk import Desk
from experiments.portfolio.rates import ENDED, counted
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.survey import survey
from registry import find
from registry.kinds import RolloutState
from registry.learning import Takeaway
from registry.rollouts import Rollout

Kind = Literal["scaled", "stopped", "rolled_back"]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A pilot with a story. kind: scaled, stopped, or rolled_back (scaled, and taken back since)."""

    row: PilotRow
    kind: Kind


def chosen(desk: Desk) -> tuple[Chosen, ...]:
    """The one decided last first; made-up pilots only where there are no others.

    What was decided against the recommendation has no story before time has shown who was right. What stopped or was
    rolled back has one only if it left something learned.
    """
    with desk.read() as session:
        keys = {pilot.id: pilot.key for pilot in find.pilots(session, drafts=False)}
        learned = {keys[row.pilot_id] for row in find.all_of(session, Takeaway)}
        back = {keys[row.pilot_id] for row in find.all_of(session, Rollout, Rollout.state == RolloutState.ROLLED_BACK)}
    found = [
        Chosen(row=row, kind=kind)
        for row in counted(survey(desk).rows)
        if (kind := _kind(row, back)) is not None and (kind == "scaled" or row.key in learned)
    ]
    return tuple(sorted(found, key=lambda one: (one.row.decided_on or date.min, one.row.title), reverse=True))


def _kind(row: PilotRow, back: set[str]) -> Kind | None:
    if row.stage not in ENDED or row.overruled or row.decided != row.verdict:
        return None
    if row.decided == "STOP":
        return "stopped"
    return ("rolled_back" if row.key in back else "scaled") if row.decided == "SCALE" else None
