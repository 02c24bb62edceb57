"""Rehearse: what a plan would decide if this or that were true, before anything is signed; kept on record with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.charters.check import read_charter
from experiments.charters.to_plan import to_plan
from experiments.desk import Desk, charter_of, may, mine
from experiments.errors import Refused
from experiments.planning.plan import stored_plan
from registry import find
from registry.access import Act
from registry.pilots import Pilot
from stats.errors import Problem
from stats.plan import Plan

if TYPE_CHECKING:
    from stats.rehearsing.rehearsal import Rehearsal

ACT = "plan.rehearsed"
KEPT_FROM = 1000
"""Simulated pilots from which on a rehearsal is kept: fewer are for trying out."""
LEAST = 100
CITED = ("nothing", "small", "mwe", "strong", "harm", "guardrail_at_margin", "guardrail_beyond_margin")


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A rehearsal with the plan that it is of; kept: whether it is on record."""

    plan: Plan
    rehearsal: Rehearsal
    kept: bool = False


def rehearse(
    desk: Desk,
    key: str,
    *,
    pilots: int,
    seed: int,
    progress: Callable[[float], None] | None = None,
    least: int = KEPT_FROM,
) -> Rehearsed:
    """Rehearse the newest plan of a pilot (before there is one, its charter's) and keep what it showed.

    least: simulated pilots from which on it is kept.
    """
    from stats.rehearsing import rehearsal

    _enough(pilots)
    plan = plan_to_rehearse(desk, desk.pilot(key))
    found = rehearsal.rehearse(plan, pilots=pilots, seed=seed, progress=progress)
    return Rehearsed(plan=plan, rehearsal=found, kept=keep(desk, key, found, least=least))


def rehearse_charter(
    document: Any, *, pilots: int, seed: int, progress: Callable[[float], None] | None = None
) -> Rehearsed:
    """Rehearse a charter that is registered nowhere."""
    from stats.rehearsing import rehearsal

    _enough(pilots)
    plan = to_plan(read_charter(document))
    return Rehearsed(plan=plan, rehearsal=rehearsal.rehearse(plan, pilots=pilots, seed=seed, progress=progress))


def _enough(pilots: int) -> None:
    if pilots < LEAST:
        raise Refused(Problem(code="rehearse_few_pilots", facts={"given": pilots, "least": LEAST}))


def plan_to_rehearse(desk: Desk, pilot: Pilot) -> Plan:
    """The newest plan; before there is one, what the registered charter would give."""
    with desk.read() as session:
        record = find.latest_plan(session, pilot.id)
        if record is not None:
            return stored_plan(record)
        if find.hypothesis(session, pilot.id) is None:
            raise Refused(Problem(code="first_registered", facts={"pilot": pilot.key}))
    return to_plan(charter_of(pilot), pilot.version)


def keep(desk: Desk, key: str, rehearsal: Rehearsal, *, least: int = KEPT_FROM) -> bool:
    """Record a rehearsal with the plan that it is of; whether it is on record now.

    The same is kept once. Nothing is kept of a charter without a plan, of too few pilots, or of another plan.
    """
    pilot = desk.pilot(key)
    may(desk, Act.REHEARSE, pilot)
    with desk.read() as session:
        record = find.latest_plan(session, pilot.id)
    if record is None or rehearsal.pilots < least or not _is_of(stored_plan(record), rehearsal.fingerprint):
        return False
    facts = _facts(rehearsal)
    if facts in _on_record(desk, pilot):
        return True
    with desk.work() as work:
        mine(work, pilot)
        work.record(ACT, record, after=facts)
    return True


def kept(desk: Desk, pilot: Pilot, plan: Plan) -> Mapping[str, Any] | None:
    """What the last rehearsal of exactly this plan showed (``_facts``); None where it was never rehearsed."""
    for facts in reversed(_on_record(desk, pilot)):
        if _is_of(plan, facts["fingerprint"]):
            return facts
    return None


def _is_of(plan: Plan, digest: str) -> bool:
    from stats.rehearsing.rehearsal import fingerprint

    return fingerprint(plan) == digest


def _on_record(desk: Desk, pilot: Pilot) -> list[Mapping[str, Any]]:
    with desk.read() as session:
        return [dict(event.after or {}) for event in find.events(session, pilot_id=pilot.id, act=ACT)]


def _facts(rehearsal: Rehearsal) -> dict[str, Any]:
    """A rehearsal as it stands in the log: by truth the shares of the rule, and of the usual reading."""
    truths = {
        truth: {
            **{verdict: share.value for verdict, share in found.verdicts.items()},
            "usual_reading": found.naive["SCALE"].value,
        }
        for truth in CITED
        if (found := rehearsal.under(truth)) is not None
    }
    return {
        "fingerprint": rehearsal.fingerprint,
        "pilots": rehearsal.pilots,
        "seed": rehearsal.seed,
        "truths": truths,
    }
