"""Are there as many of each arm as were meant: units where units were drawn, records by site where sites were."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stats.checks.inputs import CheckInputs
from stats.methods.hypotheses import two_sided
from stats.methods.sample_ratio import sample_ratio
from stats.methods.site_means import site_ancova_many
from stats.plan import Plan
from stats.results import Check, Severity, Status


def run(inputs: CheckInputs, plan: Plan) -> Iterator[Check]:
    if plan.unit_of_assignment == "unit":
        yield units_ratio(inputs, plan.gates.sample_ratio_p)
    else:
        yield volume_ratio(inputs, plan.gates.volume_ratio_p)


def units_ratio(inputs: CheckInputs, line: float) -> Check:
    """Chi-square of the units seen against the shares meant (Fabijan et al. 2019): a low p means units went astray."""
    counts = {"n_control": int(inputs.units[0]), "n_treatment": int(inputs.units[1])}
    if inputs.planned_share is None or inputs.units.sum() == 0:
        return Check(key="sample_ratio", status=Status.NOT_RUN, severity=Severity.CRITICAL, facts=counts)
    shares = inputs.planned_share / inputs.planned_share.sum()
    p = sample_ratio(inputs.units.tolist(), shares.tolist()).p_value
    return Check(
        key="sample_ratio",
        status=Status.FAIL if p < line else Status.PASS,
        severity=Severity.CRITICAL,
        value=p,
        threshold=line,
        facts={
            **counts,
            "meant": float(shares[1]),
            "seen": float(inputs.units[1] / inputs.units.sum()),
        },
    )


def volume_ratio(inputs: CheckInputs, line: float) -> Check:
    """Did the number of records change with the arm: t test of sites' log counts, adjusted for those before the start.

    The ratio is treatment over control, of geometric means.
    """
    arms = inputs.site_arm
    known = inputs.site_records > 0
    enough = min(int((known & (arms == 0)).sum()), int((known & (arms == 1)).sum())) >= 2
    if not enough:
        return Check(key="volume_ratio", status=Status.NOT_RUN)
    before = inputs.site_records_pre[known]
    adjusters = np.log(before)[:, None] if (before > 0).all() and known.sum() >= 5 else None
    fits = site_ancova_many(np.log(inputs.site_records[known])[None], arms[known] == 1, adjusters)
    t, df = float(fits.t[0]), float(fits.df[0])
    # Equal counts everywhere leave nothing to test, and nothing to worry about.
    p = two_sided(t, df) if np.isfinite(t) and df > 0 else 1.0
    ratio = float(np.exp(fits.effect[0])) if np.isfinite(fits.effect[0]) else 1.0
    return Check(
        key="volume_ratio",
        status=Status.FAIL if p < line else Status.PASS,
        severity=Severity.WARNING,
        value=p,
        threshold=line,
        facts={"ratio": ratio, "change": ratio - 1, "adjusted": adjusters is not None},
    )
