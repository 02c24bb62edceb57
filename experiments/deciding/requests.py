"""Requests for more: what a reviewer needs before giving a word, and what the team answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from experiments.answers import answer_once
from experiments.deciding.evidence_in_force import in_force
from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from registry import find
from registry.access import Act
from registry.decisions import RequestForMore
from registry.pilots import Pilot
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. number: its place, as the command line counts; answer: empty while it is open; current: about the
    evidence in force."""

    number: int
    asked_by: str
    asked_at: datetime
    what: str
    answered_by: str
    answer: str
    current: bool


def ask_for_more(desk: Desk, key: str, what: str) -> Request:
    """Ask the team for something, about the evidence in force."""
    pilot = desk.pilot(key)
    may(desk, Act.ASK_FOR_MORE, pilot)
    shown = in_force(desk, pilot)
    if not what.strip() or desk.person is None:
        raise Refused(Problem(code="request_empty"))
    with desk.work() as work:
        row = mine(work, pilot)
        asked = RequestForMore(
            pilot_id=row.id,
            evidence_id=shown.evidence.id,
            asked_by_id=desk.person.id,
            what=what.strip(),
            asked_at=work.now,
        )
        work.record("request.made", work.add(asked))
    return requests(desk, key)[-1]


def answer_request(desk: Desk, key: str, number: int, answer: str) -> Request:
    """Answer a request, once."""
    pilot = desk.pilot(key)
    may(desk, Act.ANSWER_REQUEST, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        answer_once(work, row, find.requests(work.session, row.id), number, answer, what="request")
    return requests(desk, key)[number - 1]


def requests(desk: Desk, key: str) -> tuple[Request, ...]:
    """Oldest first."""
    pilot: Pilot = desk.pilot(key)
    with desk.read() as session:
        now = find.latest_evidence(session, pilot.id)
        return tuple(
            Request(
                number=number,
                asked_by=find.person(session, row.asked_by_id).name,
                asked_at=row.asked_at,
                what=row.what,
                answered_by=find.person(session, row.answered_by_id).name if row.answered_by_id else "",
                answer=row.answer,
                current=now is not None and row.evidence_id == now.id,
            )
            for number, row in enumerate(find.requests(session, pilot.id), 1)
        )
