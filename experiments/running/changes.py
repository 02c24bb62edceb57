"""The change log: what was changed, seen and suggested along the way, and what became of each suggestion.

While a pilot is shaped everything may change. Once its plan is locked a change of what is tried closes the version:
what came before and after it is not the same pilot (the check ``treatment_changed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.words import say
from experiments.words.numbers import day
from registry import find
from registry.access import Act
from registry.kinds import ChangeKind, SuggestionState
from registry.notes import ChangeEntry
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the log. closes_version: it altered what is tried after the plan was locked."""

    id: UUID
    kind: str
    on: date
    site: str
    what: str
    why: str
    suggestion: str
    credited_to: str
    entered_by: str
    closes_version: bool


def note(
    desk: Desk,
    key: str,
    what: str,
    *,
    kind: str = "change",
    on: date | None = None,
    site: str = "",
    why: str = "",
    alters_treatment: bool = False,
    credited_to: str = "",
) -> Entry:
    """Write something into the log: a change, a visit, a suggestion or an incident.

    credited_to: whose idea it was. alters_treatment: what is tried is not the same any more.
    """
    pilot = desk.pilot(key)
    may(desk, Act.CHANGE, pilot)
    chosen = _kind(kind)
    if not what.strip():
        raise Refused(Problem(code="change_empty"))
    with desk.work() as work:
        row = mine(work, pilot)
        kept = work.add(
            ChangeEntry(
                pilot_id=row.id,
                kind=chosen,
                happened_at=work.now if on is None else datetime.combine(on, time(12), work.now.tzinfo),
                site=site.strip() or None,
                what=what.strip(),
                why=why.strip(),
                alters_treatment=alters_treatment,
                suggestion=SuggestionState.OPEN if chosen == ChangeKind.SUGGESTION else None,
                credited_to=credited_to.strip(),
                entered_by_id=work.actor_id,
                created_at=work.now,
            )
        )
        work.record(f"change.{chosen.value}", kept, after={"alters_treatment": alters_treatment, "site": kept.site})
    return next(entry for entry in changes(desk, key) if entry.id == kept.id)


def settle(desk: Desk, key: str, entry: UUID, state: str, why: str = "") -> Entry:
    """Say what became of a suggestion: adopted, or declined and why. What was adopted is credited to who had it."""
    pilot = desk.pilot(key)
    may(desk, Act.CHANGE, pilot)
    if state not in {SuggestionState.ADOPTED.value, SuggestionState.DECLINED.value}:
        offered = [SuggestionState.ADOPTED.value, SuggestionState.DECLINED.value]
        raise Refused(Problem(code="suggestion_state", facts={"given": state, "offered": offered}))
    if state == SuggestionState.DECLINED and not why.strip():
        raise Refused(Problem(code="reason_missing", facts={"what": state}))
    with desk.work() as work:
        row = work.get(ChangeEntry, entry)
        if row.pilot_id != pilot.id or row.kind != ChangeKind.SUGGESTION:
            raise Refused(Problem(code="no_such_suggestion", facts={"pilot": key}))
        row.why = why.strip() or row.why
        work.change(row, f"suggestion.{state}", suggestion=SuggestionState(state))
    return next(found for found in changes(desk, key) if found.id == entry)


def changes(desk: Desk, key: str) -> tuple[Entry, ...]:
    """The whole log, oldest first."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        promised = find.first_locked_at(session, pilot.id)
        return tuple(
            _entry(row, names.get(row.entered_by_id, "") if row.entered_by_id else "", promised)
            for row in find.change_entries(session, pilot.id)
        )


def sentence(entry: Entry) -> str:
    """One line of the log in words: day, what, where, whose idea, and what became of it."""
    parts = [say(f"change.{entry.kind}", day=day(entry.on), what=entry.what)]
    parts += [say("change.site", site=entry.site)] if entry.site else []
    parts += [say("change.credit", person=entry.credited_to)] if entry.credited_to else []
    parts += [say(f"change.suggestion.{entry.suggestion}")] if entry.suggestion else []
    parts += [say("change.why", why=entry.why)] if entry.why else []
    parts += [say("change.closes")] if entry.closes_version else []
    return " ".join(parts)


def numbered(desk: Desk, key: str, number: int) -> Entry:
    """The line of that number, counted from 1 as lists show them."""
    entries = changes(desk, key)
    if not 1 <= number <= len(entries):
        raise Refused(Problem(code="no_such_suggestion", facts={"pilot": key}))
    return entries[number - 1]


def _entry(row: ChangeEntry, entered_by: str, promised: datetime | None) -> Entry:
    return Entry(
        id=row.id,
        kind=row.kind.value,
        on=row.happened_at.date(),
        site=row.site or "",
        what=row.what,
        why=row.why,
        suggestion=row.suggestion.value if row.suggestion else "",
        credited_to=row.credited_to,
        entered_by=entered_by,
        closes_version=row.alters_treatment and promised is not None and row.created_at >= promised,
    )


def _kind(kind: str) -> ChangeKind:
    try:
        return ChangeKind(kind.lower())
    except ValueError:
        offered = [item.value for item in ChangeKind]
        raise Refused(Problem(code="change_kind", facts={"given": kind, "offered": offered})) from None
