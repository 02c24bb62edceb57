"""The roll-out as the stepped wedge that it is: the plan and the table from which stats.assessing measures it again.

Estimator: imputation (Borusyak, Jaravel & Spiess 2024) on site-weeks, the product's default for stepped wedges. Sites
kept as before and rings that have not started say what would have been; effects may grow, fade or differ by ring
without turning the answer around, as they can with two-way fixed effects; the order of the rings was drawn, so it is
dealt out anew for the permutation p. A ring's measurement uses data up to its own end only: later rings are comparison
until they start. Hussey & Hughes (2007), Contemp. Clin. Trials 28, 182-191, for the design.

Which sites count: by default not those that had the change in the pilot. Their effect is what the forecast was made of:
counting it again would make the roll-out agree with the pilot by construction, and they have no week without the change
to be compared with. They can be shown beside, never pooled. Pilot sites that stayed as before count like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedSpec
from stats.plan import AssignmentRule, Columns, Looks, Plan, PlannedSite
from stats.results import Estimate
from stats.rollout.rings import Rings
from stats.spec import StartsSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from stats.evidence import Evidence

STARTS = "__rollout_start"
NEVER = "never"
WEEK = timedelta(weeks=1)
WEEKS_BEFORE = 8


@dataclass(frozen=True, kw_only=True)
class RingDates:
    """When what happens. starts: first day of each ring; measured: last day of each ring's data, the day before the
    next start, or ``weeks_per_ring`` after the last one; held_until: the sites kept as before start no earlier."""

    starts: tuple[date, ...]
    measured: tuple[date, ...]
    held_until: date


def ring_dates(rings: Rings, first: date) -> RingDates:
    """The calendar of a roll-out whose first ring starts on ``first``."""
    step = rings.rule.weeks_per_ring * WEEK
    starts = tuple(first + number * step for number in range(len(rings.rings)))
    months = first.year * 12 + first.month - 1 + rings.rule.holdback_months
    held_until = date(months // 12, months % 12 + 1, min(first.day, 28))
    return RingDates(
        starts=starts, measured=tuple(start + step - timedelta(days=1) for start in starts), held_until=held_until
    )


def measuring_plan(
    plan: Plan, rings: Rings, starts: Sequence[date], *, until: date, pre_start: date | None = None
) -> Plan:
    """The pilot's plan turned into the roll-out's: same metrics and columns, a stepped wedge, data up to ``until``.

    starts: first day of each ring as it really started (rings that have not started are left out at the end);
    pre_start: from when on the weeks before count, by default eight weeks before the first ring.
    Raises RefusedSpec where the data name no site or no time.
    """
    columns = plan.columns
    site = columns.site or columns.cluster
    lacking = [
        name for name, given in (("site", site), ("period", columns.timestamp or columns.period)) if given is None
    ]
    if lacking or not starts:
        parts = ", ".join(lacking or ["starts"])
        raise RefusedSpec(Problem(code="design_needs", facts={"design": "stepped_wedge", "parts": parts}))
    sites = [site for site in rings.sites if not site.had_change]
    stratified = all(each.stratum for each in sites)
    return plan.model_copy(
        update={
            "design": "stepped_wedge",
            "estimator": "default",
            "unit_of_assignment": "site",
            "metrics": [metric.model_copy(update={"pre": None}) for metric in plan.metrics],
            "columns": Columns(
                site=site,
                period=None if columns.timestamp is not None else columns.period,
                timestamp=columns.timestamp,
                starts=StartsSpec(column=STARTS, never=NEVER),
                eligible=columns.eligible,
                delivered=columns.delivered,
                used=columns.used,
                weight_column=columns.weight_column,
            ),
            "sites": [PlannedSite(key=each.key, size=each.size, stratum=each.stratum) for each in sites],
            "assignment": AssignmentRule(
                method="stratified" if stratified else "waves", waves=max(2, len(rings.rings)), seed=rings.rule.seed
            ),
            "start": starts[0],
            "end": until,
            "pre_start": starts[0] - WEEKS_BEFORE * WEEK if pre_start is None else pre_start,
            "looks": Looks(fractions=[1.0], extension=None, minimum_days=1),
        }
    )


def rollout_table(plan: Plan, table: ir.Table, rings: Rings, starts: Sequence[date]) -> ir.Table:
    """The data of the roll-out's sites with the first day (or week) of each site's change; one lazy expression.

    plan: as ``measuring_plan`` gives it. Rows of sites that had the change in the pilot, and of sites that are no part
    of the roll-out, are left out. Raises RefusedSpec where periods are no dates.
    """
    import ibis

    from stats.expressions import resolve

    if (period := plan.columns.period) is not None and not resolve(period, table).type().is_temporal():
        raise RefusedSpec(Problem(code="rollout_needs_dates", column=period))
    site = resolve(str(plan.columns.site), table).cast("string")
    keys = [each.key for each in rings.sites if not each.had_change]
    table = table.filter(site.isin(keys))
    site = resolve(str(plan.columns.site), table).cast("string")
    by_start = [(site.isin(list(ring)), _first(plan, start)) for ring, start in zip(rings.rings, starts, strict=False)]
    return table.mutate(**{STARTS: ibis.cases(*by_start, else_=ibis.null(by_start[0][1].type()))})


def _first(plan: Plan, start: date) -> Any:
    """A ring's start as the periods are spelt: weeks since the first start, or the date itself."""
    import ibis

    if plan.columns.period is None and plan.start is not None:
        return ibis.literal((start - plan.start).days // 7, type="int64")
    return ibis.literal(start)


def measure(
    plan: Plan,
    table: ir.Table,
    rings: Rings,
    starts: Sequence[date],
    *,
    until: date,
    pre_start: date | None = None,
    snapshot_sha256: str = "",
    plan_sha256: str = "",
    history: Mapping[str, object] | None = None,
) -> Evidence:
    """Every metric of the pilot's plan measured in the roll-out with the data up to ``until``, in one scan."""
    from stats.assessing.assess import assess_reading
    from stats.assessing.cells import read_plan
    from stats.rollout.settled import with_settled

    measuring = measuring_plan(plan, rings, starts, until=until, pre_start=pre_start)
    reading = read_plan(measuring, rollout_table(measuring, table, rings, starts), None)
    found = assess_reading(
        measuring, reading, look=1, snapshot_sha256=snapshot_sha256, plan_sha256=plan_sha256, history=history
    )
    evidence = next(iter(found.values()))
    return with_settled(measuring, reading, evidence, weeks_per_ring=rings.rule.weeks_per_ring)


def effect_over_time(evidence: Evidence, key: str) -> list[dict[str, Any]]:
    """Effect by period since the start (time 0 the first), metric's unit; periods before the start are negative."""
    result = evidence.metrics[key].result
    return [] if not isinstance(result, Estimate) else list(result.details.get("event_study", ()))


def effect_by_ring(evidence: Evidence, key: str) -> list[dict[str, Any]]:
    """Effect of each ring that has started, with its sites, interval and path."""
    result = evidence.metrics[key].result
    return [] if not isinstance(result, Estimate) else list(result.details.get("cohorts", ()))
