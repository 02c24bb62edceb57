"""The roll-out's measurements against the promise."""

from dataclasses import replace

import pytest

from stats.evidence import Evidence, GradeFinding, MetricEvidence
from stats.plan import Finance, Plan
from stats.results import NotEstimable
from stats.rollout.judging import ReplicationState, RingLook, judge, judge_metric, pause_line

FRACTIONS = (1 / 3, 2 / 3, 1.0)
LINE = 0.75


def judged(prediction, estimate, ring=3, line=LINE, **kwargs):
    return judge_metric(prediction, estimate, ring=ring, fractions=FRACTIONS, line=line, **kwargs)


def plan_of(metric, *guardrails, **kwargs):
    return Plan(pilot="p", title="P", design="randomised_sites", metrics=[metric, *guardrails], **kwargs)


def evidence_of(**results):
    return Evidence(
        plan_sha256="",
        snapshot_sha256="",
        engine_version="1",
        look=1,
        looks_planned=1,
        information=1.0,
        final=True,
        is_extension=False,
        arm=1,
        arm_label="",
        n_control=10,
        n_treatment=30,
        records=100,
        metrics={key: MetricEvidence(key=key, result=result) for key, result in results.items()},
        checks=(),
        delivery=(),
        grade=GradeFinding(grade="B", reasons=()),
    )


def guardrail(metric, **kwargs):
    return metric.model_copy(
        update={"key": "wait", "role": "GUARDRAIL", "mwe": None, "margin": 0.5, "better": "lower", **kwargs}
    )


def test_a_gain_where_it_was_promised_is_replicated(promised, estimated):
    found = judged(promised(), estimated(1.1, 0.15))
    assert found.state is ReplicationState.REPLICATED
    assert found.pays
    assert found.predicted_lower < 1.1 < found.predicted_upper


def test_agreeing_with_a_wide_promise_without_a_gain_is_no_replication(promised, estimated):
    found = judged(promised(std_error=0.5), estimated(0.5, 0.5))
    assert found.predicted_lower < 0.5
    assert found.state is ReplicationState.WAITING
    assert [reason.code for reason in found.reasons] == ["gain_not_shown_yet"]


def test_less_than_promised_with_a_gain_is_attenuated(promised, estimated):
    found = judged(promised(std_error=0.15, transport=1.0, drift=0.05), estimated(0.6, 0.1))
    assert found.state is ReplicationState.ATTENUATED


def test_less_than_promised_without_a_gain_has_failed(promised, estimated):
    assert judged(promised(), estimated(-0.2, 0.15)).state is ReplicationState.FAILED


def test_a_shown_loss_has_failed_even_where_the_promise_was_vague(promised, estimated):
    found = judged(promised(std_error=1.5), estimated(-0.3, 0.1))
    assert found.state is ReplicationState.FAILED


def test_more_than_promised_is_replicated_and_said(promised, estimated):
    found = judged(promised(), estimated(4.0, 0.2))
    assert found.state is ReplicationState.REPLICATED
    assert found.reasons[0].code == "better_than_forecast"


def test_no_pause_while_the_upper_limit_reaches_the_line(promised, estimated):
    assert judged(promised(), estimated(0.6, 0.3)).pays
    assert judged(promised(), estimated(0.5, 0.1)).pays is False


def test_the_settled_effect_decides_on_the_pause_and_the_whole_one_on_the_state(promised, estimated):
    found = judged(promised(), estimated(1.0, 0.1), settled=estimated(0.4, 0.1))
    assert found.pays is False
    assert found.effect == 1.0
    assert found.settled == 0.4


def test_early_rings_ask_for_more_than_the_last(promised, estimated):
    levels = [judged(promised(), estimated(1.0, 0.2), ring=ring).pause_level for ring in (1, 2, 3)]
    assert levels == sorted(levels)
    assert levels[0] < 0.02
    assert levels[-1] < 0.10


def test_without_an_estimate_it_waits(promised):
    found = judged(promised(), NotEstimable(code="too_few_sites"))
    assert found.state is ReplicationState.WAITING
    assert found.pays is None
    assert found.effect is None


@pytest.mark.parametrize("state", ["REPLICATED", "FAILED"])
def test_a_lower_metric_is_judged_in_the_good_direction(metric, estimated, promised, state):
    sign = -1 if state == "REPLICATED" else 1
    found = judged(replace(promised(), better="lower"), estimated(sign * 1.1, 0.15))
    assert found.state == state


def test_with_money_the_line_is_where_the_measured_effect_pays(metric):
    finance = Finance(currency="EUR", value_per_unit={"sat": 10}, volume=100, horizon=2, run_cost=600, one_off_cost=400)
    # 1000 / (10 x 100 x 2); the transport discount is behind a measurement in the roll-out already.
    assert pause_line(plan_of(metric, finance=finance), metric, transport=0.5) == 0.5


def test_without_money_the_line_is_what_travels_of_the_smallest_gain(metric):
    assert pause_line(plan_of(metric), metric, transport=0.75) == 0.75


def test_a_critical_guardrail_in_breach_takes_it_back_another_one_pauses(metric, promised, estimated):
    for critical in (True, False):
        plan = plan_of(metric, guardrail(metric, critical=critical))
        look = RingLook(ring=3, evidence=evidence_of(sat=estimated(1.1, 0.15), wait=estimated(0.8, 0.1)))
        found = judge(plan, {"sat": promised()}, [look], fractions=FRACTIONS)
        assert found.guardrails["wait"].label == "BREACH"
        assert found.pause_proposed
        assert found.roll_back_proposed is critical


@pytest.mark.parametrize(
    ("effect", "std_error", "label"), [(0.0, 0.1, "SAFE_SHOWN"), (0.1, 0.5, "NOT_SHOWN"), (None, None, "MISSING")]
)
def test_a_watched_guardrail_that_was_unproven_is_judged_here(metric, promised, estimated, effect, std_error, label):
    plan = plan_of(metric, guardrail(metric, guardrail_class="WATCH"))
    results = {"sat": estimated(1.1, 0.15)} | ({} if effect is None else {"wait": estimated(effect, std_error)})
    found = judge(
        plan,
        {"sat": promised()},
        [RingLook(ring=3, evidence=evidence_of(**results))],
        fractions=FRACTIONS,
        unproven=["wait"],
    )
    assert found.guardrails["wait"].label == label
    assert found.guardrails["wait"].watched
    assert f"watched_{label.lower()}" in {reason.code for reason in found.reasons}
    assert not found.roll_back_proposed


def two(metric, promised, estimated, rule):
    other = metric.model_copy(update={"key": "nps"})
    plan = plan_of(metric, other, primary_rule=rule)
    evidence = evidence_of(sat=estimated(1.1, 0.15), nps=estimated(-0.3, 0.1))
    predictions = {"sat": promised(), "nps": replace(promised(), key="nps")}
    return judge(plan, predictions, [RingLook(ring=3, evidence=evidence)], fractions=FRACTIONS)


def test_one_metric_that_pays_carries_the_others_under_any(metric, promised, estimated):
    found = two(metric, promised, estimated, "any")
    assert found.state is ReplicationState.REPLICATED
    assert not found.pause_proposed


def test_under_all_one_metric_that_failed_is_enough(metric, promised, estimated):
    found = two(metric, promised, estimated, "all")
    assert found.state is ReplicationState.FAILED
    assert found.pause_proposed
    assert found.roll_back_proposed


def test_before_the_first_ring_nothing_is_proposed(metric, promised):
    found = judge(plan_of(metric), {"sat": promised()}, [], fractions=FRACTIONS)
    assert found.state is ReplicationState.WAITING
    assert not found.pause_proposed
    assert not found.roll_back_proposed


@pytest.mark.parametrize("effect", [-1.0, 0.0, 0.4, 0.8, 1.2, 3.0])
def test_a_worse_measurement_never_gives_a_better_state(promised, estimated, effect):
    order = ["REPLICATED", "WAITING", "ATTENUATED", "FAILED"]
    for std_error in (0.05, 0.15, 0.4):
        better, worse = (judged(promised(), estimated(value, std_error)) for value in (effect, effect - 0.1))
        assert order.index(worse.state) >= order.index(better.state)
        assert worse.pays <= better.pays


def test_a_ring_that_knows_hardly_anything_shows_nothing(promised, estimated):
    found = judge_metric(promised(), estimated(-9.0, 0.2), ring=1, fractions=(1e-5, 0.5, 1.0), line=LINE)
    assert found.state is ReplicationState.WAITING
    assert found.judged_lower is None
