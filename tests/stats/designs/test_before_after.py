"""Chosen sites before and after: the bracket, its laws, its checks, and the named alternatives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from stats.designs import choose
from stats.engine import estimate, parse_spec
from stats.errors import RefusedSpec
from stats.panel_worlds import World, one_start, study_of
from stats.results import Estimate, NotEstimable, Status

WORLD = World(sites=12, periods=12)
START = one_start(12, 5, 8, 12)


def values(seed: int = 1, effect: float = 0.0) -> np.ndarray:
    found = WORLD.values(np.random.default_rng(seed))
    found[:5, 8:] += effect
    return found


def run(value: np.ndarray, start=START, estimator: str = "default", **options) -> Estimate:
    design = options.pop("design", "before_after_control")
    found = choose(design, estimator).run(study_of(design, value, start, levels=(0.05, 0.01), **options))
    assert isinstance(found, Estimate), found
    return found


def test_the_effect_is_the_change_in_site_means():
    value = values()
    change = value[:, 8:].mean(axis=1) - value[:, :8].mean(axis=1)
    found = run(value)
    assert found.effect == pytest.approx(change[:5].mean() - change[5:].mean(), rel=1e-12)
    assert found.df == 10


def test_the_interval_spans_both_readings():
    found = run(values())
    [ancova] = found.details["bracket"]
    change = found.details["change"]
    assert found.ci_lower == min(ancova.ci_lower, change["ci_lower"])
    assert found.ci_upper == max(ancova.ci_upper, change["ci_upper"])
    limits = found.at_level(0.01)
    assert limits.lower is not None
    assert limits.lower <= ancova.at_level(0.01).lower


def test_p_is_that_of_what_both_readings_claim():
    found = run(values(effect=3.0))
    [ancova] = found.details["bracket"]
    assert found.p_value == pytest.approx(max(ancova.p_value, found.details["change"]["p_value"]))


def test_readings_in_opposite_directions_claim_nothing():
    rng = np.random.default_rng(5)
    # The treated sites start far below and fall back to the mean half-way: change says gain, adjustment says loss.
    before = np.concatenate([rng.normal(-5, 0.3, 6), rng.normal(5, 0.3, 6)])
    after = 0.9 * before + np.concatenate([np.full(6, -0.1), np.full(6, 0.1)]) + rng.normal(0, 0.02, 12)
    value = np.column_stack([before, before, after, after])
    found = run(value, one_start(12, 6, 2, 4))
    assert found.details["change"]["p_value"] < 0.001
    assert found.p_value > 0.3


@pytest.mark.parametrize("estimator", ["default", "change", "site_ancova", "twfe"])
def test_what_moves_all_sites_alike_changes_nothing(estimator):
    value = values(effect=1.0)
    drift = np.linspace(0, 30, 12)[None, :]
    moved, still = run(value + drift, estimator=estimator), run(value, estimator=estimator)
    assert moved.effect == pytest.approx(still.effect, abs=1e-9)
    assert moved.std_error == pytest.approx(still.std_error, rel=1e-9)


def test_swapped_groups_swap_the_sign_and_units_scale():
    value = values(effect=1.0)
    other = np.where(START == 12, 8, 12)
    assert run(value, other).effect == pytest.approx(-run(value).effect, abs=1e-12)
    assert run(60 * value).effect == pytest.approx(60 * run(value).effect)
    assert run(60 * value).ci_lower == pytest.approx(60 * run(value).ci_lower)


def test_order_and_names_of_sites_do_not_matter():
    value = values(effect=1.0)
    order = np.random.default_rng(2).permutation(12)
    assert run(value[order], START[order]).effect == pytest.approx(run(value).effect, abs=1e-12)
    assert run(value[order], START[order]).ci_upper == pytest.approx(run(value).ci_upper, abs=1e-12)


def test_a_site_without_a_before_is_left_out_and_named():
    value = values()
    value[3, :8] = np.nan
    found = run(value)
    assert found.n_treatment == 4
    assert found.details["sites_without_data"] == ["site 003"]


def test_no_before_at_all_is_no_estimate():
    value = values()
    value[:, :8] = np.nan
    found = choose("before_after_control", "default").run(study_of("before_after_control", value, START))
    assert isinstance(found, NotEstimable)
    assert found.code == "no_before"


def status(found: Estimate, key: str) -> Status:
    [check] = [check for check in found.checks if check.key == key]
    return check.status


def test_groups_that_drift_apart_before_the_start_are_seen():
    value = values()
    value[:5] += 0.8 * np.arange(12)
    found = run(value)
    assert status(found, "pre_trend") == Status.FAIL
    assert status(found, "placebo_date") == Status.FAIL
    # The effect is hardly larger than what came before without any change.
    twice = run(value, mbar=2)
    assert status(twice, "bias_robustness") == Status.FAIL
    assert twice.details["survives_bias"] is False


def test_an_effect_beyond_all_earlier_drifts_survives():
    found = run(values(effect=12.0))
    assert status(found, "bias_robustness") == Status.PASS
    assert found.details["survives_bias"] is True
    demanding = run(values(effect=12.0), mbar=50)
    assert status(demanding, "bias_robustness") == Status.FAIL


def test_one_period_before_the_start_leaves_the_placebo_unrun():
    value = values()[:, 7:]
    assert status(run(value, one_start(12, 5, 1, 5)), "placebo_date") == Status.NOT_RUN


def test_a_baseline_shorter_than_twice_the_selection_is_said():
    assert status(run(values(), selection_periods=5), "baseline_length") == Status.FAIL
    assert status(run(values(), selection_periods=4), "baseline_length") == Status.PASS


def test_two_way_effects_agree_with_dummies_and_clustered_errors():
    value = values(effect=1.0)
    value[2, 3] = value[7, 9] = np.nan
    found = run(value, estimator="twfe", se="cr1s")
    site, period = np.divmod(np.arange(144), 12)
    kept = np.isfinite(value.reshape(-1))
    treated = ((site < 5) & (period >= 8)).astype(float)
    x = np.column_stack(
        [treated, np.eye(12)[site], np.eye(12)[period][:, 1:]],
    )[kept]
    fit = sm.OLS(value.reshape(-1)[kept], x).fit(cov_type="cluster", cov_kwds={"groups": site[kept]}, use_t=True)
    assert found.effect == pytest.approx(fit.params[0], rel=1e-9)
    assert found.std_error == pytest.approx(fit.bse[0], rel=1e-9)
    assert found.p_value == pytest.approx(fit.pvalues[0], rel=1e-6)


def test_shared_design_matrices_give_the_cr2_of_single_sites():
    """A balanced panel has two kinds of sites; a hair's breadth of weight makes every site its own kind."""
    from stats.methods.panel import panel_of
    from stats.methods.twfe import twfe

    panel = panel_of(study_of("before_after_control", values(), START))
    alone = replace(panel, weight=panel.weight * (1 + 1e-9 * np.arange(12))[:, None])
    first, second = (twfe(each, confidence=0.95, error="cr2") for each in (panel, alone))
    assert first.std_error == pytest.approx(second.std_error, rel=1e-6)
    assert first.df == pytest.approx(second.df, rel=1e-6)


def test_the_event_study_averages_to_the_two_way_effect_against_its_reference():
    value = values(effect=1.0)
    found = run(value, estimator="event_study")
    gap = value[:5].mean(axis=0) - value[5:].mean(axis=0)
    assert found.effect == pytest.approx(gap[8:].mean() - gap[7], abs=1e-9)
    path = {line["time"]: line["effect"] for line in found.details["event_study"]}
    assert path[-3] == pytest.approx(gap[5] - gap[7], abs=1e-9)


@pytest.fixture
def stores(tmp_path):
    rng = np.random.default_rng(8)
    rows = [
        {"store": s, "state": "NJ" if s < 30 else "PA", "wave": w, "jobs": 20 + rng.normal() + 0.5 * w * (s < 30)}
        for s in range(60)
        for w in (1, 2)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "stores.csv", index=False)
    spec = {
        "data": "stores.csv",
        "design": "before_after_control",
        "arm": {"column": "state", "treatment": "NJ", "control": "PA"},
        "post": {"column": "wave", "values": [2]},
        "metric": {"column": "jobs"},
    }
    return tmp_path, spec


def test_each_units_change_from_records_is_the_default_of_sites(stores):
    folder, spec = stores
    changes = estimate(parse_spec({**spec, "unit": "store", "estimator": "change_regression"}), folder)
    sites = estimate(parse_spec({**spec, "site": "store", "estimator": "change"}), folder)
    assert changes.effect == pytest.approx(sites.effect, rel=1e-12)
    assert changes.std_error == pytest.approx(sites.std_error, rel=1e-12)


def test_the_default_asks_for_sites(stores):
    folder, spec = stores
    with pytest.raises(RefusedSpec, match="design_needs"):
        estimate(parse_spec(spec), folder)


def test_an_unknown_standard_error_is_refused_with_what_is_offered(stores):
    folder, spec = stores
    with pytest.raises(RefusedSpec, match="unknown_option"):
        estimate(parse_spec({**spec, "estimator": "did_2x2", "options": {"se": "hc9"}}), folder)


def test_noninferiority_asks_both_readings(stores):
    folder, spec = stores
    test = {"kind": "noninferiority", "margin": 0.5}
    found = estimate(parse_spec({**spec, "site": "store", "test": test}), folder)
    [ancova] = found.details["bracket"]
    assert found.p_value == pytest.approx(max(ancova.p_value, found.details["change"]["p_value"]))
