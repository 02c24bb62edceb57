"""Earlier data held against a plan: windows, dates, what is left out, what is refused; and plans tried on them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from stats.errors import RefusedData
from stats.plan import AssignmentRule, Columns, Plan, PlannedMetric, PlannedSite
from stats.planning.components import CellTable
from stats.planning.of_plan import planned_precision
from stats.planning.past import read_past, trial_of
from stats.planning.precision import Precision
from stats.planning.replay import Replayed, Trial, replay_power
from stats.planning.variation import Variation
from stats.results import NotEstimable
from stats.spec import MetricSpec

TODAY = date(2026, 1, 5)


def plan_of(**changes: object) -> Plan:
    wait = PlannedMetric(key="wait", name="Waiting time", role="SUCCESS", spec=MetricSpec(column="w"), mwe=4)
    settings: dict[str, object] = {
        "pilot": "p",
        "title": "P",
        "design": "randomised_sites",
        "metrics": [wait],
        "columns": Columns(site="shop", period="day"),
        "sites": [PlannedSite(key=f"S{number}") for number in range(12)],
        "start": date(2026, 2, 2),
        "end": date(2026, 3, 29),
        "pre_start": date(2026, 1, 5),
        **changes,
    }
    return Plan.model_validate(settings)


def frame(days: list[date], sites: int = 20, level: float = 5.0, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    levels = rng.normal(50, level, sites)
    rows = [
        (f"S{site}", day, float(rng.normal(levels[site], 3))) for site in range(sites) for day in days for _ in range(3)
    ]
    return pd.DataFrame(rows, columns=["shop", "day", "w"])


def table_of(data: pd.DataFrame):
    import ibis
    import pyarrow as pa

    return ibis.duckdb.connect().create_table("past", pa.Table.from_pandas(data, preserve_index=False))


EVERY_DAY = [date(2025, 1, 6) + timedelta(days=number) for number in range(0, 364, 2)]
EVERY_MONTH = [date(2025, month, 1) for month in range(1, 13)]


def test_rows_of_single_days_are_gathered_by_week_and_windows_are_as_long_as_the_plan() -> None:
    found = read_past(table_of(frame(EVERY_DAY)), plan_of(), today=TODAY)
    assert found.periods == 52
    assert (found.laid.before, found.laid.after, found.laid.as_planned) == (4, 8, True)
    windows = found.metrics["wait"].windows
    # Averages of some 80 records with a standard deviation of 3 lie within .5 of their site's level.
    levels = np.random.default_rng(1).normal(50, 5, 20)
    assert windows.spread.value == pytest.approx(levels.std(ddof=1), abs=0.2)
    assert windows.steadiness.value > 0.9
    assert (found.sites, found.of_plan) == (20, 12)


def test_monthly_data_are_counted_in_months() -> None:
    found = read_past(table_of(frame(EVERY_MONTH)), plan_of(), today=TODAY)
    assert found.laid.days == pytest.approx(365.25 / 12)
    assert (found.laid.before, found.laid.after) == (1, 2)


def test_months_written_as_text_are_months() -> None:
    data = frame(EVERY_MONTH)
    data["day"] = [day.strftime("%Y-%m") for day in data["day"]]
    assert read_past(table_of(data), plan_of(), today=TODAY).laid.after == 2


def test_numbered_periods_have_no_length_and_are_halved() -> None:
    data = frame(EVERY_MONTH)
    data["day"] = [day.month for day in data["day"]]
    laid = read_past(table_of(data), plan_of(), today=TODAY).laid
    assert (laid.weeks, laid.before, laid.after, laid.as_planned) == (None, 6, 6, False)


def test_data_shorter_than_the_plan_are_halved_and_the_length_is_told() -> None:
    found = read_past(table_of(frame(EVERY_DAY[:21])), plan_of(), today=TODAY)
    assert found.periods == 6
    assert (found.laid.before, found.laid.after, found.laid.weeks) == (3, 3, 3.0)


def test_rows_from_the_start_on_are_left_out() -> None:
    days = [date(2025, 10, 6) + timedelta(days=7 * number) for number in range(20)]
    found = read_past(table_of(frame(days)), plan_of(), today=date(2026, 3, 1))
    assert found.later == 3 * 20 * 3
    assert found.periods == 17


def test_a_file_from_after_the_start_only_is_refused() -> None:
    days = [date(2026, 2, 2) + timedelta(days=7 * number) for number in range(8)]
    with pytest.raises(RefusedData) as refused:
        read_past(table_of(frame(days)), plan_of(), today=date(2026, 6, 1))
    assert [problem.code for problem in refused.value.problems] == ["past_after_start"]


def test_every_problem_is_said_at_once() -> None:
    data = frame(EVERY_MONTH)
    data["w"] = data["w"].astype(str)
    data.loc[4, "w"] = "abc"
    data.loc[7, "shop"] = None
    with pytest.raises(RefusedData) as refused:
        read_past(table_of(data), plan_of(), today=TODAY)
    found = {problem.code: problem.rows for problem in refused.value.problems}
    assert found == {"missing_site": (8,), "unparsable_number": (5,)}


def test_a_metric_that_the_file_lacks_is_said_and_the_other_is_read() -> None:
    calls = PlannedMetric(key="calls", name="Calls", role="GUARDRAIL", spec=MetricSpec(column="calls"), margin=1)
    found = read_past(table_of(frame(EVERY_MONTH)), plan_of(metrics=[*plan_of().metrics, calls]), today=TODAY)
    assert list(found.metrics) == ["wait"]
    assert [problem.column for problem in found.absent["calls"]] == ["calls"]


def test_customers_are_read_without_a_model_of_each() -> None:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"customer": np.arange(4000), "w": rng.normal(50, 10, 4000)})
    plan = plan_of(design="randomised_units", columns=Columns(unit="customer"), sites=[], assumptions={"units": 4000})
    found = read_past(table_of(data), plan, today=TODAY).metrics["wait"]
    # Three standard errors of a standard deviation of 10 from 4,000 values.
    assert found.windows.spread.value == pytest.approx(10, abs=0.34)
    assert found.windows.steadiness is None


def wave_plan(design: str, **facts: float) -> Plan:
    rule = AssignmentRule(method="waves", waves=4)
    sites = [PlannedSite(key=f"S{number}") for number in range(16)]
    start, end = date(2026, 3, 2), date(2026, 8, 16)
    known = {"wait.spread": 4.0, "wait.steadiness": 0.5, **{f"wait.{name}": value for name, value in facts.items()}}
    return plan_of(
        design=design, assignment=rule, sites=sites, assumptions=known, start=start, end=end,
        pre_start=start - timedelta(weeks=12),
    )  # fmt: skip


DRIFT = {"sd": 12.0, "icc": 0.1, "autocorrelation": 0.6, "persistence": 0.8, "records": 30.0, "period_weeks": 2.0}


@pytest.mark.parametrize("design", ["staggered", "stepped_wedge"])
def test_a_roll_out_is_sized_with_the_drift_that_history_knows(design: str) -> None:
    """24 weeks in four waves, periods of two weeks: by hand, twelve periods in steps of three, six before."""
    from stats.planning.precision import planned_std_error
    from stats.planning.schedule import staggered

    plan = wave_plan(design, **DRIFT)
    found = planned_precision(plan, plan.metrics[0])
    control, each = (0, 4) if design == "stepped_wedge" else (8, 2)
    starts = [6, 9, 12, 15, *([None] if control else [])]
    sites = [each] * 4 + ([control] if control else [])
    schedule = staggered(starts, periods=18, records=30.0, sites=sites)
    variation = Variation(sd=12.0, icc=0.1, autocorrelation=0.6, persistence=0.8)
    by_hand = planned_std_error(schedule, variation, "imputation")
    assert isinstance(found, Precision)
    assert found.std_error == pytest.approx(by_hand.std_error, rel=1e-12)
    windows_only = planned_precision(wave_plan(design), plan.metrics[0])
    assert windows_only.std_error != pytest.approx(found.std_error, rel=0.05)


def test_a_step_shorter_than_a_period_of_history_falls_back_on_windows() -> None:
    plan = wave_plan("stepped_wedge", **{**DRIFT, "period_weeks": 13.0})
    assert planned_precision(plan, plan.metrics[0]) == planned_precision(wave_plan("stepped_wedge"), plan.metrics[0])


def test_designs_without_waves_are_sized_by_their_windows_as_before() -> None:
    plain = wave_plan("randomised_sites")
    assert planned_precision(plain, plain.metrics[0]) == planned_precision(
        wave_plan("randomised_sites", **DRIFT), plain.metrics[0]
    )


# -- plans that no formula fits, tried on history ----------------------------------------------------------------------


def series(sites: int = 60, periods: int = 48, seed: int = 1) -> CellTable:
    rng = np.random.default_rng(seed)
    n = np.full((sites, periods), 30.0)
    world = Variation(sd=3.0, icc=0.1, autocorrelation=0.5, persistence=0.5)
    mean = rng.multivariate_normal(np.linspace(40, 42, periods), world.covariance(n[0]), size=sites, method="cholesky")
    return CellTable(sites=tuple(map(str, range(sites))), mean=mean, n=n, within=None)


TRIED = {
    "synthetic_control": Trial(design="synthetic_control", n_treatment=1, n_control=19, before=20, after=8),
    "interrupted_time_series": Trial(design="interrupted_time_series", n_treatment=4, n_control=0, before=24, after=20),
    "matched_sites": Trial(design="matched_sites", n_treatment=6, n_control=20, before=8, after=8),
}


@pytest.mark.parametrize("trial", TRIED.values(), ids=list(TRIED))
def test_designs_without_a_formula_are_tried_and_find_the_effect_that_was_put_in(trial: Trial) -> None:
    told: list[float] = []
    found = replay_power(series(), trial, effect=2.0, tail=0.05, pilots=60, report=told.append)
    assert isinstance(found, Replayed)
    assert found.failed == 0
    # Three Monte Carlo errors of the mean estimate.
    assert found.effect == pytest.approx(2.0, abs=3 * found.std_error / np.sqrt(found.pilots))
    assert found.shown > 0.6
    assert told[-1] == 1.0
    none = replay_power(series(), trial, effect=0.0, tail=0.05, pilots=60)
    # One true level of .05 in 60 pilots gives at most .15 but for one time in a thousand (binomial).
    assert max(none.shown, none.wrongly) <= 0.15


def test_without_a_time_before_matching_says_why_it_can_not_be_tried() -> None:
    trial = Trial(design="matched_sites", n_treatment=6, n_control=6, before=0, after=4)
    found = replay_power(series(), trial, effect=1.0, tail=0.05, pilots=20)
    assert isinstance(found, NotEstimable)
    assert found.code == "no_before"


def test_customers_can_not_be_tried_on_a_series() -> None:
    trial = Trial(design="randomised_units", n_treatment=60, n_control=60, before=0, after=4)
    assert replay_power(series(), trial, effect=1.0, tail=0.05) == NotEstimable(code="replay_needs_sites")


def test_a_plan_is_tried_as_it_stands() -> None:
    found = read_past(table_of(frame(EVERY_DAY)), wave_plan("stepped_wedge"), today=TODAY)
    trial = trial_of(wave_plan("stepped_wedge"), found.laid)
    assert (trial.n_treatment, trial.n_control, trial.waves, trial.step) == (16, 0, 4, 6)
    assert (trial.before, trial.after) == (12, 24)
