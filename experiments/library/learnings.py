"""Learnings: sentences that hold beyond one pilot, with the pilots that support and those that contradict them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from experiments.charters.charter import slug
from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.library.cards import Card, cards_of
from experiments.words import say
from registry import find, shelf
from registry.access import Act
from registry.kinds import Bearing
from registry.learning import Learning, LearningPilot
from registry.pilots import Pilot
from stats.errors import Problem

LONGEST = 500
BEARINGS = tuple(bearing.value for bearing in Bearing)


@dataclass(frozen=True, kw_only=True)
class Witness:
    """One pilot's word on a learning, with its card. note: how it bears on it; entered_by: who says so."""

    bearing: str
    note: str
    entered_by: str
    card: Card


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One learning with its witnesses, those who support it first."""

    key: str
    statement: str
    revision: int
    entered_by: str
    witnesses: tuple[Witness, ...]

    @property
    def supporting(self) -> int:
        return sum(witness.bearing == Bearing.SUPPORTS for witness in self.witnesses)

    @property
    def contradicting(self) -> int:
        return len(self.witnesses) - self.supporting


def learnings(desk: Desk, words: str = "") -> tuple[Taught, ...]:
    """By statement; ``words``: all of them in the statement, in any case."""
    with desk.read() as session:
        rows = [row for row in shelf.learnings(session) if _has(row.statement, words)]
        borne = [pair for pair in shelf.borne_out(session) if pair[1].id in {row.id for row in rows}]
        pilots = shelf.pilots_by_id(session, list(dict.fromkeys(row.pilot_id for row, _ in borne)))
        made = cards_of(session, pilots, desk.registry.clock().date())
        cards = {pilot.id: card for pilot, card in zip(pilots, made, strict=True)}
        names = {person.id: person.name for person in find.people(session, active_only=False)}
    said: dict[UUID, list[Witness]] = defaultdict(list)
    for row, _ in borne:
        said[row.learning_id].append(_witness(row, cards[row.pilot_id], names))
    return tuple(_taught(row, said[row.id], names) for row in rows)


def add_learning(desk: Desk, statement: str) -> Taught:
    """Write a new learning down; nobody has to support it yet."""
    may(desk, Act.KEEP_LEARNINGS)
    text = _checked(statement)
    key = slug(text)
    with desk.work() as work:
        known = {row.key: row for row in shelf.learnings(work.session)}
        if key in known:
            raise Refused(Problem(code="learning_there", facts={"key": key, "statement": known[key].statement}))
        row = work.add(Learning(key=key, statement=text, entered_by_id=work.actor_id))
        work.record("learning.added", row, after={"key": key, "statement": text})
    return _one(desk, key)


def reword(desk: Desk, key: str, statement: str, *, revision: int | None = None) -> Taught:
    """Say a learning better; its key stays. revision: which one was read; another one since is told."""
    may(desk, Act.KEEP_LEARNINGS)
    text = _checked(statement)
    with desk.work() as work:
        found = shelf.learning(work.session, key)
        row = work.edit(Learning, found.id, revision=found.revision if revision is None else revision)
        work.change(row, "learning.reworded", statement=text)
    return _one(desk, key)


def bear_out(desk: Desk, key: str, pilot_key: str, bearing: str, note: str = "") -> Taught:
    """Say that a judged pilot supports or contradicts a learning; said again, it replaces what was said before."""
    may(desk, Act.KEEP_LEARNINGS)
    if problems := list(_bearing_problems(bearing, note)):
        raise Refused(problems)
    with desk.work() as work:
        learning = shelf.learning(work.session, key)
        pilot = find.pilot(work.session, pilot_key)
        if not _judged(pilot):
            raise Refused(Problem(code="learning_pilot_early", facts={"pilot": pilot.key}))
        row = next(
            (row for row, _ in shelf.borne_out(work.session, pilot_ids=[pilot.id]) if row.learning_id == learning.id),
            None,
        )
        if row is not None:
            work.change(
                row,
                "learning.bearing_changed",
                bearing=Bearing(bearing),
                note=note.strip(),
                entered_by_id=work.actor_id,
            )
        else:
            row = work.add(
                LearningPilot(
                    learning_id=learning.id,
                    pilot_id=pilot.id,
                    bearing=Bearing(bearing),
                    note=note.strip(),
                    entered_by_id=work.actor_id,
                )
            )
            work.record("learning.borne_out", row, after={"learning": key, "bearing": bearing})
    return _one(desk, key)


def take_back(desk: Desk, key: str, pilot_key: str) -> Taught:
    """A pilot says nothing to this learning any more."""
    may(desk, Act.KEEP_LEARNINGS)
    with desk.work() as work:
        learning = shelf.learning(work.session, key)
        pilot = find.pilot(work.session, pilot_key)
        rows = [row for row, _ in shelf.borne_out(work.session, pilot_ids=[pilot.id]) if row.learning_id == learning.id]
        if not rows:
            raise Refused(Problem(code="learning_pilot_unknown", facts={"pilot": pilot.key, "key": key}))
        work.record("learning.taken_back", pilot, before={"learning": key, "bearing": Bearing(rows[0].bearing).value})
        work.delete(rows[0])
    return _one(desk, key)


def _one(desk: Desk, key: str) -> Taught:
    return next(taught for taught in learnings(desk) if taught.key == key)


def _judged(pilot: Pilot) -> bool:
    """Whether it was decided: before, its numbers may still be closed."""
    return pilot.stage in shelf.SHELVED


def _checked(statement: str) -> str:
    text = " ".join(statement.split())
    if not text:
        raise Refused(Problem(code="learning_empty"))
    if len(text) > LONGEST:
        raise Refused(Problem(code="learning_long", facts={"longest": LONGEST, "given": len(text)}))
    return text


def _bearing_problems(bearing: str, note: str) -> Iterator[Problem]:
    if bearing not in BEARINGS:
        yield Problem(code="learning_bearing", facts={"given": bearing, "offered": list(BEARINGS)})
    if len(note) > LONGEST:
        yield Problem(code="learning_long", facts={"longest": LONGEST, "given": len(note)})


def _has(statement: str, words: str) -> bool:
    return all(word in statement.casefold() for word in words.casefold().split())


def _taught(row: Learning, said: list[Witness], names: dict[Any, str]) -> Taught:
    return Taught(
        key=row.key,
        statement=row.statement,
        revision=row.revision,
        entered_by=names.get(row.entered_by_id, ""),
        witnesses=tuple(sorted(said, key=lambda witness: witness.bearing != Bearing.SUPPORTS)),
    )


def _witness(row: LearningPilot, card: Card, names: dict[Any, str]) -> Witness:
    entered_by = names.get(row.entered_by_id, "")
    return Witness(bearing=Bearing(row.bearing).value, note=row.note, entered_by=entered_by, card=card)


def witness_words(witness: Witness) -> str:
    """Which pilot, how it ended, with which effect, and how it bears on the learning by whose word."""
    card = witness.card
    ended = say(f"verdict.{card.decided}") if card.decided else ""
    effect = f"{card.metric} {card.effect}"
    key = "learnings.witness" if card.effect else "learnings.witness_bare"
    by = say("learnings.said_by", person=witness.entered_by) if witness.entered_by else ""
    first = say(key, title=card.title, ended=ended, effect=effect)
    return ". ".join(
        part for part in (first, ", ".join(text for text in (witness.note.rstrip("."), by) if text)) if part
    )
