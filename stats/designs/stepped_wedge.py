"""Stepped wedge: every site gets the change, in waves whose order was drawn by lot.

The default is that of a staggered roll-out, with the waves' order dealt out anew beside it. The mixed model of Hussey &
Hughes is offered by name: it is sharper where its assumptions (one common jump, sites that differ by a constant) hold.
"""

from __future__ import annotations

from dataclasses import replace

from stats.checks.wedge import drift
from stats.designs import Estimator, staggered
from stats.designs.site_alternatives import confidence_of, tested
from stats.results import Estimate, Result
from stats.study import Study


def default(study: Study) -> Result:
    """Imputation with the site jackknife; p beside it by dealing the waves to the sites anew (within strata).

    Options: ``anticipation``: periods before the start that may be touched already.
    """
    drawn = study.spec.options.get("randomised", True)
    result = staggered.default(study, randomised=bool(drawn))
    return result.with_checks([drift(result)]) if isinstance(result, Estimate) else result


def mixed_model(study: Study) -> Result:
    """y = treatment + period + random site, by REML (Hussey & Hughes); t with Kenward & Roger's df.

    Options: ``df``: 'kenward_roger' or 'satterthwaite'; ``columns``: columns with a random intercept each.
    """
    from stats.designs.mixed_records import mixed_model as run
    from stats.methods.wedge import with_arms

    return run(with_arms(study))


def fixed_effects(study: Study) -> Result:
    """Site and period labels on records; options in stats/methods/wedge.py."""
    from stats.methods.wedge import fixed_effects as run

    return tested(study, run(study, confidence=confidence_of(study)))


def instrumented(study: Study) -> Result:
    """Two-stage least squares; ``instrument`` and option ``treatment``, see stats/methods/wedge.py."""
    from stats.methods.wedge import instrumented as run

    return tested(study, run(study, confidence=confidence_of(study)))


DEFAULT = "imputation"
ESTIMATORS = {
    estimator.key: estimator
    for estimator in (
        replace(staggered.ESTIMATORS["imputation"], run=default),
        Estimator(
            key="mixed_model",
            run=mixed_model,
            label="Mixed model with periods (Hussey & Hughes)",
            source="Hussey & Hughes (2007); Kenward & Roger (1997)",
            safe=False,
            aliases=("hussey_hughes", "lmm", "reml"),
        ),
        Estimator(
            key="fixed_effects",
            run=fixed_effects,
            label="Site and period labels on records",
            source="Hussey & Hughes (2007)",
            safe=False,
            aliases=("ols",),
        ),
        Estimator(
            key="iv",
            run=instrumented,
            label="Treatment received, instrumented by the wave",
            source="Angrist & Imbens (1995)",
            safe=False,
            aliases=("instrument", "two_stage_least_squares", "2sls"),
        ),
        *staggered.NAMED,
    )
}
