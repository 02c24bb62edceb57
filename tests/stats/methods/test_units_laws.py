"""What must hold whatever the numbers: swapping arms, changing units, order, constants, confidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.designs import choose
from stats.results import Estimate

# Methods whose answer follows from the numbers alone; seeded ones have the same stream for either arm and are left out.
MEANS = ["default", "welch", "pooled_t", "ols_hc2", "ancova", "mann_whitney"]
SHARES = ["default", "wald", "miettinen_nurminen", "pooled_z"]


def run(name, study):
    return choose("randomised_units", name).run(study)


@st.composite
def samples(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    n = draw(st.tuples(st.integers(4, 30), st.integers(4, 30)))
    rng = np.random.default_rng(seed)
    y = rng.normal(10, 1 + rng.random() * 5, sum(n)) + rng.normal(0, 2) * np.repeat([0, 1], n)
    return y, np.repeat([0, 1], n), y + rng.normal(0, 3, sum(n))


def same(a: float | None, b: float | None, rel=1e-7, scale=1.0) -> bool:
    return a is b is None or a == pytest.approx(b, rel=rel, abs=1e-9 * scale)


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("pre", [False, True])
@settings(max_examples=15, deadline=None)
@given(data=samples())
def test_swapping_the_arms_flips_the_sign(unit_study, name, pre, data):
    y, arm, x = data
    further = {"x": x} if pre else {}
    one, other = run(name, unit_study(y, arm, **further)), run(name, unit_study(y, 1 - arm, **further))
    assert same(one.effect, -other.effect)
    assert same(one.p_value, other.p_value)
    assert same(one.ci_lower, -other.ci_upper)


@pytest.mark.parametrize("name", MEANS)
@settings(max_examples=15, deadline=None)
@given(data=samples(), factor=st.sampled_from([1e-6, 0.01, 60.0, 1e6]))
def test_units_scale_the_effect_and_leave_p_alone(unit_study, name, data, factor):
    y, arm, x = data
    one, scaled = run(name, unit_study(y, arm, x=x)), run(name, unit_study(y * factor, arm, x=x * factor))
    assert same(one.effect * factor, scaled.effect, scale=factor)
    assert same(one.ci_upper * factor, scaled.ci_upper, scale=factor)
    assert same(one.p_value, scaled.p_value)
    if one.relative is not None:
        assert same(one.relative.ci_upper, scaled.relative.ci_upper, rel=1e-6)


@pytest.mark.parametrize("name", MEANS)
@settings(max_examples=15, deadline=None)
@given(data=samples(), seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(unit_study, name, data, seed):
    y, arm, x = data
    order = np.random.default_rng(seed).permutation(len(y))
    one, other = run(name, unit_study(y, arm, x=x)), run(name, unit_study(y[order], arm[order], x=x[order]))
    assert same(one.effect, other.effect)
    assert same(one.p_value, other.p_value)


@pytest.mark.parametrize("name", MEANS)
@settings(max_examples=15, deadline=None)
@given(data=samples(), constant=st.sampled_from([-40.0, 3.0, 1e5]))
def test_adding_a_constant_to_both_arms_changes_nothing(unit_study, name, data, constant):
    y, arm, x = data
    one, moved = run(name, unit_study(y, arm, x=x)), run(name, unit_study(y + constant, arm, x=x))
    assert same(one.effect, moved.effect, rel=1e-6)
    assert same(one.p_value, moved.p_value, rel=1e-5)


@pytest.mark.parametrize("name", MEANS)
@settings(max_examples=15, deadline=None)
@given(data=samples())
def test_more_confidence_is_a_wider_interval_around_the_same_effect(unit_study, name, data):
    y, arm, _ = data
    low, high = (run(name, unit_study(y, arm, confidence=level)) for level in (0.8, 0.99))
    if high.ci_lower is not None:
        assert high.ci_lower <= low.ci_lower <= low.effect <= low.ci_upper <= high.ci_upper


@pytest.mark.parametrize("name", SHARES)
@settings(max_examples=40, deadline=None)
@given(counts=st.tuples(st.integers(0, 20), st.integers(20, 60), st.integers(0, 20), st.integers(20, 60)))
def test_shares_swap_nest_and_stay_between_minus_one_and_one(unit_study, name, counts):
    x, n, y, m = counts
    values = np.concatenate([np.arange(n) < x, np.arange(m) < y]).astype(float)
    arm = np.repeat([0, 1], [n, m])
    metric = {"kind": "share", "column": "y"}
    narrow, wide, swapped, mirrored = (
        run(name, unit_study(v, a, metric=metric, confidence=c))
        for v, a, c in ((values, arm, 0.8), (values, arm, 0.99), (values, 1 - arm, 0.8), (1 - values, arm, 0.8))
    )
    if not isinstance(narrow, Estimate):
        assert x in (0, n)
        assert y in (0, m)
        return
    assert wide.ci_lower <= narrow.ci_lower <= narrow.ci_upper <= wide.ci_upper
    if name not in ("wald", "pooled_z"):
        assert -1 <= wide.ci_lower <= wide.ci_upper <= 1
    for other in (swapped, mirrored):
        assert same(narrow.effect, -other.effect)
        assert narrow.ci_lower == pytest.approx(-other.ci_upper, abs=1e-8)
        assert same(narrow.p_value, other.p_value, rel=1e-6)
