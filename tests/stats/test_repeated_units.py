"""Units drawn one by one that stand in several rows: ten calls of one customer are not ten draws."""

from __future__ import annotations

import json

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import ttest_ind

from stats import engine
from stats.assessing.assess import assess_reading
from stats.assessing.cells import read_plan
from stats.assessing.kept import as_kept, from_kept
from stats.evidence import as_json
from stats.methods.quantiles import tail_difference
from stats.plan import Columns, Plan, PlannedMetric
from stats.results import NotEstimable
from stats.spec import ArmSpec, MetricSpec

ARM = {"column": "arm", "treatment": "new", "control": "old"}


def calls(seed=1, customers=120, each=10, effect=0.0):
    """As many calls of every customer, who differ more than the calls of one do."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(customers), each)
    wait = rng.normal(200, 60, customers)[who] + rng.normal(0, 20, len(who)) + effect * (who % 2)
    return pd.DataFrame(
        {
            "customer": [f"private-{number}" for number in who],
            "arm": np.where(who % 2, "new", "old"),
            "wait": wait,
            "solved": wait < 220,
        }
    )


def table_of(rows):
    return ibis.duckdb.connect().create_table("t", pa.Table.from_pandas(rows, preserve_index=False))


def estimate(rows, metric=None, **parts):
    spec = {"data": "-", "design": "randomised_units", "unit": "customer", "arm": ARM}
    metric = metric or {"kind": "mean", "column": "wait"}
    return engine.estimate_table(engine.parse_spec({**spec, "metric": metric, **parts}), table_of(rows))


def by_customer(rows):
    means = rows.groupby(["customer", "arm"])["wait"].mean().reset_index()
    return (means.loc[means["arm"] == arm, "wait"] for arm in ("new", "old"))


def plan(**columns):
    metrics = [
        PlannedMetric(key="wait", name="wait", role="SUCCESS", spec=MetricSpec(column="wait"), better="lower", mwe=15),
        PlannedMetric(
            key="worst", name="worst", role="GUARDRAIL", spec=MetricSpec(kind="tail_mean", column="wait"), margin=30,
            better="lower",
        ),
    ]  # fmt: skip
    return Plan(
        pilot="p", title="p", design="randomised_units", unit_of_assignment="unit", metrics=metrics,
        columns=Columns(**{"unit": "customer", "arm": ArmSpec(**ARM), **columns}),
    )  # fmt: skip


def evidence_of(asked, reading):
    return assess_reading(asked, reading, look=1, snapshot_sha256="s" * 64, plan_sha256="p" * 64)["new"]


def test_ten_calls_of_a_customer_tell_as_much_as_their_mean():
    rows = calls()
    found, right = estimate(rows), ttest_ind(*by_customer(rows), equal_var=False)
    # CR2 is Welch's error here; its degrees of freedom are Satterthwaite's under equal variances.
    assert found.effect / found.std_error == pytest.approx(right.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(right.pvalue, rel=1e-4)
    assert (found.n_control, found.n_treatment) == (60, 60)


def test_evidence_counts_customers_and_not_their_calls():
    rows = calls()
    found = evidence_of(plan(), read_plan(plan(), table_of(rows), None))
    wait, right = found.metric("wait").result, ttest_ind(*by_customer(rows), equal_var=False)
    assert wait.effect / wait.std_error == pytest.approx(right.statistic, rel=1e-9)
    assert (found.n_control, found.n_treatment) == (60, 60)
    assert found.grade.grade == "B"  # sixty customers an arm, not six hundred


def test_a_customer_with_one_call_is_compared_as_ever():
    rows = calls(each=1)
    assert estimate(rows).method == "welch"
    assert estimate(rows, metric={"kind": "share", "column": "solved"}).method == "newcombe"


def test_calls_before_the_start_do_not_make_a_customer_come_again():
    rows = calls(each=2)
    rows["week"] = np.tile([1, 2], len(rows) // 2)
    assert estimate(rows, post={"column": "week", "values": [2]}).method == "welch"
    assert estimate(rows, post={"column": "week", "values": [1, 2]}).method == "cr2"


def test_what_is_kept_of_forgotten_data_names_no_customer_and_gives_the_same_evidence():
    asked = plan()
    asked = asked.model_copy(update={"metrics": asked.metrics[:1]})
    reading = read_plan(asked, table_of(calls()), None)
    kept = json.dumps(as_kept(reading))
    assert "private" not in kept
    again = evidence_of(asked, from_kept(asked, json.loads(kept)))
    assert as_json(again) == as_json(evidence_of(asked, reading))


def test_the_worst_calls_of_the_same_customers_are_not_many_customers():
    rng = np.random.default_rng(7)
    who = np.repeat(np.arange(200), 6)
    found = {"rows": 0, "customers": 0}
    for _ in range(1000):
        arms = [rng.normal(200, 60, 200)[who] + rng.normal(0, 20, len(who)) for _ in range(2)]
        for clusters, name in ((None, "rows"), ((who, who), "customers")):
            result = tail_difference(*arms, tail=0.05, worst="high", confidence=0.95, clusters=clusters)
            found[name] += result.p_value < 0.05
    # 3.6 standard errors of a share of .05 among 1,000.
    assert found["customers"] / 1000 == pytest.approx(0.05, abs=0.025)
    assert found["rows"] / 1000 > 0.2


def test_the_worst_calls_are_compared_by_customer():
    rows = calls(customers=400, each=6)
    metric = {"kind": "tail_mean", "column": "wait", "better": "lower"}
    alone = estimate(rows.assign(customer=np.arange(len(rows))), metric=metric)
    found = estimate(rows, metric=metric)
    assert found.effect == alone.effect
    assert found.std_error > 1.5 * alone.std_error
    assert (found.n_control, found.n_treatment) == (200, 200)


def test_the_worst_calls_of_too_few_customers_are_not_compared():
    rows = calls(customers=40, each=50)
    found = estimate(rows, metric={"kind": "tail_mean", "column": "wait", "better": "lower"})
    assert isinstance(found, NotEstimable)
    assert found.code == "too_few_beyond"


def test_a_quantile_of_units_that_come_again_is_not_estimated():
    found = estimate(calls(), metric={"kind": "quantile", "column": "wait", "q": 0.9})
    assert found.code == "kind_needs_sites"


def test_a_way_of_comparing_that_knows_no_clusters_says_that_it_left_them_out():
    rows = calls()
    for named in ({"cluster": "customer", "unit": None}, {}):
        found = estimate(rows, estimator="welch", **named)
        (check,) = [check for check in found.checks if check.key == "parts_used"]
        assert check.facts["parts"] == ["cluster"]
    assert not estimate(rows, estimator="cr2").details.get("ignored")
    assert not estimate(calls(each=1), estimator="welch").checks
