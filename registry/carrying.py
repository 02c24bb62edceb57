"""One pilot's rows, to be carried from one record to another.

Rows keep their keys, so that what was signed and hashed still fits. People, departments and metrics are the other
record's own where it has them: people by e-mail or name, departments and metrics by key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlmodel import Session, SQLModel

from registry import find
from registry.base import CanonicalJSON
from registry.errors import Problem, Refused
from registry.metrics import MetricDefinition, MetricVersion
from registry.people import Department, Person
from registry.pilots import Pilot
from registry.schema import METADATA, models
from registry.seals import stored_rows, typed
from registry.unit_of_work import Work

Rows = dict[str, list[dict[str, Any]]]
"""Rows by table, as they are stored: columns as plain values, JSON as its text."""

SHARED = ("department", "person", "metric_definition", "metric_version")
"""What a pilot refers to and other pilots too."""
CARRIED = (
    "pilot",
    "pilot_partner",
    "pilot_metric",
    "hypothesis",
    "plan_record",
    "amendment",
    "signature",
    "assignment_record",
    "snapshot",
    "evidence_record",
    "recommendation_record",
    "review_round",
    "request_for_more",
    "review",
    "proposed_overrule",
    "decision",
    "rollout_plan",
    "rollout",
    "rollout_measure",
    "hindsight",
    "takeaway",
    "check_in",
    "change_entry",
    "comment",
    "attachment",
    "concern",
    "forgotten",
)
"""What belongs to a pilot, parents before children."""
LEFT = ("event", "notice", "delegation", "kept_input", "pilot_key_result", "learning_pilot", "reaction")
"""What names a pilot but stays where it is: the log, what people were told or do for each other, what is made anew, and
the organisation's own objectives and learnings."""


def rows_of(session: Session, pilot_id: UUID) -> Rows:
    """Everything of one pilot, and what it refers to."""
    rows: Rows = {}
    for name in CARRIED:
        rows[name] = list(_of_pilot(session, METADATA.tables[name], pilot_id))
    for name in reversed(SHARED):
        wanted = sorted({value for value in _referred(rows, name) if value is not None})
        table = METADATA.tables[name]
        rows[name] = list(stored_rows(session, table, [UUID(value) for value in wanted])) if wanted else []
    for person in rows["person"]:
        person["manager_id"] = None  # who reports to whom is each organisation's own
    return rows


def events_of(session: Session, pilot_id: UUID) -> list[dict[str, Any]]:
    """The pilot's events, whole as they are stored: each can be held against its own hash."""
    numbers = [event.seq for event in find.events(session, pilot_id=pilot_id)]
    return sorted(stored_rows(session, METADATA.tables["event"], numbers), key=lambda row: row["seq"])


def bring(work: Work, rows: Rows) -> Pilot:
    """Put a carried pilot into this record. Raises Refused where its key or one of its rows is here already."""
    (carried,) = rows["pilot"]
    _refuse_twice(work.session, carried)
    places = _shared(work, rows)
    for name in CARRIED:
        table = METADATA.tables[name]
        for row in _parents_first(table, rows.get(name, [])):
            values = _here(_values(table, row), places)
            if name == "pilot":
                values["parent_id"] = _known(work.session, Pilot, values["parent_id"])
            if name == "comment":
                values["mentions"] = [str(places.get(one, one)) for one in values["mentions"]]
            work.add(_made(name, values))
    return work.get(Pilot, UUID(carried["id"]))


def _of_pilot(session: Session, table: Table, pilot_id: UUID) -> Iterator[dict[str, Any]]:
    column = table.c.id if table.name == "pilot" else table.c.pilot_id
    ids = list(session.execute(select(table.c.id).where(column == pilot_id)).scalars())
    return stored_rows(session, table, ids)


def _referred(rows: Rows, name: str) -> Iterator[str | None]:
    for table_name, found in rows.items():
        for column in METADATA.tables[table_name].columns:
            if any(key.column.table.name == name for key in column.foreign_keys):
                yield from (row[column.name] for row in found)


def _refuse_twice(session: Session, carried: Mapping[str, Any]) -> None:
    taken = session.execute(select(func.count()).where(Pilot.key == carried["key"])).scalar_one()
    if taken or _known(session, Pilot, UUID(carried["id"])):
        raise Refused(Problem(code="import_key_taken", facts={"pilot": carried["key"]}))


def _known(session: Session, model: type[Any], key: UUID | None) -> UUID | None:
    return key if key is not None and session.get(model, key) is not None else None


def _shared(work: Work, rows: Rows) -> dict[str, UUID]:
    """Key there -> key here of departments, people and metrics; made where this record does not have them."""
    places: dict[str, UUID] = {}
    by_key = {row.key: row for row in find.departments(work.session)}
    for row in rows["department"]:
        known = by_key.get(row["key"]) or work.add(Department(key=row["key"], name=row["name"]))
        places[row["id"]] = known.id
    people = find.people(work.session, active_only=False)
    for row in rows["person"]:
        places[row["id"]] = (_person(people, row) or _new_person(work, row, places)).id
    for row in rows["metric_definition"]:
        found = find.all_of(work.session, MetricDefinition, MetricDefinition.key == row["key"])
        values = _here(_values(METADATA.tables["metric_definition"], row), places)
        places[row["id"]] = (found[0] if found else work.add(_made("metric_definition", values))).id
    for row in rows["metric_version"]:
        places[row["id"]] = _version(work, row, places)
    return places


def _person(people: list[Person], row: Mapping[str, Any]) -> Person | None:
    """By address where both have one; else by name, if only one here is called so."""
    if row["email"]:
        for one in people:
            if one.email == row["email"]:
                return one
    same = [one for one in people if one.name.casefold() == row["name"].casefold() and not (one.email and row["email"])]
    return same[0] if len(same) == 1 else None


def _new_person(work: Work, row: Mapping[str, Any], places: Mapping[str, UUID]) -> Person:
    home = places.get(str(row["department_id"]))
    return work.add(Person(name=row["name"], email=row["email"], department_id=home, active=row["active"]))


def _version(work: Work, row: Mapping[str, Any], places: Mapping[str, UUID]) -> UUID:
    """The same definition where it is known, else a new version of the metric."""
    values = _here(_values(METADATA.tables["metric_version"], row), places)
    versions = find.metric_versions(work.session, values["metric_id"])
    own = {"id", "created_at", "number", "metric_id"}
    for version in versions:
        if all(getattr(version, key) == value for key, value in values.items() if key not in own):
            return version.id
    values["number"] = max((version.number for version in versions), default=0) + 1
    if _known(work.session, MetricVersion, values["id"]):
        del values["id"]
    return work.add(_made("metric_version", values)).id


def _values(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns in their own types. Raises Refused where one is none of its type."""
    try:
        return {
            column.name: json.loads(row[column.name])
            if isinstance(column.type, CanonicalJSON) and row[column.name] is not None
            else typed(column, row[column.name])
            for column in table.columns
        }
    except (KeyError, TypeError, ValueError):
        raise Refused(Problem(code="import_row_unreadable", facts={"table": table.name})) from None


def _here(values: Mapping[str, Any], places: Mapping[str, UUID]) -> dict[str, Any]:
    """The values with the keys that people, departments and metrics have in this record."""
    return {key: places.get(str(value), value) if isinstance(value, UUID) else value for key, value in values.items()}


def _made(name: str, values: Mapping[str, Any]) -> Any:
    model: type[SQLModel] = models()[name]
    return model(**values)


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row after those of the same table that it refers to; a circle among them is refused."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table and table.name != "pilot"]
    waiting, there = list(rows), {None}
    while waiting:
        now = [row for row in waiting if all(row.get(name) in there for name in own)]
        if not now:
            raise Refused(Problem(code="import_row_unreadable", facts={"table": table.name}))
        yield from now
        there |= {row.get("id") for row in now}
        waiting = [row for row in waiting if row not in now]
