"""Review rounds: until when partners are asked for their word on the evidence, and how many are enough.

A round opens when the rule has spoken on new evidence; what was said on earlier evidence stays on record as that. A
decision waits until enough partners have spoken or the date has passed; from then on silence is told as silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from experiments.deciding.evidence_in_force import in_force
from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.decisions import ReviewRound
from registry.evidence import EvidenceRecord
from registry.kinds import OverruleState
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem

OPEN_FOR = timedelta(days=10)


@dataclass(frozen=True, kw_only=True)
class Round:
    """The round on one piece of evidence. until: its last day; quorum: how many partners must have spoken before it.

    heard, waiting: partner departments with a number of their own that have, or have not, given their word.
    """

    until: date
    quorum: int
    heard: tuple[str, ...]
    waiting: tuple[str, ...]
    over: bool

    @property
    def decidable(self) -> bool:
        """Enough have spoken, or the date has passed."""
        return self.over or len(self.heard) >= self.quorum

    @property
    def silent(self) -> tuple[str, ...]:
        """Who did not answer in time."""
        return self.waiting if self.over else ()


def open_round(work: Work, pilot: Pilot, evidence: EvidenceRecord) -> None:
    """Ask every partner with a number of its own; what waited for a second approver on earlier evidence lapses."""
    opened = work.add(
        ReviewRound(
            pilot_id=pilot.id,
            evidence_id=evidence.id,
            opened_at=work.now,
            until=work.now.date() + OPEN_FOR,
            quorum=len(_asked(work.session, pilot)),
        )
    )
    work.record("review.opened", opened, after={"until": opened.until, "quorum": opened.quorum})
    lapse(work, pilot)


def lapse(work: Work, pilot: Pilot) -> None:
    """Overrules that wait for a second approver lapse: the evidence is another by now, or it was decided."""
    for row in find.overrules(work.session, pilot.id, waiting_only=True):
        work.change(row, "overrule.lapsed", state=OverruleState.LAPSED)


def round_of(desk: Desk, pilot: Pilot, evidence: EvidenceRecord) -> Round:
    """The round on that evidence as it stands today."""
    with desk.read() as session:
        row = find.review_round(session, evidence.id)
        asked = _asked(session, pilot)
        said = {review.partner_id for review in find.reviews(session, evidence.id)}
    until = row.until if row else evidence.made_at.date() + OPEN_FOR
    return Round(
        until=until,
        quorum=row.quorum if row else len(asked),
        heard=tuple(name for key, name in asked.items() if key in said),
        waiting=tuple(name for key, name in asked.items() if key not in said),
        over=desk.registry.clock().date() > until,
    )


def edit_round(
    desk: Desk, key: str, *, until: date | None = None, quorum: int | None = None, reason: str = ""
) -> Round:
    """Owner or sponsor move the date or the number of words that are enough, with a reason on record."""
    pilot = desk.pilot(key)
    may(desk, Act.EDIT_ROUND, pilot)
    shown = in_force(desk, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        opened = find.review_round(work.session, shown.evidence.id)
        if opened is None:
            raise Refused(Problem(code="first_recommended", facts={"pilot": key}))
        asked = len(_asked(work.session, row))
        problems = []
        if until is not None and until < work.now.date():
            problems.append(Problem(code="round_in_the_past", facts={"until": until}))
        if quorum is not None and not 0 <= quorum <= asked:
            problems.append(Problem(code="round_quorum", facts={"given": quorum, "asked": asked}))
        if not reason.strip():
            problems.append(Problem(code="reason_missing", facts={"what": "review"}))
        if problems:
            raise Refused(problems)
        values = {"until": until or opened.until, "quorum": opened.quorum if quorum is None else quorum}
        work.change(opened, "review.changed", why=reason.strip(), **values)
    return round_of(desk, pilot, shown.evidence)


def _asked(session: Any, pilot: Pilot) -> dict[Any, str]:
    """Partner departments with a number of their own, by the partner's key."""
    owners = {metric.partner_id for metric, _, _ in find.pilot_metrics(session, pilot.id)}
    return {
        partner.id: department.name for partner, department in find.partners(session, pilot.id) if partner.id in owners
    }
