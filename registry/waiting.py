"""What stands open in many pilots at once, in one query a table however many pilots there are.

Rows and keys only, grouped by pilot; large texts (plans, evidence) are left out but for the plan, whose dates press.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from registry import find
from registry.decisions import Decision, ProposedOverrule, RequestForMore, Review, ReviewRound
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.find import Rolling, rolling
from registry.kinds import OverruleState, Role, Verdict
from registry.notes import Comment, Concern
from registry.outcomes import Snapshot
from registry.people import Delegation, Department, Person, PersonRole
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner
from registry.plans import PlanRecord
from registry.rollouts import Hindsight

FEW = 200
"""Pilots that are asked for by name; of more, the tables are read whole."""


@dataclass(frozen=True, kw_only=True)
class EvidenceHead:
    """Evidence without its text. said: what the rule recommended on it, None before it was asked."""

    id: UUID
    look: int
    arm: int
    snapshot_id: UUID
    made_at: datetime
    said: Verdict | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of one pilot. plan: the newest one's text; partners: with their departments; asked: partners with
    a number of their own; signing: those of them who have not signed it; reviews: (evidence, partner); looked_back:
    decisions against the recommendation that were looked at since."""

    pilot: Pilot
    registered: bool
    plan: str | None
    partners: Sequence[tuple[PilotPartner, Department]]
    asked: frozenset[UUID]
    signing: frozenset[UUID]
    evidence: Sequence[EvidenceHead]
    newest_snapshot: UUID | None
    reviews: frozenset[tuple[UUID, UUID | None]]
    rounds: Mapping[UUID, ReviewRound]
    decision: Decision | None
    overruled: Sequence[Decision]
    concerns: Sequence[Concern]
    requests: Sequence[RequestForMore]
    overrules: Sequence[ProposedOverrule]
    comments: Sequence[Comment]
    rolling: Rolling | None = None
    looked_back: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Everybody:
    """Who can act for whom. reviewers: by department; away: delegations in force on the day; executives: their keys."""

    people: Mapping[UUID, Person]
    reviewers: Mapping[UUID, frozenset[UUID]]
    executives: frozenset[UUID]
    away: Sequence[Delegation]


def everybody(session: Session, on: date) -> Everybody:
    people = {person.id: person for person in find.people(session, active_only=False)}
    reviewers: dict[UUID, set[UUID]] = defaultdict(set)
    executives = set()
    for role in session.exec(select(PersonRole)):
        person = people[role.person_id]
        home = role.department_id or person.department_id
        if role.role == Role.REVIEWER and home is not None:
            reviewers[home].add(person.id)
        if role.role == Role.EXECUTIVE and person.active:
            executives.add(person.id)
    away = select(Delegation).where(
        col(Delegation.starts) <= on, col(Delegation.ends) >= on, col(Delegation.ended_at).is_(None)
    )
    return Everybody(
        people=people,
        reviewers={key: frozenset(names) for key, names in reviewers.items()},
        executives=frozenset(executives),
        away=list(session.exec(away)),
    )


def standings(session: Session, pilots: Collection[Pilot]) -> list[Standing]:
    """One for each pilot, in their order."""
    keys = [pilot.id for pilot in pilots]
    only = keys if len(keys) <= FEW else None
    metrics = _grouped(_rows(session, PilotMetric, only))
    partners: dict[UUID, list[tuple[PilotPartner, Department]]] = defaultdict(list)
    joined = select(PilotPartner, Department).join(Department, col(Department.id) == PilotPartner.department_id)
    for partner, department in session.exec(_only(joined, PilotPartner, only).order_by(Department.name)):
        partners[partner.pilot_id].append((partner, department))
    registered = set(session.exec(_only(select(Hypothesis.pilot_id), Hypothesis, only)))
    plans = _newest_plans(session, only)
    evidence = _evidence(session, only)
    newest = {
        row[0]: row[1]
        for row in session.exec(
            _only(select(Snapshot.pilot_id, Snapshot.id), Snapshot, only).order_by(col(Snapshot.number))
        )
    }
    reviews: dict[UUID, set[tuple[UUID, UUID | None]]] = defaultdict(set)
    for pilot_id, evidence_id, partner_id in session.exec(
        _only(select(Review.pilot_id, Review.evidence_id, Review.partner_id), Review, only)
    ):
        reviews[pilot_id].add((evidence_id, partner_id))
    rounds = _grouped(_rows(session, ReviewRound, only))
    decisions = _grouped(_rows(session, Decision, only, Decision.number))
    concerns = _grouped(_rows(session, Concern, only, Concern.raised_at))
    requests = _grouped(_rows(session, RequestForMore, only, RequestForMore.asked_at))
    overrules = _grouped(_rows(session, ProposedOverrule, only, ProposedOverrule.proposed_at))
    comments = _grouped(_rows(session, Comment, only, Comment.created_at))
    rollouts = rolling(session, only)
    looked_back = frozenset(session.exec(_only(select(Hindsight.decision_id), Hindsight, only)))
    return [
        Standing(
            pilot=pilot,
            registered=pilot.id in registered,
            plan=plans.get(pilot.id),
            partners=partners[pilot.id],
            asked=frozenset(m.partner_id for m in metrics[pilot.id] if m.partner_id is not None),
            signing=frozenset(
                m.partner_id for m in metrics[pilot.id] if m.partner_id is not None and m.signed_at is None
            ),
            evidence=evidence[pilot.id],
            newest_snapshot=newest.get(pilot.id),
            reviews=frozenset(reviews[pilot.id]),
            rounds={row.evidence_id: row for row in rounds[pilot.id]},
            decision=decisions[pilot.id][-1] if decisions[pilot.id] else None,
            overruled=[row for row in decisions[pilot.id] if row.overrules],
            concerns=[row for row in concerns[pilot.id] if row.answered_at is None],
            requests=[row for row in requests[pilot.id] if row.answered_at is None],
            overrules=[row for row in overrules[pilot.id] if row.state == OverruleState.WAITING],
            comments=comments[pilot.id],
            rolling=rollouts.get(pilot.id),
            looked_back=looked_back,
        )
        for pilot in pilots
    ]


def _newest_plans(session: Session, only: list[UUID] | None) -> dict[UUID, str]:
    heads = _only(select(PlanRecord.pilot_id, PlanRecord.id), PlanRecord, only).order_by(col(PlanRecord.number))
    newest = dict(session.exec(heads).all())
    wanted = _only(select(PlanRecord.id, PlanRecord.pilot_id, PlanRecord.canonical), PlanRecord, only)
    return {pilot_id: text for key, pilot_id, text in session.exec(wanted) if newest[pilot_id] == key}


def _evidence(session: Session, only: list[UUID] | None) -> dict[UUID, list[EvidenceHead]]:
    """In the order in which ``find.evidence`` has them."""
    said = dict(
        session.exec(
            _only(
                select(RecommendationRecord.evidence_id, RecommendationRecord.verdict), RecommendationRecord, only
            ).order_by(col(RecommendationRecord.made_at))
        ).all()
    )
    columns: Any = (
        EvidenceRecord.pilot_id,
        EvidenceRecord.id,
        EvidenceRecord.look,
        EvidenceRecord.arm,
        EvidenceRecord.snapshot_id,
        EvidenceRecord.made_at,
    )
    found: dict[UUID, list[EvidenceHead]] = defaultdict(list)
    for pilot_id, key, look, arm, snapshot_id, made_at in session.exec(
        _only(select(*columns), EvidenceRecord, only).order_by(*find.MADE)
    ):
        head = EvidenceHead(id=key, look=look, arm=arm, snapshot_id=snapshot_id, made_at=made_at, said=said.get(key))
        found[pilot_id].append(head)
    return found


def _rows(session: Session, model: type[Any], only: list[UUID] | None, order: Any = None) -> Iterable[Any]:
    first = model.created_at if order is None else order
    return session.exec(_only(select(model), model, only).order_by(first, model.created_at, model.id))


def _only(query: Any, model: type[Any], pilot_ids: list[UUID] | None) -> Any:
    return query if pilot_ids is None else query.where(col(model.pilot_id).in_(pilot_ids))


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.pilot_id].append(row)
    return found
