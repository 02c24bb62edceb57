"""Review: partners endorse, voice a concern or object, with a reason, on the evidence that they saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from experiments.charters.charter import slug
from experiments.deciding.evidence_in_force import in_force
from experiments.desk import Desk, may, mine, move, spoken_for
from experiments.errors import Refused
from experiments.planning.plan import locked_plan
from experiments.words.catalogue import listed
from registry import find, standing
from registry.access import Act
from registry.decisions import Review
from registry.evidence import EvidenceRecord
from registry.kinds import Stage, Stance
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Said:
    """One partner's word. partner: name of the department, or "" for somebody who speaks for none here."""

    person: str
    partner: str
    stance: str
    reason: str
    evidence_sha256: str


def review(desk: Desk, key: str, stance: str, reason: str = "", *, seen: str | None = None) -> Said:
    """Give one's word on the evidence in force. seen: hash of the evidence that was shown, refused if it is another."""
    pilot = desk.pilot(key)
    may(desk, Act.REVIEW, pilot)
    kind = _stance(stance, reason)
    shown = in_force(desk, pilot)
    if seen is not None and seen != shown.evidence.sha256:
        raise Refused(Problem(code="other_evidence", facts={"seen": seen[:12], "now": shown.evidence.sha256[:12]}))
    with desk.work() as work:
        row = mine(work, pilot)
        if work.actor_id is None:
            raise Refused(Problem(code="nobody_acts", facts={"act": "review"}))
        departments = []
        for partner_id, metric_id, department in _speaks_for(work, row):
            said = Review(
                pilot_id=row.id,
                evidence_id=shown.evidence.id,
                evidence_sha256=shown.evidence.sha256,
                reviewer_id=work.actor_id,
                partner_id=partner_id,
                pilot_metric_id=metric_id,
                stance=kind,
                reason=reason.strip(),
                reviewed_at=work.now,
            )
            work.add(said)
            work.record("review.given", said, after={"stance": kind, "partner": department}, why=reason.strip())
            departments.append(department)
        move(work, row, Stage.IN_REVIEW)
    name = desk.person.name if desk.person else ""
    return Said(
        person=name,
        partner=listed(departments),
        stance=kind.value,
        reason=reason.strip(),
        evidence_sha256=shown.evidence.sha256,
    )


def reviews(desk: Desk, pilot: Pilot) -> tuple[Said, ...]:
    """Every word on the evidence in force, oldest first."""
    shown = in_force(desk, pilot)
    with desk.read() as session:
        return _said(session, pilot, shown.evidence)


def earlier_words(desk: Desk, pilot: Pilot) -> tuple[tuple[date, Said], ...]:
    """What was said on evidence that is not in force any more, with the day of that evidence."""
    shown = in_force(desk, pilot)
    with desk.read() as session:
        before = [row for row in find.evidence(session, pilot.id) if row.id != shown.evidence.id]
        return tuple((row.made_at.date(), said) for row in before for said in _said(session, pilot, row))


def _said(session: Any, pilot: Pilot, evidence: EvidenceRecord) -> tuple[Said, ...]:
    names = {partner.id: department.name for partner, department in find.partners(session, pilot.id)}
    return tuple(
        Said(
            person=find.person(session, row.reviewer_id).name,
            partner=names.get(row.partner_id, "") if row.partner_id else "",
            stance=row.stance.value,
            reason=row.reason,
            evidence_sha256=row.evidence_sha256,
        )
        for row in find.reviews(session, evidence.id)
    )


def speaks_for(desk: Desk, pilot: Pilot) -> str:
    """The department of this pilot's partners for which the person at the desk speaks; "" for none."""
    if desk.person is None:
        return ""
    with desk.read() as session:
        return next((department.name for _, department in standing.speaks_for(session, desk.person, pilot)), "")


def vetoes(desk: Desk, pilot: Pilot) -> tuple[Said, ...]:
    """Partners who signed for a number of their own and whose last word is an objection. Others dissent."""
    _, plan = locked_plan(desk, pilot)
    signed = {metric.partner for metric in plan.metrics if metric.partner and metric.signed}
    last = {said.partner: said for said in reviews(desk, pilot)}
    return tuple(said for said in last.values() if said.stance == Stance.OBJECT.value and slug(said.partner) in signed)


def _stance(stance: str, reason: str) -> Stance:
    try:
        kind = Stance(stance.lower())
    except ValueError:
        offered = [item.value for item in Stance]
        raise Refused(Problem(code="stance_unknown", facts={"given": stance, "offered": offered})) from None
    if kind != Stance.ENDORSE and not reason.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": kind.value}))
    return kind


def _speaks_for(work: Work, pilot: Pilot) -> list[tuple[UUID | None, UUID | None, str]]:
    """Partner row, metric and name of each department for which this person speaks; nobody's where for none."""
    rows = find.pilot_metrics(work.session, pilot.id)
    found: list[tuple[UUID | None, UUID | None, str]] = []
    for partner, department in spoken_for(work, pilot):
        own = next((metric.id for metric, _, _ in rows if metric.partner_id == partner.id), None)
        found.append((partner.id, own, department.name))
    return found or [(None, None, "")]
