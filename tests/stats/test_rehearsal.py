"""The rehearsal of a plan, and plans like it with other numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest

from stats.errors import RefusedSpec
from stats.plan import AssignmentRule, Finance, Looks, Plan, PlannedMetric, PlannedSite
from stats.planning.plan_sizing import plan_sizing, planned_arms
from stats.planning.precision import planned_std_error as by_windows
from stats.planning.schedule import Schedule
from stats.planning.variation import Variation
from stats.rehearsing.operating import simulate_looks, standard_truths
from stats.rehearsing.plan_variant import planned_weeks, weeks_matter, with_line, with_total, with_weeks
from stats.rehearsing.rehearsal import changes_to_decide, fingerprint, gate_of, planned_errors, premises_of, rehearse
from stats.spec import MetricSpec

FEW = 300


def metric(key, **rest):
    return PlannedMetric.model_validate({"key": key, "name": key, "spec": MetricSpec(column="x"), **rest})


def the_plan(sites=20, *, spread=1.0, steadiness=0.5, **changes):
    metrics = [
        metric("wait", role="SUCCESS", mwe=1.0, better="lower"),
        metric("cost", role="GUARDRAIL", margin=2.0, guardrail_class="PROVE", better="lower"),
    ]
    facts = {f"{key}.{name}": value for key in ("wait", "cost") for name, value in known(spread, steadiness)}
    values = {
        "metrics": metrics,
        "sites": [PlannedSite(key=f"s{number}") for number in range(sites)],
        "looks": Looks(fractions=[0.5, 1.0], extension=1.5),
        "assumptions": facts,
        "pre_start": date(2026, 1, 5),
        "start": date(2026, 3, 2),
        "end": date(2026, 5, 10),
        **changes,
    }
    return Plan(pilot="p", title="p", design=values.pop("design", "randomised_sites"), **values)


def known(spread, steadiness):
    return (("spread", spread), ("steadiness", steadiness))


def test_simulated_pilots_are_as_precise_as_planned():
    plan = the_plan(spread=1.3, steadiness=0.6, assignment=AssignmentRule(n_treatment=6))
    model = premises_of(plan).model
    looks = simulate_looks(plan, model, standard_truths(plan)[0], pilots=20_000, rng=np.random.default_rng(1))
    slope_is_estimated = 1 + 1 / (17 - 1)
    expected = 1.3 * sqrt((1 - 0.36) * slope_is_estimated) * sqrt(1 / 6 + 1 / 14)
    assert looks.effect[1].std(axis=0) == pytest.approx([expected, expected], rel=0.02)  # 4 Monte Carlo errors


def test_many_units_are_simulated_by_fewer_at_the_same_precision():
    plan = the_plan(design="randomised_units", sites=0, assumptions={"units": 5000, "wait.spread": 3.0})
    model = premises_of(plan).model
    assert (model.n_treatment, model.n_control) == (200, 200)
    planned = 3.0 * sqrt(2 / 2500)
    assert model.sd["wait"] * sqrt(2 / 200) == pytest.approx(planned)


def test_the_gate_agrees_with_the_sizing_of_the_plan():
    for sites in (6, 10, 20, 40):
        plan = the_plan(sites)
        sizing = plan_sizing(plan)
        errors = planned_errors(plan)
        assert {item.key: item.std_error for item in sizing.metrics} == pytest.approx(errors)
        assert rehearse(plan, pilots=2).sizing == sizing.sizing


def test_without_history_a_pilot_of_twenty_sites_is_supposed_to_be_just_able_to_decide():
    plan = the_plan(20, assumptions={})
    premises = premises_of(plan)
    assert premises.supposed == ("wait", "cost")
    scale = sqrt(2 / 10)
    assert premises.model.sd["wait"] * scale == pytest.approx(1.0 / 2.12)
    assert premises.model.sd["cost"] * scale == pytest.approx(2.0 / 3.29)
    assert premises_of(the_plan(40, assumptions={})).model.sd == pytest.approx(premises.model.sd)
    assert rehearse(plan, pilots=2).sizing == "unknown"


def test_a_rehearsal_covers_every_truth_and_the_same_seed_gives_the_same():
    plan = the_plan()
    found = rehearse(plan, pilots=FEW, seed=3)
    truths = [item.truth for item in found.operating]
    assert truths[:5] == ["nothing", "harm", "small", "mwe", "strong"]
    assert found.under("guardrail_at_margin") is not None
    for item in found.operating:
        assert sum(share.value for share in item.reasons.values()) == pytest.approx(1.0)
    assert rehearse(plan, pilots=FEW, seed=3) == found
    assert rehearse(plan, pilots=FEW, seed=4).operating != found.operating


def test_a_plan_of_the_right_size_scales_what_works_and_stops_what_does_not():
    """Promised: alpha .05 for nothing; harm is stopped 95 times in 100; bounds at 3 Monte Carlo errors of 1,000."""
    found = rehearse(the_plan(20, spread=0.9), pilots=1000)
    nothing, harm, strong = (found.under(key).verdicts for key in ("nothing", "harm", "strong"))
    assert nothing["SCALE"].value <= 0.05 + 3 * nothing["SCALE"].error
    assert harm["STOP"].value >= 0.95 - 3 * harm["STOP"].error
    assert strong["SCALE"].value >= 0.75 - 3 * strong["SCALE"].error


def test_progress_goes_from_nothing_to_all():
    told = []
    rehearse(the_plan(), pilots=200, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 7


def test_what_was_written_down_afterwards_never_scales_in_its_rehearsal():
    found = rehearse(the_plan(recorded_afterwards=True), pilots=FEW)
    assert {item.verdicts["SCALE"].value for item in found.operating} == {0.0}


def test_raising_a_cost_never_makes_the_rehearsal_scale_more():
    """The law of the rule, on the same simulated pilots."""

    def scaled(cost):
        finance = Finance(
            currency="EUR", value_per_unit={"wait": 1.0}, volume=100, horizon=1, run_cost=cost, round_cost=5
        )
        found = rehearse(the_plan(12, finance=finance), pilots=FEW)
        return [item.verdicts["SCALE"].value for item in found.operating]

    ladder = [scaled(cost) for cost in (0, 20, 60, 150)]
    for cheaper, dearer in pairwise(ladder):
        assert all(more >= less for more, less in zip(cheaper, dearer, strict=True))
    assert ladder[0] != ladder[-1]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"design": "interrupted_time_series", "sites": 1}, "rehearse_no_comparison"),
        ({"sites": 2}, "rehearse_too_few_sites"),
        ({"design": "randomised_units", "sites": 0}, "rehearse_units_unknown"),
        ({"sites": 4, "assignment": AssignmentRule(n_treatment=4)}, "rehearse_no_comparison"),
    ],
)
def test_what_can_not_be_simulated_is_refused(changes, code):
    with pytest.raises(RefusedSpec) as refused:
        rehearse(the_plan(**changes), pilots=2)
    assert [problem.code for problem in refused.value.problems] == [code]


# -- what would make it able to decide ---------------------------------------------------------------------------------


def test_a_learning_pilot_learns_the_smallest_number_of_sites_that_decides():
    plan = the_plan(8)
    needed = next(change for change in changes_to_decide(plan) if change.kind == "sites")
    assert needed.now == 8
    assert not gate_of(with_total(plan, int(needed.needed))).unmet
    assert gate_of(with_total(plan, int(needed.needed) - 1)).unmet


def test_a_learning_pilot_learns_the_fewest_weeks_that_decide():
    plan = the_plan(16, spread=1.15)
    needed = next(change for change in changes_to_decide(plan) if change.kind == "weeks")
    assert needed.now == 10
    assert not gate_of(with_weeks(plan, int(needed.needed))).unmet
    assert gate_of(with_weeks(plan, int(needed.needed) - 1)).unmet


def test_a_learning_pilot_learns_the_lines_that_it_can_bear():
    plan = the_plan(8, spread=1.6)
    lines = [change for change in changes_to_decide(plan) if change.kind in ("mwe", "margin")]
    assert {change.metric for change in lines} == {"wait", "cost"}
    for change in lines:
        assert change.needed > change.now
        plan = with_line(plan, change.metric, change.needed)
    assert not gate_of(plan).unmet


def test_a_plan_that_can_decide_needs_no_change_and_one_without_history_needs_history():
    assert changes_to_decide(the_plan(40)) == ()
    assert [change.kind for change in changes_to_decide(the_plan(assumptions={}))] == ["history", "history"]


# -- plans like this one -----------------------------------------------------------------------------------------------


def test_more_weeks_are_as_precise_as_the_model_of_windows_says():
    """ANCOVA on windows: the one before as planned, the one after w times as long."""
    plan = the_plan(12, steadiness=0.4)
    for weeks in (5, 10, 20, 40):
        schedule = Schedule.of([[0, 0], [0, 1]], records=[[1, weeks / 10]] * 2, sites=[6, 6])
        found = by_windows(schedule, Variation.of_sites(1.0, 0.4), "ancova")
        assert planned_errors(with_weeks(plan, weeks))["wait"] == pytest.approx(found.std_error)


def test_weeks_are_only_changed_where_dates_and_steadiness_are_known():
    assert planned_weeks(the_plan()) == 10
    assert weeks_matter(the_plan())
    assert not weeks_matter(the_plan(end=None))
    assert not weeks_matter(the_plan(steadiness=0.0))
    assert with_weeks(the_plan(end=None), 20) == the_plan(end=None)
    assert planned_weeks(with_weeks(the_plan(), 6)) == 6


@pytest.mark.parametrize(("total", "arms"), [(6, (2, 4)), (10, (3, 7)), (20, (6, 14)), (3, (1, 2))])
def test_other_numbers_of_sites_keep_the_split(total, arms):
    plan = the_plan(20, assignment=AssignmentRule(n_treatment=6))
    changed = with_total(plan, total)
    assert planned_arms(changed) == arms
    assert len(changed.sites) == total


def test_other_numbers_of_units_keep_the_split():
    plan = the_plan(0, design="randomised_units", assumptions={"units": 1000})
    assert planned_arms(with_total(plan, 600)) == (300, 300)


def test_signatures_and_seed_leave_the_fingerprint_and_a_line_changes_it():
    plan = the_plan()
    signed = plan.model_copy(update={"metrics": [item.model_copy(update={"signed": True}) for item in plan.metrics]})
    other_seed = plan.model_copy(update={"assignment": AssignmentRule(seed=5)})
    assert fingerprint(signed) == fingerprint(other_seed) == fingerprint(plan)
    assert fingerprint(with_line(plan, "wait", 2.0)) != fingerprint(plan)
    found = rehearse(plan, pilots=2)
    assert replace(rehearse(signed, pilots=2), fingerprint="") == replace(found, fingerprint="")
