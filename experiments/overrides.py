"""The register of overrules: every decision against the recommendation, and what became of it a year later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.words import say
from experiments.words.numbers import day
from registry import find, pending
from registry.access import Act
from registry.kinds import OverruleState
from registry.notes import Comment
from registry.pilots import Pilot
from stats.errors import Problem

HINDSIGHT = "hindsight"


@dataclass(frozen=True, kw_only=True)
class Override:
    """One overrule. state: waiting, confirmed, declined or lapsed; the rest of a confirmed one: when to look back,
    whether that day has come, and what was seen then ("" before). stage: of the pilot now."""

    pilot: str
    title: str
    state: str
    recommended: str
    verdict: str
    reason: str
    proposed_by: str
    second: str
    on: date
    stage: str
    hindsight_on: date | None = None
    due: bool = False
    became: str = ""


def overrides(desk: Desk) -> tuple[Override, ...]:
    """Of all pilots, oldest first."""
    today = desk.registry.clock().date()
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        pilots = {pilot.id: pilot for pilot in find.pilots(session)}
        said = {row.pilot_id: row.content for row in pending.comments(session) if row.about == HINDSIGHT}
        made = {row.evidence_id: row for row in pending.overruling_decisions(session)}
        found = []
        for row in pending.overrules(session):
            pilot = pilots[row.pilot_id]
            decision = made.get(row.evidence_id) if row.state == OverruleState.CONFIRMED else None
            look_on = decision.hindsight_on if decision else None
            became = said.get(row.pilot_id, "") if decision else ""
            recommendation = find.recommendation(session, row.evidence_id)
            found.append(
                Override(
                    pilot=pilot.key,
                    title=pilot.title,
                    state=row.state.value,
                    recommended=recommendation.verdict.value if recommendation else "",
                    verdict=row.asked["verdict"],
                    reason=row.asked["reason"],
                    proposed_by=names[row.proposed_by_id],
                    second=names[row.second_id],
                    on=(row.answered_at or row.proposed_at).date(),
                    stage=pilot.stage.value,
                    hindsight_on=look_on,
                    due=bool(look_on and look_on <= today and not became),
                    became=became,
                )
            )
    return tuple(found)


def look_back(desk: Desk, key: str, became: str) -> Override:
    """Write down what became of an overrule, once its day has come."""
    pilot: Pilot = desk.pilot(key)
    may(desk, Act.COMMENT, pilot)
    due = next((row for row in overrides(desk) if row.pilot == key and row.due), None)
    problems = []
    if due is None:
        problems.append(Problem(code="no_hindsight_due", facts={"pilot": key}))
    if not became.strip() or desk.person is None:
        problems.append(Problem(code="hindsight_empty"))
    if problems or desk.person is None:
        raise Refused(problems)
    with desk.work() as work:
        row = mine(work, pilot)
        kept = work.add(Comment(pilot_id=row.id, author_id=desk.person.id, about=HINDSIGHT, content=became.strip()))
        work.record("overrule.looked_back", kept)
    return next(row for row in overrides(desk) if row.pilot == key and row.became)


def override_columns(found: tuple[Override, ...]) -> dict[str, list[str]]:
    """The register as a table in words."""
    return {
        "pilot": [row.title for row in found],
        "recommended": [say(f"verdict.{row.recommended}") if row.recommended else "" for row in found],
        "decided": [say(f"verdict.{row.verdict}") for row in found],
        "standing": [say(f"overrule.state.{row.state}", second=row.second, day=day(row.on)) for row in found],
        "why": [row.reason for row in found],
        "became": [_became(row) for row in found],
    }


def _became(row: Override) -> str:
    if row.became:
        return row.became
    if row.hindsight_on is None:
        return ""
    return say("overrule.look_back_due" if row.due else "overrule.look_back", day=day(row.hindsight_on))
