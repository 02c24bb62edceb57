"""Does a table fit the plan: what each fault costs, and what is said without refusing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from stats.errors import RefusedData
from stats.outcomes import Accepted, Reading, check, connect
from stats.plan import Columns, PlannedMetric, PlannedSite

TODAY = date(2026, 4, 15)
ARM = {"column": "arm", "treatment": 1, "control": 0}


def metric(key: str = "wait", role: str = "SUCCESS", unit: str = "", **spec: Any) -> PlannedMetric:
    return PlannedMetric.model_validate(
        {"key": key, "name": key, "role": role, "unit": unit, "spec": {"column": key, **spec}}
    )


def table(**columns: Any) -> ibis.Table:
    return connect().create_table("data", pa.table(columns), temp=True)


def look(data: ibis.Table, columns: dict[str, Any], *metrics: PlannedMetric, **more: Any) -> Accepted:
    sites = more.pop("sites", ())
    window = more.pop("window", None)
    return check(data, Columns.model_validate(columns), metrics, sites, window, today=TODAY, **more)


def codes(*arguments: Any, **more: Any) -> set[tuple[str, str | None, tuple[int, ...]]]:
    with pytest.raises(RefusedData) as refused:
        look(*arguments, **more)
    return {(problem.code, problem.column, problem.rows) for problem in refused.value.problems}


def test_missing_values_are_counted_by_column_and_nan_is_missing() -> None:
    data = table(site=["A", "B", "A", "B"], arm=[1, 0, 1, 0], wait=[1.0, float("nan"), None, 2.0])
    accepted = look(data, {"site": "site", "arm": ARM}, metric())
    assert accepted.missing == {"site": 0, "arm": 0, "wait": 2}
    assert (accepted.rows, accepted.good_rows) == (4, 2)


def test_a_metric_without_any_value_refuses_only_where_it_is_a_success_metric() -> None:
    data = table(site=["A", "B"], arm=[1, 0], wait=[1.0, 2.0], csat=pa.array([None, None], pa.float64()))
    asked = {"site": "site", "arm": ARM}
    accepted = look(data, asked, metric(), metric("csat", role="GUARDRAIL"))
    assert [(warning.code, warning.column) for warning in accepted.warnings] == [("all_missing", "csat")]
    assert codes(data, asked, metric(), metric("csat")) == {("all_missing", "csat", ())}


def test_columns_inside_an_expression_are_looked_for_and_looked_at() -> None:
    data = table(site=["A", "B"], arm=[1, 0], price=["1.5", "x"], tax=[1.0, 2.0])
    asked = {"site": "site", "arm": ARM}
    assert codes(data, asked, metric(column="log(price) + tax")) == {("unparsable_number", "price", (2,))}
    assert codes(data, asked, metric(column="log(prize) + tax")) == {("missing_column_close", "prize", ())}


def test_words_for_yes_and_no_are_understood_and_others_named() -> None:
    asked = {"site": "site", "arm": ARM}
    share = metric("solved", kind="share")
    assert look(table(site=["A", "B"], arm=[1, 0], solved=["yes", "No"]), asked, share).good_rows == 2
    wrong = table(site=["A", "B"], arm=[1, 0], solved=["yes", "maybe"])
    assert codes(wrong, asked, share) == {("unparsable_yes_no", "solved", (2,))}


def test_more_successes_than_cases_are_refused() -> None:
    data = table(site=["A", "B", "C"], arm=[1, 0, 0], solved=[5, 11, -1], cases=[10, 10, 10])
    share = metric("solved", kind="share", column=None, numerator="solved", denominator="cases")
    assert codes(data, {"site": "site", "arm": ARM}, share) == {("share_above_one", "solved", (2, 3))}


@pytest.mark.parametrize("unit", ["min", "s", "days"])
def test_a_time_below_zero_is_refused_but_a_balance_below_zero_is_not(unit: str) -> None:
    data = table(site=["A", "B"], arm=[1, 0], wait=[-1.0, 2.0])
    asked = {"site": "site", "arm": ARM}
    assert codes(data, asked, metric(unit=unit)) == {("negative_duration", "wait", (1,))}
    assert look(data, asked, metric(unit="EUR")).rows == 2


def test_an_end_before_its_start_is_refused() -> None:
    data = table(
        site=["A", "B"], arm=[1, 0], joined=[date(2026, 1, 5), date(2026, 1, 5)], left=[None, date(2026, 1, 2)]
    )
    churn = metric("churn", kind="survival", column=None, start="joined", end="left", horizon=90)
    assert codes(data, {"site": "site", "arm": ARM}, churn) == {("end_before_start", "left", (2,))}


def test_a_unit_in_two_arms_is_refused_where_units_were_assigned() -> None:
    data = table(id=[1, 2, 1], arm=[1, 0, 0], week=[1, 1, 2], wait=[1.0, 2.0, 3.0])
    asked = {"unit": "id", "arm": ARM, "period": "week"}
    assert codes(data, asked, metric(), assigned="unit") == {("unit_in_two_arms", "id", (1, 3))}


def test_a_unit_twice_in_one_period_is_refused() -> None:
    data = table(id=[1, 2, 1, 1], arm=[1, 0, 1, 1], week=[1, 1, 2, 2], wait=[1.0, 2.0, 3.0, 4.0])
    asked = {"unit": "id", "arm": ARM, "period": "week"}
    with pytest.raises(RefusedData) as refused:
        look(data, asked, metric(), assigned="unit")
    (problem,) = refused.value.problems
    assert (problem.code, problem.rows, problem.count) == ("duplicate_unit_period", (3, 4), 1)


def test_customers_may_come_twice_where_sites_were_assigned() -> None:
    data = table(site=["A", "A", "B"], arm=[1, 1, 0], customer=[7, 7, 8], wait=[1.0, 2.0, 3.0])
    accepted = look(data, {"site": "site", "arm": ARM, "unit": "customer"}, metric())
    assert (accepted.units, accepted.shape) == (2, "records")


def test_contacts_of_one_site_and_week_are_not_copies() -> None:
    data = table(site=["A", "A", "A", "B", "B", "B"], arm=[1, 1, 1, 0, 0, 0], week=[1, 1, 2, 1, 1, 2], wait=[1.0] * 6)
    assert look(data, {"site": "site", "arm": ARM, "period": "week"}, metric()).shape == "records"


def test_sites_that_change_arm_over_time_are_fine_where_the_plan_says_so() -> None:
    data = table(site=["A", "A", "B", "B"], arm=[0, 1, 0, 0], week=[1, 2, 1, 2], wait=[1.0] * 4)
    asked = {"site": "site", "arm": ARM, "period": "week"}
    assert codes(data, asked, metric()) == {("site_in_two_arms", "site", (1, 2))}
    assert look(data, asked, metric(), assigned=None).rows == 4


def test_a_crossover_that_happened_is_accepted_with_a_warning() -> None:
    data = table(site=["A", "B"], arm=[1, 1], wait=[1.0, 2.0])
    asked = {"site": "site", "arm": ARM}
    assert codes(data, asked, metric(), sites={"A": 1, "B": 0}) == {("arm_not_as_assigned", "site", (2,))}
    accepted = look(data, asked, metric(), sites={"A": 1, "B": 0}, accept_crossovers=True)
    assert [warning.code for warning in accepted.warnings] == ["arm_not_as_assigned"]


def test_sites_of_the_plan_without_rows_are_said_not_refused() -> None:
    data = table(site=[1, 2], arm=[1, 0], wait=[1.0, 2.0])
    accepted = look(data, {"site": "site", "arm": ARM}, metric(), sites=[PlannedSite(key=k) for k in ("1", "2", "3")])
    assert [(warning.code, warning.facts["names"]) for warning in accepted.warnings] == [("absent_site", "3")]


def test_an_arm_column_of_another_type_than_the_plan_is_an_unknown_arm() -> None:
    data = table(site=["A", "B"], arm=[1, 0], wait=[1.0, 2.0])
    arm = {"column": "arm", "treatment": "pilot", "control": "usual"}
    assert codes(data, {"site": "site", "arm": arm}, metric()) == {("unknown_arm", "arm", (1, 2))}


def test_every_other_value_may_be_control() -> None:
    data = table(site=["A", "B", "C"], arm=["NJ", "PA", "NY"], wait=[1.0, 2.0, 3.0])
    arm = {"column": "arm", "treatment": "NJ", "control": "*"}
    assert look(data, {"site": "site", "arm": arm}, metric()).arms == {"NJ": 1, "NY": 1, "PA": 1}


def test_rows_outside_the_time_of_the_pilot_are_said_and_a_wrong_file_refused() -> None:
    days = [datetime(2026, 3, 2, 9), datetime(2025, 12, 1, 9)]
    data = table(site=["A", "B"], arm=[1, 0], day=days, wait=[1.0, 2.0])
    asked = {"site": "site", "arm": ARM, "timestamp": "day"}
    accepted = look(data, asked, metric(), window=(date(2026, 1, 1), date(2026, 3, 31)))
    assert [(warning.code, warning.rows) for warning in accepted.warnings] == [("outside_window", (2,))]
    assert (accepted.first, accepted.last) == (date(2025, 12, 1), date(2026, 3, 2))
    assert ("nothing_in_window", "day", ()) in codes(data, asked, metric(), window=(date(2024, 1, 1), date(2024, 2, 1)))


def test_today_is_no_future_and_a_long_gone_date_is_asked_about() -> None:
    data = table(site=["A", "B"], arm=[1, 0], day=[datetime(2026, 4, 15, 23), datetime(1900, 1, 1)], wait=[1.0, 2.0])
    accepted = look(data, {"site": "site", "arm": ARM, "timestamp": "day"}, metric())
    assert [(warning.code, warning.rows) for warning in accepted.warnings] == [("early_date", (2,))]


def test_numbers_where_dates_belong_are_refused() -> None:
    data = table(site=["A", "B"], arm=[1, 0], day=[46001, 46002], wait=[1.0, 2.0])
    asked = {"site": "site", "arm": ARM, "timestamp": "day"}
    assert codes(data, asked, metric()) == {("numbers_for_dates", "day", ())}


def test_the_whole_column_with_the_other_decimal_mark_names_the_mark() -> None:
    data = table(site=["A", "B"], arm=[1, 0], wait=["1,5", "2,25"])
    with pytest.raises(RefusedData) as refused:
        look(data, {"site": "site", "arm": ARM}, metric(), reading=Reading(decimal="."))
    (problem,) = refused.value.problems
    assert (problem.code, problem.count, problem.facts["mark"]) == ("mixed_decimal_marks", 2, ",")


def test_a_few_words_in_a_number_covariate_are_mistakes_but_a_word_covariate_is_fine() -> None:
    data = table(site=list("ABCD"), arm=[1, 0, 1, 0], wait=[1.0] * 4, size=["1", "2", "x", "4"], kind=list("abab"))
    asked = {"site": "site", "arm": ARM}
    assert codes(data, {**asked, "covariates": ["size"]}, metric()) == {("unparsable_number", "size", (3,))}
    assert look(data, {**asked, "covariates": ["kind"]}, metric()).rows == 4


def test_offending_rows_are_the_first_and_the_count_is_of_all() -> None:
    data = table(site=["A"] * 100, arm=[1] * 100, wait=[float(n - 50) for n in range(100)])
    with pytest.raises(RefusedData) as refused:
        look(data, {"site": "site", "arm": ARM}, metric(unit="min"))
    (problem,) = refused.value.problems
    assert (problem.rows, problem.count) == ((1, 2, 3, 4, 5), 50)
