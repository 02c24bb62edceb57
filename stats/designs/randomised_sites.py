"""Sites drawn at random: one number per site, analysis of covariance, and the draw replayed beside it."""

from __future__ import annotations

from stats.designs import Estimator, clustered_records, site_alternatives
from stats.designs.sites import values_of, with_randomisation
from stats.methods import site_checks
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.methods.site_ancova import site_ancova
from stats.methods.site_means import SiteValues
from stats.results import Check, Estimate, Result
from stats.study import Study


def default(study: Study) -> Result:
    """Site ANCOVA, pooled t; the permutation p beside it."""
    spec, values = study.spec, values_of(study)
    result = site_ancova(
        values,
        confidence=interval_confidence(spec.test_spec, spec.confidence),
        by_volume=spec.weights == "volume",
    )
    if isinstance(result, Estimate):
        result = result.with_checks(own_checks(values, result, by_volume=spec.weights == "volume"))
    return apply_test(with_randomisation(result, values, study), spec.test_spec, spec.metric.better)


def own_checks(values: SiteValues, result: Estimate, *, by_volume: bool) -> tuple[Check, ...]:
    """What the comparison can say of itself without a plan."""
    return (
        site_checks.balance(values),
        site_checks.aa_on_history(values, AA_LINE),
        site_checks.leave_one_site_out(values, result, by_volume=by_volume),
    )


DEFAULT = "site_ancova"
AA_LINE = 0.01
SITE_LEVEL = (
    Estimator(
        key=DEFAULT,
        run=default,
        label="Site averages, adjusted for before, pooled t",
        source="Hayes & Moulton (2017), Cluster Randomised Trials, ch. 10-11; Fisher (1935) for the replayed draw",
        aliases=("ancova",),
    ),
    Estimator(
        key="permutation",
        run=site_alternatives.permutation,
        label="Site averages, adjusted for before, judged by replaying the draw",
        source="Fisher (1935); Morgan & Rubin (2012)",
    ),
    Estimator(
        key="site_t",
        run=site_alternatives.site_t,
        label="Site averages, pooled t",
        source="Donner & Klar (2000), section 7.2",
        aliases=("cluster_mean_t", "pooled_t", "student"),
    ),
    Estimator(
        key="welch_sites",
        run=site_alternatives.welch_sites,
        label="Site averages, Welch's t",
        source="Welch (1947)",
        aliases=("welch",),
    ),
    Estimator(
        key="paired_t",
        run=site_alternatives.paired_t,
        label="Differences within pairs of sites",
        source="Student (1908)",
    ),
    Estimator(
        key="mann_whitney_sites",
        run=site_alternatives.mann_whitney_sites,
        label="Site averages, ranks",
        source="Mann & Whitney (1947); Hodges & Lehmann (1963)",
        aliases=("mann_whitney",),
    ),
    Estimator(
        key="dunnett_sites",
        run=site_alternatives.dunnett_sites,
        label="Site averages, all arms against control",
        source="Dunnett (1955)",
        aliases=("dunnett",),
    ),
)
RECORD_LEVEL = (
    Estimator(
        key="blocked",
        run=site_alternatives.regression("classical", "blocked"),
        label="Records, least squares with strata",
        source="Fisher (1935)",
        safe=False,
        aliases=("ols",),
    ),
    *(
        Estimator(
            key=f"ols_{kind}",
            run=site_alternatives.regression(kind, f"ols_{kind}"),
            label=f"Records as independent, {kind.upper()}",
            source="MacKinnon & White (1985)",
            safe=False,
        )
        for kind in ("hc0", "hc1", "hc2", "hc3")
    ),
    *clustered_records.ESTIMATORS.values(),
)
ESTIMATORS = {estimator.key: estimator for estimator in (*SITE_LEVEL, *RECORD_LEVEL)}
