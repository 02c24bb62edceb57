"""Safety concerns: anybody concerned may raise one at any time; owner or sponsor answers it in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from experiments.answers import answer_once
from experiments.desk import Desk, may, mine, spoken_for
from experiments.errors import Refused
from experiments.words import say
from experiments.words.numbers import day
from registry import find
from registry.access import Act
from registry.notes import Concern
from registry.pilots import Pilot
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Raised:
    """One concern. number: its place, as the command line counts; department: for whom it was raised, "" for none;
    answer: empty while it is open."""

    number: int
    person: str
    department: str
    at: datetime
    what: str
    answered_by: str
    answer: str

    @property
    def open(self) -> bool:
        return not self.answer


def raise_concern(desk: Desk, key: str, what: str) -> Raised:
    """Say what one fears. It is shown on every page of the pilot and waits for the owner and the sponsor."""
    pilot = desk.pilot(key)
    may(desk, Act.RAISE_CONCERN, pilot)
    if not what.strip() or desk.person is None:
        raise Refused(Problem(code="concern_empty"))
    with desk.work() as work:
        row = mine(work, pilot)
        partner = next((partner.id for partner, _ in spoken_for(work, row)), None)
        raised = Concern(
            pilot_id=row.id, raised_by_id=desk.person.id, partner_id=partner, what=what.strip(), raised_at=work.now
        )
        work.record("concern.raised", work.add(raised))
    return concerns(desk, pilot)[-1]


def answer_concern(desk: Desk, key: str, number: int, answer: str) -> Raised:
    """Owner or sponsor says what was done about it; once."""
    pilot = desk.pilot(key)
    may(desk, Act.ANSWER_CONCERN, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        answer_once(work, row, find.concerns(work.session, row.id), number, answer, what="concern")
    return concerns(desk, pilot)[number - 1]


def concerns(desk: Desk, pilot: Pilot) -> tuple[Raised, ...]:
    """Oldest first."""
    with desk.read() as session:
        names = {partner.id: department.name for partner, department in find.partners(session, pilot.id)}
        return tuple(
            Raised(
                number=number,
                person=find.person(session, row.raised_by_id).name,
                department=names.get(row.partner_id, "") if row.partner_id else "",
                at=row.raised_at,
                what=row.what,
                answered_by=find.person(session, row.answered_by_id).name if row.answered_by_id else "",
                answer=row.answer,
            )
            for number, row in enumerate(find.concerns(session, pilot.id), 1)
        )


def sentence(raised: Raised) -> str:
    """One concern in words, with its answer or that there is none."""
    who = f"{raised.person} ({raised.department})" if raised.department else raised.person
    said = say("concern.line", who=who, day=day(raised.at.date()), what=raised.what)
    if raised.open:
        return f"{said} {say('concern.open')}"
    return f"{said} {say('concern.answered', who=raised.answered_by, answer=raised.answer)}"
