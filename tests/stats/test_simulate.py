"""The simulator: what it says is true is what its records show."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stats.simulate import SimulatedMetric, UnitWorld, World, simulate, simulate_units

WAIT = SimulatedMetric(column="wait_s", family="duration", level=180, effect=-25, spread=150, icc=0.02)
ANSWERED = SimulatedMetric(column="solved", family="share", level=0.7, effect=0.06, icc=0.02)


def _world(**changes: object) -> World:
    settings: dict[str, object] = {
        "sites": {f"S{number:03d}": number % 2 for number in range(200)},
        "metrics": (WAIT, ANSWERED),
        "start": date(2026, 3, 2),
        "seed": 5,
        **changes,
    }
    return World(**settings)  # type: ignore[arg-type]


def _change(world: World, column: str) -> float:
    """Difference in differences of plain means over sites: consistent for the truth of the simulator."""
    table = simulate(world).table.to_pandas()
    table["after"] = table["week"] >= world.start
    means = table.groupby(["site", "arm", "after"])[column].mean().unstack("after")
    gains = (means[True] - means[False]).groupby("arm").mean()
    return float(gains["treatment"] - gains["control"])


@pytest.mark.parametrize("column", ["wait_s", "solved"])
def test_the_records_show_the_effect_that_is_true(column: str) -> None:
    world = _world()
    truth = simulate(world).truth[column]
    # 100 sites an arm: SE of the change is about 1.9 s and .007; four of them.
    assert _change(world, column) == pytest.approx(truth, abs={"wait_s": 7.6, "solved": 0.028}[column])


def test_delivery_and_fading_thin_the_truth() -> None:
    world = _world(delivered=0.5, metrics=(SimulatedMetric(column="y", level=10, effect=2, fade=1.0),))
    assert simulate(world).truth["y"] == pytest.approx(2 * 0.5 * 0.5)


def test_the_share_of_variance_between_sites_is_as_asked() -> None:
    metric = SimulatedMetric(column="y", level=50, spread=10, icc=0.2, steadiness=1.0)
    table = simulate(_world(metrics=(metric,), contacts=30, unequal=0.0)).table.to_pandas()
    means = table.groupby("site")["y"].mean()
    # 200 sites: relative SE of a variance is sqrt(2/199) = .10; three of them, noise of the means .1 of 100.
    assert float(means.var()) == pytest.approx(0.2 * 100, rel=0.3)


def test_the_same_seed_with_another_assignment_gives_the_same_sites_and_contacts() -> None:
    nothing = SimulatedMetric(column="y", level=50, spread=10, icc=0.1)
    one = simulate(_world(metrics=(nothing,))).table.to_pandas()
    other = simulate(
        _world(metrics=(nothing,), sites={f"S{number:03d}": int(number < 100) for number in range(200)})
    ).table.to_pandas()
    assert (one["site"] == other["site"]).all()
    assert np.array_equal(one["y"], other["y"])


def test_lost_sites_stop_reporting_and_missing_values_follow_the_arm() -> None:
    metric = SimulatedMetric(column="y", level=1, missing=(0.0, 0.4))
    world = _world(metrics=(metric,), lost={"S001": 2})
    table = simulate(world).table.to_pandas()
    assert table.loc[table["site"] == "S001", "week"].max() == date(2026, 3, 9)
    after = table[(table["week"] >= world.start)]
    shares = after.groupby("arm")["y"].apply(lambda column: column.isna().mean())
    assert shares["control"] == 0
    assert shares["treatment"] == pytest.approx(0.4, abs=0.01)


def test_units_carry_their_own_past_and_the_true_effect() -> None:
    metric = SimulatedMetric(column="spend", level=40, effect=3, spread=12, steadiness=0.7)
    simulated = simulate_units(UnitWorld(units=20_000, metrics=(metric,), seed=3))
    table = simulated.table.to_pandas()
    assert table["customer"].is_unique
    assert table[["spend", "spend_before"]].corr().iloc[0, 1] == pytest.approx(0.7, abs=0.02)
    means = table.groupby("arm")["spend"].mean()
    # SE = 12 * sqrt(2 / 10,000) = .17; four of them.
    assert means["treatment"] - means["control"] == pytest.approx(3, abs=0.68)
