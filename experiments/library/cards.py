"""A card of the library: what was tried where, what it did, why, and what the team would do another time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from experiments.afterwards import effect_line, ended_on, facts_of, is_recorded
from experiments.desk import Desk
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.survey import rows_of
from experiments.words import say
from registry import find, shelf
from registry.kinds import Bearing, Stage, SuggestionState
from registry.learning import Takeaway
from registry.notes import ChangeEntry
from registry.pilots import Pilot


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a pilot says to a learning. bearing: supports or contradicts."""

    learning: str
    statement: str
    bearing: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One pilot as the library shows it; texts are empty where nothing is known.

    effect, cautious: of the first success metric, as measured and shrunk towards what pilots usually do, in words;
    state: what was shown; verdict: of the rule, decided: of the people; closed: False while the takeaway is still to be
    written. credit: the team, and whose suggestions were taken up; before: key of the version before. reported: what
    people say of the effect of a pilot that was over before it came here, which nobody measured here.
    """

    key: str
    title: str
    version: int
    before: str
    closed: bool
    settled_on: date
    simulated: bool
    recorded_afterwards: bool
    department: str
    partners: tuple[str, ...]
    team: str
    credit: tuple[str, ...]
    change: str
    for_whom: str
    because: str
    where: str
    metric: str
    effect: str
    cautious: str
    state: str
    verdict: str
    decided: str
    overruled: bool
    grade: str
    lesson: str
    why: str
    differently: str
    holds_where: str
    learnings: tuple[Said, ...]
    reported: str = ""


def card(desk: Desk, key: str) -> Card:
    """Of one pilot, whatever its stage."""
    with desk.read() as session:
        return cards_of(session, [find.pilot(session, key)], desk.registry.clock().date())[0]


def cards_of(session: Any, pilots: Sequence[Pilot], today: date) -> tuple[Card, ...]:
    """In the order given, in a handful of queries."""
    ids = [pilot.id for pilot in pilots]
    rows = rows_of(session, pilots, today)
    taken, said, helped = shelf.takeaways(session, ids), _said(session, ids), _credited(session, ids)
    parents = shelf.pilots_by_id(session, [pilot.parent_id for pilot in pilots if pilot.parent_id])
    before = {pilot.id: pilot.key for pilot in parents}
    return tuple(
        _card(
            pilot,
            row,
            taken.get(pilot.id),
            before=before.get(pilot.parent_id, "") if pilot.parent_id else "",
            credit=helped.get(pilot.id, ()),
            learnings=said.get(pilot.id, ()),
        )
        for pilot, row in zip(pilots, rows, strict=True)
    )


def to_take_away(cards: Sequence[Card]) -> dict[str, list[Any]]:
    """The cards as a table for programs: a column a field."""
    columns = {field.name: [getattr(one, field.name) for one in cards] for field in fields(Card)}
    for name in ("partners", "credit"):
        columns[name] = [", ".join(getattr(one, name)) for one in cards]
    columns["learnings"] = [" | ".join(f"{said.bearing}: {said.statement}" for said in one.learnings) for one in cards]
    return columns


def _card(
    pilot: Pilot,
    row: PilotRow,
    taken: Takeaway | None,
    *,
    before: str,
    credit: tuple[str, ...],
    learnings: tuple[Said, ...],
) -> Card:
    tried: Mapping[str, Any] = (pilot.draft or {}).get("hypothesis") or {}
    parts = {name: getattr(taken, name) if taken else "" for name in ("lesson", "why", "differently", "holds_where")}
    return Card(
        key=pilot.key,
        title=pilot.title,
        version=pilot.version,
        before=before,
        closed=pilot.stage == Stage.CLOSED,
        settled_on=ended_on(pilot) or row.decided_on or row.stage_since.date(),
        simulated=pilot.simulated,
        recorded_afterwards=pilot.recorded_afterwards,
        department=row.department,
        partners=row.partners,
        team=row.team,
        credit=credit,
        change=str(tried.get("change") or ""),
        for_whom=str(tried.get("for_whom") or ""),
        because=str(tried.get("because") or ""),
        where=_where(pilot.draft or {}),
        metric=row.metric,
        effect=row.effect,
        cautious=row.cautious,
        state=row.state or "",
        verdict=row.verdict or "",
        decided=row.decided or "",
        overruled=row.overruled,
        grade=row.grade or "",
        learnings=learnings,
        reported=effect_line(facts_of(pilot)) if is_recorded(pilot) else "",
        **parts,
    )


def _where(charter: Mapping[str, Any]) -> str:
    where: Mapping[str, Any] = charter.get("where") or {}
    sites = where.get("sites") or []
    return say("library.where", count=len(sites), unit=where.get("unit_word") or say("library.site")) if sites else ""


def _said(session: Any, ids: Sequence[UUID]) -> dict[UUID, tuple[Said, ...]]:
    found: dict[UUID, list[Said]] = defaultdict(list)
    for row, learning in shelf.borne_out(session, pilot_ids=ids):
        bearing = Bearing(row.bearing).value
        found[row.pilot_id].append(Said(learning=learning.key, statement=learning.statement, bearing=bearing))
    return {pilot_id: tuple(said) for pilot_id, said in found.items()}


def _credited(session: Any, ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Whose suggestions were taken up, by pilot, each name once."""
    found: dict[UUID, dict[str, None]] = defaultdict(dict)
    for row in shelf.rows_among(session, ChangeEntry, ids):
        if row.suggestion == SuggestionState.ADOPTED and row.credited_to:
            found[row.pilot_id][row.credited_to] = None
    return {pilot_id: tuple(names) for pilot_id, names in found.items()}
