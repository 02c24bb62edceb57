"""From raw records to the very file that a pilot's plan asks for: its columns by its names, ready to be ingested.

Where the plan's metrics are computed from records, the file has a row a record; where they are columns of a panel
(named as in the catalogue), a row is a site in a period. What these records do not have is said, not made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from experiments.desk import Desk, allowed
from experiments.errors import Refused
from experiments.keep_metrics import in_use
from experiments.limits import size_limits
from experiments.metrics import MetricEntry
from experiments.planning.rehearse import plan_to_rehearse
from experiments.portfolio.words import few_named
from experiments.words import say
from registry import find
from registry.access import LIFE, Act
from registry.kinds import Stage
from registry.pilots import Pilot
from stats.errors import Problem
from stats.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa

    from stats.raw_records import RawRecords

PERIODS = ("day", "week", "month")
OPEN = LIFE[: LIFE.index(Stage.DECIDED)]
STANDARD: Mapping[str, str] = {"site": "site", "unit": "customer", "cluster": "site", "segment": "segment"}
"""Which standard field plays a part of the column map, where the plan has another name for it."""


@dataclass(frozen=True, kw_only=True)
class PilotFile:
    """shape: what a row is; table: the file; lacking: columns of the plan that these records can't give.

    elsewhere: records of sites that are not in the plan, by site; nowhere: records without a site. Neither is in the
    file.
    """

    pilot: str
    title: str
    shape: Literal["records", "panel"]
    table: pa.Table
    lacking: tuple[str, ...]
    elsewhere: Mapping[str, int]
    nowhere: int


def for_pilot(desk: Desk, key: str, records: RawRecords, *, beside: pa.Table | None = None) -> PilotFile:
    """The file for the newest plan of a pilot, or for its charter where there is no plan yet.

    beside: a panel made before from other records, whose columns are taken over, by site and period. Raises Refused
    where nothing of the plan's metrics is in these records, or they have no site.
    """
    pilot = desk.pilot(key)
    plan = plan_to_rehearse(desk, pilot)
    wanted = _wanted(plan)
    records, elsewhere, nowhere = _at_its_sites(plan, records)
    values, problems = _parts(plan, records)
    if problems:
        raise Refused(problems)
    here = _columns_here(wanted, records)
    entries = in_use(desk)
    of_panel = [text for text in wanted if text not in here and text in entries]
    if of_panel or (beside is not None and not here):
        table = _panel(plan, records, {text: entries[text] for text in of_panel}, beside)
        shape: Literal["records", "panel"] = "panel"
    else:
        table = _records(records, values, here)
        shape = "records"
    if not set(table.column_names) & ({*of_panel} | {name for names in here.values() for name in names}):
        facts = {"pilot": key, "kind": records.mapping.kind, "wanted": wanted}
        raise Refused(Problem(code="raw_nothing_for_pilot", facts=facts))
    there = set(table.column_names)
    lacking = [text for text in wanted if text not in there and not (text in here and set(here[text]) <= there)]
    lacking += [name for name in _others(plan) if name not in there]
    return PilotFile(
        pilot=key,
        title=pilot.title,
        shape=shape,
        table=table,
        lacking=tuple(dict.fromkeys(lacking)),
        elsewhere=elsewhere,
        nowhere=nowhere,
    )


def left_out(made: PilotFile) -> tuple[str, ...]:
    """What of the records is not in the file, in sentences; nothing is left out silently."""
    said = []
    if made.elsewhere:
        facts = {"rows": sum(made.elsewhere.values()), "sites": few_named(list(made.elsewhere))}
        said.append(say("raw.elsewhere", **facts))
    if made.nowhere:
        said.append(say("raw.nowhere", rows=made.nowhere))
    return (*said, say("raw.lacking", columns=list(made.lacking))) if made.lacking else tuple(said)


def pilots_for(desk: Desk) -> list[Pilot]:
    """Registered pilots that still take data, for whom the person at the desk may bring them now or later."""
    with desk.read() as session:
        known = find.pilots(session, stages=OPEN)
        registered = [pilot for pilot in known if find.hypothesis(session, pilot.id) is not None]
    return [pilot for pilot in registered if allowed(desk, Act.INGEST, pilot)]


def read_beside(path: Path, name: str) -> pa.Table:
    """A panel that was made before, as a table. Raises RefusedData."""
    from stats.outcomes import guess_reading, open_table

    limits = size_limits()
    return open_table(path, guess_reading(path, name, limits), limits=limits).to_pyarrow()


def _wanted(plan: Plan) -> list[str]:
    """Columns and expressions that the plan's metrics are computed from, each once."""
    from stats.raw_records.panel import texts_of

    texts = [text for metric in plan.metrics for text in texts_of(metric.spec)]
    return list(dict.fromkeys([*texts, *(metric.pre for metric in plan.metrics if metric.pre)]))


def _columns_here(wanted: list[str], records: RawRecords) -> dict[str, list[str]]:
    """By wanted text: the columns of the records that it is computed from; those that can't be are left out."""
    from stats.errors import RefusedSpec
    from stats.expressions import resolve
    from stats.outcomes.parts import columns_in

    found = {}
    for text in wanted:
        try:
            resolve(text, records.table)
        except RefusedSpec:
            continue
        found[text] = [text] if text in records.table.columns else list(columns_in(text, records.table))
    return found


def _at_its_sites(plan: Plan, records: RawRecords) -> tuple[RawRecords, dict[str, int], int]:
    """The records of the plan's sites, how many there are of each other site, and how many without one."""
    name = plan.columns.site
    source = name if name in records.table.columns else STANDARD["site"]
    if name is None or not plan.sites or source not in records.table.columns:
        return records, {}, 0
    site = records.table[source].cast("string")
    counted = records.table.group_by(site=site).aggregate(n=records.table.count()).to_pyarrow().to_pylist()
    found = {row["site"]: int(row["n"]) for row in counted}
    planned = {one.key for one in plan.sites}
    nowhere = found.pop(None, 0)
    if not planned & set(found):
        facts = {"pilot": plan.pilot, "planned": sorted(planned)[:6], "found": sorted(found)[:6]}
        raise Refused(Problem(code="raw_other_sites", facts=facts))
    elsewhere = {name: n for name, n in sorted(found.items()) if name not in planned}
    return replace(records, table=records.table.filter(site.isin(sorted(planned)))), elsewhere, nowhere


def _parts(plan: Plan, records: RawRecords) -> tuple[dict[str, Any], list[Problem]]:
    """Site, period and moment by the plan's names, as expressions; what must be there and is not."""
    from stats.raw_records.panel import grouping

    table, columns = records.table, plan.columns
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for part, field in STANDARD.items():
        name = getattr(columns, part)
        source = name if name in table.columns else field
        if name and source in table.columns:
            values[name] = table[source]
        elif name and part in ("site", "unit"):
            problems.append(Problem(code="raw_no_part", facts={"part": part, "field": field, "column": name}))
    for name in (columns.period, columns.post.column if columns.post else None):
        if name and name not in values:
            values[name] = table[name] if name in table.columns else grouping(table, _length(name)).cast("string")
    if columns.timestamp and columns.timestamp not in values:
        values[columns.timestamp] = table["moment"]
    for name in _others(plan):
        if name in table.columns:
            values[name] = table[name]
    return values, problems


def _others(plan: Plan) -> list[str]:
    """Further columns that the plan names, and that records may happen to have."""
    columns = plan.columns
    arms = [columns.arm.column] if columns.arm else []
    starts = [columns.starts.column] if columns.starts else []
    single = [columns.eligible, columns.delivered, columns.used, columns.weight_column, columns.pair]
    return [name for name in (*arms, *starts, *single, *columns.strata, *columns.covariates) if name]


def _length(name: str) -> str:
    """A period column called so has periods of that length; a day where the name does not tell."""
    return name if name in PERIODS else "day"


def _records(records: RawRecords, values: Mapping[str, Any], here: Mapping[str, list[str]]) -> pa.Table:
    columns = dict.fromkeys(name for names in here.values() for name in names)
    chosen = {**values, **{name: records.table[name] for name in columns if name not in values}}
    return records.table.order_by("row").select(**chosen).to_pyarrow()


def _panel(plan: Plan, records: RawRecords, entries: Mapping[str, MetricEntry], beside: pa.Table | None) -> pa.Table:
    """One row a site and period, a column a metric under its key; with the columns made before, where there are any."""
    import pyarrow as pa

    from stats.raw_records import panel

    site, period = plan.columns.site, plan.columns.period
    if site is None or period is None:
        raise Refused(Problem(code="raw_panel_needs_period", facts={"pilot": plan.pilot}))
    field = site if site in records.table.columns else STANDARD["site"]
    mine = {key: entry.spec for key, entry in entries.items() if entry.records == records.mapping.kind}
    made = panel(records, mine, (field, _length(period)))
    cells = {(str(s), str(p)): place for place, (s, p) in enumerate(zip(*made.groups.values(), strict=True))}
    before = _made_before(beside, site, period)
    keys = sorted({*cells, *before})
    columns: dict[str, list[Any]] = {site: [key[0] for key in keys], period: [key[1] for key in keys]}
    for one in made.metrics:
        columns[one.key] = [one.value[cells[key]] if key in cells else None for key in keys]
    for name in beside.column_names if beside is not None else ():
        if name not in columns:
            columns[name] = [before.get(key, {}).get(name) for key in keys]
    return pa.table(columns)


def _made_before(beside: pa.Table | None, site: str, period: str) -> dict[tuple[str, str], dict[str, Any]]:
    if beside is None:
        return {}
    missing = [name for name in (site, period) if name not in beside.column_names]
    if missing:
        raise Refused([Problem(code="raw_beside_without", column=name, facts={"column": name}) for name in missing])
    return {(str(row[site]), str(row[period])): row for row in beside.to_pylist()}
