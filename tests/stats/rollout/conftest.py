"""A metric, a pilot's estimate, and what it promises."""

import pytest

from stats.methods.hypotheses import t_estimate
from stats.plan import PlannedMetric
from stats.rollout.prediction import predict
from stats.spec import MetricSpec


@pytest.fixture
def metric():
    return PlannedMetric(key="sat", name="Satisfaction", role="SUCCESS", spec=MetricSpec(column="sat"), mwe=1.0)


@pytest.fixture
def estimated():
    def make(effect, std_error, df=30.0):
        return t_estimate(
            effect, std_error, df, confidence=0.95, method="imputation_jackknife", n_control=10, n_treatment=10
        )

    return make


@pytest.fixture
def promised(metric, estimated):
    def make(effect=1.6, std_error=0.3, df=17.0, **kwargs):
        return predict(metric, estimated(effect, std_error, df), **kwargs)

    return make
