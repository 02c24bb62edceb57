"""Forget: the bytes of uploaded data are deleted on record; evidence keeps its cells and can be computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.evidence.inputs import known_of
from experiments.people.keeping import person_called
from experiments.words import say
from registry import find
from registry.access import Act
from registry.keeping import Forgotten, KeptInput
from registry.kinds import ForgottenKind
from registry.naming import naming
from registry.people import Delegation, Identity, Person
from registry.unit_of_work import Work
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Forgot:
    """snapshots, attachments: how many were forgotten; shared: bytes left because another pilot has the same file;
    from_cells, text_only: pieces of evidence that can be computed again without their data, and that can't."""

    pilot: str
    snapshots: int
    attachments: int
    shared: int
    from_cells: int
    text_only: int


def forget(desk: Desk, key: str, reason: str) -> Forgot:
    """Delete the uploaded bytes of a pilot. What evidence needs of them is kept first, as cells.

    Rows, hashes and events stay, so the record still says what was there. Refused without a reason, and where there
    is nothing to forget.
    """
    pilot = desk.pilot(key)
    may(desk, Act.FORGET, pilot)
    if not reason.strip():
        raise Refused(Problem(code="forget_without_reason"))
    with desk.read() as session:
        evidence = known_of(session, pilot)
        rows = _named(session, pilot.id)
    if not rows:
        raise Refused(Problem(code="nothing_to_forget", facts={"pilot": key}))
    inputs = {known.evidence.id: known.input(desk) for known in evidence if not known.forgotten}
    packed = {found: given.packed() for found, given in inputs.items()}
    stored = {found: desk.registry.snapshots.put(content) for found, content in packed.items()}
    from_cells = sum(given.cells is not None for given in inputs.values())
    with desk.work() as work:
        rows = _named(work.session, pilot.id)
        has = find.kept_inputs(work.session, pilot.id)
        for found, sha256 in stored.items():
            if found not in has:
                work.add(KeptInput(pilot_id=pilot.id, evidence_id=found, sha256=sha256, size=len(packed[found])))
        for kind, sha256 in rows:
            work.add(
                Forgotten(
                    pilot_id=pilot.id,
                    kind=kind,
                    sha256=sha256,
                    reason=reason.strip(),
                    forgotten_by_id=work.actor_id,
                    forgotten_at=work.now,
                )
            )
        _blank_attachments(work, pilot.id)
        counts = {kind.value: sum(k == kind for k, _ in rows) for kind in ForgottenKind}
        work.record("data.forgotten", pilot, after={**counts, "from_cells": from_cells}, why=reason.strip())
    shared = desk.registry.remove_forgotten()
    return Forgot(
        pilot=key,
        snapshots=counts["snapshot"],
        attachments=counts["attachment"],
        shared=len({sha256 for _, sha256 in rows} & shared),
        from_cells=from_cells,
        text_only=len(inputs) - from_cells,
    )


def _named(session: Any, pilot_id: UUID) -> list[tuple[ForgottenKind, str]]:
    """(kind, sha256) of what the pilot has and has not forgotten, each once."""
    gone = {(row.kind, row.sha256) for row in find.forgotten(session, pilot_id)}
    found = [(ForgottenKind.SNAPSHOT, row.sha256) for row in find.snapshots(session, pilot_id)]
    found += [(ForgottenKind.ATTACHMENT, row.sha256) for row in find.attachments(session, pilot_id)]
    return [item for item in dict.fromkeys(found) if item not in gone]


def _blank_attachments(work: Work, pilot_id: UUID) -> None:
    for row in find.attachments(work.session, pilot_id):
        work.change(row, "attachment.forgotten", name=say("forget.file"), caption="")


@dataclass(frozen=True, kw_only=True)
class ForgotPerson:
    """pseudonym: what the person is called now. locked, written: keys of pilots whose locked texts (plans, decisions,
    reviews, the log's reasons), and whose other texts as people wrote them, still hold the name; "" for texts of no
    pilot."""

    pseudonym: str
    locked: tuple[str, ...]
    written: tuple[str, ...]


def forget_person(desk: Desk, who: str, reason: str) -> ForgotPerson:
    """Blank a person's name, address and logins wherever they stand for the person, and say where the name stays.

    What was signed or decided stays as it was, and what others wrote is theirs. The log names people by number only.
    """
    may(desk, Act.KEEP_PEOPLE)
    if not reason.strip():
        raise Refused(Problem(code="forget_without_reason"))
    person = person_called(desk, who)
    if desk.person is not None and person.id == desk.person.id:
        raise Refused(Problem(code="forget_yourself", facts={"person": person.name}))
    pseudonym = say("forget.person", number=person.id.hex[:6])
    with desk.work() as work:
        row = work.get(Person, person.id)
        names = tuple(name for name in (row.name, row.email) if name)
        _in_texts(work, names, pseudonym)
        for identity in find.all_of(work.session, Identity, Identity.person_id == row.id):
            work.delete(identity)
        for away in find.all_of(work.session, Delegation, Delegation.from_id == row.id):
            work.change(away, "delegation.forgotten", reason="")
        work.change(row, "person.forgotten", name=pseudonym, email=None, active=False, why=reason.strip())
    with desk.read() as session:
        stays = naming(session, names)
    return ForgotPerson(pseudonym=pseudonym, locked=stays.locked, written=stays.written)


def where_named(made: ForgotPerson) -> tuple[str, ...]:
    """What stays, and why, in sentences."""
    elsewhere = say("forget.stays.elsewhere")
    locked, written = ([key or elsewhere for key in keys] for keys in (made.locked, made.written))
    said = [say("forget.stays.locked", pilots=locked)] if locked else []
    said += [say("forget.stays.written", pilots=written)] if written else []
    return (*(said or [say("forget.stays.nowhere")]), say("forget.stays.files"))


def _in_texts(work: Work, names: tuple[str, ...], pseudonym: str) -> None:
    """Charters and credits that name the person."""
    for pilot in find.pilots(work.session):
        draft = _without(pilot.draft, names, pseudonym)
        work.change(pilot, "pilot.person_forgotten", draft=draft)
        for entry in find.change_entries(work.session, pilot.id):
            if entry.credited_to in names:
                work.change(entry, "change.person_forgotten", credited_to=pseudonym)


def _without(value: Any, names: tuple[str, ...], pseudonym: str) -> Any:
    """The same charter with the pseudonym for the name; addresses go."""
    if isinstance(value, dict):
        return {key: _without(item, names, pseudonym) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, names, pseudonym) for item in value]
    if not isinstance(value, str) or value not in names:
        return value
    return None if "@" in value else pseudonym
