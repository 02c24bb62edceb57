"""Every row of the truth table is reached, and the first that holds decides."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from stats.evidence import GradeFinding, MetricEvidence
from stats.plan import Finance, Looks
from stats.results import Check, Severity, Status
from stats.verdict.decide import recommend
from stats.verdict.reasons import REASONS
from stats.verdict.recommendation import Mode, Scope, Verdict
from stats.verdict.rules import ROWS, WHEN

INTERIM = {"look": 1, "final": False, "information": 0.5}
SHOWN_WIN, SHOWN_ZERO, SHOWN_LOSS, UNCLEAR = 2.0, 0.0, -2.0, 0.6


def critical(key, status=Status.FAIL, **changes):
    return Check(key=key, status=status, severity=Severity.CRITICAL, **changes)


def finance(**changes):
    values = {
        "currency": "EUR",
        "value_per_unit": {"speed": 1.0},
        "volume": 100.0,
        "horizon": 1.0,
        "transport_discount": 1.0,
    }
    return Finance(**{**values, **changes})


def with_extension(said, *metrics, **changes):
    return said.plan(*metrics, looks=Looks(fractions=[0.5, 1.0], extension=1.5), **changes)


def test_row_0_a_failed_critical_gate_makes_it_invalid_and_hides_the_numbers(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}, checks=(critical("sample_ratio"),)))
    assert (got.verdict, got.row, got.hidden, got.possible_harm) == (Verdict.INVALID, 0, True, False)
    assert got.reasons[0].gates == ("sample_ratio",)
    assert got.next_step["repairs"] == {"sample_ratio": "reingest"}
    assert got.states == {}
    assert "2.0" not in json.dumps([got.inputs, got.next_step])


def test_row_0_possible_harm_is_told_even_when_the_numbers_are_hidden(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_LOSS, "cost": 0.0}, checks=(critical("sample_ratio"),)))
    assert (got.verdict, got.hidden, got.possible_harm) == (Verdict.INVALID, True, True)


def test_row_0_an_unrecorded_edit_of_the_plan_is_invalid(said):
    plan = said.plan()
    edited = plan.model_copy(update={"title": "Call-back at peak, and more"})
    got = recommend(edited, said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}))
    assert (got.verdict, got.row, got.reasons[0].gates) == (Verdict.INVALID, 0, ("plan_hash",))
    assert got.next_step["repairs"] == {"plan_hash": "amend"}


def test_row_1_a_success_metric_shown_worse_stops(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_LOSS, "cost": 0.0}))
    assert (got.verdict, got.row, got.reasons[0].code, got.reasons[0].metrics) == (Verdict.STOP, 1, "HARM", ("speed",))


def test_row_1_a_critical_guardrail_in_breach_stops_even_a_win(said):
    plan = said.plan(said.success(), said.guardrail(critical=True))
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": -4.0}))
    assert (got.verdict, got.row, got.reasons[0].metrics) == (Verdict.STOP, 1, ("cost",))


def test_row_2_an_early_win_scales_once_the_minimum_duration_is_met(said):
    plan = said.plan()
    early = said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}, **INTERIM, days_observed=28)
    got = recommend(plan, early)
    assert (got.verdict, got.row, got.scope, got.reasons[0].code) == (Verdict.SCALE, 2, Scope.FULL, "EARLY_WIN")


def test_row_3_a_gain_ruled_out_at_an_interim_look_stops(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_ZERO, "cost": 0.0}, **INTERIM))
    assert (got.verdict, got.row, got.reasons[0].code) == (Verdict.STOP, 3, "FUTILE")


def test_row_4_a_guardrail_shown_worse_at_an_interim_look_is_amended(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": -4.0}, **INTERIM))
    assert (got.verdict, got.row, got.mode) == (Verdict.ITERATE, 4, Mode.REDESIGN)
    assert got.next_step["lever"] == "redesign_for_guardrail"


@pytest.mark.parametrize("changes", [{"days_observed": 27}, {"days_observed": None}])
def test_row_5_an_early_win_before_the_minimum_duration_is_not_yet(said, changes):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}, **{**INTERIM, **changes}))
    assert (got.verdict, got.row, got.hidden, got.states) == (Verdict.NOT_YET, 5, True, {})
    assert got.next_step["next_look"] == 2
    assert "2.0" not in json.dumps([got.inputs, got.next_step, got.notes])


def test_row_6_every_promise_kept_scales_everywhere(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}))
    assert (got.verdict, got.row, got.scope, got.scope_reasons) == (Verdict.SCALE, 6, Scope.FULL, ())
    assert got.reasons[0].metrics == ("speed",)
    assert (got.states["speed"].label, got.states["cost"].label) == ("WIN", "PASS")


def test_row_7_a_precise_zero_stops(said):
    plan = with_extension(said)
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(0.0, 0.1), "cost": 0.0}))
    assert (got.verdict, got.row, got.reasons[0].code) == (Verdict.STOP, 7, "NO_WORTHWHILE_EFFECT")


def test_row_8_stops_when_another_round_costs_more_than_it_can_bring(said):
    got = costly_round(said, speed=-0.2)
    assert (got.verdict, got.row, got.reasons[0].code) == (Verdict.STOP, 8, "NOT_WORTH_ANOTHER_ROUND")
    assert got.reasons[0].facts["round_net"] < 0


def costly_round(said, speed):
    """Another round costs half an MWE; "mood", which has no value in money, is not settled."""
    money = finance(run_cost=60.0, round_cost=50.0)
    plan = with_extension(said, said.success("speed"), said.success("mood"), finance=money)
    return recommend(plan, said.evidence(plan, {"speed": said.estimate(speed, 0.5), "mood": said.estimate(0.5, 0.7)}))


def test_row_8_needs_the_data_to_speak_against_a_gain_worth_having(said):
    got = costly_round(said, speed=0.3)
    assert got.inputs["round_net"] < 0
    assert (got.verdict, got.row) == (Verdict.ITERATE, 9)


def test_row_8_is_off_without_finance_values(said):
    plan = with_extension(said, said.success("speed"), said.success("mood"))
    results = {"speed": said.estimate(-0.2, 0.5), "mood": said.estimate(0.5, 0.7)}
    got = recommend(plan, said.evidence(plan, results))
    assert got.row == 9
    assert "no_finance" in got.notes


def test_row_9_too_little_data_extends_the_same_treatment_and_names_what_is_needed(said):
    plan = with_extension(said)
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(UNCLEAR, 0.9), "cost": 0.0}))
    assert (got.verdict, got.row, got.mode) == (Verdict.ITERATE, 9, Mode.EXTEND)
    assert [reason.code for reason in got.reasons] == ["UNDERPOWERED"]
    needed = (0.9 * 2.12) ** 2  # information beside today's for a standard error of MWE / 2.12
    assert got.next_step["information_ratio"] == pytest.approx(needed)
    assert got.next_step["units_needed"] == 73  # 20 sites x 3.64, rounded up
    assert got.next_step["sites"] == 53
    assert got.next_step["weeks"] == 22  # 8 weeks x 2.64 more
    assert got.next_step["data_kept"] is True


def test_row_9_is_not_offered_a_second_time(said):
    plan = with_extension(said)
    late = {"look": 3, "is_extension": True, "information": 1.5}
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(UNCLEAR, 0.9), "cost": 0.0}, **late))
    assert (got.verdict, got.row, got.mode) == (Verdict.ITERATE, 11, Mode.REDESIGN)


def test_row_10_the_last_version_runs_out_of_rounds_and_says_what_was_open(said):
    plan = said.plan(version=3)
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(UNCLEAR, 0.9), "cost": 0.0}))
    assert (got.verdict, got.row, got.reasons[0].code) == (Verdict.STOP, 10, "OUT_OF_ROUNDS")
    assert got.reasons[0].facts["open"] == ["UNDERPOWERED"]


def test_row_11_a_small_gain_is_redesigned_stronger(said):
    plan = with_extension(said)
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(0.8, 0.3), "cost": 0.0}))
    assert (got.verdict, got.row, got.mode, got.reasons[0].code) == (Verdict.ITERATE, 11, Mode.REDESIGN, "SMALL")
    assert (got.next_step["lever"], got.next_step["next_version"]) == ("strengthen", 2)
    assert got.next_step["alpha"] == plan.errors.alpha / 2


def test_the_table_is_numbered_in_order_and_every_row_names_a_predicate():
    assert [row.number for row in ROWS] == list(range(12))
    assert {row.when for row in ROWS} == set(WHEN)


# The reasons of row 11, in their order.


def reasons_of(said, plan, results, **changes):
    got = recommend(plan, said.evidence(plan, results, **changes))
    assert got.verdict == Verdict.ITERATE
    return [reason.code for reason in got.reasons]


def test_one_aim_won_at_the_cost_of_another_is_success_harmed(said):
    plan = said.plan(said.success("speed"), said.success("quality"))
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "quality": SHOWN_LOSS}) == ["SUCCESS_HARMED"]


def test_a_critical_check_that_was_not_run_blocks_scale(said):
    plan = said.plan()
    results = {"speed": SHOWN_WIN, "cost": 0.0}
    assert reasons_of(said, plan, results, checks=(critical("sample_ratio", Status.NOT_RUN),)) == ["CHECK_NOT_RUN"]


def test_a_success_metric_without_a_result_blocks_the_scale_that_another_would_give(said):
    plan = said.plan(said.success("speed"), said.success("quality"))
    results = {"speed": SHOWN_WIN, "quality": said.no_estimate()}
    assert reasons_of(said, plan, results) == ["CHECK_NOT_RUN"]


@pytest.mark.parametrize("share", [0.30, 0.70])
def test_a_true_effect_with_poor_delivery_is_low_fidelity(said, share):
    plan = with_extension(said)
    results = {"speed": 0.5, "cost": 0.0}
    got = reasons_of(said, plan, results, delivery=(said.delivered(0.99), said.delivered(share, "used")))
    assert got[0] == "LOW_FIDELITY"


def test_the_same_effect_with_good_delivery_scales(said):
    plan = said.plan()
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": 0.0}, delivery=(said.delivered(0.95),)))
    assert got.verdict == Verdict.SCALE


def test_a_useless_change_that_was_hardly_delivered_is_not_said_to_fail(said):
    plan = said.plan()
    assert reasons_of(said, plan, {"speed": SHOWN_ZERO, "cost": 0.0}, delivery=(said.delivered(0.3),)) == [
        "LOW_FIDELITY"
    ]


@pytest.mark.parametrize("guardrail_class", ["PROVE", "WATCH", None])
def test_a_guardrail_without_data_blocks_scale_and_names_the_metric_whatever_its_class(said, guardrail_class):
    plan = with_extension(said, said.success(), said.guardrail("churn", guardrail_class=guardrail_class))
    for result in ({}, {"churn": said.no_estimate()}):
        got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, **result}))
        assert (got.verdict, got.reasons[0].code) == (Verdict.ITERATE, "GUARDRAIL_MISSING")
        assert got.reasons[0].metrics == ("churn",)


def test_a_guardrail_whose_own_check_failed_counts_as_missing(said):
    plan = said.plan()
    spoilt = MetricEvidence(key="cost", result=said.estimate(0.0), checks=(critical("missing"),))
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": spoilt}))
    assert [reason.code for reason in got.reasons] == ["GUARDRAIL_MISSING"]
    assert got.states["cost"].label == "MISSING"


def test_a_breach_is_told_as_the_partners_loss_where_the_metric_is_a_partners(said):
    own, theirs = said.guardrail("cost"), said.guardrail("on_time", partner="logistics", signed=True)
    plan = said.plan(said.success(), own, theirs)
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "cost": -4.0, "on_time": -4.0}) == [
        "GUARDRAIL_BREACH",
        "PARTNER_LOSES",
    ]


def test_a_showcase_that_looks_good_is_worth_proving(said):
    plan = said.plan(showcase=True)
    weak = GradeFinding(grade="D", reasons=("no_comparison",))
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "cost": 0.0}, grade=weak) == ["WORTH_PROVING", "WEAK_DESIGN"]


def test_grade_d_never_scales(said):
    plan = said.plan()
    weak = GradeFinding(grade="D", reasons=("no_comparison",))
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "cost": 0.0}, grade=weak) == ["WEAK_DESIGN"]


def test_a_pilot_recorded_afterwards_never_scales(said):
    plan = said.plan(recorded_afterwards=True)
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "cost": 0.0}) == ["RECORDED_AFTERWARDS"]


def test_a_guardrail_at_minus_1_within_minus_4_to_2_is_not_pass_against_a_margin_of_3(said):
    plan = with_extension(said)
    wide = said.estimate(-1.0, 3.0 / 1.96, df=None)  # 95 % interval -4 to +2
    got = recommend(plan, said.evidence(plan, {"speed": SHOWN_WIN, "cost": wide}))
    assert got.states["cost"].label == "UNPROVEN"
    assert (got.verdict, got.mode, got.reasons[0].code) == (Verdict.ITERATE, Mode.EXTEND, "GUARDRAIL_UNPROVEN")


def test_sites_that_differ_hold_scale_back_from_five_treated_sites_on(said):
    plan = said.plan()

    def evidence(n_treatment, p_new_site):
        result = said.estimate(SHOWN_WIN, n_treatment=n_treatment)
        found = MetricEvidence(key="speed", result=result, p_new_site=p_new_site)
        return said.evidence(plan, {"speed": found, "cost": 0.0})

    got = recommend(plan, evidence(5, 0.7))
    assert (got.verdict, got.reasons[0].code) == (Verdict.ITERATE, "SITES_DIFFER")
    assert recommend(plan, evidence(5, 0.8)).verdict == Verdict.SCALE
    assert recommend(plan, evidence(4, 0.7)).verdict == Verdict.SCALE


def test_fading_must_be_shown_and_a_smaller_last_third_alone_is_a_note(said):
    plan = said.plan()
    fading = MetricEvidence(key="speed", result=said.estimate(SHOWN_WIN), decline_p=0.04, last_third=1.0)
    assert reasons_of(said, plan, {"speed": fading, "cost": 0.0}) == ["FADING"]
    steady = MetricEvidence(key="speed", result=said.estimate(SHOWN_WIN), decline_p=0.06, last_third=1.0)
    got = recommend(plan, said.evidence(plan, {"speed": steady, "cost": 0.0}))
    assert got.verdict == Verdict.SCALE
    assert "last_third_smaller" in got.notes


def test_one_sound_win_is_enough_where_another_is_fading(said):
    plan = said.plan(said.success("speed"), said.success("quality"))
    fading = MetricEvidence(key="speed", result=said.estimate(SHOWN_WIN), decline_p=0.01)
    got = recommend(plan, said.evidence(plan, {"speed": fading, "quality": SHOWN_WIN}))
    assert got.verdict == Verdict.SCALE


def test_a_win_that_may_not_pay_is_roi_unsure(said):
    plan = said.plan(finance=finance(run_cost=180.0))
    assert reasons_of(said, plan, {"speed": SHOWN_WIN, "cost": 0.0}) == ["ROI_UNSURE"]


def test_reasons_are_told_in_the_order_of_the_table(said):
    plan = said.plan(said.success("a"), said.success("b"), said.guardrail("g1"), said.guardrail("g2"))
    wide = said.estimate(0.0, 5.0)
    got = reasons_of(said, plan, {"a": said.estimate(0.8, 0.3), "b": wide, "g2": wide}, delivery=(said.delivered(0.6),))
    assert got == ["LOW_FIDELITY", "GUARDRAIL_MISSING", "GUARDRAIL_UNPROVEN", "SMALL", "UNDERPOWERED"]
    assert len(REASONS) == 15


# Scope.


def scope_of(said, plan, results=None, **changes):
    got = recommend(plan, said.evidence(plan, results or {"speed": SHOWN_WIN, "cost": 0.0}, **changes))
    assert got.verdict == Verdict.SCALE
    return got.scope, got.scope_reasons


def test_scope_follows_the_grade(said):
    plan = said.plan()
    assert scope_of(said, plan, grade=GradeFinding(grade="B", reasons=())) == (Scope.STAGED, ("grade_b",))
    assert scope_of(said, plan, grade=GradeFinding(grade="C", reasons=())) == (Scope.LIMITED, ("grade_c",))


def test_an_unproven_watched_guardrail_is_let_through_only_in_stages(said):
    plan = said.plan(said.success(), said.guardrail(guardrail_class="WATCH"))
    wide = {"speed": SHOWN_WIN, "cost": said.estimate(-1.0, 2.0)}
    assert scope_of(said, plan, wide) == (Scope.STAGED, ("watch_unproven",))


def test_delivery_that_nobody_recorded_caps_at_staged(said):
    assert scope_of(said, said.plan(), delivery=()) == (Scope.STAGED, ("delivery_not_recorded",))


def test_a_partner_who_has_not_signed_caps_at_staged(said):
    plan = said.plan(said.success(), said.guardrail(partner="logistics"))
    assert scope_of(said, plan) == (Scope.STAGED, ("partner_unsigned",))


def test_the_worst_cap_wins_and_all_are_listed(said):
    got = scope_of(said, said.plan(), delivery=(), grade=GradeFinding(grade="C", reasons=()))
    assert got == (Scope.LIMITED, ("grade_c", "delivery_not_recorded"))


def test_a_permutation_p_above_its_level_caps_at_staged(said):
    result = {"speed": said.estimate(SHOWN_WIN, p_randomisation=0.2), "cost": 0.0}
    assert scope_of(said, said.plan(), result) == (Scope.STAGED, ("permutation",))


def test_arms_of_unequal_size_are_judged_by_the_replay_s_own_one_sided_p(said):
    """With arms of unequal size the two-sided p (here .03) is not twice the one-sided (here .06)."""
    replayed = {"randomisation": {"p_greater": 0.06, "p_less": 1.0}}
    shown = said.estimate(SHOWN_WIN, p_randomisation=0.03, details=replayed)
    assert scope_of(said, said.plan(), {"speed": shown, "cost": 0.0}) == (Scope.STAGED, ("permutation",))


# Both ends, both rules, both directions.


def test_a_state_needs_both_ends_of_the_before_after_bracket(said):
    plan = said.plan()

    def label(other_end):
        found = MetricEvidence(key="speed", result=said.estimate(SHOWN_WIN), bracket=(said.estimate(other_end),))
        return recommend(plan, said.evidence(plan, {"speed": found, "cost": 0.0})).states["speed"].label

    assert label(1.5) == "WIN"
    assert label(0.8) == "SMALL"
    assert label(0.2) == "UNCLEAR"


def test_the_rule_all_needs_every_win_and_stops_on_any_gain_ruled_out(said):
    plan = said.plan(said.success("a"), said.success("b"), primary_rule="all")
    assert recommend(plan, said.evidence(plan, {"a": 2.0, "b": 2.0})).verdict == Verdict.SCALE
    assert recommend(plan, said.evidence(plan, {"a": 2.0, "b": 0.9})).reasons[0].code == "SMALL"
    assert recommend(plan, said.evidence(plan, {"a": 2.0, "b": 0.0})).row == 7


def test_unbounded_limits_are_no_win(said):
    plan = said.plan()
    unbounded = said.estimate(SHOWN_WIN, std_error=None, df=None)
    got = recommend(plan, said.evidence(plan, {"speed": unbounded, "cost": 0.0}))
    assert got.states["speed"].label == "UNCLEAR"
    assert got.verdict == Verdict.ITERATE


def test_a_look_that_was_not_planned_can_show_nothing(said):
    plan = said.plan(said.success(), said.guardrail(critical=True))
    for look in (0, 2, 7):
        peek = said.evidence(plan, {"speed": 9.0, "cost": -9.0}, look=look, final=False, information=0.9)
        got = recommend(plan, peek)
        assert (got.verdict, got.hidden) == (Verdict.NOT_YET, True)
        assert set(got.levels.values()) == {0.0}


def test_everything_that_the_rule_looked_at_is_plain_json(said):
    plan = with_extension(said, finance=finance(round_cost=1.0))
    got = recommend(plan, said.evidence(plan, {"speed": said.estimate(UNCLEAR, 0.9), "cost": 0.0}))
    assert json.loads(json.dumps([got.inputs, got.next_step, got.levels])) == [got.inputs, got.next_step, got.levels]
    assert {"rows", "states", "gates", "money", "delivery", "grade", "guardrail_classes"} <= set(got.inputs)


@pytest.mark.parametrize("where", ["effect", "std_error"])
@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("key", "reason"), [("speed", "CHECK_NOT_RUN"), ("cost", "GUARDRAIL_MISSING")])
def test_an_estimate_that_is_no_number_counts_as_none(said, broken, where, key, reason):
    plan = with_extension(said, finance=finance(round_cost=1.0))
    results = {"speed": SHOWN_WIN, "cost": 0.0, key: replace(said.estimate(0.0), **{where: broken})}
    got = recommend(plan, said.evidence(plan, results))
    assert (got.verdict, got.reasons[0].code, got.reasons[0].metrics) == (Verdict.ITERATE, reason, (key,))
    json.dumps([got.inputs, got.next_step, got.levels], allow_nan=False)
