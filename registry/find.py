"""Questions to the record. Each takes a session (``registry.read()`` or ``work.session``) and gives plain rows back.

A function named after one thing raises NotFound or, where its doc says so, gives None; a plural gives a list, oldest
first unless it says otherwise.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, SQLModel, col, select

from registry.decisions import Decision, Review
from registry.errors import NotFound, Problem
from registry.events import Event
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.keeping import Forgotten, KeptInput
from registry.kinds import Role, Stage
from registry.metrics import MetricDefinition, MetricVersion
from registry.notes import Attachment, ChangeEntry, Comment
from registry.objectives import KeyResult, KeyResultCheckIn, Objective, PilotKeyResult
from registry.outcomes import CheckIn, Snapshot
from registry.people import Delegation, Department, Identity, Person, PersonRole
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner
from registry.plans import Amendment, AssignmentRecord, PlanRecord, Signature

Model = TypeVar("Model", bound=SQLModel)
LONGEST_KEY, LONGEST_SEARCH = 200, 500
"""Characters of what is asked for; no key is that long."""


# --- people ----------------------------------------------------------------------------------------------------------


def departments(session: Session) -> list[Department]:
    """By name."""
    return _all(session, Department, order=(Department.name,))


def department(session: Session, key: str) -> Department:
    return _by_key(session, Department, key)


def people(session: Session, *, active_only: bool = True) -> list[Person]:
    """By name."""
    return _all(session, Person, *([col(Person.active)] if active_only else []), order=(Person.name,))


def person(session: Session, person_id: UUID) -> Person:
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(Problem(code="person_not_found", facts={"value": str(person_id)}))
    return found


def person_by_email(session: Session, email: str) -> Person | None:
    """The person of that address, whatever its capitals; None if there is none."""
    return _last(session, Person, Person.email == email.strip().lower(), order=Person.name)


def roles(session: Session, person_id: UUID) -> set[Role]:
    return {row.role for row in _all(session, PersonRole, PersonRole.person_id == person_id, order=(PersonRole.role,))}


def role_rows(session: Session, person_id: UUID | None = None) -> list[PersonRole]:
    """Roles with the department of each, of one person or of everybody, oldest first."""
    of = [] if person_id is None else [PersonRole.person_id == person_id]
    return _all(session, PersonRole, *of, order=(PersonRole.created_at, PersonRole.id))


def identity(session: Session, issuer: str, subject: str) -> Identity | None:
    """The login of that issuer and subject; None if nobody ever came with it."""
    return _last(session, Identity, Identity.issuer == issuer, Identity.subject == subject, order=Identity.created_at)


def identities(session: Session, person_id: UUID | None = None) -> list[Identity]:
    """Logins of one person or of everybody."""
    of = [] if person_id is None else [Identity.person_id == person_id]
    return _all(session, Identity, *of, order=(Identity.created_at,))


def last_login(session: Session, of: Identity) -> int:
    """When the newest login with it was issued, in seconds since 1970; 0 for none."""
    said = events(session, subject=f"identity/{of.id}", act="identity.entered", newest=1)
    return int((said[0].after or {})["issued"]) if said else 0


def delegations(session: Session) -> list[Delegation]:
    """Who stands in for whom, the newest beginning last."""
    return _all(session, Delegation, order=(Delegation.starts, Delegation.created_at))


def people_in_role(session: Session, role: Role) -> list[Person]:
    """Active people who have that role, by name."""
    query = select(Person).join(PersonRole, col(PersonRole.person_id) == Person.id)
    return list(session.exec(query.where(PersonRole.role == role, col(Person.active)).order_by(Person.name).distinct()))


# --- metrics ---------------------------------------------------------------------------------------------------------


def metric(session: Session, key: str) -> MetricDefinition:
    return _by_key(session, MetricDefinition, key)


def metric_versions(session: Session, metric_id: UUID) -> list[MetricVersion]:
    return _all(session, MetricVersion, MetricVersion.metric_id == metric_id, order=(MetricVersion.number,))


def metric_version(session: Session, key: str, number: int | None = None) -> MetricVersion:
    """That version of the metric with that key; the newest if no number is given."""
    versions = metric_versions(session, metric(session, key).id)
    for version in reversed(versions):
        if number in (None, version.number):
            return version
    raise NotFound(Problem(code="metric_version_not_found", facts={"key": key, "number": number}))


def retired_metrics(session: Session) -> list[MetricDefinition]:
    """By key."""
    return _all(session, MetricDefinition, col(MetricDefinition.retired), order=(MetricDefinition.key,))


def catalogue(session: Session) -> list[tuple[MetricDefinition, MetricVersion]]:
    """Every metric in use with its newest version, by key."""
    query = select(MetricDefinition, MetricVersion).join(
        MetricVersion, col(MetricVersion.metric_id) == MetricDefinition.id
    )
    query = query.where(col(MetricDefinition.retired).is_(False)).order_by(
        MetricDefinition.key, col(MetricVersion.number)
    )
    return list({definition.id: (definition, version) for definition, version in session.exec(query)}.values())


# --- pilots ----------------------------------------------------------------------------------------------------------


def pilot(session: Session, key: str) -> Pilot:
    """The pilot of that key; NotFound names the nearest ones."""
    return _by_key(session, Pilot, key)


def pilots(
    session: Session,
    *,
    stages: Collection[Stage] | None = None,
    department_id: UUID | None = None,
    person_id: UUID | None = None,
    words: str = "",
    simulated: bool | None = None,
    drafts: bool = True,
) -> list[Pilot]:
    """Pilots that fit every filter given, the one whose stage changed last first.

    person_id: owner or sponsor; words: in key, title, problem or team, in any case. drafts: with the charters as they
    were written, the bulk of a row; without them, to ask a pilot for its draft is an error.
    """
    wanted: list[Any] = []
    if stages is not None:
        wanted.append(col(Pilot.stage).in_(stages))
    if department_id is not None:
        partners_too = select(PilotPartner.pilot_id).where(PilotPartner.department_id == department_id)
        wanted.append(or_(col(Pilot.department_id) == department_id, col(Pilot.id).in_(partners_too)))
    if person_id is not None:
        wanted.append(or_(col(Pilot.owner_id) == person_id, col(Pilot.sponsor_id) == person_id))
    for word in askable(words)[:LONGEST_SEARCH].split():
        columns = (Pilot.key, Pilot.title, Pilot.problem, Pilot.team)
        wanted.append(or_(*(col(column).icontains(word, autoescape=True) for column in columns)))
    if simulated is not None:
        wanted.append(col(Pilot.simulated).is_(simulated))
    query = select(Pilot).where(*wanted).order_by(col(Pilot.stage_since).desc(), Pilot.key)
    if not drafts:
        query = query.options(defer(Pilot.draft, raiseload=True))  # type: ignore[arg-type]
    return list(session.exec(query))


def lineage(session: Session, of: Pilot) -> list[Pilot]:
    """All versions that share this pilot's origin, the first version first."""
    origin = of
    while origin.parent_id is not None:
        origin = session.get_one(Pilot, origin.parent_id)
    found = [origin]
    while children := _all(session, Pilot, col(Pilot.parent_id).in_([p.id for p in found]), order=(Pilot.version,)):
        fresh = [child for child in children if child not in found]
        if not fresh:
            break
        found += fresh
    return sorted(found, key=lambda version: (version.version, version.key))


def hypothesis(session: Session, pilot_id: UUID) -> Hypothesis | None:
    """None while it is still a draft."""
    return session.exec(select(Hypothesis).where(Hypothesis.pilot_id == pilot_id)).first()


def partners(session: Session, pilot_id: UUID) -> list[tuple[PilotPartner, Department]]:
    """The partners of a pilot with their departments, by name."""
    query = select(PilotPartner, Department).join(Department, col(Department.id) == PilotPartner.department_id)
    return list(session.exec(query.where(PilotPartner.pilot_id == pilot_id).order_by(Department.name)))


def pilot_metrics(session: Session, pilot_id: UUID) -> list[tuple[PilotMetric, MetricVersion, MetricDefinition]]:
    """The metrics of a pilot with what they are, in the charter's order."""
    query = (
        select(PilotMetric, MetricVersion, MetricDefinition)
        .join(MetricVersion, col(MetricVersion.id) == PilotMetric.metric_version_id)
        .join(MetricDefinition, col(MetricDefinition.id) == MetricVersion.metric_id)
    )
    rows = session.exec(query.where(PilotMetric.pilot_id == pilot_id))
    return sorted(rows, key=lambda row: (row[0].position, row[0].created_at, row[2].key))


# --- plans -----------------------------------------------------------------------------------------------------------


def plans(session: Session, pilot_id: UUID) -> list[PlanRecord]:
    return _all(session, PlanRecord, PlanRecord.pilot_id == pilot_id, order=(PlanRecord.number,))


def latest_plan(session: Session, pilot_id: UUID) -> PlanRecord | None:
    """The newest plan, locked or not; None if there is none yet."""
    return _last(session, PlanRecord, PlanRecord.pilot_id == pilot_id, order=PlanRecord.number)


def locked_plan(session: Session, pilot_id: UUID) -> PlanRecord | None:
    """The plan in force: the newest locked one; None before the first lock."""
    locked = col(PlanRecord.locked_at).is_not(None)
    return _last(session, PlanRecord, PlanRecord.pilot_id == pilot_id, locked, order=PlanRecord.number)


def first_locked_at(session: Session, pilot_id: UUID) -> datetime | None:
    """When the first plan was locked: from then on the pilot is a promise. None before."""
    moments = [plan.locked_at for plan in plans(session, pilot_id) if plan.locked_at is not None]
    return moments[0] if moments else None


def amendments(session: Session, pilot_id: UUID) -> list[Amendment]:
    return _all(
        session,
        Amendment,
        Amendment.pilot_id == pilot_id,
        order=(Amendment.made_at, Amendment.created_at, Amendment.id),
    )


def signatures(session: Session, plan_id: UUID) -> list[Signature]:
    return _all(session, Signature, Signature.plan_id == plan_id, order=(Signature.signed_at, Signature.id))


def assignment(session: Session, plan_id: UUID) -> AssignmentRecord | None:
    """The draw of a plan; None before it is drawn."""
    return session.exec(select(AssignmentRecord).where(AssignmentRecord.plan_id == plan_id)).first()


# --- outcomes and evidence -------------------------------------------------------------------------------------------


def snapshots(session: Session, pilot_id: UUID) -> list[Snapshot]:
    return _all(session, Snapshot, Snapshot.pilot_id == pilot_id, order=(Snapshot.number,))


def latest_snapshot(session: Session, pilot_id: UUID) -> Snapshot | None:
    return _last(session, Snapshot, Snapshot.pilot_id == pilot_id, order=Snapshot.number)


def check_ins(session: Session, pilot_id: UUID) -> list[CheckIn]:
    """By week, then site."""
    return _all(session, CheckIn, CheckIn.pilot_id == pilot_id, order=(CheckIn.week, CheckIn.site))


def evidence(session: Session, pilot_id: UUID) -> list[EvidenceRecord]:
    return _all(session, EvidenceRecord, EvidenceRecord.pilot_id == pilot_id, order=MADE)


def latest_evidence(session: Session, pilot_id: UUID, arm: int = 1) -> EvidenceRecord | None:
    """The newest evidence on one treatment arm; None before the first assessment."""
    rows = _all(session, EvidenceRecord, EvidenceRecord.pilot_id == pilot_id, EvidenceRecord.arm == arm, order=MADE)
    return rows[-1] if rows else None


def evidence_by_hash(session: Session, sha256: str) -> EvidenceRecord | None:
    return _last(session, EvidenceRecord, EvidenceRecord.sha256 == sha256, order=EvidenceRecord.made_at)


def recommendation(session: Session, evidence_id: UUID) -> RecommendationRecord | None:
    """What the rule said on that evidence (the newest, if the rule itself changed); None if it was not asked."""
    wanted = RecommendationRecord.evidence_id == evidence_id
    return _last(session, RecommendationRecord, wanted, order=RecommendationRecord.made_at)


def kept_inputs(session: Session, pilot_id: UUID) -> dict[UUID, KeptInput]:
    """What was kept of the data, by evidence."""
    rows = _all(session, KeptInput, KeptInput.pilot_id == pilot_id, order=(KeptInput.created_at, KeptInput.id))
    return {row.evidence_id: row for row in rows}


def forgotten(session: Session, pilot_id: UUID) -> list[Forgotten]:
    return _all(session, Forgotten, Forgotten.pilot_id == pilot_id, order=(Forgotten.forgotten_at, Forgotten.id))


def attachments(session: Session, pilot_id: UUID) -> list[Attachment]:
    return _all(session, Attachment, Attachment.pilot_id == pilot_id, order=(Attachment.created_at, Attachment.id))


# --- what people said ------------------------------------------------------------------------------------------------


def reviews(session: Session, evidence_id: UUID) -> list[Review]:
    return _all(session, Review, Review.evidence_id == evidence_id, order=(Review.reviewed_at, Review.id))


def decisions(session: Session, pilot_id: UUID) -> list[Decision]:
    return _all(session, Decision, Decision.pilot_id == pilot_id, order=(Decision.number,))


def latest_decision(session: Session, pilot_id: UUID) -> Decision | None:
    return _last(session, Decision, Decision.pilot_id == pilot_id, order=Decision.number)


def change_entries(session: Session, pilot_id: UUID) -> list[ChangeEntry]:
    order = (ChangeEntry.happened_at, ChangeEntry.id)
    return _all(session, ChangeEntry, ChangeEntry.pilot_id == pilot_id, order=order)


def comments(session: Session, pilot_id: UUID) -> list[Comment]:
    return _all(session, Comment, Comment.pilot_id == pilot_id, order=(Comment.created_at, Comment.id))


# --- objectives ------------------------------------------------------------------------------------------------------


def objective(session: Session, key: str) -> Objective:
    return _by_key(session, Objective, key)


def objectives(session: Session) -> list[Objective]:
    """As they were added."""
    return _all(session, Objective, order=(Objective.created_at, Objective.key))


def key_result(session: Session, key: str) -> KeyResult:
    return _by_key(session, KeyResult, key)


def key_results(session: Session) -> list[KeyResult]:
    """As they were added."""
    return _all(session, KeyResult, order=(KeyResult.created_at, KeyResult.key))


def latest_key_result_check_ins(session: Session) -> dict[UUID, KeyResultCheckIn]:
    """The newest word on each key result; of one day the one that was written last."""
    rows = _all(session, KeyResultCheckIn, order=(KeyResultCheckIn.said_on, KeyResultCheckIn.created_at))
    return {row.key_result_id: row for row in rows}


def key_result_check_ins(session: Session, key_result_id: UUID) -> list[KeyResultCheckIn]:
    """By day."""
    wanted = KeyResultCheckIn.key_result_id == key_result_id
    return _all(session, KeyResultCheckIn, wanted, order=(KeyResultCheckIn.said_on, KeyResultCheckIn.created_at))


def served_key_results(session: Session) -> list[PilotKeyResult]:
    """Which pilot serves which key result, of all of them."""
    return _all(session, PilotKeyResult, order=(PilotKeyResult.created_at, PilotKeyResult.id))


# --- the log ---------------------------------------------------------------------------------------------------------


def events(
    session: Session,
    *,
    pilot_id: UUID | None = None,
    subject: str | None = None,
    act: str | None = None,
    newest: int = 0,
) -> list[Event]:
    """Events that fit every filter given, in order. newest: only so many of the last ones (0: all)."""
    query = select(Event).order_by(col(Event.seq).desc())
    for column, value in ((Event.pilot_id, pilot_id), (Event.subject, subject), (Event.act, act)):
        if value is not None:
            query = query.where(column == value)
    return list(session.exec(query.limit(newest) if newest else query))[::-1]


def next_number(session: Session, model: type[Any], **where: Any) -> int:
    """The number that the next row gets, as in ``next_number(work.session, Decision, pilot_id=pilot.id)``.

    Asked inside a unit of work nobody else can get the same.
    """
    wanted = [getattr(model, name) == value for name, value in where.items()]
    return (session.exec(select(func.max(model.number)).where(*wanted)).one() or 0) + 1


def all_of(session: Session, model: type[Model], *where: Any) -> list[Model]:
    """Rows of one table that fit, for what no question above asks."""
    return list(session.exec(select(model).where(*where)))


_UNKNOWN = {
    "pilot": "pilot_not_found",
    "metric_definition": "metric_not_found",
    "department": "department_not_found",
    "objective": "objective_not_found",
    "key_result": "key_result_not_found",
}
MADE: tuple[Any, ...] = (
    EvidenceRecord.made_at,
    EvidenceRecord.look,
    EvidenceRecord.created_at,
    EvidenceRecord.arm,
    EvidenceRecord.id,
)


def _all(session: Session, model: type[Model], *where: Any, order: tuple[Any, ...]) -> list[Model]:
    return list(session.exec(select(model).where(*where).order_by(*order)))


def _last(session: Session, model: type[Model], *where: Any, order: Any) -> Model | None:
    return session.exec(select(model).where(*where).order_by(col(order).desc())).first()


def askable(text: str) -> str:
    """The text without what no database can be asked for: NUL and halves of surrogate pairs."""
    return re.sub("[\x00\ud800-\udfff]", "", text)


def _by_key(session: Session, model: type[Any], key: str) -> Any:
    key = askable(key)[:LONGEST_KEY]
    found = session.exec(select(model).where(model.key == key)).first()
    if found is not None:
        return found
    known = list(session.exec(select(model.key)))
    near = difflib.get_close_matches(key.lower(), known, n=3, cutoff=0.5)
    code = _UNKNOWN[model.__tablename__] + ("_near" if near else "")
    raise NotFound(Problem(code=code, facts={"value": key, "near": near}))
