"""Real experiments, from charter to memo: what was published comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from experiments.cli import app
from experiments.deciding.evidence_in_force import in_force
from experiments.desk import Desk
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend, sentence
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo, render
from experiments.planning.plan import plan
from experiments.register import register
from experiments.running.assign import assign
from experiments.running.ingest import ingest
from experiments.signing.sign import sign

causaldata = pytest.importorskip("causaldata")


def _led(desk: Desk, document: dict[str, Any], data: Path, calendar: Any, days: tuple[date, date]) -> str:
    """Registered, signed and assigned on the first day; data, evidence and recommendation on the second."""
    calendar.today = days[0]
    key = register(desk, document).key
    owner = desk.as_person(document["owner"]["name"])
    plan(owner, key)
    sign(owner, key)
    assign(owner, key)
    calendar.today = days[1]
    ingest(owner, key, data)
    assess(owner, key)
    recommend(owner, key)
    return key


def _found(desk: Desk, key: str, metric: str) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = in_force(desk, desk.pilot(key))
    return json.loads(shown.evidence.canonical)["metrics"][metric]["result"], shown.said


def _charter(waiting: Callable[..., dict[str, Any]], title: str, metrics: dict[str, Any], where: dict[str, Any]) -> Any:
    success = metrics["success"][0]
    document = waiting(title=title, metrics=metrics, partners=[], history={})
    document["hypothesis"].update(metric=success["key"], direction="up", by=success["mwe"])
    document["where"] = {"how_chosen": "everyone who applied; drawn by lot", "design": "randomised_units", **where}
    return document


def test_job_training_is_worth_its_published_difference(
    desk: Desk, waiting: Callable[..., dict[str, Any]], calendar: Any, tmp_path: Path
) -> None:
    """National Supported Work, Dehejia-Wahba sample: 445 men, drawn by lot; earnings in 1978 (LaLonde 1986)."""
    people = causaldata.nsw_mixtape.load_pandas().data
    people["earned"] = (people["re78"] > 0).astype(int)
    data = tmp_path / "nsw.csv"
    people.to_csv(data, index=False)
    metrics = {
        "success": [
            {
                "key": "earnings",
                "name": "Earnings in 1978",
                "measure": {"kind": "mean", "column": "re78"},
                "unit": "USD",
                "mwe": 1500,
                "perspective": "financial",
            }
        ],
        "guardrails": [
            {
                "key": "employed",
                "name": "Any earnings in 1978",
                "measure": {"kind": "share", "column": "earned"},
                "unit": "share",
                "margin": 0.05,
                "class": "prove",
            }
        ],
    }
    where = {
        "unit_word": "person",
        "units": 445,
        "assignment": {"n_treatment": 185},
        "columns": {"arm": {"column": "treat", "treatment": 1, "control": 0}},
        "start": "1976-03-01",
        "end": "1978-12-31",
    }
    document = _charter(waiting, "Job training", metrics, where)
    key = _led(desk, document, data, calendar, (date(1975, 12, 1), date(1979, 3, 1)))
    earnings, said = _found(desk, key, "earnings")
    # Dehejia & Wahba (1999), table 2: 1,794 (robust SE 671 by Welch; 633 with equal variances).
    assert earnings["effect"] == pytest.approx(1794.34, abs=0.01)
    assert earnings["std_error"] == pytest.approx(671.0, abs=0.1)
    assert (earnings["n_treatment"], earnings["n_control"]) == (185, 260)
    assert (said["verdict"], said["scope"], said["grade"]) == ("SCALE", "staged", "A")
    assert said["scope_reasons"] == ["delivery_not_recorded"]
    assert "Earnings in 1978" in sentence(desk, key)
    assert render(memo(desk, key), "pdf").startswith(b"%PDF")
    assert all(item.identical for item in reproduce(desk, key))


def test_job_training_registered_after_its_data_is_never_scaled(
    desk: Desk, waiting: Callable[..., dict[str, Any]], calendar: Any, tmp_path: Path
) -> None:
    data = tmp_path / "nsw.csv"
    causaldata.nsw_mixtape.load_pandas().data.to_csv(data, index=False)
    metrics = {
        "success": [
            {"key": "earnings", "name": "Earnings", "measure": {"column": "re78"}, "unit": "USD", "mwe": 1000},
        ]
    }
    where = {
        "units": 445,
        "assignment": {"n_treatment": 185},
        "columns": {"arm": {"column": "treat", "treatment": 1, "control": 0}},
        "start": "1976-03-01",
    }
    key = _led(desk, _charter(waiting, "Late", metrics, where), data, calendar, (date(2026, 1, 5), date(2026, 1, 6)))
    _, said = _found(desk, key, "earnings")
    assert said["verdict"] == "ITERATE"
    assert "RECORDED_AFTERWARDS" in [reason["code"] for reason in said["reasons"]]


def test_a_small_reward_brings_people_to_learn_their_result(
    desk: Desk, waiting: Callable[..., dict[str, Any]], calendar: Any, tmp_path: Path
) -> None:
    """HIV results in rural Malawi: a cash voucher drawn by lot (Thornton 2008, American Economic Review 98:1829)."""
    people = causaldata.thornton_hiv.load_pandas().data.dropna(subset=["any", "got"])
    data = tmp_path / "thornton.parquet"
    people[["villnum", "got", "any", "distvct"]].astype({"any": int, "got": int}).to_parquet(data)
    metrics = {
        "success": [
            {
                "key": "came",
                "name": "Came to learn the result",
                "measure": {"kind": "share", "column": "got"},
                "unit": "share",
                "mwe": 0.1,
            }
        ]
    }
    where = {
        "unit_word": "person",
        "units": len(people),
        "assignment": {"n_treatment": int(people["any"].sum())},
        "columns": {"arm": {"column": "any", "treatment": 1, "control": 0}},
        "start": "2004-11-01",
        "end": "2005-01-31",
    }
    key = _led(
        desk, _charter(waiting, "Voucher", metrics, where), data, calendar, (date(2004, 10, 1), date(2005, 3, 1))
    )
    came, said = _found(desk, key, "came")
    # Published: 34 % came without an incentive, 79 % with one.
    assert came["mean_control"] == pytest.approx(0.34, abs=0.005)
    assert came["mean_treatment"] == pytest.approx(0.79, abs=0.005)
    assert came["effect"] == pytest.approx(0.4506, abs=0.0005)
    assert said["verdict"] == "SCALE"
    assert all(item.identical for item in reproduce(desk, key))


def _estimate(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec))
    result = CliRunner().invoke(app, ["estimate", str(path), "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


WORKING_FROM_HOME: dict[str, Any] = {
    "site": "personid",
    "arm": {"column": "expgroup", "treatment": 1, "control": 0},
    "period": "year_week",
    "post": {"column": "year_week", "from": 201050},
    "filter": "year_week != 201049",
    "metric": {"kind": "mean", "column": "perform1", "better": "higher"},
}


@pytest.mark.shared
def test_working_from_home_by_people_agrees_with_the_published_difference(
    shared: Callable[..., Path], tmp_path: Path
) -> None:
    """Bloom, Liang, Roberts & Ying (2015): .232 (.063), 249 people drawn by the parity of their birthday."""
    panel = shared("data", "ctrip_wfh_panel.csv.gz")
    spec = {**WORKING_FROM_HOME, "data": str(panel), "design": "randomised_sites", "weights": "volume"}
    found = _estimate(spec, tmp_path)
    assert found["n_control"] + found["n_treatment"] == 249
    # People adjusted for their own past and weighted by weeks, not person and week effects: within half its error.
    assert found["effect"] == pytest.approx(0.232, abs=0.0315)
    assert found["ci_lower"] > 0


@pytest.mark.shared
def test_working_from_home_gives_the_published_difference(shared: Callable[..., Path], tmp_path: Path) -> None:
    """The paper's own way: person and week effects, errors clustered by person."""
    panel = shared("data", "ctrip_wfh_panel.csv.gz")
    spec = {**WORKING_FROM_HOME, "data": str(panel), "design": "before_after_control", "estimator": "twfe"}
    found = _estimate(spec, tmp_path)
    assert found["effect"] == pytest.approx(0.2324, abs=0.0005)
    assert found["std_error"] == pytest.approx(0.0622, abs=0.002)


def test_reading_by_pandas_agrees_with_the_file_that_was_ingested(tmp_path: Path) -> None:
    """The published difference is one of plain means: computed here once more without the product."""
    people = causaldata.nsw_mixtape.load_pandas().data
    means: pd.Series[float] = people.astype({"re78": "float64"}).groupby("treat")["re78"].mean()
    assert means[1] - means[0] == pytest.approx(1794.34, abs=0.01)
