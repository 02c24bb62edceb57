"""Data of a roll-out: a file is checked against the columns and the sites of the roll-out, and kept as a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.desk import Desk, may, mine
from experiments.errors import Refused
from experiments.files import plain_name, require_file
from experiments.limits import size_limits
from experiments.rollouts.keep import Promise, Standing, standing
from experiments.running.ingest import Checked, keep_snapshot, put_as_checked, reading_of
from registry import find
from registry.access import Act
from registry.kinds import RolloutState
from registry.outcomes import Snapshot
from registry.pilots import Pilot
from registry.snapshots import digest_of
from stats.errors import Problem
from stats.plan import Plan
from stats.rollout.measuring import measuring_plan

if TYPE_CHECKING:
    from stats.outcomes import Accepted, Reading

MEASURED_IN = (RolloutState.RUNNING, RolloutState.PAUSED, RolloutState.FINISHED)
REACH = "rollout_reach"
"""Under this name a snapshot of roll-out data says up to which day it reaches, beside its column map."""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """An accepted file. reach: last day that it tells of; number: of the snapshot within the pilot."""

    number: int
    sha256: str
    rows: int
    reach: date
    warnings: tuple[Problem, ...]


def bring(
    desk: Desk, key: str, path: Path, *, reading: Mapping[str, Any] | None = None, name: str | None = None
) -> Brought:
    """Keep a file of the roll-out. Raises RefusedData or Refused with every problem; then nothing is kept.

    reading, name: as for ``experiments.running.ingest.ingest``.
    """
    pilot = desk.pilot(key)
    may(desk, Act.MEASURE_ROLLOUT, pilot)
    here = measurable(desk, pilot)
    require_file(path)
    given = plain_name(name or path.name)
    plan = pilot_plan(desk, pilot, here)
    before = digest_of(path)
    found = _checked(plan, here.promise, path, reading, given, desk.registry.clock().date())
    reach = _reach(plan, path, found.reading, found.accepted)
    digest = put_as_checked(desk, path, before)
    with desk.work() as work:
        row = mine(work, pilot)
        columns = {**plan.columns.model_dump(mode="json", by_alias=True), REACH: reach.isoformat()}
        kept = keep_snapshot(work, row, path, found, sha256=digest, name=given, columns=columns)
        after = {"number": kept.number, "sha256": digest, "row_count": kept.row_count, "reach": reach}
        work.record("rollout.data_brought", kept, after=after)
    return Brought(
        number=kept.number, sha256=digest, rows=kept.row_count, reach=reach, warnings=tuple(found.accepted.warnings)
    )


def measurable(desk: Desk, pilot: Pilot) -> Standing:
    """The roll-out, where it is under way; refused where it has not begun or was rolled back."""
    here = standing(desk, pilot)
    if here.rollout.state not in MEASURED_IN:
        code = f"rollout_is_{here.rollout.state.value}"
        raise Refused(Problem(code=code, facts={"pilot": pilot.key, "why": here.rollout.reason}))
    return here


def pilot_plan(desk: Desk, pilot: Pilot, here: Standing) -> Plan:
    """The plan that the pilot was decided on."""
    from experiments.planning.plan import stored_plan

    with desk.read() as session:
        decision = next(row for row in find.decisions(session, pilot.id) if row.id == here.record.decision_id)
        record = next(row for row in find.evidence(session, pilot.id) if row.id == decision.evidence_id)
        return stored_plan(next(row for row in find.plans(session, pilot.id) if row.id == record.plan_id))


def brought_snapshots(session: Any, pilot: Pilot) -> list[Snapshot]:
    """The roll-out's own data, oldest first."""
    return [row for row in find.snapshots(session, pilot.id) if REACH in row.columns]


def _checked(
    plan: Plan, promise: Promise, path: Path, changes: Mapping[str, Any] | None, name: str, today: date
) -> Checked:
    """How the file is read, and what it holds. Sites that had the change in the pilot may be in it, and need not."""
    from stats.outcomes import check, open_table

    limits = size_limits()
    how = reading_of(path, name, changes, limits)
    wanted = measuring_plan(plan, promise.rings, promise.calendar.starts, until=promise.calendar.measured[-1])
    accepted = check(
        open_table(path, how, limits=limits),
        wanted.columns.model_copy(update={"starts": None}),
        wanted.metrics,
        {site.key: None for site in promise.rings.sites},
        (wanted.pre_start, None),
        today=today,
        assigned=None,
        reading=how,
    )
    absent = [site.key for site in promise.rings.sites if not site.had_change and site.key not in accepted.sites]
    warnings = [problem for problem in accepted.warnings if problem.code != "absent_site"]
    if absent:
        facts = {"names": ", ".join(absent[:5]) + (f" (+{len(absent) - 5})" if len(absent) > 5 else "")}
        warnings.append(Problem(code="absent_site", column=wanted.columns.site, count=len(absent), facts=facts))
    return Checked(reading=how, accepted=replace(accepted, warnings=tuple(warnings)))


def _reach(plan: Plan, path: Path, how: Reading, accepted: Accepted) -> date:
    """The last day that the file tells of: of periods, the last one's last day."""
    if accepted.last is None:
        raise Refused(Problem(code="rollout_data_undated", column=plan.columns.timestamp or plan.columns.period))
    last = accepted.last.date() if isinstance(accepted.last, datetime) else accepted.last
    if plan.columns.timestamp is not None or plan.columns.period is None:
        return last
    return last + timedelta(days=_period_days(plan.columns.period, path, how) - 1)


def _period_days(column: str, path: Path, how: Reading) -> int:
    """Days from one period to the next: the smallest distance in the file; a week where there is but one."""
    from stats.expressions import resolve
    from stats.outcomes import open_table

    table = open_table(path, how, limits=size_limits())
    found = table.select(period=resolve(column, table).cast("date")).distinct().to_pyarrow()["period"].to_pylist()
    known = sorted(day for day in found if day is not None)
    return min(((second - first).days for first, second in pairwise(known)), default=7)
