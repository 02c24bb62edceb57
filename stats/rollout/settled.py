"""The effect once sites have settled: the measurement's average without each site's first weeks with the change.

Averaged with its own beginning a fading effect looks better than it is; whether to go on depends on what it is worth
now. First weeks of learning work the other way and are left out as well: as in stepped wedges with a transition period
(Hussey & Hughes 2007, section 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from stats.assessing.cells import Reading
from stats.assessing.layout import estimate_spec
from stats.evidence import Evidence
from stats.methods.hypotheses import t_estimate
from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel, panel_of
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate
from stats.rollout.precision import settled_after
from stats.study import Bools, Study

SETTLED = "settled"


def with_settled(plan: Plan, reading: Reading, evidence: Evidence, *, weeks_per_ring: int) -> Evidence:
    """The evidence with ``details["settled"]``: by metric effect, std_error, df and from_week, in the metric's unit.

    plan: of the measurement (``measuring_plan``); metrics without a settled week, or without a spread, are not there.
    """
    from_week = settled_after(weeks_per_ring)
    found = {metric.key: _settled(plan, reading, metric, from_week) for metric in plan.metrics}
    lines = {key: line for key, line in found.items() if line}
    return replace(evidence, details={**evidence.details, SETTLED: lines})


def settled_estimate(evidence: Evidence, key: str) -> Estimate | None:
    """The settled effect of one metric as an estimate; None where the evidence has none."""
    line: Mapping[str, Any] | None = evidence.details.get(SETTLED, {}).get(key)
    if line is None:
        return None
    return t_estimate(
        line["effect"],
        line["std_error"],
        line["df"],
        confidence=0.95,
        method="imputation_jackknife",
        n_control=evidence.n_control,
        n_treatment=evidence.n_treatment,
    )


def _settled(plan: Plan, reading: Reading, metric: PlannedMetric, from_week: int) -> dict[str, Any]:
    if metric.key in reading.without or reading.fine is None:
        return {}
    imputed = impute(panel_of(_study(plan, reading, metric), covariates=()))
    if not isinstance(imputed, Imputed):
        return {}
    cells = _weeks_since_start(imputed.panel) >= from_week
    average, some = imputed.average(cells), bool((cells & imputed.treated).any())
    if average is None or not some or not average.std_error or imputed.df(cells) < 1:
        return {}
    return {
        "effect": average.effect,
        "std_error": average.std_error,
        "df": imputed.df(cells),
        "from_week": from_week,
    }


def _weeks_since_start(panel: Panel) -> Any:
    """(G, P) weeks since each site's first period with the change, negative before it; periods are weeks or dates."""
    first = panel.periods[0]
    if hasattr(first, "toordinal"):
        weeks = np.array([(period - first).days / 7 for period in panel.periods])  # type: ignore[operator]
    else:
        weeks = np.array(panel.periods, dtype=float)
    never = weeks[-1] + 1
    start: Bools = np.append(weeks, never)[np.minimum(panel.start, len(weeks))]
    return weeks[None, :] - start[:, None]


def _study(plan: Plan, reading: Reading, metric: PlannedMetric) -> Study:
    def nothing() -> Any:
        raise LookupError("only site-periods are asked for")

    return Study(
        spec=estimate_spec(plan, reading.rows, metric, [], None),
        read_site_periods=lambda: reading.fine_periods(metric),
        read_records=nothing,
        read_arm_moments=nothing,
    )
