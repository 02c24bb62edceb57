"""No estimator leaves out silently what a specification names: every one is tried with each part and without it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from stats import engine
from stats.designs import estimators
from stats.designs.uses import PARTS
from stats.errors import StatsError
from stats.results import Estimate
from stats.spec import Design

COLUMNS = {"pre": "pre", "covariates": ["age"], "strata": ["block"], "pair": "pair"}
ARM = {"column": "arm", "treatment": "new", "control": "old"}
SHARE = {"kind": "share", "column": "yes"}
RATE = {"kind": "rate", "column": "count", "exposure": "days"}
TIME = {"kind": "survival", "column": "y", "event": "ended", "horizon": 9}
KINDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("newcombe", "miettinen_nurminen", "farrington_manning", "wald", "pooled_z"), SHARE),
    **dict.fromkeys(("delta", "poisson", "negative_binomial"), RATE),
    "quantile": {"kind": "quantile", "column": "y", "q": 0.5},
    "tail_mean": {"kind": "tail_mean", "column": "y"},
    **dict.fromkeys(("rmst", "log_rank"), TIME),
}
CLUSTERED = ("cr0", "cr1", "cr1s", "cr2", "cr3", "cr2_units", "wild_bootstrap", "mixed_model")
COUNTS = ("poisson", "quasipoisson", "negative_binomial")


def units(rng: np.random.Generator, n: int = 240) -> pd.DataFrame:
    row = np.arange(n)
    pre, age, block = rng.normal(10, 2, n), rng.normal(40, 5, n), rng.choice(["a", "b", "c"], n)
    y = 0.5 * pre + 0.1 * age + (block == "a") + rng.normal(0, 1, n) + 0.4 * (row % 2)
    return pd.DataFrame(
        {
            "id": row,
            "arm": np.where(row % 2, "new", "old"),
            "pair": row // 2,
            "cluster": [f"c{number // 2 % 12 * 2 + number % 2}" for number in row],
            "block": block,
            "pre": pre,
            "age": age,
            "y": y,
            "yes": (y > np.median(y)).astype(int),
            "count": rng.poisson(y / 3),
            "days": rng.uniform(1, 3, n),
            "ended": rng.random(n) < 0.7,
        }
    )


def panel(
    rng: np.random.Generator, *, sites: int = 24, periods: int = 12, start: int = 6, waves: str = ""
) -> pd.DataFrame:
    """Six records a site and period; every second site gets the change (in a wedge: all of them, in four waves)."""
    rows = []
    for site in range(sites):
        level, base = rng.normal(50, 4), rng.normal(50, 4)
        first = start + (site // 2 % 4 if waves else 0)
        gets = waves == "wedge" or site % 2 == 1
        for period in range(periods):
            on = int(gets and period >= first)
            for _ in range(6):
                age = rng.normal(40, 5)
                dose = on * int(rng.random() < 0.8)
                y = level + 0.1 * period + rng.normal(0, 2) + 0.4 * on + 0.2 * age + (site // 2) % 3
                rows.append((f"s{site}", ("old", "new")[site % 2], on, dose, period, first if gets else 0,
                             f"b{site // 2 % 3}", site // 2, base, age, y, int(rng.poisson(5))))  # fmt: skip
    names = ["site", "arm", "on", "dose", "t", "first", "block", "pair", "pre", "age", "y", "count"]
    return pd.DataFrame(rows, columns=names)


@lru_cache
def data_of(design: Design) -> tuple[Any, dict[str, Any]]:
    """A table of the design and the columns that it can't do without."""
    import ibis
    import pyarrow as pa

    rng = np.random.default_rng(5)
    post = {"column": "t", "from": 6}
    starts = {"site": "site", "period": "t", "starts": {"column": "first", "never": 0}}
    if design == "randomised_units":
        data, named = units(rng), {"unit": "id", "arm": ARM}
    elif design == "randomised_sites":
        data, named = panel(rng, periods=2, start=0), {"site": "site", "arm": ARM}
    elif design in ("matched_sites", "before_after_control"):
        data, named = panel(rng), {"site": "site", "arm": ARM, "period": "t", "post": post}
    elif design in ("staggered", "stepped_wedge"):
        data, named = panel(rng, waves="wedge" if design == "stepped_wedge" else "some"), starts
    elif design == "synthetic_control":
        data = panel(rng, sites=20, periods=20, start=14)
        data.loc[data["site"] != "s1", "arm"] = "old"
        named = {"site": "site", "period": "t", "arm": ARM, "post": {"column": "t", "from": 14}}
    else:
        data = panel(rng, sites=6, periods=40, start=20)
        named = {"site": "site", "period": "t", "arm": ARM, "post": {"column": "t", "from": 20}}
    return ibis.duckdb.connect().create_table("data", pa.Table.from_pandas(data, preserve_index=False)), named


def spec_of(design: Design, key: str) -> dict[str, Any]:
    metric = KINDS.get(key, {}) if design == "randomised_units" else {}
    spec = {
        "data": "-", "design": design, "estimator": key, "draws": 199,
        "metric": metric or {"kind": "mean", "column": "y"}, **data_of(design)[1],
    }  # fmt: skip
    if design == "randomised_units" and key in CLUSTERED:
        spec["cluster"] = "cluster"
    if key == "iv":
        spec |= {"instrument": "on", "exposure": "dose"}
    if key == "adh":
        spec["options"] = {"predictors": ["pre"]}
    if design == "interrupted_time_series" and key in COUNTS:
        del spec["arm"]
        spec["metric"] = {"kind": "mean", "column": "count"}
    return spec


def numbers(design: Design, spec: dict[str, Any]) -> tuple[Any, list[str]]:
    """(what the estimate says, or why there is none; what it says that it ignores)."""
    try:
        found = engine.estimate_table(engine.parse_spec(spec), data_of(design)[0])
    except StatsError as error:
        return error.problems[0].code, []
    if not isinstance(found, Estimate):
        return found.code, []
    said = (found.effect, found.std_error, found.ci_lower, found.ci_upper, found.p_value, found.df)
    # Twelve digits: the order of a sum is nobody's adjustment.
    return tuple(v if v is None else float(f"{v:.12g}") for v in (*said, found.p_randomisation)), list(
        found.details.get("ignored", [])
    )


EVERY = [(design, key) for design in get_args(Design) for key in estimators(design)]


@pytest.mark.parametrize(("design", "key"), EVERY, ids=[f"{design}-{key}" for design, key in EVERY])
def test_what_is_named_changes_the_answer_or_is_said_to_be_ignored(design: Design, key: str) -> None:
    spec = spec_of(design, key)
    plain, none = numbers(design, spec)
    assert none == []
    estimated = not isinstance(plain, str)
    for part in PARTS:
        column = ["block"] if (key, part) == ("exact_matching", "covariates") else COLUMNS[part]
        with_it, ignored = numbers(design, {**spec, part: column})
        if isinstance(with_it, str):
            continue  # refused, or not estimable: a reason is given
        estimated = True
        assert ignored == ([] if with_it != plain else [part]), part
    assert estimated, "neither with nor without any part is there an estimate: this test shows nothing"


def test_several_parts_are_all_named_and_the_check_says_so() -> None:
    spec = {**spec_of("randomised_units", "welch"), **COLUMNS}
    found = engine.estimate_table(engine.parse_spec(spec), data_of("randomised_units")[0])
    assert found.details["ignored"] == list(PARTS)
    (check,) = [check for check in found.checks if check.key == "parts_used"]
    assert (check.status, check.facts["parts"]) == ("FAIL", list(PARTS))


def test_a_single_covariate_takes_the_place_of_the_value_before_only_where_there_is_none() -> None:
    spec = spec_of("randomised_units", "cuped")
    _, ignored = numbers("randomised_units", {**spec, "covariates": ["pre"]})
    assert ignored == []
    _, ignored = numbers("randomised_units", {**spec, "pre": "pre", "covariates": ["age"]})
    assert ignored == ["covariates"]


def test_pairs_take_precedence_in_the_default_and_it_is_said() -> None:
    _, ignored = numbers("randomised_units", {**spec_of("randomised_units", "by_metric_kind"), **COLUMNS})
    assert ignored == ["pre", "covariates", "strata"]


def test_a_median_adjusts_for_nothing_and_says_so() -> None:
    spec = {**spec_of("randomised_units", "by_metric_kind"), "metric": KINDS["quantile"], "pre": "pre"}
    assert numbers("randomised_units", spec)[1] == ["pre"]


@pytest.mark.parametrize("key", COUNTS)
def test_counts_that_never_change_give_a_reason_or_a_finite_answer(key: str) -> None:
    import ibis
    import pyarrow as pa

    rows = [(period, 4) for period in range(40) for _ in range(5)]
    data = pa.Table.from_pandas(pd.DataFrame(rows, columns=["t", "count"]), preserve_index=False)
    spec = {**spec_of("interrupted_time_series", key), "site": None}
    found = engine.estimate_table(engine.parse_spec(spec), ibis.duckdb.connect().create_table("data", data))
    if isinstance(found, Estimate):
        assert np.isfinite([found.effect, found.std_error, found.p_value]).all()
    else:
        assert found.code == "no_variation_over_time"
