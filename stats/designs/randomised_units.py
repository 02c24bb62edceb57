"""Units (customers, contacts) drawn at random into arms: each unit is independent, or its cluster is.

The default goes by the kind of metric and reads no record: counts, means and covariances by arm are enough.

=================  ===================================================================================================
mean               Welch; with ``pre`` ANCOVA with residual variance by arm; with strata or covariates OLS with HC2
share              Newcombe's interval, p by the pooled z; with ``pre`` as a mean
ratio, rate        ratio of sums by the delta method; with ``pre`` the linearised ratio, adjusted
any, ``cluster``   CR2 with Satterthwaite degrees of freedom
=================  ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stats.designs import Estimator
from stats.methods import adjusted, ratio, shares
from stats.methods import welch as means
from stats.methods.arms import ArmSummary, arm_summary
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.results import NotEstimable, Result
from stats.study import Study

DEFAULT = "by_metric_kind"
SHARES = ("share", "share_beyond", "interval_share")
RATIOS = ("ratio", "rate")


def confidence(study: Study) -> float:
    """Confidence of the two-sided interval that this study's test asks for."""
    return interval_confidence(study.spec.test_spec, study.spec.confidence)


def arms(study: Study) -> tuple[ArmSummary, ArmSummary]:
    """(control, the treatment arm that the study is about)."""
    moments = study.arm_moments.arms
    return arm_summary(moments, 0), arm_summary(moments, study.arm)


def tested(study: Study, result: Result) -> Result:
    """The result with the p of the test that was asked for."""
    return apply_test(result, study.spec.test_spec, study.spec.metric.better)


def from_moments(method: Callable[..., Result]) -> Callable[[Study], Result]:
    """An estimator that needs only the two arms' moments."""

    def run(study: Study) -> Result:
        return tested(study, method(*arms(study), confidence=confidence(study)))

    return run


def from_counts(method: Callable[..., Result], *, own_margin: bool) -> Callable[[Study], Result]:
    """An estimator of shares. own_margin: p at a margin by the score test instead of from the standard error."""

    def run(study: Study) -> Result:
        control, treatment = (shares.counted(arm) for arm in arms(study))
        if isinstance(control, NotEstimable):
            return control
        if isinstance(treatment, NotEstimable):
            return treatment
        result = method(control, treatment, confidence=confidence(study))
        test = study.spec.test_spec
        if isinstance(result, NotEstimable) or test.kind == "superiority" or not own_margin:
            return tested(study, result)
        return shares.score_margin(control, treatment, result, test, study.spec.metric.better)

    return run


def from_ratios(method: Callable[..., Result]) -> Callable[[Study], Result]:
    """An estimator of means applied to the linearised ratio of each arm."""

    def run(study: Study) -> Result:
        control, treatment = arms(study)
        if reason := ratio.no_denominator(control, treatment):
            return reason
        linear = ratio.linearised(control), ratio.linearised(treatment)
        return tested(study, method(*linear, confidence=confidence(study)))

    return run


welch = from_moments(means.welch)
ancova = from_moments(adjusted.ancova)
newcombe = from_counts(shares.newcombe, own_margin=True)
delta = from_moments(ratio.delta)


def by_metric_kind(study: Study) -> Result:
    """The safe method for the study's kind of metric."""
    spec = study.spec
    kind = spec.metric.kind
    if kind in RATIOS:
        return from_ratios(adjusted.ancova)(study) if spec.pre else delta(study)
    if kind in SHARES and not spec.pre:
        return newcombe(study)
    return ancova(study) if spec.pre else welch(study)


def _listed(*offered: Estimator) -> Mapping[str, Estimator]:
    return {estimator.key: estimator for estimator in offered}


ESTIMATORS: Mapping[str, Estimator] = _listed(
    Estimator(key=DEFAULT, run=by_metric_kind, label="The safe method for this kind of metric", source="docs/methods"),
    Estimator(key="welch", run=welch, label="Welch's t", source="Welch 1947"),
    Estimator(
        key="pooled_t",
        run=from_moments(means.pooled_t),
        label="Student's t, one variance",
        source="Student 1908",
        safe=False,
        aliases=("student",),
    ),
    Estimator(
        key="ancova_by_arm",
        run=ancova,
        label="ANCOVA on the value before, variance by arm",
        source="Lin 2013; MacKinnon and White 1985",
    ),
    Estimator(key="cuped", run=from_moments(adjusted.cuped), label="CUPED", source="Deng et al. 2013"),
    Estimator(key="newcombe", run=newcombe, label="Newcombe's interval", source="Newcombe 1998, method 10"),
    Estimator(
        key="miettinen_nurminen",
        run=from_counts(shares.miettinen_nurminen, own_margin=True),
        label="Score interval",
        source="Miettinen and Nurminen 1985",
    ),
    Estimator(
        key="farrington_manning",
        run=from_counts(shares.newcombe, own_margin=True),
        label="Score test at a margin",
        source="Farrington and Manning 1990",
    ),
    Estimator(
        key="wald",
        run=from_counts(shares.wald, own_margin=False),
        label="Two shares, normal approximation",
        source="Wald",
        safe=False,
    ),
    Estimator(
        key="pooled_z",
        run=from_counts(shares.pooled_z, own_margin=False),
        label="Two shares, pooled z",
        source="chi-square without continuity correction",
        safe=False,
        aliases=("chi_square",),
    ),
    Estimator(key="delta", run=delta, label="Ratio of sums, delta method", source="Cochran 1977, section 6"),
)
