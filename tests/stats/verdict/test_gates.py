"""What a failed check costs, and for whom."""

from __future__ import annotations

import pytest

from stats.evidence import GradeFinding, MetricEvidence
from stats.results import Check, Severity, Status
from stats.verdict.decide import recommend
from stats.verdict.gates import RESPONSE_CHECK
from stats.verdict.grades import grade
from stats.verdict.recommendation import Scope, Verdict


def response(low, high):
    """A survey whose response differed by more than 5 points between the arms, with its worst-case effects."""
    facts = {"worst_case_low": low, "worst_case_high": high}
    return Check(key=RESPONSE_CHECK, status=Status.FAIL, severity=Severity.CRITICAL, facts=facts)


def test_unequal_response_is_critical_only_if_the_worst_case_changes_the_state(said):
    plan = said.plan(said.success(survey=True), said.guardrail())

    def verdict(low, high):
        found = MetricEvidence(key="speed", result=said.estimate(2.0), checks=(response(low, high),))
        return recommend(plan, said.evidence(plan, {"speed": found, "cost": 0.0}))

    unmoved = verdict(1.5, 2.5)
    assert (unmoved.verdict, unmoved.grade, unmoved.scope) == (Verdict.SCALE, "B", Scope.STAGED)
    moved = verdict(0.5, 2.5)
    assert (moved.verdict, moved.reasons[0].gates) == (Verdict.INVALID, (RESPONSE_CHECK,))


def test_unequal_response_without_worst_case_bounds_is_critical(said):
    plan = said.plan(said.success(survey=True), said.guardrail())
    bare = Check(key=RESPONSE_CHECK, status=Status.FAIL, severity=Severity.GRADE)
    found = MetricEvidence(key="speed", result=said.estimate(2.0), checks=(bare,))
    assert recommend(plan, said.evidence(plan, {"speed": found, "cost": 0.0})).verdict == Verdict.INVALID


def test_a_survey_with_a_quarter_answering_in_both_arms_gives_a_normal_verdict(said):
    plan = said.plan(said.success(survey=True), said.guardrail())
    equal = Check(key=RESPONSE_CHECK, status=Status.PASS, severity=Severity.CRITICAL, value=0.25)
    found = MetricEvidence(key="speed", result=said.estimate(2.0), checks=(equal,))
    got = recommend(plan, said.evidence(plan, {"speed": found, "cost": 0.0}))
    assert (got.verdict, got.scope) == (Verdict.SCALE, Scope.FULL)


def test_a_critical_check_of_a_success_metric_makes_the_pilot_invalid(said):
    plan = said.plan()
    missing = Check(key="missing", status=Status.FAIL, severity=Severity.CRITICAL)
    found = MetricEvidence(key="speed", result=said.estimate(2.0, checks=(missing,)))
    got = recommend(plan, said.evidence(plan, {"speed": found, "cost": 0.0}))
    assert (got.verdict, got.reasons[0].gates, got.reasons[0].metrics) == (Verdict.INVALID, ("missing",), ("speed",))


def test_a_check_of_a_metric_that_is_only_watched_beside_never_decides(said):
    plan = said.plan(said.success(), said.success("mood", role="SECONDARY", mwe=None))
    missing = Check(key="missing", status=Status.FAIL, severity=Severity.CRITICAL, metric="mood")
    got = recommend(plan, said.evidence(plan, {"speed": 2.0, "mood": 0.0}, checks=(missing,)))
    assert got.verdict == Verdict.SCALE
    assert "gate_missing" in got.notes


def test_a_warning_is_said_and_changes_nothing(said):
    plan = said.plan()
    warning = Check(key="volume_ratio", status=Status.FAIL, severity=Severity.WARNING)
    got = recommend(plan, said.evidence(plan, {"speed": 2.0, "cost": 0.0}, checks=(warning,)))
    assert (got.verdict, got.scope) == (Verdict.SCALE, Scope.FULL)
    assert "gate_volume_ratio" in got.notes


def test_a_recorded_major_amendment_costs_a_grade_and_caps_at_staged(said):
    """A plan edited after first data: on record it costs a grade, without a record the pilot is invalid."""
    plan = said.plan()
    amended = Check(key="major_amendment", status=Status.FAIL, severity=Severity.GRADE)
    finding = grade(plan, n_control=10, n_treatment=10, checks=(amended,))
    assert (finding.grade, finding.reasons) == ("B", ("randomised_sites", "cost_major_amendment"))
    got = recommend(plan, said.evidence(plan, {"speed": 2.0, "cost": 0.0}, checks=(amended,), grade=finding))
    assert (got.verdict, got.grade, got.scope, got.scope_reasons) == (
        Verdict.SCALE,
        "B",
        Scope.STAGED,
        ("grade_b",),
    )


@pytest.mark.parametrize("effect", [-0.5, 0.0, 2.0])
def test_a_harmed_guardrail_with_a_failed_check_is_told_as_possible_harm(said, effect):
    plan = said.plan()
    spoilt = Check(key="missing", status=Status.FAIL, severity=Severity.CRITICAL)
    found = MetricEvidence(key="cost", result=said.estimate(-5.0), checks=(spoilt,))
    got = recommend(plan, said.evidence(plan, {"speed": effect, "cost": found}))
    assert got.possible_harm
    assert got.states["cost"].label == "MISSING"


def test_grade_given_with_the_evidence_is_the_one_that_counts(said):
    plan = said.plan()
    got = recommend(
        plan, said.evidence(plan, {"speed": 2.0, "cost": 0.0}, grade=GradeFinding(grade="C", reasons=("comparison",)))
    )
    assert (got.grade, got.scope) == ("C", Scope.LIMITED)
