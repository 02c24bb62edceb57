"""What needs me: the next act of every pilot, and whose move it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.looks import next_due
from experiments.words import say
from registry import find
from registry.kinds import Stage, Verdict
from registry.pilots import Pilot
from stats.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Move:
    """One next act. act: key of its sentence (``move.<act>``); page: the page where it is done.

    mine: whether the person at the desk is the one; who: by name or role, for everyone else; due: None if no date
    presses.
    """

    act: str
    page: str
    pilot: str
    title: str
    mine: bool
    who: str
    due: date | None = None
    verdict: str | None = None


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
}
"""The act that moves a pilot on from each stage, and the page where it is done."""


def titled(pilot: Pilot) -> str:
    """The title; a later version says which it is."""
    return pilot.title if pilot.version == 1 else say("frame.version", title=pilot.title, number=pilot.version)


def moves(desk: Desk) -> tuple[Move, ...]:
    """Every pilot's next acts: mine first, then by due date and title."""
    with desk.read() as session:
        found = [move for pilot in find.pilots(session) for move in _moves(session, desk, pilot)]
    return tuple(sorted(found, key=lambda move: (not move.mine, move.due or date.max, move.title)))


def moves_of(desk: Desk, pilot: Pilot) -> tuple[Move, ...]:
    """The next acts of one pilot: what it waits for, and for whom."""
    with desk.read() as session:
        return tuple(_moves(session, desk, pilot))


def _moves(session: Any, desk: Desk, pilot: Pilot) -> Iterator[Move]:
    if pilot.stage not in NEXT:
        return
    act, page = NEXT[pilot.stage]
    me = desk.person.id if desk.person else None
    common: dict[str, Any] = {"pilot": pilot.key, "title": titled(pilot)}
    owner, sponsor = _name(session, pilot.owner_id), _name(session, pilot.sponsor_id)
    record = find.latest_plan(session, pilot.id)
    plan = Plan.model_validate_json(record.canonical) if record else None
    if act == "finish_charter" and find.hypothesis(session, pilot.id) is not None:
        act, page = "make_plan", "plan"
    if act == "assess" and _looked_at_already(session, pilot):
        act, page = "bring_data", "data"
    if act == "sign":
        yield from _partner_moves(session, pilot, me, plan)
    if act in {"review", "decide"}:
        shown = find.latest_evidence(session, pilot.id)
        said = find.recommendation(session, shown.id) if shown else None
        if said is not None and said.verdict == Verdict.INVALID:
            yield Move(act="repair", page="evidence", mine=me is not None and me == pilot.owner_id, who=owner, **common)
            return
        yield from _review_moves(session, pilot, me)
        yield Move(
            act="decide" if said else "recommend",
            page="decide" if said else "evidence",
            mine=me is not None and me == (pilot.sponsor_id if said else pilot.owner_id),
            who=sponsor if said else owner,
            verdict=said.verdict.value if said else None,
            **common,
        )
        return
    due = _due(session, pilot, act, plan)
    yield Move(act=act, page=page, mine=me is not None and me == pilot.owner_id, who=owner, due=due, **common)


def _looked_at_already(session: Any, pilot: Pilot) -> bool:
    """Whether the newest data have been looked at: the next planned check wants newer ones."""
    shown, newest = find.latest_evidence(session, pilot.id), find.latest_snapshot(session, pilot.id)
    return shown is not None and newest is not None and shown.snapshot_id == newest.id


def _due(session: Any, pilot: Pilot, act: str, plan: Plan | None) -> date | None:
    """Data and their assessment by the next planned check, what comes before by the start; nothing presses after."""
    if plan is None or act in {"close", "shape_on"}:
        return None
    return next_due(session, pilot, plan) if act in {"bring_data", "assess"} else plan.start


def _partner_moves(session: Any, pilot: Pilot, me: UUID | None, plan: Plan | None) -> Iterator[Move]:
    """One a partner department that has not signed its own metric."""
    metrics = find.pilot_metrics(session, pilot.id)
    for partner, department in find.partners(session, pilot.id):
        own = [row for row, _, _ in metrics if row.partner_id == partner.id]
        if own and any(row.signed_at is None for row in own):
            yield Move(
                act="sign_partner",
                page="plan",
                pilot=pilot.key,
                title=titled(pilot),
                mine=me is not None and partner.contact_id == me,
                who=_name(session, partner.contact_id) or department.name,
                due=plan.start if plan else None,
            )


def _review_moves(session: Any, pilot: Pilot, me: UUID | None) -> Iterator[Move]:
    """One a partner department that has said nothing on the evidence in force."""
    shown = find.latest_evidence(session, pilot.id)
    if shown is None:
        return
    heard = {row.partner_id for row in find.reviews(session, shown.id)}
    for partner, department in find.partners(session, pilot.id):
        if partner.id not in heard:
            yield Move(
                act="review",
                page="review",
                pilot=pilot.key,
                title=titled(pilot),
                mine=me is not None and partner.contact_id == me,
                who=_name(session, partner.contact_id) or department.name,
            )


def _name(session: Any, person_id: UUID | None) -> str:
    return find.person(session, person_id).name if person_id else ""
