"""Roll-outs in steps: imputation, its jackknife and permutations, and what two-way effects make of growing effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stats.designs import choose
from stats.methods.adoption import adoption_p, arrangements
from stats.methods.imputation import Imputed, impute
from stats.methods.panel import Panel, panel_of
from stats.panel_worlds import World, growing, in_steps, study_of
from stats.results import Estimate, NotEstimable, Status

WORLD = World(sites=10, periods=12)
START = in_steps(10, 4, 12, steps=3, never=4)


def values(seed: int = 1) -> np.ndarray:
    return WORLD.values(np.random.default_rng(seed))


def run(value, start=START, estimator="default", design="staggered", **options) -> Estimate:
    found = choose(design, estimator).run(study_of(design, value, start, **options))
    assert isinstance(found, Estimate), found
    return found


def panel(value: np.ndarray, start=START) -> Panel:
    known = np.isfinite(value)
    return replace(
        panel_of(study_of("staggered", np.nan_to_num(value), start)),
        y=np.where(known, value, 0.0),
        weight=known.astype(float),
    )


def imputed_by_dummies(value: np.ndarray, start: np.ndarray) -> float:
    """The average effect by an explicit regression of untreated cells on site and period dummies."""
    site, period = np.divmod(np.arange(value.size), value.shape[1])
    x = np.column_stack([np.eye(value.shape[0])[site], np.eye(value.shape[1])[period][:, 1:]])
    y, known = value.reshape(-1), np.isfinite(value.reshape(-1))
    treated = period >= start[site]
    beta = np.linalg.lstsq(x[known & ~treated], y[known & ~treated], rcond=None)[0]
    return float((y - x @ beta)[known & treated].mean())


def with_gaps(value: np.ndarray) -> np.ndarray:
    value = value.copy()
    value[[0, 3, 7, 9], [2, 10, 5, 0]] = np.nan
    return value


@pytest.mark.parametrize("gaps", [False, True])
def test_the_average_effect_is_that_of_explicit_imputation(gaps):
    value = with_gaps(values()) if gaps else values()
    found = impute(panel(value))
    assert isinstance(found, Imputed)
    average = found.average(np.ones(value.shape, dtype=bool))
    assert average.effect == pytest.approx(imputed_by_dummies(value, START), abs=1e-9)


@pytest.mark.parametrize("gaps", [False, True])
def test_leaving_a_site_out_is_doing_it_again_without_it(gaps):
    value = with_gaps(values()) if gaps else values()
    everything = np.ones(value.shape, dtype=bool)
    average = impute(panel(value)).average(everything)
    for site in range(10):
        keep = np.arange(10) != site
        assert average.left_out[site] == pytest.approx(imputed_by_dummies(value[keep], START[keep]), abs=1e-9)


def test_the_effect_is_the_sum_of_values_times_their_loadings():
    found = impute(panel(with_gaps(values())))
    everything = np.ones(found.panel.y.shape, dtype=bool)
    assert (found.loadings(everything) * found.panel.y).sum() == pytest.approx(found.average(everything).effect)


def test_permuted_starts_are_the_same_whether_refitted_or_from_the_table():
    start = np.array([2, 4, 6, 6, 6, 6])
    value = World(sites=6, periods=6).values(np.random.default_rng(3))
    complete = impute(panel(value, start))
    # A hair's breadth of weight makes the table unusable: every arrangement is then fitted anew.
    weighted = impute(replace(panel(value, start), weight=1 + 1e-12 * np.arange(36.0).reshape(6, 6)))
    assert arrangements(complete.panel) == 30
    first, second = (adoption_p(each, draws=999, seed=1) for each in (complete, weighted))
    assert first.exact
    assert second.exact
    assert first.two_sided == second.two_sided
    assert first.greater == second.greater
    assert first.floor == pytest.approx(1 / 30)


def test_starts_are_dealt_out_within_strata():
    strata = np.array(["a"] * 3 + ["b"] * 3)
    start = np.array([2, 6, 6, 4, 6, 6])
    found = impute(replace(panel(values()[:6, :6], start), strata=strata))
    assert arrangements(found.panel) == 9
    assert adoption_p(found, draws=999, seed=1).replayed == 9


def test_what_moves_all_sites_alike_and_what_sets_them_apart_changes_nothing():
    value = values()
    moved = run(value + np.linspace(0, 9, 12)[None, :] + np.arange(10.0)[:, None])
    assert moved.effect == pytest.approx(run(value).effect, abs=1e-9)
    assert moved.std_error == pytest.approx(run(value).std_error, rel=1e-9)


def test_order_of_sites_does_not_matter_and_units_scale():
    value, order = values(), np.random.default_rng(2).permutation(10)
    assert run(value[order], START[order]).std_error == pytest.approx(run(value).std_error)
    assert run(60 * value).effect == pytest.approx(60 * run(value).effect)


def test_a_growing_effect_is_recovered_where_two_way_effects_find_a_fifth():
    """No noise at all: what is off is the method."""
    start = in_steps(20, 3, 24, steps=6, never=2)
    quiet = World(sites=20, periods=24).values(np.random.default_rng(4))
    levels = quiet.mean(axis=1, keepdims=True) + quiet.mean(axis=0, keepdims=True)
    effect = growing(start, 24, 0.5)
    value = levels + effect + 1e-6 * quiet
    truth = effect[effect > 0].mean()
    assert run(value, start).effect == pytest.approx(truth, rel=1e-4)
    assert run(value, start, "callaway_santanna").effect == pytest.approx(truth, rel=1e-4)
    assert run(value, start, "sun_abraham").effect == pytest.approx(truth, rel=1e-4)
    assert run(value, start, "twfe").effect / truth < 0.25


def test_the_path_since_the_start_shows_the_growth():
    start = in_steps(12, 4, 14, steps=3, never=4)
    value = World(sites=12, periods=14).values(np.random.default_rng(5)) * 0.01 + growing(start, 14, 1.0)
    path = {line["time"]: line for line in run(value, start).details["event_study"]}
    assert [path[t]["effect"] for t in (0, 1, 2)] == pytest.approx([1, 2, 3], abs=0.1)
    assert abs(path[-1]["effect"]) < 0.1


def test_periods_in_which_hardly_anyone_is_untreated_are_left_out_and_counted():
    start = in_steps(8, 2, 10, steps=4, never=0)
    found = run(World(sites=8, periods=10).values(np.random.default_rng(1)), start, design="stepped_wedge")
    # The last two sites start in period 8: from then on nobody is left to compare with.
    assert found.details["dropped"]["treated_cells_without_comparison"] == 16
    assert max(line["time"] for line in found.details["event_study"]) == 5


def test_all_sites_starting_at_once_is_no_estimate():
    found = choose("staggered", "default").run(study_of("staggered", values(), np.full(10, 4)))
    assert isinstance(found, NotEstimable)
    assert found.code == "no_comparison_periods"


def status(found: Estimate, key: str) -> Status:
    [check] = [check for check in found.checks if check.key == key]
    return check.status


def test_sites_that_move_before_their_start_are_seen():
    start = in_steps(16, 6, 14, steps=3, never=8)
    value = World(sites=16, periods=14, rho=0.0, noise=0.1).values(np.random.default_rng(6)) * 0.2
    early = value + 2.0 * (np.arange(14)[None, :] >= start[:, None] - 1)
    assert status(run(value, start), "anticipation") == Status.PASS
    assert status(run(early, start), "anticipation") == Status.FAIL
    # Said to be expected, that period is no longer used as untouched.
    assert status(run(early, start, anticipation=1), "anticipation") == Status.PASS


def test_a_drift_of_the_treated_before_their_start_is_critical():
    start = in_steps(16, 8, 16, steps=2, never=8)
    value = World(sites=16, periods=16, rho=0.0, noise=0.1).values(np.random.default_rng(6)) * 0.2
    value[:8] += 0.5 * np.arange(16)
    [check] = [check for check in run(value, start).checks if check.key == "placebo_date"]
    assert (check.status, check.severity) == ("FAIL", "CRITICAL")


def test_an_effect_that_fades_in_a_wedge_is_said():
    start = in_steps(12, 3, 14, steps=4, never=2)
    since = np.arange(14)[None, :] - start[:, None]
    value = World(sites=12, periods=14, rho=0.0).values(np.random.default_rng(9)) * 0.2
    fading = value + np.where(since >= 0, 5.0 - 0.5 * since, 0.0)
    assert status(run(fading, start, design="stepped_wedge"), "drift") == Status.FAIL
    assert status(run(value + 5.0 * (since >= 0), start, design="stepped_wedge"), "drift") == Status.PASS


def test_group_times_by_regression_weighting_and_both_agree_without_covariates():
    found = [run(values(), estimator="callaway_santanna", method=way) for way in ("dr", "reg", "ipw")]
    assert found[1].effect == pytest.approx(found[0].effect)
    assert found[2].std_error == pytest.approx(found[0].std_error)


def test_not_yet_treated_sites_serve_where_none_is_never_treated():
    start = in_steps(9, 3, 12, steps=3, never=0)
    value = World(sites=9, periods=12).values(np.random.default_rng(1))
    found = run(value, start, "callaway_santanna")
    assert found.details["control"] == "not_yet"
    first, last = start == 3, start == 7
    by_hand = (value[first, 3] - value[first, 2]).mean() - (value[~first, 3] - value[~first, 2]).mean()
    [cell] = [c for c in found.details["group_time"] if (c["group"], c["time"]) == (3, 3)]
    assert cell["effect"] == pytest.approx(by_hand)
    assert last.sum() == 3


def test_sun_abraham_is_group_times_averaged_on_a_balanced_panel():
    first, second = (run(values(), estimator=name) for name in ("sun_abraham", "callaway_santanna"))
    path = {line["time"]: line["effect"] for line in first.details["event_study"]}
    dynamic = {line["time"]: line["effect"] for line in second.details["by_event_time"]}
    assert path[0] == pytest.approx(dynamic[0])
    assert first.effect == pytest.approx(second.effect)
