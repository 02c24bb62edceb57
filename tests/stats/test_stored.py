"""Evidence survives the way to its canonical JSON and back."""

from __future__ import annotations

import json

from stats.evidence import Delivery, Evidence, GradeFinding, MetricEvidence, SiteValue, as_json
from stats.plan import canonical_json
from stats.results import Check, Estimate, Limits, NotEstimable, Relative, Severity, Status
from stats.stored import evidence_from_json


def _evidence() -> Evidence:
    estimate = Estimate(
        effect=-18.5,
        std_error=4.25,
        ci_lower=-27.0,
        ci_upper=-10.0,
        p_value=0.001,
        df=17.0,
        n_control=10,
        n_treatment=10,
        confidence=0.95,
        method="site_ancova",
        relative=Relative(effect=-0.1, ci_lower=None, ci_upper=-0.05),
        limits=(Limits(level=0.05, lower=-26.0, upper=None),),
        details={"pooled": [1.5, 2.5]},
    )
    return Evidence(
        plan_sha256="a" * 64,
        snapshot_sha256="b" * 64,
        engine_version="0",
        look=1,
        looks_planned=1,
        information=1.0,
        final=True,
        is_extension=False,
        arm=1,
        arm_label="treatment",
        n_control=10,
        n_treatment=10,
        records=900,
        metrics={
            "wait": MetricEvidence(
                key="wait", result=estimate, sites=(SiteValue(site="A", arm=1, value=170.5, pre=None, n=40.0),)
            ),
            "on_time": MetricEvidence(key="on_time", result=NotEstimable(code="no_data", facts={"column": "on_time"})),
        },
        checks=(Check(key="missing", status=Status.FAIL, severity=Severity.CRITICAL, value=0.3, metric="wait"),),
        delivery=(Delivery(component="used", share=0.9, ci_lower=0.85, ci_upper=0.95, n=400.0),),
        grade=GradeFinding(grade="A", reasons=("randomised_sites",)),
        days_observed=70,
    )


def test_evidence_read_back_is_equal_to_what_was_stored() -> None:
    evidence = _evidence()
    assert evidence_from_json(json.loads(canonical_json(as_json(evidence)))) == evidence


def test_a_result_that_is_none_comes_back_as_its_reason() -> None:
    back = evidence_from_json(json.loads(canonical_json(as_json(_evidence()))))
    assert back.metric("on_time").result == NotEstimable(code="no_data", facts={"column": "on_time"})
