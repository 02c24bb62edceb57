"""Columns may be called anything: names are quoted wherever they become part of a query."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stats import engine
from stats.errors import StatsError
from stats.outcomes import check, guess_reading, open_table
from stats.outcomes.reading import MISSING
from stats.plan import Columns, PlannedMetric

NAMES = (
    '"; drop table x; --', "'; drop table x; --", 'a"b', "a'b", "a`b", "select", "from", "order by 1", "a.b", "a b",
    "a,b", "a;b",
    "a\tb", "{x}", "%s", "%(x)s", "$1", "?", "a\\b", "--", "/* x */", "*", "1", "Größe", "回电", "الرد", "👩‍👧",
    "x" * 2_000, "a) FROM x --", "wait > 30", "a + b", "count(*)", "rowid", "site[1]",
)  # fmt: skip


@pytest.fixture
def rows() -> pd.DataFrame:
    """Eight sites before and after: the outcome rises by 2 with treatment, a little more or less from site to site."""
    made = [
        {
            "where": f"S{site}",
            "side": "T" if site % 2 else "C",
            "when": when,
            "value": site + when * (2.0 * (site % 2) + (0.1 if site % 4 < 2 else -0.1)),
        }
        for site in range(8)
        for when in (0, 1)
        for _ in range(3)
    ]
    return pd.DataFrame(made)


def spec(path: Path, site: str, arm: str, period: str, value: str) -> dict[str, Any]:
    return {
        "data": path.name,
        "design": "before_after_control",
        "site": site,
        "arm": {"column": arm, "treatment": "T", "control": "C"},
        "period": period,
        "post": {"column": period, "values": [1]},
        "metric": {"kind": "mean", "column": value, "better": "higher"},
    }


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_hostile_column_is_estimated_like_any_other(
    name: str, ending: str, rows: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / f"rows.{ending}"
    named = rows.rename(columns={"value": name})
    if ending == "csv":
        named.to_csv(path, index=False)
    elif ending == "parquet":
        named.to_parquet(path, index=False)
    else:
        named.to_excel(path, index=False)
    found = engine.estimate(engine.parse_spec(spec(path, "where", "side", "when", name)), tmp_path)
    assert engine.result_json(found)["effect"] == pytest.approx(2.0)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_every_part_of_a_specification_may_have_a_hostile_name(name: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    names = {old: f"{name} {old}" for old in rows.columns}
    rows.rename(columns=names).to_parquet(path, index=False)
    wanted = spec(path, names["where"], names["side"], names["when"], names["value"])
    found = engine.estimate(engine.parse_spec(wanted), tmp_path)
    assert engine.result_json(found)["effect"] == pytest.approx(2.0)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_hostile_column_is_checked_like_any_other(name: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows.rename(columns={"value": name, "where": f"{name}2"}).to_csv(path, index=False)
    reading = guess_reading(path)
    columns = Columns.model_validate({"site": f"{name}2", "arm": {"column": "side", "treatment": "T", "control": "C"}})
    metric = PlannedMetric.model_validate(
        {"key": "m", "name": "m", "role": "SUCCESS", "mwe": 1, "spec": {"kind": "mean", "column": name}}
    )
    accepted = check(open_table(path, reading), columns, [metric], reading=reading, today=date(2026, 4, 15))
    assert accepted.rows == accepted.good_rows == 48
    assert len(accepted.sites) == 8


@pytest.mark.parametrize("name", sorted({*NAMES} - {*MISSING}), ids=lambda name: name[:20])
def test_a_hostile_value_is_a_value(name: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows.replace({"side": {"T": name}}).to_parquet(path, index=False)
    wanted = spec(path, "where", "side", "when", "value")
    wanted["arm"]["treatment"] = name
    found = engine.estimate(engine.parse_spec(wanted), tmp_path)
    assert engine.result_json(found)["effect"] == pytest.approx(2.0)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_hostile_file_name_is_a_file_name(name: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    if len(name) > 200 or "/" in name:
        pytest.skip("no file can be called so")
    path = tmp_path / f"{name}.csv"
    rows.to_csv(path, index=False)
    found = engine.estimate(engine.parse_spec(spec(path, "where", "side", "when", "value")), tmp_path)
    assert engine.result_json(found)["effect"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    "text", ["__import__('os').system('x')", "value.__class__", "open('/etc/passwd')", "(lambda: 1)()"]
)
def test_an_expression_reaches_nothing_but_columns(text: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path, index=False)
    with pytest.raises(StatsError):
        engine.estimate(engine.parse_spec(spec(path, "where", "side", "when", text)), tmp_path)


@pytest.mark.parametrize(
    "address",
    ["postgres://u:s3cr3t@127.0.0.1:1/db", "postgres://u:s3cr3t@127.0.0.1:no/db", "postgres://u:s3cr3t",
     "postgres://u@127.0.0.1:1/db?password=s3cr3t", "mysql://u:s3cr3t@h/db", "foo://u:s3cr3t@h"],
)  # fmt: skip
@pytest.mark.parametrize("as_mapping", [False, True])
def test_the_password_of_a_data_source_is_never_told(address: str, as_mapping: bool, tmp_path: Path) -> None:
    wanted = spec(tmp_path / "x", "where", "side", "when", "value")
    wanted |= {"data": {"connection": address} if as_mapping else address, "table": "visits"}
    with pytest.raises(StatsError) as caught:
        engine.estimate(engine.parse_spec(wanted), tmp_path)
    assert "s3cr3t" not in str(caught.value)
