"""Specifications as analysts write them: other names, YAML's own ideas of a value, data that fit badly."""

from __future__ import annotations

import json
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.errors import Refused
from experiments.files import read_yaml
from stats.calculator.calc import calc
from stats.designs import choose, estimators
from stats.designs.spellings import MEANT, plain
from stats.engine import estimate, estimate_table, parse_spec, result_json
from stats.errors import RefusedData, RefusedSpec, StatsError
from stats.results import Estimate, NotEstimable

HEAD = (
    "data: visits.csv\ndesign: randomised_units\narm: {column: arm, treatment: %s, control: %s}\nmetric: {column: y}\n"
)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    data = pd.DataFrame({"site": np.repeat(np.arange(8), 12), "shift": np.tile(["early", "late"], 48)})
    data["arm"] = data["site"] % 2
    data["pre"] = rng.normal(10, 2, 96)
    data["y"] = data["pre"] + data["arm"] + rng.normal(0, 1, 96)
    data["day"] = np.tile(pd.date_range("2026-04-04", periods=12).astype(str), 8)
    return data


def spec(**changes: Any) -> Any:
    filled = {
        "data": "visits.csv",
        "design": "randomised_units",
        "arm": {"column": "arm", "treatment": 1, "control": 0},
        "metric": {"kind": "mean", "column": "y"},
        **changes,
    }
    return parse_spec({key: value for key, value in filled.items() if value is not None})


def in_memory(frame: Any, schema: pa.Schema | None = None) -> Any:
    return ibis.memtable(pa.Table.from_pandas(pd.DataFrame(frame), schema=schema, preserve_index=False))


def codes_of(refusal: Any) -> list[str]:
    return [problem.code for problem in refusal.value.problems]


def written(tmp_path, frame: pd.DataFrame, text: str) -> Any:
    frame.to_csv(tmp_path / "visits.csv", index=False)
    (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
    return estimate(parse_spec(read_yaml(tmp_path / "spec.yaml")), tmp_path)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "name", "key"),
    [
        ("randomised_units", "Welch", "welch"),
        ("randomised_units", "mann-whitney", "mann_whitney"),
        ("randomised_units", "Wilcoxon rank sum", "mann_whitney"),
        ("randomised_units", "HC2", "ols_hc2"),
        ("randomised_units", "chi2", "pooled_z"),
        ("randomised_units", "cluster_robust", "cr2"),
        ("randomised_sites", "ancova", "site_ancova"),
        ("randomised_sites", "randomization inference", "permutation"),
        ("before_after_control", "DiD", "did_2x2"),
        ("staggered", "callaway_sant_anna", "callaway_santanna"),
        ("stepped_wedge", "2sls", "iv"),
        ("synthetic_control", "abadie", "adh"),
        ("interrupted_time_series", "its_segmented_newey_west", "newey_west"),
    ],
)
def test_an_estimator_answers_to_what_analysts_call_it(design, name, key):
    assert choose(design, name).key == key


def test_no_other_spelling_hides_an_estimator_s_own_name():
    own = {name for design in ("randomised_units", "randomised_sites") for name in estimators(design)}
    for design in ("randomised_units", "randomised_sites"):
        for key in estimators(design):
            assert choose(design, key).key == key
    assert not {spelling for spelling, names in MEANT.items() if len(names) > 1}
    assert all(plain(name) == name for name in own)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "control"), [("yes", "no"), ("on", "off"), ("2026-02-01", "2026-01-01"), ("2e3", "1e3"), ("Y", "N")]
)
def test_a_bare_word_of_yaml_finds_the_rows_in_which_it_stands(tmp_path, frame, treatment, control):
    expected = written(tmp_path, frame, HEAD % (1, 0))
    named = frame.assign(arm=frame["arm"].map({1: treatment, 0: control}))
    assert written(tmp_path, named, HEAD % (treatment, control)) == expected


def test_a_number_is_never_taken_for_a_yes_or_no_that_it_is_not(tmp_path, frame):
    frame.assign(arm=frame["arm"].map({1: "TRUE", 0: "FALSE"})).to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(RefusedSpec) as refused:
        estimate(spec(arm={"column": "arm", "treatment": "2", "control": "1"}), tmp_path)
    assert codes_of(refused) == ["value_type"]


def test_a_day_of_yaml_is_a_start(tmp_path, frame):
    text = (
        HEAD.replace("randomised_units", "before_after_control") % (1, 0)
        + "site: site\npost: {column: day, from: %s}\n"
    )
    bare, quoted = (written(tmp_path, frame, text % day) for day in ("2026-04-10", '"2026-04-10"'))
    assert isinstance(bare, Estimate)
    assert bare == quoted


def test_a_key_that_stands_twice_is_refused_not_half_read(tmp_path, frame):
    with pytest.raises(Refused) as refused:
        written(tmp_path, frame, HEAD % (1, 0) + "confidence: .9\nconfidence: .95\n")
    assert refused.value.problems[0].facts["line"] == 6


def test_nesting_without_end_is_refused(tmp_path, frame):
    with pytest.raises(Refused):
        written(tmp_path, frame, HEAD % (1, 0) + "options: " + "[" * 3000 + "]" * 3000)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"arm": {"column": "arm", "treatment": 1, "control": None}}, "arm.control"),
        ({"test": {"kind": "noninferiority", "margin": -1}}, "test.margin"),
        ({"test": {"kind": "noninferiority", "margin": float("inf")}}, "test.margin"),
        ({"seed": -1}, "seed"),
        ({"levels": [2]}, "levels.0"),
        ({"arm": {"column": "arm", "treatment": [], "control": 0}}, "arm.treatment"),
    ],
)
def test_a_value_that_can_t_be_is_named_once_and_where_it_stands(changes, place):
    with pytest.raises(RefusedSpec) as refused:
        spec(**changes)
    assert [problem.facts["key"] for problem in refused.value.problems] == [place]


def test_a_question_of_no_harm_without_its_margin_asks_for_the_margin(tmp_path, frame):
    frame.to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(RefusedSpec) as refused:
        estimate(spec(test="noninferiority"), tmp_path)
    assert codes_of(refused) == ["margin_needed"]


@pytest.mark.parametrize(("treatment", "control"), [(1, 1), ([1, 1], 0), (1, ["1", 0])])
def test_a_value_in_two_arms_is_refused(tmp_path, frame, treatment, control):
    frame.to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(RefusedSpec) as refused:
        estimate(spec(arm={"column": "arm", "treatment": treatment, "control": control}), tmp_path)
    assert codes_of(refused) == ["value_in_two_arms"]


def test_one_column_needs_no_list_around_it():
    assert spec(covariates="pre", strata="shift") == spec(covariates=["pre"], strata=["shift"])


@pytest.mark.parametrize("name", ["f" * 5000 + ".csv", ".", "nothing.csv"])
def test_data_that_are_no_file_are_refused_by_name(tmp_path, name):
    with pytest.raises(RefusedSpec) as refused:
        estimate(spec(data=name), tmp_path)
    assert codes_of(refused) == ["no_data_file"]


def test_an_odd_name_that_is_misspelt_is_recognised():
    table = in_memory({"Größe (m²)": [1.0], "arm": [1]})
    with pytest.raises(RefusedSpec) as refused:
        estimate_table(spec(metric={"column": "Größe (qm)"}), table)
    assert refused.value.problems[0].facts["suggestion"] == "Größe (m²)"


# -- data --------------------------------------------------------------------------------------------------------------


def test_data_may_be_a_connection_beside_the_specification(tmp_path, frame):
    import duckdb

    with duckdb.connect(str(tmp_path / "house.db")) as connection:
        connection.register("given", frame)
        connection.execute("CREATE TABLE visits AS SELECT * FROM given")
    frame.to_csv(tmp_path / "visits.csv", index=False)
    found = estimate(spec(data="duckdb://house.db", table="visits"), tmp_path)
    assert found.effect == pytest.approx(estimate(spec(), tmp_path).effect, rel=1e-12)


def test_a_database_that_is_not_there_is_refused_and_not_made(tmp_path):
    with pytest.raises(RefusedData):
        estimate(spec(data="duckdb://none.db", table="visits"), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("named", [{"strata": ["shift"]}, {"pair": "shift"}, {"covariates": ["shift"]}])
def test_a_label_that_changes_within_a_site_is_refused_not_picked(frame, named):
    with pytest.raises(RefusedData) as refused:
        estimate_table(spec(design="randomised_sites", site="site", **named), in_memory(frame))
    assert codes_of(refused) == ["label_changes_within_site"]


def test_pairs_are_two_sites(frame):
    data = in_memory(frame.assign(pair=frame["site"] // 4))
    found = estimate_table(spec(design="randomised_sites", site="site", pair="pair", estimator="paired_t"), data)
    assert isinstance(found, NotEstimable)
    assert found.code == "pairs_not_two"


def test_one_site_an_arm_shows_nothing_to_a_mixed_model_either(frame):
    data = in_memory(frame[frame["site"] < 2])
    found = estimate_table(spec(design="randomised_sites", site="site", estimator="mixed_model"), data)
    assert isinstance(found, NotEstimable)
    assert found.code == "too_few_clusters"


@pytest.mark.parametrize("estimator", ["cr2", "wild_bootstrap", "mixed_model", "ols_hc2"])
def test_a_share_of_two_sums_is_not_taken_for_a_mean_of_its_first(frame, estimator):
    metric = {"kind": "share", "numerator": "arm", "denominator": "pre"}
    asked = spec(design="randomised_sites", site="site", metric=metric, estimator=estimator)
    found = estimate_table(asked, in_memory(frame))
    assert isinstance(found, NotEstimable)
    assert found.code == "method_for_means_only"


@pytest.mark.parametrize("scale", [1e80, 1e160])
@pytest.mark.parametrize("estimator", ["default", "ancova", "mann_whitney"])
def test_numbers_whose_squares_leave_all_range_are_refused(frame, scale, estimator):
    with pytest.raises(RefusedData) as refused:
        estimate_table(spec(estimator=estimator), in_memory(frame.assign(y=frame["y"] * scale)))
    assert codes_of(refused) == ["numbers_too_large"]


def test_one_covariate_is_what_cuped_adjusts_for(frame):
    data = in_memory(frame)
    assert estimate_table(spec(estimator="cuped", covariates=["pre"]), data).effect == pytest.approx(
        estimate_table(spec(estimator="cuped", pre="pre"), data).effect, rel=1e-12
    )


def test_the_treatment_received_may_be_named_as_exposure(frame):
    rng = np.random.default_rng(3)
    data = frame.assign(week=np.tile(np.arange(12), 8))
    data["z"] = (data["week"] > data["site"] + 1).astype(int)
    data["got"] = data["z"] * rng.uniform(0.3, 0.9, 96)
    table = in_memory(data.assign(y=data["y"] + 3 * data["got"]))
    wedge = {"design": "stepped_wedge", "site": "site", "period": "week", "instrument": "z", "estimator": "iv"}
    wedge["arm"] = {"column": "z", "treatment": 1, "control": 0}
    received = estimate_table(spec(**wedge, exposure="got"), table)
    assert received.effect == estimate_table(spec(**wedge, options={"treatment": "got"}), table).effect
    with pytest.raises(RefusedSpec):
        estimate_table(spec(**wedge), table)


# -- calculator --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "theirs", "ours"),
    [
        ("power", {"n": 20, "delta": 1, "sd": 1}, {"n": 20, "effect": 1, "sd": 1}),
        ("sample_size", {"effect": 1, "alternative": "two.sided"}, {"effect": 1}),
        ("adjust", {"p_values": [0.01, 0.04], "method": "BH"}, {"p": [0.01, 0.04], "method": "benjamini_hochberg"}),
        ("boundaries", {"looks": 3, "spending": "O'Brien-Fleming"}, {"looks": 3}),
        (
            "pool",
            {"yi": [0.1, 0.3, 0.2], "vi": [0.1, 0.2, 0.1], "method": "DL"},
            {"effects": [0.1, 0.3, 0.2], "variances": [0.1, 0.2, 0.1], "method": "dersimonian_laird"},
        ),
        (
            "sample_ratio",
            {"observed": {"a": 10, "b": 20}, "expected": {"b": "2/3", "a": "1/3"}},
            {"observed": [10, 20], "expected": [1, 2]},
        ),
        (
            "confidence_sequence",
            {f"{name}_{arm}": [4.0, 5.0] for name in ("n", "mean", "variance") for arm in ("control", "treatment")},
            {arm: {name: [4.0, 5.0] for name in ("n", "mean", "variance")} for arm in ("control", "treatment")},
        ),
    ],
)
def test_a_calculation_is_understood_in_other_words(kind, theirs, ours):
    assert json.dumps(calc(kind, theirs)) == json.dumps(calc(kind, ours))


def test_effects_that_are_all_the_same_are_not_known_for_certain():
    found = calc("pool", {"effects": [1, 1, 1], "variances": [1, 1, 1]})
    assert found["std_error"] == pytest.approx(3**-0.5)
    assert found["p_value"] > 0.05


# -- anything ----------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.floats(-3, 3), st.integers(-5, 5).map(float), st.sampled_from([0.0, 1.0, 1e9, 1e-9, 1e59, np.nan, np.inf])
)
METRICS: list[dict[str, Any]] = [
    {"kind": "mean", "column": "y"},
    {"kind": "mean", "column": "log(y)", "minimum_n": 2},
    {"kind": "share", "column": "z"},
    {"kind": "share", "numerator": "z", "denominator": "d"},
    {"kind": "ratio", "numerator": "y", "denominator": "d"},
    {"kind": "quantile", "column": "y", "q": 0.9},
    {"kind": "share_beyond", "column": "y", "threshold": 1},
    {"kind": "tail_mean", "column": "y", "tail": 0.5},
    {"kind": "rate", "column": "d", "exposure": "z"},
    {"kind": "survival", "column": "d", "event": "z", "horizon": 2},
]
TESTS: list[Any] = ["superiority", {"kind": "noninferiority", "margin": 0.5}, {"kind": "equivalence", "margin": 0.5}]
FURTHER = {"pre": "pre", "covariates": ["k", "pre"], "strata": ["k"], "pair": "pair", "weight_column": "d"}
TEXTS = ("arm", "site", "k", "pair")
SCHEMA = pa.schema([(name, pa.string() if name in TEXTS else pa.float64()) for name in (*TEXTS, "y", "z", "d", "pre")])


@st.composite
def small_frames(draw: Any, by_site: bool) -> pd.DataFrame:
    n = draw(st.integers(1, 30))

    def column(values: Any) -> Any:
        return draw(st.lists(values, min_size=n, max_size=n))

    frame = pd.DataFrame(
        {
            "arm": column(st.sampled_from(["a", "b", "b", "c", None])),
            "site": column(st.sampled_from(["s1", "s2", "s3", "s4", "s5", None])),
            "k": column(st.sampled_from(["u", "v", None])),
            "pair": column(st.sampled_from(["1", "2", "3"])),
            "y": column(NUMBERS),
            "z": column(st.sampled_from([0.0, 1.0, 1.0, np.nan])),
            "d": column(st.sampled_from([0.0, 1.0, 2.0, np.nan])),
            "pre": column(NUMBERS),
        }
    )
    if by_site:
        for name, labels in (("arm", "ababc"), ("k", "uuvvv"), ("pair", "11223")):
            frame[name] = frame["site"].map(dict(zip(("s1", "s2", "s3", "s4", "s5"), labels, strict=True)))
    return frame


@st.composite
def any_study(draw: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    design = draw(st.sampled_from(["randomised_units", "randomised_sites"]))
    asked = {
        "data": "in memory",
        "design": design,
        "arm": {"column": "arm", "treatment": draw(st.sampled_from(["b", ["b", "c"]])), "control": "a"},
        "metric": {**draw(st.sampled_from(METRICS)), "better": draw(st.sampled_from(["higher", "lower"]))},
        "estimator": draw(st.sampled_from(["default"] * 8 + list(estimators(design)))),
        "test": draw(st.sampled_from(TESTS)),
        "weights": draw(st.sampled_from(["site", "volume"])),
        "confidence": draw(st.sampled_from([0.9, 0.99])),
        "draws": 99,
        **{key: value for key, value in FURTHER.items() if draw(st.integers(0, 4)) == 0},
    }
    if design == "randomised_sites":
        asked["site"] = "site"
    elif draw(st.booleans()):
        asked["cluster"] = "site"
    return asked, draw(small_frames(design == "randomised_sites" and draw(st.booleans())))


@settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(any_study())
def test_any_small_study_gives_a_finite_result_or_says_why_not(study):
    asked, frame = study
    table = in_memory(frame, SCHEMA)
    parsed = parse_spec(asked)
    try:
        answer = result_json(estimate_table(parsed, table), parsed)
    except StatsError:
        return
    json.dumps(answer, allow_nan=False)
    for one in answer.get("arms", [answer]):
        if "not_estimable" not in one:
            assert np.isfinite(one["effect"])
            assert one["p_value"] is None or 0 <= one["p_value"] <= 1
            assert one["std_error"] is None or one["std_error"] > 0


# -- what the data do not hold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arm", [{"treatment": "Pilot", "control": "old"}, {"treatment": "Pilot", "control": "Other"}])
def test_a_group_that_no_row_names_is_refused_with_what_stands_there(arm):
    table = in_memory({"arm": ["new", "old"] * 20, "y": range(40)})
    asked = {"data": "-", "design": "randomised_units", "metric": {"column": "y"}, "arm": {"column": "arm", **arm}}
    with pytest.raises(StatsError) as refused:
        estimate_table(parse_spec(asked), table)
    (problem,) = refused.value.problems
    assert (problem.code, problem.column, problem.facts["found"]) == ("arm_without_rows", "arm", ["new", "old"])
    assert "Pilot" in problem.facts["values"]


def test_a_figure_that_one_group_lacks_is_still_no_number():
    table = in_memory({"arm": ["new", "old"] * 20, "y": [1.5, None] * 20})
    asked = {"data": "-", "design": "randomised_units", "metric": {"column": "y"},
             "arm": {"column": "arm", "treatment": "new", "control": "old"}}  # fmt: skip
    assert estimate_table(parse_spec(asked), table).code == "too_few_units"


def test_the_start_is_told_once():
    table = in_memory({"arm": ["new", "old"] * 20, "y": range(40), "week": [1, 1, 2, 2] * 10})
    asked = {"data": "-", "design": "randomised_units", "metric": {"column": "y"},
             "arm": {"column": "arm", "treatment": "new", "control": "old"},
             "post": {"column": "week", "values": [2], "from": 1}}  # fmt: skip
    with pytest.raises(StatsError) as refused:
        estimate_table(parse_spec(asked), table)
    assert [problem.code for problem in refused.value.problems] == ["post_both"]


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("power", {"design": "randomised_units", "sd": 1e308, "effect": 3, "n": 200}),
        ("pool", {"effects": [1e200, 1], "variances": [1e-300, 1]}),
        ("sample_ratio", {"observed": [1e300, 1e300]}),
    ],
)  # fmt: skip
def test_numbers_beyond_all_range_are_refused_by_the_calculator_too(kind, asked):
    with pytest.raises(StatsError) as refused:
        calc(kind, asked)
    assert [problem.code for problem in refused.value.problems] == ["calc_too_large"]
