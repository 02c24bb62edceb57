"""The roll-out measured with where its effect is: by site and by group of sites, beside the evidence, in one scan.

The same imputation as the estimate: what each site's weeks with the change show beyond what they would have shown
(``stats.methods.imputation``), averaged over a site, or over the sites of a stratum with the site jackknife.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.assessing.assess import assess_reading
from stats.assessing.cells import Reading, read_plan
from stats.assessing.layout import estimate_spec
from stats.evidence import Evidence
from stats.methods.imputation import Imputed, impute
from stats.methods.panel import panel_of
from stats.plan import Plan, PlannedMetric
from stats.results import quantile
from stats.rollout.measuring import measuring_plan, rollout_table
from stats.rollout.rings import Rings
from stats.rollout.settled import with_settled
from stats.study import Bools, Study

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEVEL = 0.025


@dataclass(frozen=True, kw_only=True)
class SiteEffect:
    """One site. effect: metric's unit, treatment minus what would have been; ring: from 1; periods: with the change."""

    site: str
    ring: int
    effect: float
    periods: int


@dataclass(frozen=True, kw_only=True)
class StratumEffect:
    """One group of sites; ci_lower, ci_upper: 95 %, None where some site can't be left out."""

    stratum: str
    sites: int
    effect: float
    ci_lower: float | None
    ci_upper: float | None


@dataclass(frozen=True, kw_only=True)
class Where:
    """One metric: sites in the order of their effects, and groups where there are several."""

    sites: tuple[SiteEffect, ...] = ()
    strata: tuple[StratumEffect, ...] = ()


def measure_where(
    plan: Plan,
    table: ir.Table,
    rings: Rings,
    starts: Sequence[date],
    *,
    until: date,
    keys: Sequence[str],
    snapshot_sha256: str = "",
    plan_sha256: str = "",
    history: Mapping[str, object] | None = None,
) -> tuple[Evidence, dict[str, Where]]:
    """Every metric of the pilot's plan measured in the roll-out with the data up to ``until``, in one scan.

    The evidence, and for the metrics of ``keys`` where their effect is.
    """
    measuring = measuring_plan(plan, rings, starts, until=until)
    reading = read_plan(measuring, rollout_table(measuring, table, rings, starts), None)
    found = assess_reading(
        measuring, reading, look=1, snapshot_sha256=snapshot_sha256, plan_sha256=plan_sha256, history=history
    )
    evidence = with_settled(measuring, reading, next(iter(found.values())), weeks_per_ring=rings.rule.weeks_per_ring)
    where = {key: _where(measuring, reading, measuring.metric(key), rings) for key in keys}
    return evidence, where


def _where(plan: Plan, reading: Reading, metric: PlannedMetric, rings: Rings) -> Where:
    if metric.key in reading.without or reading.fine is None:
        return Where()
    imputed = impute(panel_of(_study(plan, reading, metric)))
    if not isinstance(imputed, Imputed):
        return Where()
    ring_of = rings.ring_of
    effects, places = imputed.effects(), {site: place for place, site in enumerate(imputed.panel.sites)}
    sites = [
        SiteEffect(
            site=site,
            ring=ring_of.get(site, 0),
            effect=float(np.nanmean(effects[place])),
            periods=int(np.isfinite(effects[place]).sum()),
        )
        for site, place in places.items()
        if np.isfinite(effects[place]).any()
    ]
    strata = sorted({site.stratum for site in rings.sites if site.stratum})
    groups = [_stratum(imputed, stratum, rings) for stratum in strata] if len(strata) > 1 else []
    return Where(
        sites=tuple(sorted(sites, key=lambda each: (each.effect, each.site))),
        strata=tuple(each for each in groups if each is not None),
    )


def _study(plan: Plan, reading: Reading, metric: PlannedMetric) -> Study:
    def nothing() -> Any:
        raise LookupError("only site-periods are asked for")

    return Study(
        spec=estimate_spec(plan, reading.rows, metric, [LEVEL], None),
        read_site_periods=lambda: reading.fine_periods(metric),
        read_records=nothing,
        read_arm_moments=nothing,
        arm=1,
    )


def _stratum(imputed: Imputed, stratum: str, rings: Rings) -> StratumEffect | None:
    mine = {site.key for site in rings.sites if site.stratum == stratum}
    cells: Bools = np.array([site in mine for site in imputed.panel.sites])[:, None] & imputed.treated
    average = imputed.average(cells)
    if average is None:
        return None
    df = imputed.df(cells)
    reach = None if average.std_error is None or df < 1 else quantile(1 - LEVEL, df) * average.std_error
    return StratumEffect(
        stratum=stratum,
        sites=int(cells.any(axis=1).sum()),
        effect=average.effect,
        ci_lower=None if reach is None else average.effect - reach,
        ci_upper=None if reach is None else average.effect + reach,
    )
