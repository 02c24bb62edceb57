"""From a raw call log to the evidence of a pilot, without touching a file by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from experiments.charters.check import read_charter
from experiments.cli import app
from experiments.commands.outputs import OUTPUTS, Refusal
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.planning.plan import plan
from experiments.raw.for_pilot import for_pilot, left_out
from experiments.raw.panel import first_look, proposed, read_records
from experiments.register import register
from experiments.running.assign import assign, assigned
from experiments.running.ingest import ingest
from experiments.tables import large_as_csv, large_as_parquet
from registry import find
from registry.open import Registry

SITES = [f"B{number:02d}" for number in range(1, 13)]
START, WEEKS_BEFORE, WEEKS = date(2026, 3, 2), 4, 4
GAIN = 40.0
Charters = Callable[..., dict[str, Any]]


def call_log(path: Path, treated: set[str], *, after: int = WEEKS, seed: int = 3) -> Path:
    """A telephone system's own export: who waited how long where; 40 s less at treated sites from the start on."""
    dice = random.Random(seed)
    lines = ["call id,branch,call start,answered,call end,result,transfers"]
    first = START - timedelta(weeks=WEEKS_BEFORE)
    for site in SITES:
        for day in range(7 * (WEEKS_BEFORE + after)):
            on = first + timedelta(days=day)
            for _ in range(4):
                begun = datetime(on.year, on.month, on.day, 9) + timedelta(seconds=dice.randrange(8 * 3600))
                wait = max(1.0, dice.gauss(120, 30) - (GAIN if site in treated and on >= START else 0.0))
                answered = begun + timedelta(seconds=round(wait))
                ended = answered + timedelta(seconds=180)
                number = len(lines)
                lines.append(f"c{number},{site},{begun},{answered},{ended},answered,{int(dice.random() < 0.1)}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def charter(waiting: Charters, **where: Any) -> dict[str, Any]:
    """A pilot whose metrics are the catalogue's, on the columns that raw records bring."""
    document = waiting(looks={"fractions": [1.0], "extension": None}, history={})
    document["metrics"] = {
        "success": [{"from": "speed_of_answer", "mwe": 15}],
        "guardrails": [{"from": "transfer_rate", "margin": 0.05, "class": "watch"}],
    }
    document["hypothesis"] |= {"metric": "speed_of_answer"}
    document["partners"] = []
    document["where"] |= {
        "columns": {"site": "site", "period": "week", "post": {"column": "week", "from": "2026-03-02"}},
        "baseline_from": (START - timedelta(weeks=WEEKS_BEFORE)).isoformat(),
        "end": (START + timedelta(weeks=WEEKS, days=-1)).isoformat(),
        **where,
    }
    return document


def led(desk: Desk, document: dict[str, Any], sign_all: Callable[[Desk, str], None]) -> tuple[str, set[str]]:
    """Registered, planned, signed and drawn."""
    key = register(desk, document).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    sign_all(desk, key)
    assign(owner, key)
    drawn = assigned(desk, desk.pilot(key))
    assert drawn is not None
    return key, {site for site, arm in drawn.arms.items() if arm}


def raw(path: Path) -> Any:
    reading, looked = first_look(path, path.name)
    return read_records(path, reading, proposed(looked))


@pytest.mark.parametrize("written", [large_as_parquet, large_as_csv])
def test_a_call_log_becomes_evidence_of_a_pilot(
    written: Any, desk: Desk, calendar: Any, waiting: Charters, sign_all: Any, tmp_path: Path
) -> None:
    key, treated = led(desk, charter(waiting), sign_all)
    made = for_pilot(desk, key, raw(call_log(tmp_path / "calls.csv", treated)))
    assert (made.shape, made.lacking) == ("records", ())
    file = tmp_path / ("data.parquet" if written is large_as_parquet else "data.csv")
    file.write_bytes(written(made.table))
    calendar.today = date(2026, 5, 12)
    owner = desk.as_person("Ana Lima")
    assert ingest(owner, key, file).rows == len(SITES) * 4 * 7 * (WEEKS_BEFORE + WEEKS)
    assess(owner, key)
    with desk.read() as session:
        evidence = find.latest_evidence(session, find.pilot(session, key).id)
    effect = json.loads(evidence.canonical)["metrics"]["speed_of_answer"]["result"]["effect"]
    assert effect == pytest.approx(-GAIN, abs=5)  # six sites an arm, 112 calls each: standard error about 2 s


def test_the_same_as_a_panel_where_the_plan_asks_for_one(
    desk: Desk, calendar: Any, waiting: Charters, sign_all: Any, tmp_path: Path
) -> None:
    key, treated = led(desk, charter(waiting, data="panel"), sign_all)
    made = for_pilot(desk, key, raw(call_log(tmp_path / "calls.csv", treated)))
    assert (made.shape, made.table.num_rows) == ("panel", len(SITES) * (WEEKS_BEFORE + WEEKS))
    assert made.table.column_names == ["site", "week", "speed_of_answer", "transfer_rate"]
    file = tmp_path / "data.csv"
    file.write_bytes(large_as_csv(made.table))
    calendar.today = date(2026, 5, 12)
    owner = desk.as_person("Ana Lima")
    ingest(owner, key, file)
    assess(owner, key)
    with desk.read() as session:
        evidence = find.latest_evidence(session, find.pilot(session, key).id)
    effect = json.loads(evidence.canonical)["metrics"]["speed_of_answer"]["result"]["effect"]
    assert effect == pytest.approx(-GAIN, abs=5)


def test_a_panel_from_two_kinds_of_records_is_put_together(desk: Desk, waiting: Charters, tmp_path: Path) -> None:
    document = charter(waiting, data="panel")
    document["metrics"]["guardrails"].append({"from": "csat_mean", "margin": 0.2, "class": "watch"})
    key = register(desk, document).key
    first = for_pilot(desk, key, raw(call_log(tmp_path / "calls.csv", set(), after=1)))
    assert first.lacking == ("csat_mean",)
    lines = ["response id,branch,answered,csat"]
    lines += [f"{n},{site},2026-03-03,{3 + n % 3}" for site in SITES for n in range(30)]
    (tmp_path / "surveys.csv").write_text("\n".join(lines), encoding="utf-8")
    both = for_pilot(desk, key, raw(tmp_path / "surveys.csv"), beside=first.table)
    assert both.lacking == ()
    row = next(row for row in both.table.to_pylist() if (row["site"], row["week"]) == ("B01", "2026-03-02"))
    assert row["csat_mean"] == pytest.approx(4.0)
    assert row["speed_of_answer"] == pytest.approx(120, abs=20)


def test_records_without_anything_of_the_plan_are_refused_in_words(
    desk: Desk, waiting: Charters, tmp_path: Path
) -> None:
    key = register(desk, charter(waiting)).key
    (tmp_path / "surveys.csv").write_text("response id,branch,answered,csat\n1,B01,2026-03-03,4\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        for_pilot(desk, key, raw(tmp_path / "surveys.csv"))
    assert "None of the numbers" in sentences(refused.value)[0]
    records = raw(call_log(tmp_path / "calls.csv", set(), after=1))
    without = replace(records, table=records.table.drop("site"))
    with pytest.raises(Refused) as refused:
        for_pilot(desk, key, without)
    assert "which column of the file is the site" in sentences(refused.value)[0]


def test_records_of_other_sites_or_of_none_are_counted_and_left_out(
    desk: Desk, waiting: Charters, tmp_path: Path
) -> None:
    key = register(desk, charter(waiting)).key
    path = call_log(tmp_path / "calls.csv", set(), after=1)
    text = path.read_text(encoding="utf-8").replace(",B12,", ",Z99,").replace(",B11,", ",,", 7)
    path.write_text(text, encoding="utf-8")
    made = for_pilot(desk, key, raw(path))
    assert made.elsewhere == {"Z99": 4 * 7 * 5}
    assert made.nowhere == 7
    assert "140 rows of sites that are not in the plan (Z99)" in left_out(made)[0]
    assert "Z99" not in made.table["site"].to_pylist()
    assert made.table.num_rows == 12 * 4 * 35 - 140 - 7
    path.write_text(text.replace(",B", ",C"), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        for_pilot(desk, key, raw(path))
    assert "None of the sites" in sentences(refused.value)[0]


def test_by_commands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: Charters, calendar: Any, sign_all: Any
) -> None:
    """From the log to the evidence: records, ingest, assess."""
    home = tmp_path / "own"
    with Registry.open(home, "", clock=calendar) as registry:
        key, treated = led(Desk(registry=registry), charter(waiting), sign_all)
    monkeypatch.setenv("PROVING_GROUND_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    call_log(tmp_path / "calls.csv", treated)

    def run(*arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    found = OUTPUTS["records"].model_validate(run("records", "calls.csv", key, "-o", "data.parquet")).model_dump()
    assert (found["shape"], found["rows"], found["lacking"]) == ("records", 12 * 4 * 56, [])
    assert run("ingest", key, "data.parquet")["rows"] == found["written"]
    assert run("assess", key)["evidence"][0]["look"] == 1
    said = Refusal.model_validate(run("records", "calls.csv", key, "-o", "data.xlsx", code=1)).refused
    assert ".parquet or .csv" in said[0]


def test_metrics_added_here_are_known_to_rehearse_and_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: Charters
) -> None:
    """An administrator's own entry, named in a charter's file, is found without registering the charter."""
    from experiments.keep_metrics import add
    from experiments.metrics import FOLDER
    from experiments.people import person_of
    from registry.kinds import Role

    own = (FOLDER / "delivery.toml").read_text(encoding="utf-8").split("\n\n")[1]
    own = own.replace("[on_time_delivery]", "[on_the_day]")
    home = tmp_path / "own"
    with Registry.open(home, "") as registry:
        desk = Desk(registry=registry)
        with desk.work() as work:
            from experiments.charters.charter import Person

            keeper = person_of(work, Person(name="Eva Brandt", department="Analysis"), Role.ANALYST)
        add(desk.as_person(keeper.name), own, "own.toml")
    monkeypatch.setenv("PROVING_GROUND_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    document = waiting(history={})
    document["metrics"]["success"] = [{"from": "on_the_day", "mwe": 0.05}]
    document["hypothesis"] |= {"metric": "on_the_day", "direction": "up", "by": 0.05}
    with pytest.raises(Refused, match="charter_metric_from"):
        read_charter(document)  # the shipped catalogue lacks it
    (tmp_path / "charter.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    result = CliRunner().invoke(app, ["rehearse", str(tmp_path / "charter.yaml"), "--pilots", "100", "--json"])
    assert result.exit_code == 0, result.output
    lines = ["site,week,on_time"]
    first = date(2025, 1, 6)
    lines += [
        f"B{n:02d},{first + timedelta(weeks=w)},{(n + w + k) % 2}"
        for n in range(1, 13)
        for w in range(40)
        for k in range(6)
    ]
    (tmp_path / "past.csv").write_text("\n".join(lines), encoding="utf-8")
    result = CliRunner().invoke(app, ["history", str(tmp_path / "charter.yaml"), str(tmp_path / "past.csv"), "--json"])
    assert result.exit_code == 0, result.output
    assert "On-time delivery" in " ".join(json.loads(result.stdout)["sentences"])
