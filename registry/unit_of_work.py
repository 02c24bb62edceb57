"""One unit of work: rows and the events that tell of them are kept together, or not at all.

    with registry.work(actor=person, via=Via.APP) as work:
        work.add(pilot)
        work.record("pilot.registered", pilot, after={"key": pilot.key})

Writers wait for each other at the log's head, so what a unit reads stays true until it is committed: checks made
inside it can't be overtaken. Compute before, write inside: a unit should take milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, SQLModel, col, select

from registry import search
from registry.base import EditableRow, Row
from registry.canonical import plain
from registry.errors import Conflict, NotFound, Problem, Refused
from registry.events import Event, LogHead
from registry.kinds import Via
from registry.people import Person
from registry.schema import models
from registry.seals import event_hash, seal, stored_rows, subject_of, to_be_stored
from registry.validation import check, refusal, unstorable

WITHHELD = {"withheld": True}
"""What stands in an event for a value that may hold personal data: the log can't forget, so it must not know."""

PRIVATE = {
    "person": {"name", "email"},
    "pilot": {"draft"},
    "comment": {"content", "mentions"},
    "check_in": {"trouble"},
    "change_entry": {"what", "why", "credited_to"},
    "identity": {"subject"},
    "delegation": {"reason"},
    "attachment": {"name", "caption"},
    "concern": {"what", "answer"},
    "key_result_check_in": {"note", "corrective_action"},
    "pilot_key_result": {"note"},
    "request_for_more": {"what", "answer"},
    "proposed_overrule": {"asked", "answer"},
    "rollout": {"reason"},
    "learning_pilot": {"note"},
    "saved_view": {"name", "query"},
}

AnyRow = TypeVar("AnyRow", bound=Row)
AnyEditable = TypeVar("AnyEditable", bound=EditableRow)


class WritingSession(Session):
    """A session that validates what it writes and remembers which rows it touched."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.touched: dict[tuple[str, UUID], bool] = {}
        """(table, key) of every row written: False where it was deleted."""
        self.stale: list[tuple[str, int]] = []
        """(subject, revision) of the rows about to be updated: what to look at if they turn out stale."""
        self.found_anew: set[UUID] = set()
        """Pilots whose words or verdict a search knows by these rows."""


@event.listens_for(WritingSession, "before_flush")
def _check_rows(session: WritingSession, *_: object) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in (*session.new, *changed):
        check(row)
    session.stale = [(subject_of(row), row.revision) for row in changed if isinstance(row, EditableRow)]


@event.listens_for(WritingSession, "after_flush")
def _remember_rows(session: WritingSession, *_: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Row):
            table = str(row.__tablename__)
            session.touched[table, row.id] = row not in session.deleted
            if table in search.SOURCES:
                session.found_anew.add(row.id if table == "pilot" else row.pilot_id)  # type: ignore[attr-defined]


@event.listens_for(WritingSession, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        raise TypeError("bulk statements can't be sealed in the log: load, change, add or delete rows instead")


class Work:
    """What may be done inside one unit of work. Made by ``Registry.work``."""

    def __init__(self, session: WritingSession, actor_id: UUID | None, via: Via, clock: Callable[[], datetime]) -> None:
        self.session = session
        self.actor_id = actor_id
        self.via = via
        self.now = clock()
        self._events: list[Event] = []

    def add(self, row: AnyRow) -> AnyRow:
        """Keep a new row, complete as it is: written at once, so rows that refer to it can follow."""
        self.session.add(row)
        self.session.flush()
        return row

    def delete(self, row: Row) -> None:
        self.session.delete(row)
        self.session.flush()

    def get(self, model: type[AnyRow], key: UUID) -> AnyRow:
        """The row of that key as it is now; raises NotFound."""
        row = self.session.get(model, key)
        if row is None:
            raise NotFound(Problem(code="row_not_found", facts={"table": str(model.__tablename__), "key": str(key)}))
        return row

    def edit(self, model: type[AnyEditable], key: UUID, *, revision: int) -> AnyEditable:
        """The row of that key, to be changed by somebody who was shown ``revision`` of it; raises Conflict if stale."""
        row = self.get(model, key)
        if row.revision != revision:
            raise Conflict(_overtaken(self.session, subject_of(row), revision, row.revision))
        return row

    def change(self, row: Row, act: str, *, why: str = "", **values: Any) -> Event | None:
        """Set these fields of a row and record the act with what they were and are; nothing if none differs.

        Fields that may hold personal data are named in the event, without their values.
        """
        before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
        if not before:
            return None
        for name in before:
            setattr(row, name, values[name])
        withheld = dict.fromkeys(before.keys() & PRIVATE.get(str(row.__tablename__), set()), WITHHELD)
        after = {name: values[name] for name in before}
        return self.record(act, row, before=before | withheld, after=after | withheld, why=why)

    def record(
        self,
        act: str,
        subject: Row | str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str = "",
        pilot_id: UUID | None = None,
    ) -> Event:
        """Tell the log what was done, to what and why. before, after: plain values; never names or other personal data.

        The pilot is taken from the subject where that is one or belongs to one.
        """
        if problems := unstorable({"why": why, "before": before and dict(before), "after": after and dict(after)}):
            raise Refused(problems)
        entry = Event(
            seq=0,  # seq and hashes are given when the unit is committed
            at=self.now,
            actor_id=self.actor_id,
            via=self.via,
            act=act,
            subject=subject if isinstance(subject, str) else subject_of(subject),
            pilot_id=pilot_id or _pilot_of(subject),
            before=None if before is None else plain(before),
            after=None if after is None else plain(after),
            why=why,
            previous_hash="",
            hash="",
        )
        self._events.append(entry)
        return entry

    def _finish(self, head: LogHead) -> None:
        self.session.flush()
        if not self._events:
            if self.session.touched:
                tables = sorted({table for table, _ in self.session.touched})
                raise Refused(Problem(code="change_without_event", facts={"tables": tables}))
            return
        self._give_seals(_seals(self.session))
        search.refresh(self.session, self.session.found_anew | search.pilots_of(self.session, self.session.touched))
        for entry in self._events:
            entry.seq, entry.previous_hash = head.seq + 1, head.hash
            entry.hash = event_hash(to_be_stored(entry))
            self.session.add(entry)
            head.seq, head.hash = entry.seq, entry.hash
        self.session.flush()

    def _give_seals(self, seals: dict[str, dict[str, Any] | None]) -> None:
        """Each event carries the seal of its own subject; the last one also those of all other rows."""
        last_about = {entry.subject: entry for entry in self._events}
        given: dict[int, dict[str, Any]] = {}
        for subject, value in seals.items():
            given.setdefault(id(last_about.get(subject, self._events[-1])), {})[subject] = value
        for entry in self._events:
            entry.seals = given.get(id(entry), {})


@contextmanager
def unit_of_work(engine: Engine, actor_id: UUID | None, via: Via, clock: Callable[[], datetime]) -> Iterator[Work]:
    """Open a unit of work: committed when the block ends, rolled back wholly when it raises.

    engine: one whose connections take the write lock. Raises Conflict, Taken, Locked, Refused or Unavailable.
    """
    with WritingSession(engine) as session:
        try:
            head = session.exec(select(LogHead).with_for_update()).one()
            work = Work(session, actor_id, via, clock)
            yield work
            work._finish(head)
            session.commit()
        except StaleDataError as error:
            session.rollback()
            raise Conflict(_who_overtook(session)) from error
        except DBAPIError as error:
            session.rollback()
            told = refusal(error)
            if told is None:
                raise
            raise told from error


def _seals(session: WritingSession) -> dict[str, dict[str, Any] | None]:
    """The seals of all touched rows, read back from the database inside the transaction."""
    wanted: dict[str, list[UUID]] = {}
    for table, key in session.touched:
        wanted.setdefault(table, []).append(key)
    found: dict[str, dict[str, Any] | None] = {f"{table}/{key}": None for table, key in session.touched}
    known = models()
    for table, keys in wanted.items():
        for stored in stored_rows(session, known[table].__table__, keys):  # type: ignore[attr-defined]
            found[f"{table}/{stored['id']}"] = seal(table, stored)
    return found


def _pilot_of(subject: SQLModel | str) -> UUID | None:
    if isinstance(subject, str):
        return None
    return subject.id if subject.__tablename__ == "pilot" else getattr(subject, "pilot_id", None)  # type: ignore[attr-defined]


def _who_overtook(session: WritingSession) -> list[Problem]:
    known = models()
    problems = []
    for subject, revision in session.stale:
        table, _, key = subject.partition("/")
        row: Any = session.get(known[table], UUID(key), populate_existing=True)
        at = row.revision if row is not None else None
        if at != revision:
            problems.append(_overtaken(session, subject, revision, at))
    return problems


def _overtaken(session: Session, subject: str, shown: int, now: int | None) -> Problem:
    """Who changed a row last, when and what: from the log."""
    last = session.exec(select(Event).where(Event.subject == subject).order_by(col(Event.seq).desc())).first()
    who = session.get(Person, last.actor_id) if last and last.actor_id else None
    facts = {
        "subject": subject,
        "shown": shown,
        "now": now,
        "who": who.name if who else None,
        "at": last.at if last else None,
        "act": last.act if last else None,
        "changed": sorted(last.after or {}) if last else [],
    }
    return Problem(code="changed_meanwhile" if who else "changed_meanwhile_by_system", facts=facts)
