"""Answers that published tools got wrong (each was measured), asked of this engine from file to JSON.

Each oracle is written out here or is another library's; each test fails if the peer's wrong answer comes back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stats import engine
from stats.results import Estimate

ARM = {"column": "arm", "treatment": "new", "control": "old"}
MEAN = {"kind": "mean", "column": "y"}


def estimate(folder: Path, data: pd.DataFrame, **spec: Any) -> Estimate:
    """What ``pilot estimate`` does with these rows."""
    pq.write_table(pa.Table.from_pandas(data, preserve_index=False), folder / "rows.parquet")
    asked = {"data": "rows.parquet", "design": "randomised_units", "arm": ARM, "metric": MEAN, **spec}
    found = engine.estimate(engine.parse_spec(asked), folder)
    assert isinstance(found, Estimate)
    return found


def two_arms(y: np.ndarray, share: float = 0.5, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"arm": np.where(rng.random(len(y)) < share, "new", "old"), "y": y})


def welch_by_hand(data: pd.DataFrame) -> tuple[float, float]:
    """(difference of means, standard error) from the known values alone."""
    new, old = (data.loc[data["arm"] == arm, "y"].dropna().to_numpy() for arm in ("new", "old"))
    return new.mean() - old.mean(), float(np.sqrt(new.var(ddof=1) / len(new) + old.var(ddof=1) / len(old)))


def test_forty_per_cent_missing_values_are_not_counted_as_customers(tmp_path: Path) -> None:
    """A peer counts the empty rows in n: its standard error is .78 of the right one."""
    rng = np.random.default_rng(2)
    data = two_arms(rng.normal(50, 10, 5000))
    data.loc[rng.random(5000) < 0.4, "y"] = np.nan
    effect, std_error = welch_by_hand(data)
    found = estimate(tmp_path, data)
    assert found.n_control + found.n_treatment == data["y"].notna().sum() < 3200
    # Sums in another order: fifteen digits, of which the level takes two.
    assert found.effect == pytest.approx(effect, rel=1e-10)
    assert found.std_error == pytest.approx(std_error, rel=1e-10)
    assert found.std_error != pytest.approx(0.78 * std_error, rel=0.1)


@pytest.mark.parametrize("design", ["randomised_units", "randomised_sites"])
def test_the_same_arrow_table_gives_the_same_bytes_every_time(design: str) -> None:
    """A peer's standard error changes from run to run: sums in whichever order threads finish."""
    import ibis

    rng = np.random.default_rng(3)
    rows = 300_000
    site = rng.integers(0, 40, rows)
    columns = {
        "site": [f"s{number}" for number in site],
        "arm": np.where(site % 2, "new", "old"),
        "y": rng.lognormal(3, 2, rows) * 10.0 ** rng.integers(-6, 6, rows),
    }
    table = pa.table(columns)
    chunked = pa.Table.from_batches(table.to_batches(max_chunksize=7_001))
    spec = engine.parse_spec(
        {"data": "-", "design": design, "site": "site", "arm": ARM, "metric": MEAN, "draws": 199}
        if design == "randomised_sites"
        else {"data": "-", "design": design, "arm": ARM, "metric": MEAN}
    )

    def once() -> Any:
        connection = ibis.duckdb.connect(threads=4)
        found = engine.estimate_table(spec, connection.create_table("rows", chunked, temp=True))
        assert isinstance(found, Estimate)
        return found.effect, found.std_error, found.ci_lower, found.ci_upper, found.p_value, found.p_randomisation

    assert {once() for _ in range(8)} == {once()}


def test_a_mean_of_a_thousand_million_does_not_drown_a_deviation_of_one(tmp_path: Path) -> None:
    """From raw sums of squares one peer gets 0 and 0, another 14.5 times the standard error."""
    rng = np.random.default_rng(4)
    noise = two_arms(rng.normal(0, 1, 4000))
    noise.loc[noise["arm"] == "new", "y"] += 0.2
    large = noise.assign(y=1e9 + noise["y"])
    # What is in the file: a double at 1e9 resolves 1.2e-7.
    effect, std_error = welch_by_hand(large.assign(y=large["y"] - 1e9))
    found = estimate(tmp_path, large)
    assert found.effect == pytest.approx(effect, abs=3e-7)
    assert found.std_error == pytest.approx(std_error, rel=1e-9)


def test_one_in_ten_with_another_variance_has_the_standard_error_of_its_own_arm(tmp_path: Path) -> None:
    """A peer pools the variances by n: .39 of the right standard error where the small arm varies much more."""
    rng = np.random.default_rng(5)
    arm = np.where(np.arange(10_000) % 10 == 0, "new", "old")
    data = pd.DataFrame({"arm": arm, "y": rng.normal(100, np.where(arm == "new", 30.0, 10.0))})
    effect, std_error = welch_by_hand(data)
    found = estimate(tmp_path, data)
    assert (found.n_treatment, found.n_control) == (1000, 9000)
    assert found.effect == pytest.approx(effect, rel=1e-9)
    assert found.std_error == pytest.approx(std_error, rel=1e-10)
    # The known truth: sqrt(30^2 / 1000 + 10^2 / 9000), to three standard errors of a standard deviation from 1,000.
    assert found.std_error == pytest.approx(np.sqrt(900 / 1000 + 100 / 9000), rel=3 / np.sqrt(2 * 1000))


def test_p90_and_p95_asked_together_are_each_its_own(tmp_path: Path) -> None:
    """A peer returns one row for both, under the wrong name. Together: two metrics of one plan, from one scan."""
    from stats.assessing.assess import assess
    from stats.outcomes import Reading, open_table
    from stats.plan import Columns, Plan, PlannedMetric, PlannedSite
    from stats.spec import ArmSpec, MetricSpec

    rng = np.random.default_rng(6)
    sites = np.repeat(np.arange(12), 400)
    data = pd.DataFrame(
        {
            "site": [f"s{number}" for number in sites],
            "arm": np.where(sites % 2, "new", "old"),
            "y": rng.lognormal(3, 1, len(sites)) * np.where(sites % 2, 1.3, 1.0),
        }
    )
    pq.write_table(pa.Table.from_pandas(data, preserve_index=False), tmp_path / "rows.parquet")
    metrics = [
        PlannedMetric(key=f"p{round(100 * q)}", name=f"p{q}", role="SUCCESS", mwe=5, better="lower",
                      spec=MetricSpec(kind="quantile", column="y", q=q))
        for q in (0.9, 0.95)
    ]  # fmt: skip
    plan = Plan(
        pilot="p", title="P", design="randomised_sites", metrics=metrics, draws=199,
        columns=Columns(site="site", arm=ArmSpec(**ARM)),
        sites=[PlannedSite(key=f"s{number}") for number in range(12)],
    )  # fmt: skip
    table = open_table(tmp_path / "rows.parquet", Reading(format="parquet"))
    (evidence,) = assess(plan, table, look=1, snapshot_sha256="", plan_sha256="").values()
    for metric in metrics:
        by_site = data.groupby(["arm", "site"])["y"].quantile(metric.spec.q).groupby("arm").mean()
        shown = evidence.metrics[metric.key].result
        assert isinstance(shown, Estimate)
        assert shown.effect == pytest.approx(by_site["new"] - by_site["old"], rel=1e-9)


def test_where_sites_were_assigned_the_standard_error_is_that_of_sites(tmp_path: Path) -> None:
    """None of four peers clusters a mean: 1.6 to 15.9 times too sure at 100,000 to a million rows."""
    rng = np.random.default_rng(7)
    sites = np.repeat(np.arange(20), 5000)
    data = pd.DataFrame(
        {
            "site": [f"s{number}" for number in sites],
            "arm": np.where(sites % 2, "new", "old"),
            "y": rng.normal(50, 2, 20)[sites] + rng.normal(0, 10, len(sites)),
        }
    )
    averages = data.groupby(["arm", "site"])["y"].mean()
    new, old = averages["new"].to_numpy(), averages["old"].to_numpy()
    by_hand = float(np.sqrt((new.var(ddof=1) + old.var(ddof=1)) / 2 * (2 / 10)))
    found = estimate(tmp_path, data, design="randomised_sites", site="site", draws=199)
    assert found.std_error == pytest.approx(by_hand, rel=1e-9)
    assert (found.df, found.n_treatment) == (18, 10)
    _, as_customers = welch_by_hand(data)
    # Truth: sqrt(1 + (5000 - 1) x .038) = 13.9 times; whatever the twenty sites turned out to be, far above 5.
    assert found.std_error > 5 * as_customers
    clustered = estimate(tmp_path, data, cluster="site")
    assert clustered.std_error == pytest.approx(by_hand, rel=0.02)


def test_relative_lift_of_skewed_spend_is_the_set_of_ratios_that_the_t_test_does_not_reject(tmp_path: Path) -> None:
    """400 customers, very skewed: four peers give four intervals, and the verdict flips. Fieller's is defined by its
    test, which is done here for each end: mean of y_new - r x y_old against its standard error."""
    rng = np.random.default_rng(8)
    data = two_arms(rng.lognormal(2, 1.6, 400), seed=8)
    data.loc[data["arm"] == "new", "y"] *= 1.4
    found = estimate(tmp_path, data)
    assert found.relative is not None
    assert found.relative.method == "fieller"
    new, old = (data.loc[data["arm"] == arm, "y"].to_numpy() for arm in ("new", "old"))
    assert found.relative.effect == pytest.approx(new.mean() / old.mean() - 1, rel=1e-10)
    from scipy.special import stdtrit

    line = float(stdtrit(found.df, 0.975))
    for end in (found.relative.ci_lower, found.relative.ci_upper):
        assert end is not None
        ratio = 1 + end
        error = np.sqrt(new.var(ddof=1) / len(new) + ratio**2 * old.var(ddof=1) / len(old))
        assert abs(new.mean() - ratio * old.mean()) / error == pytest.approx(line, rel=1e-8)
    # Unlike the delta method's, which is symmetric: skewed levels reach further up than down.
    assert found.relative.ci_upper - found.relative.effect > 1.2 * (found.relative.effect - found.relative.ci_lower)
