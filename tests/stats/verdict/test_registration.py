"""Whether a plan is sized to decide is said before it is registered."""

from __future__ import annotations

import pytest

from stats.verdict.registration import registration_gate


def test_a_plan_is_decision_capable_at_exactly_its_lines(said):
    plan = said.plan()
    found = registration_gate(plan, {"speed": 1.0 / 2.12, "cost": 3.0 / 3.29})
    assert found.decision_capable
    assert found.information_ratio == pytest.approx(1.0)


def test_a_learning_pilot_is_told_the_smallest_change_that_would_do(said):
    plan = said.plan()
    found = registration_gate(plan, {"speed": 2.0 / 2.12, "cost": 0.1})
    assert (found.decision_capable, found.unmet) == (False, ("speed",))
    assert found.information_ratio == pytest.approx(4.0)


def test_watched_guardrails_need_no_proof(said):
    plan = said.plan(said.success(), said.guardrail(guardrail_class="WATCH"))
    assert registration_gate(plan, {"speed": 0.1}).decision_capable


def test_a_metric_without_planned_precision_is_unknown_and_not_capable(said):
    found = registration_gate(said.plan(), {"speed": 0.1})
    assert (found.decision_capable, found.unknown) == (False, ("cost",))
