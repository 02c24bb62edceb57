"""Review: partners endorse, voice a concern or object, with a reason, on the evidence that they saw."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from experiments.desk import Desk, may, mine, move, spoken_for
from experiments.errors import Refused
from experiments.recommend import in_force
from registry import find, standing
from registry.access import Act
from registry.decisions import Review
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
        partner_id, metric_id, department = _speaks_for(work, row)
        if work.actor_id is None:
            raise Refused(Problem(code="nobody_acts", facts={"act": "review"}))
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
        move(work, row, Stage.IN_REVIEW)
        work.record("review.given", said, after={"stance": kind, "partner": department}, why=reason.strip())
    name = desk.person.name if desk.person else ""
    return Said(
        person=name, partner=department, stance=kind.value, reason=said.reason, evidence_sha256=said.evidence_sha256
    )


def reviews(desk: Desk, pilot: Pilot) -> tuple[Said, ...]:
    """Every word on the evidence in force, oldest first."""
    shown = in_force(desk, pilot)
    with desk.read() as session:
        names = {partner.id: department.name for partner, department in find.partners(session, pilot.id)}
        return tuple(
            Said(
                person=find.person(session, row.reviewer_id).name,
                partner=names.get(row.partner_id, "") if row.partner_id else "",
                stance=row.stance.value,
                reason=row.reason,
                evidence_sha256=row.evidence_sha256,
            )
            for row in find.reviews(session, shown.evidence.id)
        )


def speaks_for(desk: Desk, pilot: Pilot) -> str:
    """The department of this pilot's partners for which the person at the desk speaks; "" for none."""
    if desk.person is None:
        return ""
    with desk.read() as session:
        return next((department.name for _, department in standing.speaks_for(session, desk.person, pilot)), "")


def objections(desk: Desk, pilot: Pilot) -> tuple[Said, ...]:
    """Partners whose last word is an objection."""
    last = {said.partner or said.person: said for said in reviews(desk, pilot)}
    return tuple(said for said in last.values() if said.stance == Stance.OBJECT.value and said.partner)


def _stance(stance: str, reason: str) -> Stance:
    try:
        kind = Stance(stance.lower())
    except ValueError:
        offered = [item.value for item in Stance]
        raise Refused(Problem(code="stance_unknown", facts={"given": stance, "offered": offered})) from None
    if kind != Stance.ENDORSE and not reason.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": kind.value}))
    return kind


def _speaks_for(work: Work, pilot: Pilot) -> tuple[UUID | None, UUID | None, str]:
    """The partner row and metric of the department that this person is the contact of, and its name."""
    for partner, department in spoken_for(work, pilot):
        rows = find.pilot_metrics(work.session, pilot.id)
        own = next((metric.id for metric, _, _ in rows if metric.partner_id == partner.id), None)
        return partner.id, own, department.name
    return None, None, ""
