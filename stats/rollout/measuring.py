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

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from stats.errors import Problem, RefusedSpec
from stats.plan import AssignmentRule, Columns, Looks, Plan, PlannedSite
from stats.rollout.rings import Rings
from stats.spec import StartsSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

STARTS = "__rollout_start"
NEVER = "never"
WEEK = timedelta(weeks=1)
WEEKS_BEFORE = 8


def measuring_plan(plan: Plan, rings: Rings, starts: Sequence[date], *, until: date) -> Plan:
    """The pilot's plan turned into the roll-out's: same metrics and columns, a stepped wedge, data up to ``until``.

    starts: first day of each ring as it really started (rings that have not started are left out at the end). The
    eight weeks before the first ring count as before. Raises RefusedSpec where the data name no site or no time.
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
            "pre_start": starts[0] - WEEKS_BEFORE * WEEK,
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
