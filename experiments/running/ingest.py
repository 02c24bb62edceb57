"""Ingest: a file is read, checked and kept as a snapshot; of a refused file nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from experiments.charters.check import pydantic_problems
from experiments.desk import Desk, may, mine, move, reached
from experiments.errors import Refused
from experiments.files import plain_name, require_file
from experiments.limits import size_limits
from experiments.planning.looks import extended_until
from experiments.planning.plan import locked_plan
from experiments.running.assign import Assigned, assigned
from registry import find
from registry.access import Act
from registry.kinds import Stage, Verdict
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from registry.snapshots import digest_of
from registry.unit_of_work import Work
from stats.errors import Problem
from stats.plan import Plan

if TYPE_CHECKING:
    from stats.outcomes import Accepted, Reading
    from stats.outcomes.files import SizeLimits

Report = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """An accepted file. number: of the snapshot within the pilot; reading: how the bytes were read."""

    number: int
    sha256: str
    rows: int
    reading: Mapping[str, Any]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file that would be accepted, and how it was read."""

    reading: Reading
    accepted: Accepted


def ingest(
    desk: Desk,
    key: str,
    path: Path,
    *,
    reading: Mapping[str, Any] | None = None,
    name: str | None = None,
    accept_crossovers: bool = False,
    report: Report | None = None,
) -> Ingested:
    """Check a file against the signed plan and keep it.

    reading: parts of ``Reading`` to change in what was guessed; name: the file's own name where ``path`` is a copy;
    accept_crossovers: sites in two arms, or in another than drawn, are said and not refused: it did happen;
    report: told the share done. Raises RefusedData or Refused with every problem.
    """
    pilot = desk.pilot(key)
    may(desk, Act.INGEST, pilot)
    require_file(path)
    given = name or path.name
    name = plain_name(given)
    record, plan = locked_plan(desk, pilot)
    tell = report or _nobody
    tell(0.05)
    before = digest_of(path)
    tell(0.15)
    today = desk.registry.clock().date()
    counted = _until_now(desk, pilot, plan)
    found = _checked(counted, assigned(desk, pilot), path, reading, name, today, accept_crossovers)
    tell(0.7)
    digest = put_as_checked(desk, path, before)
    tell(0.9)
    with desk.work() as work:
        row = mine(work, pilot)
        columns = plan.columns.model_dump(mode="json", by_alias=True)
        kept = keep_snapshot(work, row, path, found, sha256=digest, name=name, columns=columns)
        if not _waits_for_decision(work, row):
            move(work, row, Stage.RUNNING)
        after = {"number": kept.number, "sha256": digest, "row_count": kept.row_count, "plan": record.sha256}
        work.record("outcomes.ingested", kept, after=after)
    tell(1.0)
    return Ingested(
        number=kept.number,
        sha256=digest,
        rows=kept.row_count,
        reading=kept.reading,
        warnings=(*_renamed(given, name), *found.accepted.warnings),
    )


def put_as_checked(desk: Desk, path: Path, before: str) -> str:
    """Put the bytes of a checked file into the store and give their hash. before: the hash when the check began.

    Raises Refused where the file is another by now: what was checked is what is kept, or nothing is.
    """
    digest = desk.registry.snapshots.put(path)
    if digest != before:
        raise Refused(Problem(code="file_changed", facts={"file": path.name}))
    return digest


def keep_snapshot(
    work: Work, pilot: Pilot, path: Path, found: Checked, *, sha256: str, name: str, columns: Mapping[str, Any]
) -> Snapshot:
    """The row that makes stored bytes part of the record, as the pilot's next snapshot; the caller records why."""
    return work.add(
        Snapshot(
            pilot_id=pilot.id,
            number=find.next_number(work.session, Snapshot, pilot_id=pilot.id),
            sha256=sha256,
            name=name,
            size=path.stat().st_size,
            row_count=found.accepted.rows,
            reading=found.reading.model_dump(mode="json"),
            columns=dict(columns),
            accepted_by_id=work.actor_id,
            accepted_at=work.now,
        )
    )


def _renamed(given: str, name: str) -> tuple[Problem, ...]:
    return () if given == name else (Problem(code="file_renamed", facts={"name": name}),)


def _nobody(share: float) -> None:
    """Told the share done where nobody watches."""


def _checked(
    plan: Plan,
    drawn: Assigned | None,
    path: Path,
    changes: Mapping[str, Any] | None,
    name: str,
    today: date,
    accept_crossovers: bool = False,
) -> Checked:
    from stats.outcomes import check, open_table

    limits = size_limits()
    reading = reading_of(path, name, changes, limits)
    arms: Mapping[str, int | None] = dict(drawn.arms) if drawn else {}
    accepted = check(
        open_table(path, reading, limits=limits),
        plan.columns,
        plan.metrics,
        arms or plan.sites,
        (plan.pre_start, plan.end),
        today=today,
        assigned=_assigned_part(plan),
        reading=reading,
        accept_crossovers=accept_crossovers,
    )
    return Checked(reading=reading, accepted=accepted)


def _waits_for_decision(work: Work, pilot: Pilot) -> bool:
    """A verdict whose numbers are open stands until somebody decides: newer data do not take it away."""
    if not reached(pilot, Stage.ASSESSED):
        return False
    evidence = find.latest_evidence(work.session, pilot.id)
    said = find.recommendation(work.session, evidence.id) if evidence else None
    return said is not None and said.verdict != Verdict.INVALID


def _until_now(desk: Desk, pilot: Pilot, plan: Plan) -> Plan:
    """The plan with the end up to which data count: later than planned once the pilot was extended."""
    with desk.read() as session:
        return plan.model_copy(update={"end": extended_until(session, pilot, plan)})


def reading_of(path: Path, name: str, changes: Mapping[str, Any] | None, limits: SizeLimits) -> Reading:
    """How to read the file: as guessed, with the changes that a person made."""
    from stats.outcomes import Reading, guess_reading

    guessed = guess_reading(path, name, limits)
    if not changes:
        return guessed
    try:
        return Reading.model_validate({**guessed.model_dump(), **changes})
    except (ValidationError, TypeError) as error:
        if isinstance(error, ValidationError):
            raise Refused(pydantic_problems(error)) from None
        raise Refused(Problem(code="reading_not_a_mapping")) from None


def _assigned_part(plan: Plan) -> Literal["site", "unit"] | None:
    """What got an arm once and for all; None where arms change over time."""
    return None if plan.columns.starts is not None else plan.unit_of_assignment
