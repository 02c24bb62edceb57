"""Pilots from a spreadsheet: marked, never a reason to scale, all problems at once, nothing half kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments.afterwards import COLUMNS, csv_form, facts_of, is_recorded, keep, look, past_lines, workbook_form
from experiments.cli import app
from experiments.commands.outputs import OUTPUTS, Refusal
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.library.cards import card as library_card
from experiments.portfolio.rates import counted, rates
from experiments.portfolio.survey import portfolio
from experiments.portfolio.words import standing
from experiments.record.verify import verify
from experiments.register import register, resume
from experiments.words import forbidden_words
from registry import find
from registry.kinds import Stage
from registry.learning import Takeaway
from stats.errors import RefusedData

CHAT: dict[str, Any] = {
    "title": "Late shift answers by chat", "department": "Contact centre", "owner": "Ana Lima", "start": "2024-03-01",
    "end": "2024-06-30", "what was changed": "answer by chat between six and nine",
    "for whom": "customers who write in the evening", "metric": "Speed of answer", "effect": "-18",
    "effect from": "-31", "effect to": "-5", "unit": "s", "sites": "6", "outcome": "kept",
    "takeaway": "Chat only helps if the same people stay with it.", "source": "final report, July 2024",
}  # fmt: skip
LABELS = {
    **CHAT, "title": "Labels on every shelf", "department": "Logistics", "owner": "Tom Berg", "metric": "",
    "effect": "", "effect from": "", "effect to": "", "unit": "", "sites": "", "outcome": "stopped",
}  # fmt: skip
RUNNING = {
    **CHAT, "title": "Two days from home", "start": "2025-12-01", "end": "2026-06-30", "effect": "",
    "effect from": "", "effect to": "", "outcome": "running", "takeaway": "", "source": "",
}  # fmt: skip


def sheet(folder: Path, *rows: dict[str, Any], name: str = "past.csv", columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, delimiter=";", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def workbook(folder: Path, *rows: dict[str, Any]) -> Path:
    """The shipped form, filled in as people do: with dates and numbers of Excel's own."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook_form()))
    for row in rows:
        typed = {**row, **{day: date.fromisoformat(row[day]) for day in ("start", "end") if row[day]}}
        typed |= {name: float(row[name]) for name in ("effect", "sites") if row[name]}
        book.worksheets[0].append([typed[column] or None for column in COLUMNS])
    path = folder / "past.xlsx"
    book.save(path)
    return path


def refused(desk: Desk, path: Path) -> list[str]:
    with pytest.raises(Refused) as error:
        look(desk, path)
    return sentences(error.value)


@pytest.mark.parametrize("write", [sheet, workbook])
def test_the_filled_in_form_becomes_pilots_of_the_record(
    write: Callable[..., Path], desk: Desk, tmp_path: Path
) -> None:
    kept = keep(desk, look(desk, write(tmp_path, CHAT, LABELS, RUNNING)))
    assert (kept.closed, kept.drafts) == (2, 1)
    chat, running = desk.pilot("late-shift-answers-by-chat"), desk.pilot("two-days-from-home")
    assert (chat.stage, chat.recorded_afterwards, is_recorded(chat)) == (Stage.CLOSED, True, True)
    assert (running.stage, running.recorded_afterwards, is_recorded(running)) == (Stage.DRAFT, True, False)
    assert facts_of(chat)["effect"] == -18.0
    assert verify(desk).whole


def test_nothing_is_decided_or_recommended_on_it(desk: Desk, tmp_path: Path) -> None:
    keep(desk, look(desk, sheet(tmp_path, CHAT)))
    row = next(row for row in portfolio(desk) if row.key == "late-shift-answers-by-chat")
    assert (row.verdict, row.decided, row.grade, row.expected) == (None, None, None, None)
    assert row.imported
    with desk.read() as session:
        pilot = find.pilot(session, row.key)
        assert find.decisions(session, pilot.id) == []
        assert find.evidence(session, pilot.id) == []


def test_its_takeaway_stands_where_the_library_looks_for_it(desk: Desk, tmp_path: Path) -> None:
    keep(desk, look(desk, sheet(tmp_path, CHAT)))
    with desk.read() as session:
        (kept,) = find.all_of(session, Takeaway)
    assert kept.lesson == CHAT["takeaway"]


def test_its_card_in_the_library_says_that_the_effect_is_only_reported(desk: Desk, tmp_path: Path) -> None:
    keep(desk, look(desk, sheet(tmp_path, CHAT, LABELS)))
    card, bare = library_card(desk, "late-shift-answers-by-chat"), library_card(desk, "labels-on-every-shelf")
    assert card.reported == "Speed of answer: −18 s (between −31 s and −5 s), as reported."
    assert (card.recorded_afterwards, card.settled_on, card.lesson) == (True, date(2024, 6, 30), CHAT["takeaway"])
    assert bare.reported == "What it changed was not measured."


def test_rates_of_the_portfolio_do_not_count_it(desk: Desk, tmp_path: Path, waiting: Callable[..., Any]) -> None:
    register(desk, waiting())
    before = standing(portfolio(desk))
    keep(desk, look(desk, sheet(tmp_path, CHAT, LABELS)))
    after = standing(portfolio(desk))
    assert after[: len(before)] == before
    assert "recorded afterwards do not count in these rates: 2" in after[-1]


def test_what_was_not_measured_is_said(desk: Desk, tmp_path: Path) -> None:
    keep(
        desk,
        look(desk, sheet(tmp_path, CHAT, LABELS, {**CHAT, "title": "No range", "effect from": "", "effect to": ""})),
    )
    told = " ".join(past_lines(desk.pilot("labels-on-every-shelf").draft))
    assert "What it changed was not measured." in told
    assert "At how many sites is not known." in told
    assert "How sure that is was not measured." in " ".join(past_lines(desk.pilot("no-range").draft))
    told = " ".join(past_lines(desk.pilot("late-shift-answers-by-chat").draft))
    assert "−18 s (between −31 s and −5 s), as reported" in told
    assert "nothing is scaled on them" in told
    assert not forbidden_words(told)


def test_a_running_one_is_a_draft_with_its_fields_filled_in(desk: Desk, tmp_path: Path) -> None:
    keep(desk, look(desk, sheet(tmp_path, RUNNING)))
    draft, _ = resume(desk, "two-days-from-home")
    assert draft["hypothesis"]["change"] == RUNNING["what was changed"]
    assert (draft["where"]["start"], draft["where"]["end"]) == ("2025-12-01", "2026-06-30")
    assert draft["metrics"]["success"][0]["key"] == "speed_of_answer"  # known to the catalogue by its name
    assert draft["owner"] == {"name": "Ana Lima", "department": "Contact centre"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "title: this is empty"),
        ({"owner": ""}, "owner: this is empty"),
        ({"start": "spring"}, "start: spring is no date"),
        ({"start": "2026-02-01", "end": ""}, "is still to come"),
        ({"end": "2024-02-01"}, "lies before its start"),
        ({"end": "2026-02-01"}, "Write running as its outcome"),
        ({"effect": "a lot"}, "a lot is no number"),
        ({"unit": ""}, "unit: an effect is given"),
        ({"metric": ""}, "metric: an effect is given"),
        ({"effect to": ""}, "a range needs both its ends"),
        ({"effect": "-40"}, "outside its own range"),
        ({"sites": "2.5"}, "2.5 can't be a number of sites"),
        ({"outcome": "success"}, "success is not one of"),
        ({"takeaway": ""}, "takeaway: this is empty"),
        ({"source": ""}, "source: this is empty"),
        ({"title": "x" * 201}, "more than 200 characters"),
    ],
)
def test_a_wrong_cell_is_said_by_row_and_column(change: dict[str, str], words: str, desk: Desk, tmp_path: Path) -> None:
    said = refused(desk, sheet(tmp_path, LABELS, {**CHAT, **change}))
    assert any("Row 3" in sentence and words in sentence for sentence in said), said


def test_all_problems_come_at_once_and_nothing_is_kept(desk: Desk, tmp_path: Path) -> None:
    rows = ({**CHAT, "start": "soon"}, LABELS, {**CHAT, "outcome": "", "effect": "much"}, LABELS)
    said = refused(desk, sheet(tmp_path, *rows))
    assert [sentence.split(" ")[1].rstrip(",") for sentence in said] == ["2", "4", "4", "5"]
    with desk.read() as session:
        assert find.pilots(session) == []


def test_wrong_columns_are_refused_and_none_is_left_out_silently(desk: Desk, tmp_path: Path) -> None:
    columns = tuple("efect" if column == "effect" else column for column in COLUMNS if column != "owner")
    said = " ".join(refused(desk, sheet(tmp_path, CHAT, columns=columns)))
    assert "The column owner is missing" in said
    assert "The column efect is not one of the form" in said
    assert "effect" in said


def test_an_empty_form_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises((Refused, RefusedData)) as error:
        look(desk, sheet(tmp_path))
    assert sentences(error.value)


def test_the_same_sheet_is_not_taken_twice(desk: Desk, tmp_path: Path) -> None:
    path = sheet(tmp_path, CHAT, LABELS)
    found = look(desk, path)
    keep(desk, found)
    assert "is here already" in refused(desk, path)[0]
    with pytest.raises(Refused, match="sheet_known"):
        keep(desk, found)  # looked at before somebody else kept it
    with desk.read() as session:
        assert len(find.pilots(session)) == 2


def test_who_may_not_register_may_not_record(desk: Desk, tmp_path: Path, waiting: Callable[..., Any]) -> None:
    register(desk, waiting())
    with pytest.raises(Refused, match="may_not"):
        look(desk.as_person("Tom Berg"), sheet(tmp_path, CHAT))


def test_the_empty_form_has_every_column_and_its_help() -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook_form()))
    first, helped = book.worksheets
    assert [cell.value for cell in first[1]] == list(COLUMNS)
    assert [row[0].value for row in helped.iter_rows(min_row=2)] == list(COLUMNS)
    assert csv_form().decode("utf-8-sig").strip().replace('"', "") == ",".join(COLUMNS)


def test_the_command_shows_keeps_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    path = sheet(tmp_path, CHAT, RUNNING)

    def run(*arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["import-past", *arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    OUTPUTS["import-past"].model_validate(run("--form", str(tmp_path / "form.xlsx")))
    assert (tmp_path / "form.xlsx").read_bytes()[:2] == b"PK"
    shown = OUTPUTS["import-past"].model_validate(run(str(path), "--dry-run")).model_dump()
    assert (shown["kept"], [one["stage"] for one in shown["pilots"]]) == (False, ["closed", "draft"])
    assert run(str(path))["kept"] is True
    assert "here already" in Refusal.model_validate(run(str(path), code=1)).refused[0]
    assert "--form" in Refusal.model_validate(run(code=1)).refused[0]


def test_the_funnel_does_not_count_it_either(desk: Desk, tmp_path: Path) -> None:
    keep(desk, look(desk, sheet(tmp_path, CHAT, LABELS)))
    assert counted(portfolio(desk)) == ()
    assert rates(counted(portfolio(desk))).signed == 0
