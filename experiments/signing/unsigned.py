"""Signatures that do not come: a partner declines with a reason, or the sponsor starts without it, on record.

What is started so can be scaled in stages at most; the rule reads it from the plan, where the metric stays unsigned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.planning.plan import plan_of
from experiments.signing.sign import Signed, freeze, metrics_of, open_plan, unsigned
from registry import find
from registry.access import Act
from registry.pilots import Pilot
from stats.errors import Problem

LEAD = timedelta(days=7)
"""Signatures are due so long before the start: a start without one must still come before the first data."""
PATIENCE = timedelta(days=14)
"""After the plan was made, where it has no start."""
AFTER = timedelta(days=1)
DECLINED = "plan.declined_by_partner"


@dataclass(frozen=True, kw_only=True)
class Declined:
    """Why a department did not sign. day: when it said so."""

    department: str
    person: str
    reason: str
    day: date


def sign_by(pilot: Pilot, start: date | None) -> date:
    """The day by which every partner should have signed: a week before the start, never before the plan was made."""
    made = pilot.stage_since.date()
    return made + PATIENCE if start is None else max(start - LEAD, made)


def start_unsigned(desk: Desk, key: str, reason: str) -> Signed:
    """The sponsor starts although partners have not signed; allowed from one day after the day to sign by."""
    pilot = desk.pilot(key)
    may(desk, Act.START_UNSIGNED, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        open_plan(work, row)
        made = plan_of(work, row)
        problems = []
        if not unsigned(made):
            problems.append(Problem(code="nothing_unsigned", facts={"pilot": key}))
        due = sign_by(row, made.start)
        if work.now.date() < due + AFTER:
            facts = {"pilot": key, "due": due, "from": due + AFTER, "partners": list(unsigned(made))}
            problems.append(Problem(code="unsigned_too_early", facts=facts))
        if not reason.strip():
            problems.append(Problem(code="reason_missing", facts={"what": "start unsigned"}))
        if problems:
            raise Refused(problems)
        return freeze(work, row, without=reason.strip())


def decline(desk: Desk, key: str, reason: str) -> tuple[str, ...]:
    """A partner does not sign, and says why. Names of its metrics. It may still sign later."""
    pilot = desk.pilot(key)
    may(desk, Act.SIGN_METRIC, pilot)
    if not reason.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": "decline"}))
    with desk.work() as work:
        row = mine(work, pilot)
        record = open_plan(work, row)
        concerned = [(metric, name) for metric, name in metrics_of(work, row) if metric.signed_at is None]
        if not concerned:
            raise Refused(Problem(code="already_signed_partner", facts={"pilot": key}))
        names = tuple(name for _, name in concerned)
        keys = {partner.id: department.key for partner, department in find.partners(work.session, row.id)}
        for key_ in sorted({keys[metric.partner_id] for metric, _ in concerned if metric.partner_id is not None}):
            after = {"partner": key_, "sha256": record.sha256}
            work.record(DECLINED, record, after=after, why=reason.strip())
    return names


def declined(desk: Desk, pilot: Pilot) -> tuple[Declined, ...]:
    """Departments whose last word on signing was no, with their reasons."""
    with desk.read() as session:
        departments = {department.key: (row, department) for row, department in find.partners(session, pilot.id)}
        signed = {m.partner_id for m, _, _ in find.pilot_metrics(session, pilot.id) if m.signed_at is not None}
        last = {
            (event.after or {}).get("partner"): event for event in find.events(session, pilot_id=pilot.id, act=DECLINED)
        }
        return tuple(
            Declined(
                department=departments[key][1].name,
                person=find.person(session, event.actor_id).name if event.actor_id else "",
                reason=event.why,
                day=event.at.date(),
            )
            for key, event in last.items()
            if key in departments and departments[key][0].id not in signed
        )
