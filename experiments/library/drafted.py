"""A takeaway drafted from the record: what was shown, why, what got in the way, and where it was tried.

Nothing in it is new, and no name of a person is: a takeaway can't be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.deciding.evidence_in_force import InForce, in_force
from experiments.desk import Desk
from experiments.documents.why import sentence_case, why_sentence
from experiments.library.takeaways import LONGEST, Lesson
from experiments.planning.plan import stored_plan
from experiments.portfolio.survey import pilot_row
from experiments.words import say
from experiments.words.catalogue import listed
from registry import find
from registry.kinds import ChangeKind, Stance, SuggestionState
from registry.outcomes import CheckIn
from registry.pilots import Pilot
from stats.plan import Plan

NAMED = 3
"""So many incidents, changes or words of partners; the rest stand in the record."""


def drafted(desk: Desk, key: str) -> Lesson:
    """The draft for a pilot that was judged; refused before its evidence has a recommendation."""
    pilot = desk.pilot(key)
    shown = in_force(desk, pilot)
    said = shown.said
    with desk.read() as session:
        plan = stored_plan(next(row for row in find.plans(session, pilot.id) if row.id == shown.evidence.plan_id))
        weeks = find.check_ins(session, pilot.id)
        words = _objections(session, shown)
        log = find.change_entries(session, pilot.id)
        concerns = [row.what for row in find.concerns(session, pilot.id)]
    return Lesson(
        lesson=_joined([_lesson(desk, pilot)]),
        why=_joined([why_sentence(plan, said, json.loads(shown.evidence.canonical)), *_delivered(weeks), *words]),
        differently=_joined([*_incidents(weeks, [row.what for row in log if row.kind == ChangeKind.INCIDENT]),
                             *_changed(log), *(say("takeaway.draft.concern", what=what) for what in concerns[:NAMED])]),
        holds_where=_joined(_where(plan, pilot.draft or {})),
    )  # fmt: skip


def _lesson(desk: Desk, pilot: Pilot) -> str:
    """What was tried for whom, and what became of its first number."""
    row = pilot_row(desk, pilot.key)
    tried: Mapping[str, Any] = (pilot.draft or {}).get("hypothesis") or {}
    facts = {"change": sentence_case(str(tried.get("change") or pilot.title)), "whom": tried.get("for_whom") or ""}
    if not row.effect:
        return say("takeaway.draft.no_number", **facts)
    state = say(f"state.{row.state}") if row.state else ""
    return say("takeaway.draft.lesson", **facts, metric=row.metric, effect=row.effect, state=state)


def _delivered(weeks: Sequence[CheckIn]) -> Iterable[str]:
    given = [week.delivered for week in weeks if week.delivered is not None]
    used = [week.used for week in weeks if week.used is not None]
    if given and used:
        yield say("takeaway.draft.delivered", delivered=sum(given) / len(given), used=sum(used) / len(used))


def _objections(session: Any, shown: InForce) -> list[str]:
    """The last concern or objection of each partner, under the name of its department."""
    departments = {
        partner.id: department.name for partner, department in find.partners(session, shown.evidence.pilot_id)
    }
    last = {row.partner_id: row for row in find.reviews(session, shown.evidence.id) if row.partner_id is not None}
    heard = [row for row in last.values() if row.stance != Stance.ENDORSE and row.partner_id in departments]
    return [
        say("takeaway.draft.partner", partner=departments[row.partner_id], said=row.reason)
        for row in heard[:NAMED]
        if row.partner_id is not None
    ]


def _incidents(weeks: Sequence[CheckIn], noted: Sequence[str]) -> Iterable[str]:
    told = [
        *dict.fromkeys(
            say("takeaway.draft.at_site", site=week.site, what=week.trouble) for week in weeks if week.trouble
        )
    ]
    for what in (*noted[:NAMED], *told[:NAMED]):
        yield say("takeaway.draft.incident", what=what)
    if len(told) > NAMED:
        yield say("takeaway.draft.more_trouble", count=len(told) - NAMED)


def _changed(log: Sequence[Any]) -> Iterable[str]:
    for row in [row for row in log if row.alters_treatment][:NAMED]:
        yield say("takeaway.draft.changed", what=row.what)
    for row in [row for row in log if row.suggestion == SuggestionState.ADOPTED][:NAMED]:
        yield say("takeaway.draft.adopted", what=row.what)


def _where(plan: Plan, charter: Mapping[str, Any]) -> Iterable[str]:
    whom = (charter.get("hypothesis") or {}).get("for_whom")
    departments = [name for name in [partner.get("department") for partner in charter.get("partners") or []] if name]
    yield say("takeaway.draft.whom", whom=whom) if whom else ""
    if plan.sites:
        yield say(
            "takeaway.draft.sites", count=len(plan.sites), unit=plan.unit_word, chosen=plan.how_chosen.rstrip(". ")
        )
    if plan.favourable_sites:
        yield say("takeaway.draft.favourable")
    if departments:
        yield say("takeaway.draft.with", departments=listed(departments))


def _joined(sentences: Iterable[str]) -> str:
    """Whole sentences, as many as there is room for."""
    text = ""
    for sentence in (" ".join(one.split()) for one in sentences if one.strip()):
        if len(text) + len(sentence) < LONGEST:
            text = f"{text} {sentence}".strip()
    return text
