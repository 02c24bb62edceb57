"""What history says about spread, steadiness, ICC and autocorrelation: against simulation with known truth."""

from __future__ import annotations

import numpy as np
import pytest

from stats.planning.components import CellTable, variance_components
from stats.planning.history import read_history, windows
from stats.results import NotEstimable
from stats.spec import MetricSpec


def cells(
    rng,
    *,
    sites=20,
    periods=12,
    records=40,
    icc=0.05,
    autocorrelation=0.7,
    persistence=0.0,
    sd=3.0,
    unequal=0.3,
    moving=2.0,
):
    """Averages of a world with these parameters; each period has a level of its own."""
    n = rng.poisson(records * np.exp(rng.normal(0, unequal, (sites, 1))), size=(sites, periods)) + 2.0
    stays = rng.normal(0, sd * np.sqrt(icc * autocorrelation), (sites, 1))
    passes = np.empty((sites, periods))
    shock = rng.normal(0, sd * np.sqrt(icc * (1 - autocorrelation)), (sites, periods))
    passes[:, 0] = shock[:, 0]
    for period in range(1, periods):
        passes[:, period] = persistence * passes[:, period - 1] + np.sqrt(1 - persistence**2) * shock[:, period]
    own = rng.normal(size=(sites, periods)) * sd * np.sqrt((1 - icc) / n)
    level = 50 + rng.normal(0, moving, periods)
    names = tuple(f"s{number}" for number in range(sites))
    return CellTable(sites=names, mean=level + stays + passes + own, n=n, within=sd**2 * (1 - icc))


def test_icc_and_autocorrelation_are_found_and_their_intervals_hold():
    """60 histories of 20 sites and 12 months: 95 % intervals hold in at least 51 (binomial, 1 in 1000)."""
    rng = np.random.default_rng(1)
    found = [variance_components(cells(rng)) for _ in range(60)]
    assert sum(each.icc.lower <= 0.05 <= each.icc.upper for each in found) >= 51
    assert sum(each.autocorrelation.lower <= 0.7 <= each.autocorrelation.upper for each in found) >= 51
    # Monte Carlo errors of the means: .002 and .02.
    assert np.mean([each.icc.value for each in found]) == pytest.approx(0.05, abs=0.006)
    assert np.mean([each.autocorrelation.value for each in found]) == pytest.approx(0.7, abs=0.07)


def test_drift_from_period_to_period_is_noticed():
    drifting = {"sites": 60, "periods": 24, "autocorrelation": 0.4, "persistence": 0.8, "records": 200}
    found = variance_components(cells(np.random.default_rng(2), **drifting))
    # Simulated ten times: persistence .73 to .84.
    assert found.persistence == pytest.approx(0.8, abs=0.1)
    assert found.autocorrelation.lower < 0.4 < found.autocorrelation.upper
    steady = variance_components(cells(np.random.default_rng(2), sites=60, periods=24, records=200))
    assert steady.persistence < 0.2


def test_the_likelihood_is_that_of_statsmodels():
    """Their REML mixed model of records, site and site-period random, periods fixed, against ours from the cells."""
    import pandas as pd
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(3)
    sites, periods, n = 15, 4, 12
    frame = pd.DataFrame(
        [(s, p) for s in range(sites) for p in range(periods) for _ in range(n)], columns=["site", "period"]
    )
    between, passing = rng.normal(0, 1.0, sites), rng.normal(0, 0.7, (sites, periods))
    frame["y"] = (
        between[frame["site"]]
        + passing[frame["site"], frame["period"]]
        + rng.normal(0, 2, len(frame))
        + frame["period"]
    )
    grouped = frame.groupby(["site", "period"])["y"]
    table = CellTable(
        sites=tuple(map(str, range(sites))),
        mean=grouped.mean().unstack().to_numpy(),
        n=np.full((sites, periods), float(n)),
        within=float(grouped.var().mean()),
    )
    ours = variance_components(table)
    theirs = smf.mixedlm(
        "y ~ C(period)", frame, groups="site", re_formula="1", vc_formula={"period": "0 + C(period)"}
    ).fit(reml=True)
    stays, passes = float(theirs.cov_re.iloc[0, 0]), float(theirs.vcomp[0])
    # The finer grid's step is a few per cent of the interval.
    assert ours.icc.value == pytest.approx((stays + passes) / (stays + passes + theirs.scale), rel=0.05)
    assert ours.autocorrelation.value == pytest.approx(stays / (stays + passes), abs=0.05)


def test_sites_that_are_all_alike_have_no_icc_and_say_nothing_of_autocorrelation():
    found = variance_components(cells(np.random.default_rng(4), icc=0.0, sites=12))
    assert found.icc.value < 0.01
    assert found.autocorrelation.upper - found.autocorrelation.lower > 0.5


def test_the_windows_of_the_plan_are_measured_as_they_are():
    """Spread and steadiness of 6-period windows: sd^2 icc (r + (1 - r) / 6) + own part; many sites, 3 % and .02."""
    rng = np.random.default_rng(5)
    found = windows(cells(rng, sites=3000, periods=24, unequal=0.0, moving=0.0), 6, 6)
    assert found.placements == 13
    stays, passes = 9 * 0.05 * 0.7, (9 * 0.05 * 0.3 + 9 * 0.95 / 42) / 6
    assert found.spread.value == pytest.approx(np.sqrt(stays + passes), rel=0.03)
    assert found.steadiness.value == pytest.approx(stays / (stays + passes), abs=0.02)


def test_history_as_long_as_one_window_knows_the_spread_but_not_the_steadiness():
    found = windows(cells(np.random.default_rng(6), periods=6), 6, 6)
    assert found.steadiness is None
    assert found.spread.lower < found.spread.value < found.spread.upper


def test_history_shorter_than_the_window_is_not_enough():
    found = windows(cells(np.random.default_rng(7), periods=4), 6, 6)
    assert isinstance(found, NotEstimable)
    assert found.code == "history_too_short"


def test_sites_without_data_in_a_window_do_not_count_there():
    table = cells(np.random.default_rng(8), sites=30)
    mean = table.mean.copy()
    mean[:20, :6] = np.nan
    found = windows(CellTable(sites=table.sites, mean=mean, n=table.n, within=table.within), 6, 6)
    assert found.placements == 1
    assert found.sites == 10


def records(tmp_path):
    rng = np.random.default_rng(9)
    lines = ["shop,month,wait,kept"]
    for shop in range(8):
        level = rng.normal(20, 2)
        for month in range(1, 9):
            for _ in range(15):
                wait = rng.normal(level, 4)
                lines.append(f"S{shop},{month},{wait:.3f},{int(wait < 20)}")
    path = tmp_path / "history.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_records_are_read_in_one_scan(tmp_path):
    from stats.outcomes import open_table
    from stats.outcomes.guess import guess_reading

    path = records(tmp_path)
    table = open_table(path, guess_reading(path, path.name))
    found = read_history(table, MetricSpec(column="wait"), site="shop", period="month", before=4, after=4)
    assert found.cells.mean.shape == (8, 8)
    assert found.cells.within == pytest.approx(16, rel=0.1)
    assert found.components.icc.lower < 0.2 < found.components.icc.upper
    assert set(found.assumptions("wait")) >= {"wait.spread", "wait.steadiness", "wait.icc"}
    share = read_history(table, MetricSpec(kind="share", column="kept"), site="shop", period="month", before=4, after=4)
    assert 0 < share.windows.spread.value < 0.5
    tail = MetricSpec(kind="quantile", column="wait", q=0.9)
    percentile = read_history(table, tail, site="shop", period="month", before=4, after=4)
    assert percentile.windows.spread.value > 0
    assert isinstance(percentile.components, NotEstimable)


@pytest.mark.shared
def test_shares_given_as_counts_have_an_icc(shared):
    from stats.outcomes import open_table
    from stats.outcomes.guess import guess_reading

    path = shared("data", "nhs_ae_attendances.csv.gz")
    table = open_table(path, guess_reading(path, path.name))
    metric = MetricSpec(kind="share", numerator="attendances - breaches", denominator="attendances")
    found = read_history(table, metric, site="org_code", period="period", before=6, after=6)
    assert found.cells.mean.shape == (274, 36)
    weights = found.cells.n / found.cells.n.sum()
    assert float((weights * np.nan_to_num(found.cells.mean)).sum()) == pytest.approx(0.8848, abs=5e-5)
    assert found.components.icc.lower > 0.02
    assert found.windows.steadiness.value > 0.9
