"""What one pilot waits for, and for whom: the rules behind the list "what needs me". No query, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from experiments.deciding.rounds import OPEN_FOR
from experiments.planning.looks import next_due_of
from experiments.rollouts.moves import dues
from experiments.signing.unsigned import AFTER, sign_by
from registry.kinds import DecisionKind, Stage, Verdict
from registry.waiting import Everybody, EvidenceHead, Standing
from stats.plan import Plan

ANSWER_CONCERN = timedelta(days=2)
ANSWER_REQUEST = timedelta(days=5)
DECIDE_IN = timedelta(days=7)
"""After the review is over."""
CONFIRM_IN = timedelta(days=7)
MENTIONED = timedelta(days=14)
"""So long a mention stays in the list, unless it was answered."""
HINDSIGHT = "hindsight"


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One next act. people: whose move it is; who: in words where nobody is known; about: tells apart what comes more
    than once (a comment, a concern); facts: of the sentence to those whose move it is."""

    act: str
    page: str
    people: frozenset[UUID]
    who: str = ""
    due: date | None = None
    verdict: str | None = None
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)


NEXT = {
    Stage.DRAFT: ("finish_charter", "register"),
    Stage.SHAPING: ("shape_on", "along"),
    Stage.PLAN: ("sign", "plan"),
    Stage.SIGNED: ("assign", "assign"),
    Stage.ASSIGNED: ("bring_data", "data"),
    Stage.RUNNING: ("assess", "evidence"),
    Stage.ASSESSED: ("review", "review"),
    Stage.IN_REVIEW: ("decide", "decide"),
    Stage.DECIDED: ("close", "decide"),
    Stage.ROLLING_OUT: ("measure_rollout", "rollout"),
}
"""The act that moves a pilot on from each stage, and the page where it is done."""


def waits(one: Standing, everybody: Everybody, today: date) -> Iterator[Wait]:
    """Everything that this pilot waits for."""
    yield from _always(one, everybody, today)
    stage = one.pilot.stage
    owner = _only(one.pilot.owner_id)
    if stage == Stage.PAUSED:
        yield Wait(act="resume", page="along", people=owner)
    elif stage == Stage.PLAN:
        yield from _signatures(one, everybody, today)
    elif stage in {Stage.ASSESSED, Stage.IN_REVIEW}:
        yield from _judged(one, everybody, today)
    elif stage == Stage.ROLLING_OUT:
        yield from _rolled_out(one, everybody, today)
    elif stage in NEXT:
        yield _next(one)


def _next(one: Standing) -> Wait:
    act, page = NEXT[one.pilot.stage]
    if act == "finish_charter" and one.registered:
        act, page = "make_plan", "plan"
    if act == "close" and one.decision is not None and one.decision.verdict == Verdict.SCALE:
        act, page = "plan_rollout", "rollout"
    if act == "assess" and one.evidence and one.evidence[-1].snapshot_id == one.newest_snapshot:
        act, page = "bring_data", "data"  # the next planned check wants newer ones
    plan = _plan(one)
    due = None
    if plan is not None and act in {"bring_data", "assess"}:
        said = {head.id: head.said for head in one.evidence if head.said is not None}
        due = next_due_of(plan, one.evidence, said, one.decision)
    elif plan is not None and act in {"make_plan", "assign"}:
        due = plan.start
    return Wait(act=act, page=page, people=_only(one.pilot.owner_id), due=due)


def _rolled_out(one: Standing, everybody: Everybody, today: date) -> Iterator[Wait]:
    """Waves to start and to measure; proposals to pause or roll back, for all who may and the owner."""
    owners = _only(one.pilot.owner_id, one.rolling.rollout.owner_id if one.rolling else None)
    people = {
        "owner": owners,
        "sponsor": _only(one.pilot.sponsor_id),
        "executive": everybody.executives - owners,
    }
    for due in dues(one.rolling, today) if one.rolling else ():
        mine = frozenset().union(*(people[whose] for whose in due.whose))
        page = "decide" if due.act == "close" else "rollout"
        yield Wait(act=due.act, page=page, people=mine, due=due.due, about=due.about, facts=due.facts)


def _signatures(one: Standing, everybody: Everybody, today: date) -> Iterator[Wait]:
    """Partners by the day to sign by, then the sponsor for those who did not, else the owner."""
    plan = _plan(one)
    due = sign_by(one.pilot, plan.start if plan else None)
    for partner, department in one.partners:
        if partner.id in one.signing:
            people = spokesmen(one, everybody, partner.id)
            yield Wait(
                act="sign_partner", page="plan", people=people, who=department.name, due=due, about=department.key
            )
    if not one.signing:
        yield Wait(act="sign", page="plan", people=_only(one.pilot.owner_id, one.pilot.sponsor_id), due=due)
    elif today >= due + AFTER:
        people = _with_stand_ins(one, everybody, _only(one.pilot.sponsor_id))
        yield Wait(act="start_unsigned", page="plan", people=people, due=plan.start if plan else None)


def _judged(one: Standing, everybody: Everybody, today: date) -> Iterator[Wait]:
    shown = _in_force(one)
    owner = _only(one.pilot.owner_id)
    if shown is None or shown.said is None:
        yield Wait(act="recommend", page="evidence", people=owner)
        return
    if shown.said == Verdict.INVALID:
        yield Wait(act="repair", page="evidence", people=owner)
        return
    opened = one.rounds.get(shown.id)
    until = opened.until if opened else shown.made_at.date() + OPEN_FOR
    heard = {partner_id for evidence_id, partner_id in one.reviews if evidence_id == shown.id}
    for partner, department in one.partners:
        if partner.id in one.asked - heard and today <= until:
            yield Wait(
                act="review",
                page="review",
                people=spokesmen(one, everybody, partner.id),
                who=department.name,
                due=until,
                about=f"{department.key}/{shown.id}",
            )
    if one.overrules:
        for row in one.overrules:
            due = row.proposed_at.date() + CONFIRM_IN
            yield Wait(act="confirm", page="decide", people=_only(row.second_id), due=due, about=str(row.id))
        return
    yield Wait(
        act="decide",
        page="decide",
        people=_deciders(one, everybody),
        due=_decide_by(one, shown, until),
        verdict=shown.said.value,
        about=str(shown.id),
    )


def _decide_by(one: Standing, shown: EvidenceHead, until: date) -> date:
    last = one.decision
    if last is not None and last.kind == DecisionKind.DEFERRED and last.evidence_id == shown.id:
        return date.fromisoformat(last.commitments["decide_by"])
    return until + DECIDE_IN


def _always(one: Standing, everybody: Everybody, today: date) -> Iterator[Wait]:
    """What may come at any stage: concerns, requests, mentions, an overrule to look back on."""
    pilot = one.pilot
    over = pilot.stage in {Stage.CLOSED, Stage.WITHDRAWN}
    for concern in () if over else one.concerns:
        due = concern.raised_at.date() + ANSWER_CONCERN
        people = _with_stand_ins(one, everybody, _only(pilot.owner_id, pilot.sponsor_id))
        yield Wait(act="answer_concern", page="along", people=people, due=due, about=str(concern.id))
    for request in () if over else one.requests:
        due = request.asked_at.date() + ANSWER_REQUEST
        yield Wait(act="answer_request", page="review", people=_only(pilot.owner_id), due=due, about=str(request.id))
    for comment in one.comments:
        mentioned = frozenset(UUID(key) for key in comment.mentions)
        answered = {later.author_id for later in one.comments if later.created_at > comment.created_at}
        if mentioned - answered and today <= comment.created_at.date() + MENTIONED:
            yield Wait(act="mentioned", page="history", people=mentioned - answered, about=str(comment.id))
    looked = any(comment.about == HINDSIGHT for comment in one.comments)
    for decision in one.overruled:
        if decision.hindsight_on is not None and not looked and decision.id not in one.looked_back:
            people = _only(decision.decided_by_id, decision.second_approver_id)
            yield Wait(act="look_back", page="decide", people=people, due=decision.hindsight_on, about=str(decision.id))


def spokesmen(one: Standing, everybody: Everybody, partner_id: UUID) -> frozenset[UUID]:
    """Who may sign and review for a partner: its contact, reviewers of the department, and whoever stands in."""
    partner, department = next(pair for pair in one.partners if pair[0].id == partner_id)
    direct = _only(partner.contact_id) | everybody.reviewers.get(department.id, frozenset())
    return _with_stand_ins(one, everybody, direct) - _only(one.pilot.owner_id)


def _deciders(one: Standing, everybody: Everybody) -> frozenset[UUID]:
    """The sponsor where they may decide, else every executive but the owner and those who report to the sponsor."""
    pilot = one.pilot
    if pilot.sponsor_id in everybody.executives and pilot.sponsor_id != pilot.owner_id:
        return _only(pilot.sponsor_id)
    return frozenset(
        key
        for key in everybody.executives
        if key != pilot.owner_id and pilot.sponsor_id not in set(_above(everybody, key))
    )


def _above(everybody: Everybody, key: UUID) -> Iterable[UUID]:
    seen: list[UUID] = []
    above = everybody.people[key].manager_id
    while above is not None and above not in seen:
        seen.append(above)
        above = everybody.people[above].manager_id
    return seen


def _with_stand_ins(one: Standing, everybody: Everybody, people: frozenset[UUID]) -> frozenset[UUID]:
    more = {row.to_id for row in everybody.away if row.from_id in people and row.pilot_id in {None, one.pilot.id}}
    return people | more


def _in_force(one: Standing) -> EvidenceHead | None:
    heads = [head for head in one.evidence if head.arm == 1]
    return heads[-1] if heads else None


def _only(*keys: UUID | None) -> frozenset[UUID]:
    return frozenset(key for key in keys if key is not None)


def _plan(one: Standing) -> Plan | None:
    return None if one.plan is None else _read(one.plan)


@lru_cache(maxsize=4096)
def _read(text: str) -> Plan:
    return Plan.model_validate_json(text)
