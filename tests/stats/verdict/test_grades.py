"""Grades: first match, then caps; a defect never raises one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.plan import AssignmentRule, Columns, PlannedSite
from stats.results import Check, Severity, Status
from stats.verdict.grades import grade, smallest_p

CHOSEN = AssignmentRule(method="chosen")


def letter(plan, n_control=10, n_treatment=10, **known):
    return grade(plan, n_control=n_control, n_treatment=n_treatment, **known).grade


def test_five_randomised_sites_an_arm_are_grade_a(said):
    assert letter(said.plan(), 5, 5) == "A"
    assert letter(said.plan(), 5, 4) == "B"


def test_three_against_three_sites_are_capped_and_that_is_said(said):
    finding = grade(said.plan(said.success("a"), said.success("b")), n_control=3, n_treatment=3)
    assert finding.grade == "B"
    assert finding.reasons == ("randomised_few", "attainable_p")
    assert finding.facts["attainable_p"] == pytest.approx(0.05)
    assert finding.facts["level"] == 0.025


def test_two_treated_of_ten_are_grade_c_and_reach_p_022(said):
    assert smallest_p([(10, 2)]) == pytest.approx(0.0222, abs=5e-5)
    assert letter(said.plan(), 8, 2) == "C"


def test_pairs_attain_one_in_two_to_their_number():
    assert smallest_p([(2, 1)] * 4) == 1 / 16


def test_randomised_units_need_a_hundred_or_ten_clusters_an_arm(said):
    plan = said.plan(design="randomised_units", unit_of_assignment="unit")
    assert letter(plan, 100, 100) == "A"
    assert letter(plan, 99, 100) == "B"
    clustered = said.plan(design="randomised_units", unit_of_assignment="unit", columns=Columns(cluster="store"))
    assert letter(clustered, 900, 900, clusters_control=10, clusters_treatment=10) == "A"
    assert letter(clustered, 900, 900, clusters_control=9, clusters_treatment=10) == "B"


def test_a_stepped_wedge_is_at_most_b(said):
    assert letter(said.plan(design="stepped_wedge", assignment=AssignmentRule(method="waves")), 8, 8) == "B"


@pytest.mark.parametrize(("survives", "expected"), [(True, "B"), (False, "C"), (None, "C")])
def test_chosen_sites_are_b_only_if_they_survive_the_largest_placebo_deviation(said, survives, expected):
    plan = said.plan(design="before_after_control", assignment=CHOSEN)
    assert letter(plan, 8, 8, survives_bias=survives) == expected
    assert letter(plan, 4, 8, survives_bias=True) == "C"


def test_without_a_comparison_the_grade_is_d(said):
    assert letter(said.plan(design="before_after_control", assignment=CHOSEN), 0, 8) == "D"
    assert letter(said.plan(design="interrupted_time_series", assignment=CHOSEN), 8, 8) == "D"


def test_a_pre_period_that_is_too_short_makes_d(said):
    short = Check(key="pre_period", status=Status.FAIL, severity=Severity.WARNING)
    assert letter(said.plan(), checks=(short,)) == "D"


def test_sites_forced_into_an_arm_cap_at_b(said):
    sites = [PlannedSite(key=f"s{i}", forced=i == 0) for i in range(20)]
    assert grade(said.plan(sites=sites), n_control=10, n_treatment=10).reasons == ("randomised_sites", "forced_sites")
    assert letter(said.plan(sites=sites)) == "B"


DEFECTS = ("amendment", "response_rate", "pre_period", "definition", "contamination")


@given(
    design=st.sampled_from(["randomised_sites", "randomised_units", "before_after_control", "stepped_wedge"]),
    method=st.sampled_from(["complete", "chosen", "waves"]),
    sizes=st.tuples(st.integers(0, 120), st.integers(0, 120)),
    fewer=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    survives=st.booleans(),
    forced=st.booleans(),
    failed=st.sets(st.sampled_from(DEFECTS)),
    further=st.sampled_from(DEFECTS),
)
def test_a_defect_never_raises_the_grade(said, design, method, sizes, fewer, survives, forced, failed, further):
    def found(n, failed, survives, forced):
        plan = said.plan(
            design=design,
            unit_of_assignment="unit" if design == "randomised_units" else "site",
            assignment=AssignmentRule(method=method),
            sites=[PlannedSite(key="a", forced=forced)],
        )
        checks = [Check(key=key, status=Status.FAIL, severity=Severity.GRADE) for key in sorted(failed)]
        return grade(plan, n_control=n[0], n_treatment=n[1], survives_bias=survives, checks=checks).grade

    before = found(sizes, failed, survives, False)
    smaller = (max(0, sizes[0] - fewer[0]), max(0, sizes[1] - fewer[1]))
    assert found(sizes, failed | {further}, survives, False) >= before
    assert found(smaller, failed, survives, False) >= before
    assert found(sizes, failed, False, False) >= before
    assert found(sizes, failed, survives, forced) >= before
