"""A roll-out in steps: sites start at different times, some perhaps never; who started when was not (all) by lot.

The default compares treated cells with what untreated cells impute for them, so that effects may grow or differ between
cohorts; regression with site and period effects, which can turn the sign then, is offered by name and never decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.designs import Estimator
from stats.designs.before_after_control import event_study, two_way_fixed_effects
from stats.designs.site_alternatives import confidence_of, tested
from stats.methods.panel import Panel, panel_of
from stats.results import Result
from stats.study import Study

if TYPE_CHECKING:
    from collections.abc import Mapping


def default(study: Study, *, randomised: bool = False) -> Result:
    """Imputation, site jackknife, t with G - 2 df (fewer where few sites carry it), starts permuted beside it.

    Options: ``anticipation``: periods before the start that may be touched already; ``mbar`` (1): the bias to survive.
    Covariates are not used: what does not change over time is taken out by the site effects.
    """
    from stats.designs.rollouts import rollout

    panel = panel_of(study, covariates=())
    if study.spec.options.get("treatment"):
        panel = replace(panel, start=_first(panel))
    result = rollout(
        panel,
        confidence=confidence_of(study),
        options=study.spec.options,
        draws=study.spec.draws,
        seed=study.spec.seed,
        randomised=randomised,
    )
    return tested(study, result)


def _first(panel: Panel) -> np.ndarray[Any, np.dtype[np.int64]]:
    on = panel.dose > 0
    return np.where(on.any(axis=1), on.argmax(axis=1), on.shape[1]).astype(np.int64)


def of_panel(run: Callable[..., Result]) -> Callable[[Study], Result]:
    """An estimator from a function of the panel; its options are documented with the function."""

    def estimate(study: Study) -> Result:
        options: Mapping[str, Any] = study.spec.options
        return tested(study, run(panel_of(study), confidence=confidence_of(study), options=options))

    return estimate


def callaway_santanna(study: Study) -> Result:
    """Group-time effects and their averages; options in stats/methods/callaway_santanna.py."""
    from stats.methods.callaway_santanna import callaway_santanna as run

    return of_panel(run)(study)


def sun_abraham(study: Study) -> Result:
    """Interaction-weighted event study; options in stats/methods/event_study.py."""
    from stats.methods.event_study import sun_abraham as run

    return of_panel(run)(study)


DEFAULT = "imputation"
NAMED = (
    Estimator(
        key="callaway_santanna",
        run=callaway_santanna,
        label="Group-time effects",
        source="Callaway & Sant'Anna (2021)",
        safe=False,
        aliases=("cs",),
    ),
    Estimator(
        key="sun_abraham",
        run=sun_abraham,
        label="Interaction-weighted event study",
        source="Sun & Abraham (2021)",
        safe=False,
        aliases=("sunab",),
    ),
    Estimator(
        key="twfe",
        run=two_way_fixed_effects,
        label="Site and period effects (wrong where effects grow)",
        source="Goodman-Bacon (2021) on what it mixes",
        safe=False,
        aliases=("two_way_fixed_effects",),
    ),
    Estimator(
        key="event_study",
        run=event_study,
        label="Period by period since the start",
        source="Jacobson, LaLonde & Sullivan (1993)",
        safe=False,
    ),
)
ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        Estimator(
            key=DEFAULT,
            run=default,
            label="Imputed without the change, site jackknife",
            source="Borusyak, Jaravel & Spiess (2024); MacKinnon, Nielsen & Webb (2023)",
            aliases=("borusyak_jaravel_spiess", "bjs"),
        ),
        *NAMED,
    )
}
