"""Which of ``pre``, ``covariates``, ``strata`` and ``pair`` an estimator takes into account: the others are said, so
that nobody believes to have adjusted for what was silently left out. A test walks every estimator and compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stats.designs import choose
from stats.designs.units import NO_MEANS
from stats.results import Check, Estimate, Result, Severity, Status
from stats.spec import EstimateSpec

PARTS = ("pre", "covariates", "strata", "pair")
BY_CLUSTER = frozenset({"by_metric_kind", "cr2_units", "mixed_model", "tail_mean"})
"""Ways for single units, beside the cluster-robust ones, that know that units come in clusters."""
NOTHING: frozenset[str] = frozenset()
PAIR, LABELS = frozenset({"pair"}), frozenset({"strata"})
COVARIATES = frozenset({"covariates"})
REGRESSORS = frozenset({"pre", "covariates", "strata"})
EVERYTHING = frozenset(PARTS)

_REGRESSIONS = {f"ols_hc{number}": REGRESSORS for number in range(4)}
_CLUSTERED = dict.fromkeys(("cr0", "cr1", "cr1s", "cr2", "cr3", "wild_bootstrap"), EVERYTHING)
_OVER_TIME = dict.fromkeys(("callaway_santanna", "sun_abraham", "twfe", "event_study"), COVARIATES)
_SERIES = ("glsar_half_alpha", "glsar", "newey_west", "ols", "poisson", "quasipoisson", "negative_binomial")

USES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "randomised_units": {
        **_REGRESSIONS,
        **_CLUSTERED,
        **dict.fromkeys(("ancova", "lin", "mixed_model"), REGRESSORS),
        "cr2_units": frozenset({"pre"}),
        "paired_t": PAIR,
    },
    "randomised_sites": {
        **dict.fromkeys(_REGRESSIONS, EVERYTHING),
        **_CLUSTERED,
        **dict.fromkeys(("site_ancova", "permutation", "blocked"), EVERYTHING),
        "mixed_model": REGRESSORS,
        "paired_t": PAIR,
    },
    "matched_sites": {
        **dict.fromkeys(("matched_ancova", "permutation"), EVERYTHING),
        "entropy_balance": frozenset({"pre", "covariates"}),
        "paired_t": PAIR,
    },
    "before_after_control": {
        **_OVER_TIME,
        **dict.fromkeys(("bracket", "change", "site_ancova"), EVERYTHING),
        **dict.fromkeys(("did_2x2", "change_regression"), REGRESSORS),
    },
    "staggered": {**_OVER_TIME, "imputation": LABELS},
    "stepped_wedge": {
        **_OVER_TIME,
        "imputation": LABELS,
        "mixed_model": REGRESSORS,
        **dict.fromkeys(("fixed_effects", "iv"), COVARIATES),
    },
    "synthetic_control": {},
    "interrupted_time_series": dict.fromkeys(_SERIES, COVARIATES),
}
"""By design and estimator; an estimator that is not named takes none of them."""


def used(spec: EstimateSpec) -> frozenset[str]:
    """The parts that the specification's estimator takes into account, were they given."""
    key = choose(spec.design, spec.estimator).key
    if key == "by_metric_kind":
        return _by_metric_kind(spec)
    if key in ("ancova_by_arm", "cuped"):
        # For one figure: a single covariate takes the place of a pre-value that was not given.
        alone = spec.pre is None and len(spec.covariates) == 1 and not spec.strata
        return COVARIATES if alone else frozenset({"pre"})
    if key == "exact_matching":
        return LABELS if spec.strata else COVARIATES
    return USES[spec.design].get(key, NOTHING)


def _by_metric_kind(spec: EstimateSpec) -> frozenset[str]:
    """As the default of units that were drawn one by one (``stats.designs.randomised_units``)."""
    if spec.metric.kind in NO_MEANS:
        return NOTHING
    if spec.cluster:
        regressed = spec.strata or spec.covariates or spec.weight_column
        return EVERYTHING if regressed else frozenset({"pre"})
    return PAIR if spec.pair else REGRESSORS


def ignored(spec: EstimateSpec) -> tuple[str, ...]:
    """The parts that the specification names and its estimator leaves out."""
    taken = used(spec)
    left_out = [part for part in PARTS if getattr(spec, part) and part not in taken]
    return tuple(left_out + ["cluster"] * _one_by_one(spec))


def _one_by_one(spec: EstimateSpec) -> bool:
    """Whether units that come in clusters are compared as if each had been drawn for itself."""
    key = choose(spec.design, spec.estimator).key
    return spec.design == "randomised_units" and spec.cluster is not None and key not in {*BY_CLUSTER, *_CLUSTERED}


def saying_what_is_ignored(result: Result, spec: EstimateSpec) -> Result:
    """The result with ``details.ignored`` and a check, where something that was named has no say in it."""
    left_out = ignored(spec)
    if not left_out or not isinstance(result, Estimate):
        return result
    check = Check(
        key="parts_used",
        status=Status.FAIL,
        severity=Severity.WARNING,
        facts={"parts": list(left_out), "method": result.method},
    )
    return replace(result.with_checks([check]), details={**result.details, "ignored": list(left_out)})
