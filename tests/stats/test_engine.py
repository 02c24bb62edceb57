"""From a specification to the promised JSON."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest

from stats import ENGINE_VERSION, designs
from stats.designs import Estimator
from stats.engine import estimate, parse_spec, result_json
from stats.errors import RefusedSpec, UnknownEstimator
from stats.results import Estimate, NotEstimable
from stats.spec import EstimateSpec

KEYS = {
    "effect", "std_error", "ci_lower", "ci_upper", "p_value", "df", "p_randomisation", "p_floor", "relative",
    "n_control", "n_treatment", "method", "checks", "details", "version",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"arm": rng.choice(["old", "new", "newer"], 300), "shop": rng.integers(0, 12, 300)})
    frame["wait"] = rng.normal(10, 2, 300) - (frame["arm"] == "new")
    frame["before"] = frame["wait"] + rng.normal(0, 1, 300)
    frame.to_csv(tmp_path / "visits.csv", index=False)
    return tmp_path


def spec(**changes):
    filled = {
        "data": "visits.csv",
        "design": "randomised_units",
        "arm": {"column": "arm", "treatment": "new", "control": "old"},
        "metric": {"kind": "mean", "column": "wait", "better": "lower"},
    }
    return parse_spec({**filled, **changes})


def test_an_estimate_is_one_flat_object_with_the_promised_keys(folder):
    found = result_json(estimate(spec(), folder))
    assert set(found) >= KEYS
    assert found["version"] == ENGINE_VERSION
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    rows = pd.read_csv(folder / "visits.csv").groupby("arm")["wait"].mean()
    assert found["effect"] == pytest.approx(rows["new"] - rows["old"], rel=1e-12)


def test_several_treatments_give_one_result_each_in_the_order_given(folder):
    asked = spec(arm={"column": "arm", "treatment": ["newer", "new"], "control": "old"})
    found = result_json(estimate(asked, folder), asked)
    assert [arm["arm"] for arm in found["arms"]] == ["newer", "new"]
    alone = result_json(estimate(spec(), folder))
    assert found["arms"][1]["effect"] == alone["effect"]


def test_what_cannot_be_estimated_says_why_instead_of_a_number(folder):
    found = result_json(estimate(spec(filter="wait > 1000 or (arm == 'old' and shop == 3)"), folder))
    assert found["not_estimable"] == "too_few_units"
    assert "effect" not in found


def test_every_number_of_the_arms_can_be_had_without_reading_a_record(folder):
    seen = []

    def run(study):
        seen.append(study.arm_moments.arms)
        return NotEstimable(code="looked")

    with register("fake", run):
        estimate(spec(estimator="fake", pre="before", cluster="shop"), folder)
    moments = seen[0]
    rows = pd.read_csv(folder / "visits.csv")
    for arm, label in enumerate(["old", "new"]):
        mine = rows[rows["arm"] == label]
        assert moments.n[arm] == len(mine)
        assert moments.var_y[arm] == pytest.approx(mine["wait"].var(), rel=1e-10)
        assert moments.cov_xy[arm] == pytest.approx(mine["wait"].cov(mine["before"]), rel=1e-10)


def test_moments_by_cluster_add_up_to_those_by_arm(folder):
    seen = []

    def run(study):
        seen.append(study.arm_moments)
        return NotEstimable(code="looked")

    with register("fake", run):
        estimate(spec(estimator="fake", cluster="shop"), folder)
    moments = seen[0]
    rows = pd.read_csv(folder / "visits.csv").query("arm in ('old', 'new')")
    expected = rows.groupby([rows["arm"] == "new", "shop"])["wait"].agg(["size", "mean", "var"])
    np.testing.assert_array_equal(moments.clusters.n, expected["size"])
    np.testing.assert_allclose(moments.clusters.mean_y, expected["mean"], rtol=1e-12)
    np.testing.assert_allclose(moments.clusters.var_y, expected["var"], rtol=1e-9)
    assert moments.cluster_arm.tolist() == [int(arm) for arm, _ in expected.index]
    assert moments.cluster_label == tuple(str(shop) for _, shop in expected.index)


def test_records_hold_what_the_specification_names_and_nothing_else(folder):
    seen = []

    def run(study):
        seen.append(study.records)
        return NotEstimable(code="looked")

    with register("fake", run):
        estimate(spec(estimator="fake", pre="before", filter="shop != 3"), folder)
    assert set(seen[0].columns) == {"__y", "__arm", "before"}
    rows = pd.read_csv(folder / "visits.csv").query("shop != 3 and arm != 'newer'")
    assert seen[0]["__y"].tolist() == rows["wait"].tolist()
    assert seen[0]["__arm"].tolist() == (rows["arm"] == "new").astype(int).tolist()


def test_all_spelling_mistakes_are_told_at_once():
    with pytest.raises(RefusedSpec) as refused:
        parse_spec({"data": "x", "desing": "staggered", "metric": {"kind": "meen"}, "confidence": 95})
    found = {(problem.code, problem.facts["key"]) for problem in refused.value.problems}
    assert found == {
        ("spec_unknown_key", "desing"),
        ("spec_missing", "design"),
        ("spec_choice", "metric.kind"),
        ("spec_value", "confidence"),
    }


def test_a_list_is_no_specification():
    with pytest.raises(RefusedSpec) as refused:
        parse_spec(["data", "x"])
    assert refused.value.problems[0].code == "spec_not_a_mapping"


def test_a_file_that_is_not_there_and_a_method_that_does_not_exist_are_refused(folder):
    with pytest.raises(RefusedSpec) as refused:
        estimate(spec(data="vists.csv"), folder)
    assert refused.value.problems[0].code == "no_data_file"
    with pytest.raises(UnknownEstimator):
        estimate(spec(estimator="magic"), folder)


def test_the_schema_accepts_what_the_engine_accepts():
    schema = EstimateSpec.model_json_schema(by_alias=True)
    given = {
        "data": "visits.csv",
        "design": "before_after_control",
        "site": "store",
        "arm": {"column": "state", "treatment": "NJ", "control": "PA"},
        "period": "wave",
        "post": {"column": "wave", "from": 2},
        "metric": {"kind": "mean", "column": "fte"},
        "test": {"kind": "noninferiority", "margin": 0.5},
    }
    jsonschema.validate(given, schema)
    parse_spec(given)


def test_an_estimate_keeps_its_digits_at_a_level_of_a_billion(folder):
    rng = np.random.default_rng(9)
    noise = rng.normal(0, 1, 20_000)
    arm = np.arange(20_000) % 2
    pd.DataFrame({"arm": arm, "y": 1e9 + noise + arm}).to_parquet(folder / "large.parquet")
    pd.DataFrame({"arm": arm, "y": (1e9 + noise + arm) - 1e9}).to_parquet(folder / "small.parquet")
    asked = {"arm": {"column": "arm", "treatment": 1, "control": 0}, "metric": {"column": "y"}}
    large, small = (estimate(spec(data=f"{name}.parquet", **asked), folder) for name in ("large", "small"))
    assert isinstance(large, Estimate)
    assert isinstance(small, Estimate)
    assert large.std_error == pytest.approx(small.std_error, rel=1e-9)
    # The two means are numbers of 1e9, which a double holds to 1.2e-7: six digits of an effect of 1.
    assert large.effect == pytest.approx(small.effect, abs=2.4e-7)


class register:
    """A throw-away estimator of randomised_units."""

    def __init__(self, key, run):
        self.key, self.estimator = key, Estimator(key=key, run=run, label=key, source="test")

    def __enter__(self):
        self.offered = designs.estimators("randomised_units")
        self.offered[self.key] = self.estimator

    def __exit__(self, *raised):
        del self.offered[self.key]
