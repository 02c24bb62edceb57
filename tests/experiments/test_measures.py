"""The catalogue as it is kept, charters that choose from it, mappings that are kept, and both commands."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
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
from experiments.keep_metrics import add, as_toml, catalogue, in_use, metric, restore, retire, search
from experiments.metrics import FOLDER, read_entries, shipped
from experiments.raw.sources import keep_mapping, mapping_of, mappings, read_mapping
from experiments.register import register
from registry import find
from registry.kinds import Role
from registry.people import Person, PersonRole
from stats.raw_records import RawMapping

ROOT = Path(__file__).resolve().parents[2]
Charters = Callable[..., dict[str, Any]]
CALLS = """caller,call start,answered,call end,result,branch
A,2026-03-02 09:00:00,2026-03-02 09:00:20,2026-03-02 09:03:20,answered,=North
B,2026-03-02 09:10:00,,2026-03-02 09:11:00,hung up,=North
C,2026-03-02 09:40:00,2026-03-02 09:39:00,2026-03-02 09:45:00,answered,South
A,2026-03-03 09:05:00,2026-03-03 09:05:40,2026-03-03 09:06:40,answered,South
"""


@pytest.fixture
def analyst(desk: Desk) -> Desk:
    """Somebody who keeps the catalogue and registers pilots."""
    with desk.work() as work:
        row = work.add(Person(name="Eva Brandt"))
        work.record("person.added", row)
        given = work.add(PersonRole(person_id=row.id, role=Role.ANALYST))
        work.record("person.role_given", given, after={"role": Role.ANALYST})
    return desk.as_person("Eva Brandt")


def entry(key: str = "on_the_day", **changes: str) -> str:
    text = (FOLDER / "delivery.toml").read_text(encoding="utf-8").split("\n\n")[1]
    for old, new in {"[on_time_delivery]": f"[{key}]", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    return text


# --- keeping ------------------------------------------------------------------------------------------------


def test_an_added_metric_is_in_the_catalogue_word_for_word(analyst: Desk) -> None:
    assert add(analyst, entry(), "own.toml") == ("on_the_day",)
    listed = catalogue(analyst)["on_the_day"]
    assert listed.entry == read_entries(entry(), "own.toml")[0]
    assert (listed.origin, listed.retired, listed.theme) == ("own", False, "own")
    with analyst.read() as session:
        version = find.metric_version(session, "on_the_day")
    assert (version.number, version.twin_key, version.meaning) == (1, "worst_delays", "It is there when they said.")


def test_a_change_is_the_next_version_and_nothing_else(analyst: Desk) -> None:
    add(analyst, entry(), "own.toml")
    with pytest.raises(Refused) as refused:
        add(analyst, entry(), "own.toml")
    assert "write the change as version 2" in sentences(refused.value)[0]
    add(analyst, entry(**{"version = 1": "version = 2", "On-time delivery": "There on the day"}), "own.toml")
    listed = metric(analyst, "on_the_day")
    assert (listed.entry.name, listed.entry.version, listed.earlier) == ("There on the day", 2, (1,))


def test_a_shipped_metric_gets_a_version_of_ones_own(analyst: Desk) -> None:
    add(analyst, entry("on_time_delivery", **{"version = 1": "version = 2"}), "own.toml")
    listed = metric(analyst, "on_time_delivery")
    assert (listed.origin, listed.entry.version, listed.earlier) == ("own", 2, (1,))
    assert shipped()["on_time_delivery"].version == 1


def test_all_entries_of_a_file_or_none(analyst: Desk) -> None:
    lonely = entry("lonely", **{'twin = "worst_delays"': 'twin = "nobody"'})
    late = entry("late_start", **{"version = 1": "version = 3"})
    with pytest.raises(Refused) as refused:
        add(analyst, "\n".join([entry(), lonely, late]), "own.toml")
    assert {problem.code for problem in refused.value.problems} == {"metric_twin_unknown", "metric_first_version"}
    assert "on_the_day" not in catalogue(analyst)


def test_a_retired_metric_is_not_chosen_and_can_come_back(analyst: Desk) -> None:
    retire(analyst, "nps", "we ask for effort instead")
    assert "nps" not in in_use(analyst)
    assert metric(analyst, "nps").retired
    with pytest.raises(Refused, match="metric_already_retired"):
        retire(analyst, "nps")
    restore(analyst, "nps")
    assert "nps" in in_use(analyst)


def test_only_who_keeps_metrics_may(desk: Desk, waiting: Charters) -> None:
    register(desk, waiting())
    with pytest.raises(Refused, match="may_not"):
        add(desk.as_person("Ana Lima"), entry(), "own.toml")


def test_an_entry_written_out_as_a_file_is_read_as_the_same_entry() -> None:
    for one in shipped().values():
        assert read_entries(as_toml(one), "again.toml") == (one,)


def test_search_finds_by_words_and_filters(desk: Desk) -> None:
    known = catalogue(desk)
    assert [one.entry.key for one in search(known, words="hung up queued")] == ["abandonment", "half_hour_abandonment"]
    assert {one.entry.perspective for one in search(known, perspective="employee")} == {"employee"}
    assert all(one.entry.waste is None for one in search(known, waste="none"))


# --- charters -----------------------------------------------------------------------------------------------


def _from(waiting: Charters, **metric: Any) -> dict[str, Any]:
    document = waiting()
    document["metrics"]["success"] = [metric]
    document["hypothesis"]["metric"] = metric["from"]
    document["history"] = {}
    document.pop("forecast", None)
    return document


def test_a_charter_names_a_metric_of_the_catalogue(waiting: Charters) -> None:
    charter = read_charter(_from(waiting, **{"from": "speed_of_answer", "mwe": 15}))
    made = charter.metrics.success[0]
    assert (made.key, made.name, made.unit, made.better) == ("speed_of_answer", "Speed of answer", "s", "lower")
    assert (made.measure.column, made.measure.kind, made.mwe) == ("answer_wait", "mean", 15)
    assert (made.perspective, made.worst.share) == ("customer", 0.05)


def test_what_the_charter_says_otherwise_wins_part_by_part(waiting: Charters) -> None:
    given = {"from": "time_in_menu", "mwe": 5, "name": "Seconds in the menu", "measure": {"column": "ivr_s"}}
    made = read_charter(_from(waiting, **given)).metrics.success[0]
    assert (made.name, made.measure.column, made.measure.kind, made.unit) == (
        "Seconds in the menu",
        "ivr_s",
        "mean",
        "s",
    )
    assert made.worst.beyond == 60  # its twin: over a minute in the menu


def test_a_metric_that_the_catalogue_lacks_is_said_with_near_ones(waiting: Charters) -> None:
    with pytest.raises(Refused) as refused:
        read_charter(_from(waiting, **{"from": "speed_of_anser", "mwe": 15}))
    assert "speed_of_answer" in sentences(refused.value)[0]


def test_a_pilot_is_registered_with_a_metric_added_here(analyst: Desk, waiting: Charters) -> None:
    add(analyst, entry(), "own.toml")
    document = _from(waiting, **{"from": "on_the_day", "mwe": 0.05})
    document["hypothesis"]["direction"] = "up"
    made = register(analyst, document)
    with analyst.read() as session:
        keys = [row[2].key for row in find.pilot_metrics(session, find.pilot(session, made.key).id)]
    assert "on_the_day" in keys
    retire(analyst, "on_the_day")
    with pytest.raises(Refused, match="charter_metric_from"):
        register(analyst, {**document, "title": "Another one of the kind"})


# --- mappings -----------------------------------------------------------------------------------------------


def test_the_newest_mapping_of_a_source_is_offered_again(analyst: Desk) -> None:
    first = RawMapping(kind="calls", fields={"entered_at": "start"})
    second = RawMapping(kind="calls", fields={"entered_at": ["day", "time"]}, zero_time_is_missing=True)
    keep_mapping(analyst, "Contact centre, telephone", first)
    keep_mapping(analyst, "Service desk", first)
    keep_mapping(analyst, "Contact Centre, telephone", second)
    assert list(mappings(analyst)) == ["Contact Centre, telephone", "Service desk"]
    assert mapping_of(analyst, "contact centre telephone") == second
    with pytest.raises(Refused, match="raw_source_unknown"):
        mapping_of(analyst, "nowhere")


def test_a_mapping_needs_a_source_and_right_parts(analyst: Desk) -> None:
    with pytest.raises(Refused, match="raw_source_nameless"):
        keep_mapping(analyst, " x ", RawMapping(kind="calls", fields={"entered_at": "start"}))
    with pytest.raises(Refused) as refused:
        read_mapping({"kind": "phone", "fields": {}, "colour": 1})
    assert len(refused.value.problems) == 2


# --- commands -----------------------------------------------------------------------------------------------


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``pilot("panel", "calls.csv")``: its JSON, held against what is promised; refused=True: its sentences."""
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calls.csv").write_text(CALLS, encoding="utf-8")

    def run(*arguments: str, refused: bool = False, output: str = "") -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"])
        assert result.exit_code == (1 if refused else 0), result.output
        value = json.loads(result.stdout)
        if refused:
            return Refusal.model_validate(value).refused
        return OUTPUTS[output or arguments[0]].model_validate(value).model_dump()

    return run


def test_the_catalogue_on_the_command_line(pilot: Callable[..., Any]) -> None:
    assert len(pilot("metrics")["metrics"]) == len(shipped())
    assert [
        one["key"] for one in pilot("metrics", "--waste", "over_production", "--perspective", "internal")["metrics"]
    ] == ["over_production"]
    shown = pilot("metrics", "show", "nps", output="metrics show KEY")["metric"]
    assert (shown["origin"], shown["twin"], shown["theme"]) == ("shipped", "detractors", "contact_quality")
    assert "nps" in pilot("metrics", "show", "npss", refused=True)[0]
    assert pilot("metrics", "polish", refused=True) == [
        "polish is not offered. Use show KEY, add FILE, retire KEY or restore KEY."
    ]
    assert "one more word" in pilot("metrics", "add", refused=True)[0]


def test_a_raw_file_becomes_a_panel_without_a_pilot(pilot: Callable[..., Any], tmp_path: Path) -> None:
    found = pilot(
        "panel", "calls.csv", "--kind", "calls", "--metrics", "speed_of_answer,abandonment", "--by", "site,half-hour",
        "--output", "panel.csv", "--save-mapping", "mapping.yaml",
    )  # fmt: skip
    assert (found["rows"], found["kept"]) == (4, 4)
    assert [(one["reason"], one["field"], one["rows"]) for one in found["dirt"]] == [
        ("raw_end_before_start", "answered_at", 1)
    ]
    assert [(cell["site"], cell["half-hour"], cell["rows"]) for cell in found["cells"]] == [
        ("=North", "09:00", 2), ("South", "09:00", 1), ("South", "09:30", 1)
    ]  # fmt: skip
    assert [one["n"] for one in found["metrics"]] == [2, 3]
    assert all(one["value"] is None for one in found["metrics"])  # too few for the catalogue
    assert yaml.safe_load((tmp_path / "mapping.yaml").read_text())["fields"]["customer"] == "caller"
    with (tmp_path / "panel.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["site", "half-hour", "records", "Speed of answer", "Speed of answer, records behind it",
                       "Abandonment", "Abandonment, records behind it"]  # fmt: skip
    assert rows[1][0] == "'=North"  # never run as a formula
    again = pilot("panel", "calls.csv", "--mapping", "mapping.yaml", "--metrics", "speed_of_answer")
    assert again["mapping"] == found["mapping"]


def test_a_mapping_kept_by_command_is_used_the_next_time(
    pilot: Callable[..., Any], analyst: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(analyst.registry.home))
    asked = ("panel", "calls.csv", "--metrics", "speed_of_answer")
    kept = pilot(*asked, "--kind", "calls", "--keep", "Contact centre, PBX", "--as", "Eva Brandt")
    assert list(mappings(analyst)) == ["Contact centre, PBX"]
    assert pilot(*asked, "--source", "Contact centre, PBX")["mapping"] == kept["mapping"]


def test_what_can_not_be_had_of_a_raw_file_is_refused_in_words(pilot: Callable[..., Any]) -> None:
    said = pilot("panel", "calls.csv", "--kind", "calls", "--metrics", "nps,speed_of_anser", refused=True)
    assert said[0] == "nps is computed from surveys, and these are calls."
    assert said[1].startswith("There is no metric speed_of_anser in the catalogue. Near it: speed_of_answer")
    assert "phone is no kind of records" in pilot("panel", "calls.csv", "--kind", "phone", refused=True)[0]
    assert "can't be grouped by colour" in pilot("panel", "calls.csv", "--by", "colour", refused=True)[0]
    assert "cost" in pilot("panel", "calls.csv", "--metrics", "cost_of_one_call", refused=True)[0]
    assert "No mapping is kept" in pilot("panel", "calls.csv", "--source", "nowhere", refused=True)[0]


def test_the_documentation_is_written_from_the_same_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["docs", "--output", str(tmp_path), "--json"])
    assert result.exit_code == 0
    written = (tmp_path / "metrics.md").read_text(encoding="utf-8")
    assert written == (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8"), "run: make docs"
    assert all(f"`{one.key}`, version {one.version}." in written for one in shipped().values())


@pytest.mark.shared
def test_the_banks_call_log_as_a_panel_by_half_hour(pilot: Callable[..., Any], shared: Callable[..., Path]) -> None:
    log = str(shared("data", "anonbank_aug1999.csv.gz"))
    found = pilot("panel", log, "--kind", "calls", "--by", "half-hour")
    whole = {one["key"]: (one["value"], one["n"]) for one in found["metrics"]}
    assert (found["rows"], found["kept"], len(found["cells"])) == (42_078, 42_078, 48)
    assert (round(whole["wait_in_queue"][0], 1), whole["wait_in_queue"][1]) == (116.2, 25_962)
    assert round(whole["abandonment"][0], 3) == 0.280
    assert (round(whole["handle_time"][0], 1), whole["handle_time"][1]) == (184.4, 31_402)
    worst = next(cell for cell in found["cells"] if cell["half-hour"] == "15:00")
    best = next(cell for cell in found["cells"] if cell["half-hour"] == "07:00")
    assert worst["values"]["service_level"] < 0.3 < 0.7 < best["values"]["service_level"]  # what the average hides
