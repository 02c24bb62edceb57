"""What the estimators on records share: which metrics are means, what records come in, and the arms' levels."""

from __future__ import annotations

from stats.errors import Problem, RefusedSpec
from stats.methods.record_design import RecordDesign
from stats.spec import MetricSpec
from stats.study import Study

MEANS = ("mean", "share", "share_beyond")


def is_mean(metric: MetricSpec) -> bool:
    """True where each record has a value of its own; a share of two sums has not."""
    return metric.kind in MEANS and metric.denominator is None


def cluster_column(study: Study) -> str:
    """The column that names each record's cluster. Raises RefusedSpec where the specification names none."""
    column = study.spec.cluster or study.spec.site
    if column is None:
        raise RefusedSpec(Problem(code="cluster_needed", facts={"method": study.spec.estimator}))
    return column


def levels(design: RecordDesign, arm: int) -> dict[str, float]:
    """Unadjusted means of the records of both arms."""
    return {
        "control": float(design.y[design.arm == 0].mean()),
        "treatment": float(design.y[design.arm == arm].mean()),
    }
