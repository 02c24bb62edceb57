"""The calculator for designs beyond two samples: published examples through ``calc``, refusals, what is assumed."""

from __future__ import annotations

import pytest

from stats.calculator.calc import calc
from stats.errors import RefusedSpec

WEDGE = {"design": "stepped_wedge", "waves": 5, "cluster_size": 50, "sd": 4, "icc": 0.2, "autocorrelation": 0.8}
ROLLOUT = {"design": "staggered", "waves": 3, "sites": 9, "sites_control": 5, "cluster_size": 50, "sd": 4, "icc": 0.05}


def problems(kind, spec):
    with pytest.raises(RefusedSpec) as refused:
        calc(kind, spec)
    return {(problem.code, problem.column or problem.facts.get("key")) for problem in refused.value.problems}


def test_the_published_wedge_by_calculator():
    """clusterPower, ?cpa.sw.normal: 1.288772 sites a wave, root to four digits."""
    answer = calc("sample_size", {**WEDGE, "effect": 1.5, "method": "normal"})
    assert answer["n"] / 5 == pytest.approx(1.288772, rel=5e-5)
    assert answer["n_whole"] == 10


def test_the_published_difference_in_differences_by_calculator():
    """clusterPower, ?cpa.did.normal: 4.683358 an arm."""
    spec = {"design": "before_after_control", "cluster_size": 100, "effect": 0.5, "icc": 0.05}
    answer = calc("sample_size", {**spec, "autocorrelation": 0.5, "individual": 0.7})
    assert answer["n"] == pytest.approx(4.683358, abs=5e-6)


def test_a_wedge_in_periods_is_the_wedge_in_waves():
    waves, periods = (
        {"effect": 1.5, "sites": 15, **WEDGE, **own} for own in ({"waves": 5}, {"waves": None, "periods": 6})
    )
    assert calc("power", waves) == calc("power", periods)


def test_an_exposure_matrix_is_the_same_wedge():
    rows = [[0] * (wave + 1) + [1] * (5 - wave) for wave in range(5)]
    by_matrix = calc("power", {**WEDGE, "waves": None, "exposure": rows, "sites": 15, "effect": 1.5})
    assert by_matrix == calc("power", {**WEDGE, "sites": 15, "effect": 1.5})
    rows[0][3] = None
    less = calc("power", {**WEDGE, "waves": None, "exposure": rows, "sites": 15, "effect": 1.5})
    assert less["power"] < by_matrix["power"]
    assert less["exposure"][0][3] == -1


@pytest.mark.parametrize("base", [WEDGE, ROLLOUT], ids=["wedge", "staggered"])
def test_power_size_and_detectable_effect_agree(base):
    found = calc("mde", {**base, "sites": 15, "power": 0.85})
    assert calc("power", {**base, "sites": 15, "effect": found["effect"]})["power"] == pytest.approx(0.85, abs=1e-9)
    total = found["sites"]
    again = calc("sample_size", {**base, "sites": 15, "effect": found["effect"], "power": 0.85})
    assert again["n"] == pytest.approx(total, rel=1e-6)
    size = calc("sample_size", {**base, "sites": 15, "effect": found["effect"], "power": 0.85,
                                "solve_for": "cluster_size"})  # fmt: skip
    assert size["cluster_size"] == pytest.approx(50, rel=1e-6)


def test_shares_downwards_stay_possible():
    share = {**WEDGE, "sites": 15, "metric": {"kind": "share", "base_rate": 0.3}, "better": "lower"}
    share.pop("sd")
    found = calc("mde", share)
    assert -0.3 < found["effect"] < 0
    assert calc("power", {**share, "effect": found["effect"]})["power"] == pytest.approx(0.8, abs=1e-9)
    rare = {**share, "metric": {"kind": "share", "base_rate": 0.01}}
    assert calc("mde", rare)["not_estimable"] == "power_out_of_reach"


def test_what_the_own_estimator_would_show_stands_beside_the_published_one():
    answer = calc("power", {**WEDGE, "sites": 15, "effect": 1.5})
    assert answer["estimator"] == "gls"
    assert answer["as_analysed"]["estimator"] == "imputation"
    assert answer["as_analysed"]["power"] < answer["power"] < answer["power_normal"]
    asked = calc("power", {**WEDGE, "sites": 15, "effect": 1.5, "estimator": "imputation"})
    assert asked["power"] == answer["as_analysed"]["power"]


@pytest.mark.parametrize("design", ["clusters", "randomised_sites", "matched_sites", "before_after_control"])
def test_an_unknown_icc_is_assumed_and_said(design):
    spec = {"design": design, "sites": 10, "cluster_size": 40, "effect": 0.5, "pre_periods": 1}
    answer = calc("power", spec)
    assert answer["assumed"] == {"icc": 0.05, "autocorrelation": 0.8}
    rows = {(row["icc"], row["autocorrelation"]): row["value"] for row in answer["sensitivity"]}
    assert len(rows) == 12
    assert rows[0.05, 0.8] == answer["power"]
    assert rows[0.2, 0.5] < rows[0.05, 0.8] < rows[0.01, 1.0]
    assert "assumed" not in calc("power", {**spec, "icc": 0.05})


def test_an_unknown_icc_of_a_wedge_is_assumed_in_all_three_directions():
    base = {key: value for key, value in WEDGE.items() if key not in ("icc", "autocorrelation")}
    sizes = calc("sample_size", {**base, "effect": 1})
    assert [row["value"] for row in sizes["sensitivity"] if (row["icc"], row["autocorrelation"]) == (0.05, 0.8)] == [
        pytest.approx(sizes["n"])
    ]
    assert calc("mde", {**base, "sites": 10})["assumed"]["icc"] == 0.05


@pytest.mark.parametrize("design", ["synthetic_control", "interrupted_time_series"])
@pytest.mark.parametrize(("kind", "more"), [("power", {"effect": 1}), ("sample_size", {"effect": 1}), ("mde", {})])
def test_no_formula_stands_in_for_history(design, kind, more):
    assert calc(kind, {"design": design, **more}) == {"not_estimable": "plan_needs_history"}


def test_a_roll_out_that_ends_at_the_same_time_everywhere_is_not_estimable():
    answer = calc("power", {**WEDGE, "waves": 1, "sites": 8, "effect": 1})
    assert answer["not_estimable"] == "plan_not_separable"
    assert calc("mde", {**WEDGE, "waves": 1, "sites": 8})["not_estimable"] == "plan_not_separable"
    assert calc("sample_size", {**WEDGE, "waves": 1, "effect": 1})["not_estimable"] == "plan_not_separable"


def test_what_is_missing_in_a_roll_out_is_named():
    bare = {"design": "stepped_wedge"}
    assert problems("power", bare) == {
        ("calc_key_missing", key) for key in ("cluster_size", "effect", "sites", "waves")
    }  # fmt: skip
    assert problems("power", {**WEDGE, "effect": 1, "sites": 4, "exposure": [[0, 1], [0]]}) == {
        ("calc_lengths_differ", "exposure")
    }
    assert problems("power", {**WEDGE, "effect": 1, "exposure": [[0, 1], [0, 0]], "sites_by_row": [3]}) == {
        ("calc_lengths_differ", "exposure, sites_by_row")
    }
    assert problems("power", {"design": "before_after_control", "sites": 4, "cluster_size": 9, "effect": 1,
                              "pre_periods": 0}) == {("calc_key_missing", "pre_periods")}  # fmt: skip


def test_two_sites_for_an_enormous_effect_are_not_enough():
    """Below one degree of freedom there is no test, however large the effect."""
    answer = calc("sample_size", {"design": "clusters", "cluster_size": 1e6, "icc": 1e-6, "effect": 50, "sd": 1})
    assert answer["df"] >= 1
