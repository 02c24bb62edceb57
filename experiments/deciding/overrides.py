"""The register of overrules: every decision against the recommendation, and what became of it a year later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.learned.hindsight import Suggestion, score_sentence, suggestion
from experiments.words import say
from experiments.words.numbers import day
from registry import find, shelf
from registry.access import Act
from registry.kinds import InHindsight, OverruleState
from registry.rollouts import Hindsight
from stats.errors import Problem

HINDSIGHT = "hindsight"
"""What remarks on an overrule hang on, in records from before such a look back had a row of its own."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """One overrule. state: waiting, confirmed, declined or lapsed; the rest of a confirmed one: when to look back,
    whether that day has come, what was seen then ("" before), and what time has said of it (right, wrong, unclear, "").
    stage: of the pilot now."""

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
    found: str = ""


def overrides(desk: Desk) -> tuple[Override, ...]:
    """Of all pilots, oldest first."""
    today = desk.registry.clock().date()
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        asked = find.overrules(session)
        pilots = {row.id: row for row in shelf.pilots_by_id(session, list({row.pilot_id for row in asked}))}
        said = {row.pilot_id: row.content for row in find.comments(session) if row.about == HINDSIGHT}
        made = {row.evidence_id: row for row in find.overruling_decisions(session)}
        looks = {row.decision_id: row for row in find.hindsights(session)}
        found = []
        for row in asked:
            pilot = pilots[row.pilot_id]
            decision = made.get(row.evidence_id) if row.state == OverruleState.CONFIRMED else None
            look_on = decision.hindsight_on if decision else None
            look = looks.get(decision.id) if decision else None
            became = look.reason if look else said.get(row.pilot_id, "") if decision else ""
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
                    found=look.found.value if look else "",
                )
            )
    return tuple(found)


def look_back(desk: Desk, key: str, became: str, found: str = InHindsight.UNCLEAR.value) -> Override:
    """Write down what became of an overrule, once its day has come, and who time has borne out."""
    pilot = desk.pilot(key)
    may(desk, Act.LOOK_BACK, pilot)
    due = next((row for row in overrides(desk) if row.pilot == key and row.due), None)
    problems = []
    if due is None:
        problems.append(Problem(code="no_hindsight_due", facts={"pilot": key}))
    if not became.strip():
        problems.append(Problem(code="hindsight_empty"))
    if found not in {item.value for item in InHindsight}:
        problems.append(Problem(code="hindsight_found", facts={"given": found}))
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        row = mine(work, pilot)
        looked = {seen.decision_id for seen in find.hindsights(work.session, row.id)}
        made = find.overruling_decisions(work.session)
        decision = next(one for one in made if one.pilot_id == row.id and one.id not in looked)
        kept = work.add(
            Hindsight(
                pilot_id=row.id,
                decision_id=decision.id,
                found=InHindsight(found),
                reason=became.strip(),
                looked_on=work.now.date(),
                looked_by_id=work.actor_id,
            )
        )
        work.record("overrule.looked_back", kept, after={"found": found}, why=became.strip())
    return next(row for row in overrides(desk) if row.pilot == key and row.became)


def suggested(desk: Desk, key: str) -> Suggestion | None:
    """What the record says of the overrule of this pilot, for whoever looks back; None where none was confirmed."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        made = [row for row in find.overruling_decisions(session) if row.pilot_id == pilot.id]
    return suggestion(desk, pilot, made[-1]) if made else None


def score_of(found: tuple[Override, ...]) -> str:
    """How all decisions against the recommendation fared, in one sentence."""
    return score_sentence([row.found for row in found if row.found])


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
        return say(f"hindsight.{row.found}", became=row.became) if row.found else row.became
    if row.hindsight_on is None:
        return ""
    return say("overrule.look_back_due" if row.due else "overrule.look_back", day=day(row.hindsight_on))
