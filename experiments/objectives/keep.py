"""Objectives and key results kept on record: add, check in, re-target with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from experiments.charters.charter import slug
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.limits import writable
from registry import find
from registry.access import Act
from registry.kinds import KeyResultKind, Outlook, Role
from registry.objectives import KeyResult, KeyResultCheckIn, Objective
from registry.unit_of_work import Work
from stats.errors import Problem

MOVES = (KeyResultKind.INCREASE, KeyResultKind.DECREASE)


@dataclass(frozen=True, kw_only=True)
class NewObjective:
    """department, owner: by name, "" for the whole organisation or nobody yet; parent: key of the objective above."""

    title: str
    period: str
    department: str = ""
    parent: str = ""
    owner: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class NewKeyResult:
    """objective: its key; the other fields as ``registry.objectives.KeyResult``; part_of: key of the one above."""

    objective: str
    name: str
    kind: str
    due: date
    metric: str = ""
    baseline: float | None = None
    target: float | None = None
    lowest: float | None = None
    highest: float | None = None
    unit: str = ""
    every_days: int = 30
    part_of: str = ""
    part_share: float | None = None
    key: str = ""


def add_objective(desk: Desk, new: NewObjective) -> str:
    """Keep a new objective; its key."""
    may(desk, Act.KEEP_OBJECTIVES)
    with desk.work() as work:
        return keep_objective(desk, work, new).key


def keep_objective(desk: Desk, work: Work, new: NewObjective) -> Objective:
    """The same inside a unit of work."""
    if problems := [problem for problem in (_blank("title", new.title), _blank("period", new.period)) if problem]:
        raise Refused(problems)
    session = work.session
    departments = {row.name.lower(): row for row in find.departments(session)}
    department = departments.get(new.department.strip().lower())
    if new.department.strip() and department is None:
        offered = [row.name for row in departments.values()]
        raise Refused(Problem(code="objective_department", facts={"given": new.department, "offered": offered}))
    key = new.key or slug(new.title)
    _free(key, [row.key for row in find.objectives(session)])
    row = Objective(
        key=key,
        title=new.title.strip(),
        period=new.period.strip(),
        department_id=department.id if department else None,
        parent_id=find.objective(session, new.parent).id if new.parent else None,
        owner_id=_person(desk, new.owner),
    )
    _own_department(desk, work, row)
    work.record("objective.added", work.add(row), after={"key": row.key, "title": row.title, "period": row.period})
    return row


def add_key_result(desk: Desk, new: NewKeyResult) -> str:
    """Keep a new key result of an objective; its key."""
    may(desk, Act.KEEP_OBJECTIVES)
    with desk.work() as work:
        return keep_key_result(desk, work, new).key


def keep_key_result(desk: Desk, work: Work, new: NewKeyResult) -> KeyResult:
    """The same inside a unit of work."""
    if problems := _wrong(new):
        raise Refused(problems)
    objective = find.objective(work.session, new.objective)
    _own_department(desk, work, objective)
    above = find.key_result(work.session, new.part_of) if new.part_of else None
    if above is not None and (above.unit, above.kind.value) != (new.unit.strip(), new.kind):
        raise Refused(Problem(code="key_result_part_differs", facts={"name": new.name, "above": above.name}))
    known = find.key_results(work.session)
    key = new.key or slug(new.name)
    _free(key, [row.key for row in known])
    if above is not None:
        _room(above, new.part_share or 0.0, known)
    row = KeyResult(
        objective_id=objective.id,
        key=key,
        name=new.name.strip(),
        metric_key=new.metric.strip() or None,
        kind=KeyResultKind(new.kind),
        baseline=new.baseline,
        target=new.target,
        lowest=new.lowest,
        highest=new.highest,
        unit=new.unit.strip(),
        due=new.due,
        every_days=new.every_days,
        part_of_id=above.id if above else None,
        part_share=new.part_share,
    )
    after = {"key": row.key, "name": row.name, "kind": new.kind, "target": new.target, "due": str(new.due)}
    work.record("key_result.added", work.add(row), after=after)
    return row


def check_in(
    desk: Desk,
    key: str,
    value: float,
    outlook: str,
    *,
    note: str = "",
    corrective_action: str = "",
    on: date | None = None,
) -> None:
    """Where a key result stands; off track takes what is done about it."""
    may(desk, Act.KEEP_OBJECTIVES)
    day = on or desk.registry.clock().date()
    problems = []
    if outlook not in [item.value for item in Outlook]:
        offered = [item.value for item in Outlook]
        problems.append(Problem(code="key_result_outlook", facts={"given": outlook, "offered": offered}))
    if not writable(value):
        problems.append(Problem(code="key_result_number", facts={"field": "value"}))
    if outlook == Outlook.OFF_TRACK and not corrective_action.strip():
        problems.append(Problem(code="key_result_needs_action"))
    if day > desk.registry.clock().date():
        problems.append(Problem(code="key_result_in_future", facts={"day": day}))
    if problems:
        raise Refused(problems)
    with desk.work() as work:
        result = kept(desk, work, key)
        row = KeyResultCheckIn(
            key_result_id=result.id,
            said_on=day,
            value=value,
            outlook=Outlook(outlook),
            note=note.strip(),
            corrective_action=corrective_action.strip(),
            said_by_id=work.actor_id,
        )
        after = {"key_result": key, "value": value, "outlook": outlook}
        work.record("key_result.checked_in", work.add(row), after=after)


def retarget(
    desk: Desk,
    key: str,
    why: str,
    *,
    target: float | None = None,
    due: date | None = None,
    lowest: float | None = None,
    highest: float | None = None,
) -> None:
    """Another target or day, with a reason; what it was stays on record."""
    may(desk, Act.KEEP_OBJECTIVES)
    given = {"target": target, "due": due, "lowest": lowest, "highest": highest}
    values = {name: value for name, value in given.items() if value is not None}
    with desk.work() as work:
        row = kept(desk, work, key)
        fresh = {name: value for name, value in values.items() if getattr(row, name) != value}
        problems = [] if why.strip() else [Problem(code="key_result_needs_reason")]
        if not fresh:
            problems.append(Problem(code="key_result_same_target", facts={"name": row.name}))
        merged = {name: fresh.get(name, getattr(row, name)) for name in given}
        problems += _wrong_target(row.name, row.kind, row.baseline, merged)
        if problems:
            raise Refused(problems)
        work.change(row, "key_result.retargeted", why=why.strip(), **fresh)


def kept(desk: Desk, work: Work, key: str) -> KeyResult:
    """The key result inside this unit of work, if whoever acts may keep it."""
    result = find.key_result(work.session, key)
    _own_department(desk, work, work.get(Objective, result.objective_id))
    return result


def _own_department(desk: Desk, work: Work, objective: Objective) -> None:
    """Innovators keep the objectives of their own department; the other roles keep all."""
    if desk.person is None:
        return
    roles = find.roles(work.session, desk.person.id)
    if roles & {Role.EXECUTIVE, Role.ADMINISTRATOR, Role.ANALYST}:
        return
    if objective.department_id is None or objective.department_id != desk.person.department_id:
        facts = {"person": desk.person.name, "objective": objective.title}
        raise Refused(Problem(code="objective_of_another_department", facts=facts))


def _person(desk: Desk, name: str) -> UUID | None:
    if not name.strip():
        return None
    person = desk.as_person(name).person
    return person.id if person else None


def _blank(field: str, text: str) -> Problem | None:
    return None if text.strip() else Problem(code="objective_part_missing", facts={"field": field})


def _free(key: str, known: Sequence[str]) -> None:
    if key in known:
        raise Refused(Problem(code="objective_key_taken", facts={"key": key}))


def _wrong(new: NewKeyResult) -> list[Problem]:
    problems = [problem for problem in (_blank("name", new.name),) if problem]
    if new.kind not in [kind.value for kind in KeyResultKind]:
        offered = [kind.value for kind in KeyResultKind]
        return [*problems, Problem(code="key_result_kind", facts={"given": new.kind, "offered": offered})]
    if bool(new.part_of) != (new.part_share is not None) or not 0 < (new.part_share or 1.0) <= 1:
        problems.append(Problem(code="key_result_part_share", facts={"name": new.name}))
    if new.every_days < 1:
        problems.append(Problem(code="key_result_rhythm", facts={"name": new.name}))
    bounds = {"target": new.target, "lowest": new.lowest, "highest": new.highest}
    return problems + _wrong_target(new.name, KeyResultKind(new.kind), new.baseline, bounds)


def _wrong_target(name: str, kind: KeyResultKind, baseline: float | None, given: Mapping[str, object]) -> list[Problem]:
    """What does not fit the kind: from where to where, or within what."""
    target, lowest, highest = (given[part] for part in ("target", "lowest", "highest"))
    numbers = [value for value in (baseline, target, lowest, highest) if isinstance(value, (int, float))]
    if not all(writable(value) for value in numbers):
        return [Problem(code="key_result_number", facts={"field": name})]
    if kind in MOVES:
        if not isinstance(target, (int, float)) or baseline is None:
            return [Problem(code="key_result_needs_target", facts={"name": name})]
        if (target > baseline) != (kind == KeyResultKind.INCREASE) or target == baseline:
            return [Problem(code=f"key_result_target_{kind.value}", facts={"name": name, "baseline": baseline})]
    if kind == KeyResultKind.KEEP_WITHIN:
        room = isinstance(lowest, (int, float)) and isinstance(highest, (int, float)) and lowest < highest
        return [] if room else [Problem(code="key_result_needs_range", facts={"name": name})]
    return []


def _room(above: KeyResult, share: float, known: Sequence[KeyResult]) -> None:
    taken = sum(row.part_share or 0.0 for row in known if row.part_of_id == above.id)
    if taken + share > 1 + 1e-9:
        raise Refused(Problem(code="key_result_parts_full", facts={"above": above.name, "left": max(0.0, 1 - taken)}))
