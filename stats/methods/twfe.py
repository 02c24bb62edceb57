"""Regression on treatment with site and period effects (two-way fixed effects).

With one start for all treated sites this is difference in differences. With staggered starts and effects that grow or
differ it compares treated sites with earlier treated ones and can have the wrong sign (Goodman-Bacon 2021; de
Chaisemartin & D'Haultfoeuille 2020): there it is offered by name and never decides.
"""

from __future__ import annotations

import numpy as np

from stats.errors import Problem, RefusedSpec
from stats.methods.hypotheses import two_sided
from stats.methods.panel import Panel
from stats.methods.two_way import Error, TwoWayFit, std_error, two_way
from stats.results import Estimate, NotEstimable, Result, quantile

ERRORS: tuple[Error, ...] = ("classical", "cr0", "cr1", "cr1s", "cr2", "cr3")


def checked_error(found: object) -> Error:
    """Option ``se`` of a panel method. Raises RefusedSpec for a name that is none."""
    for error in ERRORS:
        if str(found).lower() == error:
            return error
    facts = {"key": "se", "found": str(found), "offered": ", ".join(ERRORS)}
    raise RefusedSpec(Problem(code="unknown_option", facts=facts))


def why_not_panel(panel: Panel) -> NotEstimable | None:
    """Why this panel can't be compared over time, or None."""
    known = panel.known
    sites = known.sum(axis=1) > 0
    periods = int(known.any(axis=0).sum())
    facts = {
        "n_control": int((sites & ~panel.ever).sum()),
        "n_treatment": int((sites & panel.ever).sum()),
        "periods": periods,
    }
    if not sites.any():
        return NotEstimable(code="no_site_data", facts={**facts, "dropped": len(panel.sites)})
    if periods < 2:
        return NotEstimable(code="too_few_periods", facts={"periods": periods, "needed": 2})
    return None


def twfe(panel: Panel, *, confidence: float, error: Error | None = None) -> Result:
    """Coefficient of treatment net of site effects, period effects and covariates.

    error None: CR2 with Satterthwaite's df by site; CR1S where that would need too much memory (then there are many
    sites). ``details`` has all standard errors that could be made.
    """
    if reason := why_not_panel(panel):
        return reason
    x = np.concatenate([panel.dose[None], panel.covariates])
    fitted = two_way(panel.y, x, panel.weight)
    counts = counted(panel)
    if 0 not in fitted.kept:
        return NotEstimable(code="treatment_not_separable", facts=counts)
    if fitted.groups < 3 or fitted.df < 1:
        return NotEstimable(code="too_few_sites", facts=counts)
    contrast = np.eye(len(fitted.kept))[fitted.kept.index(0)]
    wanted: Error = error or "cr2"
    # CR3 takes as long as CR2 and is made only where it is asked for.
    errors = {name: std_error(fitted, x, contrast, name) for name in ERRORS if name != "cr3" or error == "cr3"}
    if errors[wanted] is None:
        if error is not None:
            return NotEstimable(code="too_large_for_method", facts={"method": error, **counts})
        wanted = "cr1s"
    found = errors[wanted]
    assert found is not None
    effect, (spread, df) = float(contrast @ fitted.coefficients), found
    if spread <= 1e-12 * max(1.0, float(np.abs(panel.y).max())):
        return NotEstimable(code="no_variation", facts=levels(panel))
    reach = quantile(0.5 + confidence / 2, df) * spread
    raw = levels(panel)
    return Estimate(
        effect=effect,
        std_error=spread,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=two_sided(effect / spread, df),
        df=df,
        confidence=confidence,
        method=f"twfe_{wanted}",
        mean_control=raw["control"],
        mean_treatment=raw["treatment"],
        **counts,  # type: ignore[arg-type]
        details={
            "statistic": effect / spread,
            "n": fitted.n,
            "clusters": fitted.groups,
            "std_errors": {name: pair[0] for name, pair in errors.items() if pair is not None},
            "dfs": {name: pair[1] for name, pair in errors.items() if pair is not None},
            "coefficients": coefficients(panel, fitted),
        },
    )


def counted(panel: Panel) -> dict[str, int]:
    """Sites with data, never and ever treated. Where the dose is an amount, sites with any of it are treated."""
    sites = panel.known.any(axis=1)
    ever = (panel.dose != 0).any(axis=1)
    return {"n_control": int((sites & ~ever).sum()), "n_treatment": int((sites & ever).sum())}


def levels(panel: Panel) -> dict[str, float | None]:
    """Unadjusted means of untreated and of treated site-periods, None where there are none."""
    known, on = panel.known, panel.dose != 0
    sides = {"control": known & ~on, "treatment": known & on}
    return {
        name: float(np.average(panel.y[side], weights=panel.weight[side])) if side.any() else None
        for name, side in sides.items()
    }


def coefficients(panel: Panel, fitted: TwoWayFit) -> dict[str, float]:
    """Coefficients of the covariates."""
    return {
        (panel.names[k - 1] if len(panel.names) == len(panel.covariates) else f"covariate {k}"): float(value)
        for k, value in zip(fitted.kept, fitted.coefficients, strict=True)
        if k > 0
    }
