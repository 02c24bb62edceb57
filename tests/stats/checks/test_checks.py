"""Checks of data and design: each passes on clean data, fails on the defect it is for, and says when it was not run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments.words.catalogue import knows
from experiments.words.sentences import check_sentence
from stats.checks import run
from stats.checks.conduct import contamination, crossover
from stats.checks.inputs import CheckInputs, MetricInputs
from stats.checks.missing import missing, response_rate
from stats.checks.ratios import units_ratio, volume_ratio
from stats.checks.sites import minimum_n, pre_period
from stats.methods.site_ancova import site_ancova
from stats.methods.site_checks import aa_on_history, balance
from stats.methods.site_means import site_values
from stats.plan import Plan
from stats.results import Check, Estimate, NotEstimable, Severity, Status
from stats.study import SitePeriods


def windows(sites: int = 12, *, seed: int = 1, gap_before: float = 0.0) -> SitePeriods:
    rng = np.random.default_rng(seed)
    arm = np.arange(sites) % 2
    before = rng.normal(50, 4, sites) + gap_before * arm
    value = np.column_stack([before, before + rng.normal(0, 2, sites)])
    post = np.array([False, True])
    return SitePeriods(
        sites=tuple(f"s{i:02d}" for i in range(sites)),
        periods=(0, 1),
        value=value,
        n=np.full((sites, 2), 50.0),
        missing=np.zeros((sites, 2)),
        arm=arm,
        treated=(arm > 0)[:, None] & post,
        post=post,
        start=np.where(arm > 0, 1, 2),
    )


def metric(**changes: Any) -> MetricInputs:
    data = windows()
    known: dict[str, Any] = {
        "key": "wait",
        "n": np.array([950.0, 960.0]),
        "missing": np.array([50.0, 40.0]),
        "n_pre": np.array([900.0, 900.0]),
        "missing_pre": np.zeros(2),
        "result": site_ancova(site_values(data), confidence=0.95),
        "windows": data,
        "site_periods": data,
    }
    return MetricInputs(**{**known, **changes})


HISTORY = {
    "plan_differs": False,
    "major_amendment": False,
    "recorded_afterwards": False,
    "altering_change": False,
    "definition_changed": False,
    "overlapping": (),
}


def inputs(**changes: Any) -> CheckInputs:
    rng = np.random.default_rng(5)
    before = rng.integers(300, 900, 12).astype(float)
    known: dict[str, Any] = {
        "design": "randomised_sites",
        "arm": 1,
        "arm_labels": ("before", "new"),
        "units": np.array([6.0, 6.0]),
        "planned_units": np.array([6.0, 6.0]),
        "planned_share": np.array([0.5, 0.5]),
        "records": np.array([6000.0, 6000.0]),
        "records_pre": np.array([6000.0, 6000.0]),
        "sites": tuple(f"s{i:02d}" for i in range(12)),
        "site_arm": np.arange(12) % 2,
        "site_records": before * rng.uniform(0.9, 1.1, 12),
        "site_records_pre": before,
        "site_planned": np.full(12, np.nan),
        "metrics": {"wait": metric()},
        "pre_periods": 1,
        "history": HISTORY,
    }
    return CheckInputs(**{**known, **changes})


def plan(design: str = "randomised_sites", *, survey: bool = False, kind: str = "mean", **changes: Any) -> Plan:
    spec = {"kind": kind, "column": "wait"}
    wait = {"key": "wait", "name": "Waiting", "role": "SUCCESS", "mwe": 1.0, "spec": spec, "survey": survey}
    return Plan.model_validate({"pilot": "p", "title": "t", "design": design, "metrics": [wait], **changes})


def found(made: CheckInputs, promised: Plan) -> dict[str, Check]:
    return {check.key: check for check in run(made, promised)}


def test_clean_data_pass_every_check():
    checks = found(inputs(), plan())
    off = {key: check.status for key, check in checks.items() if check.status != Status.PASS}
    # Both are found while the estimate is made; this one comes without.
    assert off == {"attainable_p": Status.NOT_RUN, "leave_one_site_out": Status.NOT_RUN}
    assert {"crossover", "contamination", "volume_ratio", "missing", "balance", "aa_on_history"} <= set(checks)
    assert "sample_ratio" not in checks


def test_every_check_and_status_has_its_sentence():
    broken = inputs(
        metrics={"wait": metric(result=NotEstimable(code="x"), n=np.array([0.0, 5.0]), missing=np.zeros(2))},
        history={},
        site_records=np.zeros(12),
        crossed_over=("s01", "s02"),
        contaminated_share=0.3,
        absent_sites=("s77",),
        planned_share=None,
    )
    many = [
        *run(inputs(), plan()),
        *run(broken, plan()),
        *run(broken, plan(survey=True)),
        *run(inputs(), plan(survey=True)),
        *run(inputs(history={**HISTORY, "overlapping": ("other",), "plan_differs": True}), plan()),
        *run(inputs(pre_periods=0), plan("before_after_control")),
        *run(broken, plan("randomised_units", unit_of_assignment="unit")),
    ]
    assert len({(check.key, check.status) for check in many}) > 25
    for check in many:
        assert knows(f"check.{check.key}.name"), check.key
        sentence = check_sentence(check, names={"wait": "Waiting"})
        assert "{" not in sentence


def test_a_ratio_that_chance_does_not_make_is_critical():
    units = inputs(units=np.array([821588.0, 815482.0]))
    check = units_ratio(units, 0.001)
    assert check.status == Status.FAIL
    assert check.severity == Severity.CRITICAL
    # Published p of this scorecard: 1.8e-6.
    assert check.value == pytest.approx(1.8e-6, rel=0.02)
    assert units_ratio(inputs(units=np.array([5000.0, 5050.0])), 0.001).status == Status.PASS
    assert units_ratio(inputs(planned_share=None), 0.001).status == Status.NOT_RUN


def test_volume_that_moves_with_the_arm_is_a_warning():
    made = inputs()
    lost = replace(made, site_records=made.site_records * np.where(made.site_arm > 0, 0.6, 1.0))
    check = volume_ratio(lost, 0.01)
    assert check.status == Status.FAIL
    assert check.severity == Severity.WARNING
    assert check.facts["ratio"] == pytest.approx(0.6, rel=0.1)
    assert volume_ratio(made, 0.01).status == Status.PASS
    assert volume_ratio(replace(made, site_records=np.full(12, 100.0)), 0.01).status == Status.PASS
    assert volume_ratio(replace(made, site_arm=np.zeros(12, dtype=int)), 0.01).status == Status.NOT_RUN


@pytest.mark.parametrize(
    ("n", "lost", "status"),
    [
        ((950, 950), (50, 50), Status.PASS),
        ((880, 880), (120, 120), Status.FAIL),
        ((990, 930), (10, 70), Status.FAIL),
        ((960, 920), (40, 80), Status.PASS),
        ((0, 100), (0, 0), Status.NOT_RUN),
    ],
)
def test_missing_values_are_judged_in_all_and_between_the_arms(n, lost, status):
    check = missing(metric(n=np.array(n, float), missing=np.array(lost, float)), 0.10, 0.05)
    assert check.status == status
    assert check.severity == Severity.CRITICAL


def test_low_but_equal_response_to_a_survey_is_no_fault():
    asked = metric(n=np.array([250.0, 252.0]), missing=np.array([750.0, 748.0]))
    assert found(inputs(metrics={"wait": asked}), plan(survey=True))["response_rate"].status == Status.PASS
    assert "missing" not in found(inputs(metrics={"wait": asked}), plan(survey=True))


def test_unequal_response_brings_its_worst_cases():
    result = replace(estimate(), effect=0.1, mean_control=0.6, mean_treatment=0.7)
    asked = metric(n=np.array([400.0, 500.0]), missing=np.array([600.0, 500.0]), result=result)
    check = response_rate(asked, 0.05, is_share=True)
    assert check.status == Status.FAIL
    # A fifth of the treated answers is extra: the rest has a share between (.7 - .2) / .8 and .7 / .8.
    assert check.facts["worst_case_low"] == pytest.approx(0.1 + 0.625 - 0.7)
    assert check.facts["worst_case_high"] == pytest.approx(0.1 + 0.875 - 0.7)


def test_unequal_response_in_the_other_direction_mirrors_the_worst_cases():
    result = replace(estimate(), effect=0.1, mean_control=0.6, mean_treatment=0.7)
    asked = metric(n=np.array([500.0, 400.0]), missing=np.array([500.0, 600.0]), result=result)
    check = response_rate(asked, 0.05, is_share=True)
    assert check.facts["worst_case_low"] == pytest.approx(0.1 - (0.75 - 0.6))
    assert check.facts["worst_case_high"] == pytest.approx(0.1 - (0.5 - 0.6))


def test_a_mean_without_known_spread_has_no_worst_case():
    asked = metric(n=np.array([400.0, 500.0]), missing=np.array([600.0, 500.0]))
    assert "worst_case_low" not in response_rate(asked, 0.05, is_share=False).facts


def estimate() -> Estimate:
    result = metric().result
    assert isinstance(result, Estimate)
    return result


def test_one_crossed_site_is_a_warning_and_two_are_critical():
    assert crossover(inputs()).status == Status.PASS
    assert crossover(inputs(crossed_over=("s01",))).severity == Severity.WARNING
    assert crossover(inputs(crossed_over=("s01", "s04"))).severity == Severity.CRITICAL
    assert contamination(inputs(contaminated_share=0.1), 0.1).status == Status.PASS
    assert contamination(inputs(contaminated_share=0.11), 0.1).status == Status.FAIL


def test_what_nobody_looked_up_was_not_run_and_keeps_its_severity():
    checks = found(inputs(history={}), plan())
    assert checks["plan_hash"].status == Status.NOT_RUN
    assert checks["plan_hash"].severity == Severity.CRITICAL
    assert checks["overlapping_pilot"].status == Status.NOT_RUN


def test_an_altered_treatment_is_critical_and_an_amendment_costs_a_grade():
    checks = found(inputs(history={**HISTORY, "altering_change": True, "major_amendment": True}), plan())
    assert (checks["treatment_changed"].status, checks["treatment_changed"].severity) == (
        Status.FAIL,
        Severity.CRITICAL,
    )
    assert (checks["major_amendment"].status, checks["major_amendment"].severity) == (Status.FAIL, Severity.GRADE)


def test_balance_allows_drawn_sites_what_chance_gives_and_chosen_ones_a_quarter():
    values = site_values(windows(gap_before=2.0))
    drawn, chosen = balance(values), balance(values, randomised=False)
    assert chosen.threshold == 0.25
    assert drawn.threshold == pytest.approx(2.228 * np.sqrt(1 / 3), rel=1e-3)
    assert drawn.value == chosen.value
    assert balance(site_values(windows(gap_before=12.0))).status == Status.FAIL


def test_a_difference_before_the_start_is_found():
    assert aa_on_history(site_values(windows()), 0.01).status == Status.PASS
    assert aa_on_history(site_values(windows(gap_before=12.0)), 0.01).status == Status.FAIL


def test_sites_with_too_few_records_are_named():
    data = windows()
    data.value[3, 1], data.n[3, 1] = np.nan, 2
    data.value[4, 1], data.n[4, 1] = np.nan, 0
    check = minimum_n(metric(windows=data), 5)
    assert check.status == Status.FAIL
    assert check.facts["sites"] == "s03"


def test_a_short_time_before_costs_grade():
    check = pre_period(inputs(pre_periods=1), metric(), 4)
    assert check.status == Status.FAIL
    assert check.severity == Severity.GRADE


def test_three_against_three_is_capped_where_alpha_is_shared_by_two():
    result = replace(estimate(), details={"randomisation": {"p_floor_one_sided": 0.05, "assignments": 20}})
    made = inputs(metrics={"wait": metric(result=result)})
    assert found(made, plan())["attainable_p"].status == Status.PASS
    shared = plan(errors={"alpha": 0.025})
    check = found(made, shared)["attainable_p"]
    assert check.status == Status.FAIL
    assert check.facts["one_in"] == 20
    assert found(inputs(), plan())["attainable_p"].status == Status.NOT_RUN


def test_checks_that_the_estimate_carries_are_not_made_again():
    carried = estimate().with_checks([Check(key="balance", status=Status.PASS)])
    made = inputs(metrics={"wait": metric(result=carried)})
    assert "balance" not in found(made, plan())
