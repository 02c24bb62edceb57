"""Questions of the library: which pilots stand on its shelf, what each left behind, and what was learned across them.

Each takes a session and costs what is shown of it, however many pilots there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlmodel import Session, col

from registry import find, search
from registry.errors import NotFound, Problem
from registry.kinds import Stage
from registry.learning import Learning, LearningPilot, Takeaway
from registry.overview import chunks
from registry.people import Department
from registry.pilots import Hypothesis, Pilot, PilotPartner

SHELVED = (Stage.DECIDED, Stage.ROLLING_OUT, Stage.CLOSED)
ORDERS = ("match", "newest", "title", "grade")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; what is empty narrows nothing, of several values one is enough.

    words: as people type them; departments: of the owner or of a partner, by name; verdicts: the decided ones; metrics:
    keys of what the hypothesis is about; simulated: made-up pilots only, or real ones only.
    """

    words: str = ""
    departments: Collection[str] = ()
    verdicts: Collection[str] = ()
    metrics: Collection[str] = ()
    kinds: Collection[str] = ()
    steps: Collection[str] = ()
    years: Collection[int] = ()
    grades: Collection[str] = ()
    simulated: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """total: how many there are; ids: of those on this page; any_word: none has all the words, these have some."""

    total: int
    ids: tuple[UUID, ...]
    any_word: bool = False


def shelved(
    session: Session, wanted: Wanted, *, order: str = "match", start: int = 0, count: int | None = None
) -> Found:
    """Decided and closed pilots that fit, from the one at ``start`` on.

    order: the best match first (without words: as newest), the last one decided first, by title, the strongest evidence
    first; apart from the match, closed pilots come before those that are not closed yet.
    """
    if not wanted.words.strip():
        return _page(session, wanted, None, order, start, count)
    for any_word in (False, True):
        matched = search.matches(session, wanted.words, any_word=any_word)
        if matched is None:
            return Found(total=0, ids=())
        found = _page(session, wanted, matched, order, start, count)
        if found.total:
            return Found(total=found.total, ids=found.ids, any_word=any_word)
    return Found(total=0, ids=())


def shelf_facts(session: Session) -> dict[str, list[Any]]:
    """By name what the shelf can be narrowed by: departments, verdicts, metrics, kinds, steps, years, grades."""
    entry = search.ENTRY.c
    on_shelf = select(Pilot.id).where(col(Pilot.stage).in_(SHELVED))  # type: ignore[call-overload]
    columns: dict[str, Any] = {
        "verdicts": entry.decided,
        "metrics": entry.metric_key,
        "kinds": entry.kind,
        "steps": entry.journey_step,
        "years": entry.year,
        "grades": entry.grade,
    }
    found: dict[str, set[Any]] = {name: set() for name in columns}
    for row in session.execute(select(*columns.values()).where(entry.pilot_id.in_(on_shelf)).distinct()):
        for name, value in zip(columns, row, strict=True):
            found[name] |= {value} - {None}
    of_owner: Any = select(col(Pilot.department_id)).where(col(Pilot.stage).in_(SHELVED))
    of_partner: Any = select(col(PilotPartner.department_id)).where(col(PilotPartner.pilot_id).in_(on_shelf))
    names = select(col(Department.name)).where(col(Department.id).in_(of_owner.union(of_partner)))
    return {"departments": sorted(session.scalars(names)), **{name: sorted(values) for name, values in found.items()}}


def shelf_titles(session: Session) -> list[tuple[str, str, int]]:
    """(key, title, version) of every pilot on the shelf, by title."""
    query: Any = select(col(Pilot.key), col(Pilot.title), col(Pilot.version)).where(col(Pilot.stage).in_(SHELVED))
    rows = session.execute(query.order_by(func.lower(col(Pilot.title)), col(Pilot.version)))
    return [(key, title, version) for key, title, version in rows]


def takeaways(session: Session, pilot_ids: Sequence[UUID]) -> dict[UUID, Takeaway]:
    """The newest of each pilot that has one."""
    found: dict[UUID, Takeaway] = {}
    for part in chunks(list(pilot_ids)):
        query = select(Takeaway).where(col(Takeaway.pilot_id).in_(part)).order_by(col(Takeaway.number))
        found |= {row.pilot_id: row for row in session.scalars(query)}
    return found


def takeaways_of(session: Session, pilot_id: UUID) -> list[Takeaway]:
    """All of one pilot, the first one first."""
    return sorted(find.all_of(session, Takeaway, Takeaway.pilot_id == pilot_id), key=lambda row: row.number)


def learnings(session: Session) -> list[Learning]:
    """By statement."""
    return sorted(find.all_of(session, Learning), key=lambda row: row.statement.lower())


def learning(session: Session, key: str) -> Learning:
    """The learning of that key; NotFound."""
    found = find.all_of(session, Learning, Learning.key == key)
    if not found:
        raise NotFound(Problem(code="learning_not_found", facts={"value": key}))
    return found[0]


def borne_out(session: Session, *, pilot_ids: Sequence[UUID] | None = None) -> list[tuple[LearningPilot, Learning]]:
    """What pilots say to learnings, all or those of these pilots, the oldest first."""
    query: Any = select(LearningPilot, Learning).join(Learning, col(Learning.id) == LearningPilot.learning_id)
    if pilot_ids is not None:
        query = query.where(col(LearningPilot.pilot_id).in_(pilot_ids))
    rows = session.execute(query.order_by(LearningPilot.created_at, LearningPilot.id))
    return [(row[0], row[1]) for row in rows]


def alike(
    session: Session, words: str, *, metric_keys: Collection[str], not_these: Collection[UUID], most: int = 40
) -> list[UUID]:
    """Registered pilots that have any of these words, the best match first, then the newest ones with such a metric."""
    registered = col(Pilot.id).in_(select(col(Hypothesis.pilot_id)))
    apart: tuple[Any, ...] = (registered, col(Pilot.id).not_in(not_these), col(Pilot.stage) != Stage.WITHDRAWN)
    ids: list[UUID] = []
    if (matched := search.matches(session, words, any_word=True)) is not None:
        found = matched.subquery()
        query: Any = select(found.c.pilot_id).join(Pilot, col(Pilot.id) == found.c.pilot_id).where(*apart)
        ids += session.scalars(query.order_by(found.c.score.desc()).limit(most))
    if metric_keys:
        entry = search.ENTRY.c
        same: Any = select(col(Pilot.id)).join(search.ENTRY, entry.pilot_id == Pilot.id)
        same = same.where(entry.metric_key.in_(metric_keys), *apart).order_by(col(Pilot.stage_since).desc())
        ids += session.scalars(same.limit(most))
    return list(dict.fromkeys(ids))


def pilots_by_id(session: Session, ids: Sequence[UUID]) -> list[Pilot]:
    """In the order given."""
    found: Mapping[UUID, Pilot] = {
        row.id: row
        for part in chunks(list(ids))
        for row in session.scalars(select(Pilot).where(col(Pilot.id).in_(part)))
    }
    return [found[key] for key in ids if key in found]


def concerning(session: Session, department_id: UUID, pilot_ids: Sequence[UUID]) -> list[Pilot]:
    """Those of these pilots that the department owns or is a partner of, in no order."""
    found: list[Pilot] = []
    for part in chunks(list(pilot_ids)):
        partners = select(col(PilotPartner.pilot_id)).where(
            col(PilotPartner.department_id) == department_id, col(PilotPartner.pilot_id).in_(part)
        )
        its_own = or_(col(Pilot.department_id) == department_id, col(Pilot.id).in_(partners))
        found += session.scalars(select(Pilot).where(col(Pilot.id).in_(part), its_own))
    return found


def rows_among(session: Session, model: type[Any], pilot_ids: Sequence[UUID]) -> list[Any]:
    """Rows of one table that belong to these pilots, the oldest first."""
    found: list[Any] = []
    for part in chunks(list(pilot_ids)):
        query = select(model).where(col(model.pilot_id).in_(part)).order_by(model.created_at, model.id)
        found += session.scalars(query)
    return found


def _page(session: Session, wanted: Wanted, matched: Any, order: str, start: int, count: int | None) -> Found:
    scores = None if matched is None else matched.subquery()
    query: Any = select(col(Pilot.id)).join(search.ENTRY, search.ENTRY.c.pilot_id == Pilot.id)
    if scores is not None:
        query = query.join(scores, scores.c.pilot_id == Pilot.id)
    query = query.where(col(Pilot.stage).in_(SHELVED), *_narrowed(wanted))
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(*_ordered(order, scores)).offset(start)
    return Found(total=total, ids=tuple(session.scalars(page if count is None else page.limit(count))))


def _narrowed(wanted: Wanted) -> list[Any]:
    entry = search.ENTRY.c
    asked: list[tuple[Any, Collection[Any]]] = [
        (entry.decided, wanted.verdicts),
        (entry.metric_key, wanted.metrics),
        (entry.kind, wanted.kinds),
        (entry.journey_step, wanted.steps),
        (entry.year, wanted.years),
        (entry.grade, wanted.grades),
    ]
    found = [column.in_(list(values)) for column, values in asked if values]
    if wanted.departments:
        named: Any = select(col(Department.id)).where(col(Department.name).in_(list(wanted.departments)))
        partners: Any = select(col(PilotPartner.pilot_id)).where(col(PilotPartner.department_id).in_(named))
        found.append(or_(col(Pilot.department_id).in_(named), col(Pilot.id).in_(partners)))
    if wanted.simulated is not None:
        found.append(col(Pilot.simulated).is_(wanted.simulated))
    return found


def _ordered(order: str, scores: Any) -> tuple[Any, ...]:
    newest = (col(Pilot.stage_since).desc(), col(Pilot.key))
    if order == "match" and scores is not None:
        return (scores.c.score.desc(), *newest)
    closed_first = case((col(Pilot.stage) == Stage.CLOSED, 0), else_=1)
    chosen: dict[str, Any] = {
        "title": (func.lower(col(Pilot.title)),),
        "grade": (func.coalesce(search.ENTRY.c.grade, "Z"),),
    }
    return (closed_first, *chosen.get(order, ()), *newest)
