"""Hostile texts and broken files through every door: a clear refusal or the text as it is, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments import register
from experiments.cli import app
from experiments.commands.command import printable
from experiments.deciding.review import review
from experiments.desk import Desk
from experiments.errors import REFUSALS, sentences
from experiments.files import plain_name, read_yaml
from experiments.forms.charter_page import charter_sections
from experiments.incoming import on_disk, preview_rows
from experiments.limits import size_limits, told
from experiments.memo import memo, render
from experiments.portfolio.survey import portfolio
from experiments.record import history
from experiments.running import changes, check_ins
from experiments.running.ingest import ingest
from experiments.tables import as_csv, as_workbook
from registry import find
from stats.outcomes import guess_reading, preview

MANY = 500
LONGEST_SENTENCE = 3_000


def clear(said: list[str]) -> None:
    """Sentences for people: some, none of them endless, none a piece of a program."""
    assert said
    for sentence in said:
        assert 10 < len(sentence) < LONGEST_SENTENCE, sentence[:200]
        assert "Traceback" not in sentence
        assert "object at 0x" not in sentence


def kept(desk: Desk, key: str) -> tuple[int, list[str]]:
    """How many files the pilot has, and which bytes the folder holds."""
    with desk.read() as session:
        rows = len(find.snapshots(session, desk.pilot(key).id))
    return rows, sorted(desk.registry.snapshots.stored())


@pytest.fixture
def small(lead: Callable[..., Any]) -> Any:
    """A pilot that waits for its data, and a small sound table for it."""
    led = lead("assigned")
    header, *lines = led.data.read_text().splitlines()
    return led, "\n".join([header, *lines[::60]]) + "\n"


def test_five_hundred_bad_files_are_refused_whole(small: Any, hostile: Any, ugly: Any) -> None:
    led, good = small
    owner = led.desk.as_person("Ana Lima")
    workbook = ugly.workbook([line.split(",") for line in good.splitlines()])
    refused = accepted = 0
    for name, content in hostile.files(MANY, good, workbook, ugly.parquet(good)):
        before = kept(led.desk, led.key)
        try:
            # What the page does: a guess, a look, and then the keeping of the bytes under the name they came with.
            looked = preview(content, guess_reading(content, name, size_limits()), limits=size_limits())
            assert max((len(str(cell)) for cells in preview_rows(looked).values() for cell in cells), default=0) <= 201
            with on_disk(content, name) as path:
                ingest(owner, led.key, path, name=name)
        except REFUSALS as error:
            clear(sentences(error))
            assert kept(led.desk, led.key) == before, name
            refused += 1
        else:
            accepted += 1  # a flipped digit is still a number
    assert refused + accepted == MANY
    assert refused > 0.9 * MANY


def test_bad_files_on_the_command_line_are_refused_with_sentences_alone(
    small: Any, hostile: Any, ugly: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    led, good = small
    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    workbook = ugly.workbook([line.split(",") for line in good.splitlines()])
    for name, content in hostile.files(40, good, workbook, ugly.parquet(good), seed=3):
        path = tmp_path / name
        path.write_bytes(content)
        ran = CliRunner().invoke(app, ["ingest", led.key, str(path)])
        assert ran.exit_code in (0, 1), ran.output
        assert ran.exception is None or isinstance(ran.exception, SystemExit), name
        assert "Traceback" not in ran.output
        assert printable(ran.output) == ran.output


def test_a_cell_of_ten_megabytes_is_refused_whatever_holds_it(small: Any, ugly: Any) -> None:
    led, good = small
    owner, huge = led.desk.as_person("Ana Lima"), "x" * (10 << 20)
    header, _, rest = good.partition("\n")
    for name, content in (
        ("cell.csv", f"{header}\n{huge},{rest}".encode()),
        ("quoted.csv", f'{header}\n"{huge}",{rest}'.encode()),
        ("header.csv", f"{huge}{good}".encode()),
        ("cell.parquet", ugly.parquet_of({"site": ["B01", huge], "week": ["2026-03-02"] * 2})),
    ):
        before = kept(led.desk, led.key)
        with on_disk(content, name) as path, pytest.raises(REFUSALS) as caught:
            ingest(owner, led.key, path, name=name)
        clear(sentences(caught.value))
        assert kept(led.desk, led.key) == before, name


def test_a_file_beyond_the_limits_is_refused_and_the_limits_were_told(
    small: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    led, good = small
    owner = led.desk.as_person("Ana Lima")
    monkeypatch.setenv("PROVING_GROUND_MAX_UPLOAD_MB", "1")
    monkeypatch.setenv("PROVING_GROUND_MAX_ROWS", "20")
    assert "1 MB" in told()
    assert "20 rows" in told()
    many, large = tmp_path / "many.csv", tmp_path / "large.csv"
    many.write_text(good)
    large.write_text(good + " " * (1 << 20))
    for path, word in ((many, "at most 20"), (large, "at most 1 MB")):
        with pytest.raises(REFUSALS, match=r"too_many_rows|file_too_large") as caught:
            ingest(owner, led.key, path)
        assert word in " ".join(sentences(caught.value))
    assert kept(led.desk, led.key) == (0, [])


@pytest.mark.parametrize("given", ["0", "-1", "ten", "1e3", "99999999", "١٢"])
def test_a_limit_that_is_no_number_is_refused_and_not_ignored(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_MAX_UPLOAD_MB", given)
    with pytest.raises(REFUSALS) as caught:
        size_limits()
    assert "PROVING_GROUND_MAX_UPLOAD_MB" in sentences(caught.value)[0]


def test_of_a_file_name_only_the_name_is_kept_and_it_is_said(small: Any) -> None:
    led, good = small
    name = "../../etc/\u202evsc.exe\x00\n.csv"
    with on_disk(good.encode(), name) as path:
        made = ingest(led.desk.as_person("Ana Lima"), led.key, path, name=name)
    with led.desk.read() as session:
        assert find.snapshots(session, led.desk.pilot(led.key).id)[0].name == "vsc.exe.csv"
    assert made.warnings[0].code == "file_renamed"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("weeks 1-6.csv", "weeks 1-6.csv"), ("..\\..\\x.csv", "x.csv"), ("/etc/passwd", "passwd"), ("..", "file"),
        ("", "file"), ("\u202e\u2066", "file"), ("a/", "file"), (".csv", "csv"),
        ("Übersicht.csv", "Übersicht.csv"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"), ("a." + "b" * 90, "a." + "b" * 12),
    ],
)  # fmt: skip
def test_plain_names(given: str, name: str) -> None:
    assert plain_name(given) == name


def put(document: dict[str, Any], place: str, text: str) -> None:
    """The text into one of the charter's places, written as ``hypothesis.change``."""
    *way, last = place.split(".")
    at: Any = document
    for part in way:
        at = at[int(part)] if part.isdigit() else at[part]
    at[last] = text


PLACES = (
    "title", "problem", "team", "owner.name", "owner.department", "owner.email", "sponsor.name", "hypothesis.change",
    "hypothesis.for_whom", "hypothesis.because", "hypothesis.metric", "metrics.success.0.key", "metrics.success.0.name",
    "metrics.success.0.unit", "metrics.success.0.measure.column", "metrics.guardrails.0.name",
    "metrics.guardrails.0.partner", "partners.0.department", "partners.0.benefit", "partners.0.metric",
    "partners.0.contact", "partners.0.pulls_against", "where.how_chosen", "where.unit_word", "where.columns.site",
    "where.columns.delivered", "where.start", "where.design", "where.assignment.seed", "pilot", "draws",
)  # fmt: skip


CHOSEN = {"where.start", "where.design"}
"""In the form these are chosen, not typed; a charter in a file may hold anything."""


def test_five_hundred_hostile_strings_in_every_field_of_a_charter(
    desk: Desk, waiting: Callable[..., dict[str, Any]], hostile: Any
) -> None:
    texts, registered, refused = hostile.strings(MANY), 0, 0
    for number, text in enumerate(texts):
        document = waiting(title=f"Pilot {number}")
        put(document, PLACES[number % len(PLACES)], text)
        if PLACES[number % len(PLACES)] not in CHOSEN:  # the page beside the form, as it is typed
            assert all(isinstance(line, str) for part in charter_sections(document) for line in part.lines)
        try:
            made = register.register(desk, document)
        except REFUSALS as error:
            clear(sentences(error))
            refused += 1
        else:
            assert desk.pilot(made.key).title
            registered += 1
    assert registered > 100
    assert refused > 100
    rows = portfolio(desk)
    assert len(rows) == registered
    table = {name: [getattr(row, name) for row in rows] for name in ("title", "team", "owner", "department")}
    json.dumps(table, ensure_ascii=False).encode()  # nothing in it that can't be sent
    unharmed(table)


def unharmed(table: dict[str, list[Any]]) -> None:
    """As a spreadsheet would open it: no cell is a formula, no text begins one."""
    import csv
    import io

    import openpyxl

    written = list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline="")))
    assert len(written) == 1 + len(next(iter(table.values())))
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(table))).active
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    for cell in (*cells, *(cell for row in written for cell in row)):
        assert not cell.lstrip(" \u200b\ufeff\u00a0").startswith(
            ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
        )


def test_hostile_strings_in_what_is_said_along_the_way(lead: Callable[..., Any], desk: Desk, hostile: Any) -> None:
    key = lead("recommended").key
    owner, partner = desk.as_person("Ana Lima"), desk.as_person("Tom Berg")
    site, done = check_ins.treated_sites(desk, desk.pilot(key))[0], 0
    for number, text in enumerate(hostile.strings(MANY)):
        said = check_ins.Said(site=site, week=desk.registry.clock().date(), delivered=1.0, used=1.0, trouble=text)
        acts: tuple[Callable[[], object], ...] = (
            lambda text=text: changes.note(owner, key, text, why=text, credited_to=text, site=text),  # type: ignore[misc]
            lambda said=said: check_ins.check_in(owner, key, [said]),  # type: ignore[misc]
            lambda text=text: review(partner, key, "concern", text),  # type: ignore[misc]
            lambda text=text: desk.as_person(text),  # type: ignore[misc]
            lambda text=text: desk.pilot(text),  # type: ignore[misc]
            lambda text=text: changes.note(owner, key, "x", kind=text),  # type: ignore[misc]
        )
        try:
            acts[number % len(acts)]()
            done += 1
        except REFUSALS as error:
            clear(sentences(error))
    assert done > 100
    for entry in changes.changes(desk, key):
        changes.sentence(entry)
    events = history.history(desk, key)
    assert len(events) > done
    unharmed(history.to_take_away(events))
    view = memo(desk, key)
    assert tags(render(view, "html").decode()).isdisjoint({"script", "iframe", "b"})
    assert render(view, "pdf").startswith(b"%PDF")
    assert render(view, "docx").startswith(b"PK")


def tags(page: str) -> set[str]:
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.add(tag)
            assert not any(name.startswith("on") or (value or "").startswith("javascript:") for name, value in attrs)

    Reader().feed(page)
    return found


COMMANDS: tuple[Callable[[str], list[str]], ...] = (
    lambda text: ["change", "waiting-time", text],
    lambda text: ["review", "waiting-time", text, "--as", text],
    lambda text: ["decide", text, "STOP", "--reason", text, "--as", "Ruth Vogel"],
    lambda text: ["close", text, "--takeaway", text],
    lambda text: ["portfolio", "--words", text],
    lambda text: ["memo", text, "--output", "/dev/null"],
    lambda text: ["plan", text],
    lambda text: ["history", text],
    lambda text: ["verify", "--head", text],
    lambda text: ["ingest", text, text],
    lambda text: ["estimate", text],
    lambda text: ["register", text],
)


def test_hostile_strings_as_arguments_of_commands(
    desk: Desk, waiting: Callable[..., dict[str, Any]], hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.register(desk, waiting(pilot="waiting-time"))
    monkeypatch.setenv("PROVING_GROUND_HOME", str(desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    texts = [text for text in hostile.strings(MANY) if not text.startswith("-") and "\x00" not in text]
    for number, text in enumerate(texts[:: len(texts) // 120]):
        ran = CliRunner().invoke(app, COMMANDS[number % len(COMMANDS)](text))
        assert ran.exit_code in (0, 1, 2), (text[:80], ran.output)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), (text[:80], ran.exception)
        assert "Traceback" not in ran.output
        if ran.exit_code == 1:
            assert printable(ran.output) == ran.output


def test_tables_that_commands_write_hold_no_formula(
    desk: Desk, waiting: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import csv

    import openpyxl

    register.register(desk, waiting(pilot="formula", title="=HYPERLINK(1)", team="+1+1"))
    monkeypatch.setenv("PROVING_GROUND_HOME", str(desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for command in (["portfolio"], ["history", "formula"]):
        rows, sheet = tmp_path / "rows.csv", tmp_path / "rows.xlsx"
        for path in (rows, sheet):
            ran = CliRunner().invoke(app, [*command, "--output", str(path)])
            assert ran.exit_code == 0, ran.output
            assert str(path) in ran.output.replace("\n", "")
        with rows.open(encoding="utf-8-sig", newline="") as lines:
            written = list(csv.DictReader(lines))
        values = [cell.value for row in openpyxl.load_workbook(sheet).active.iter_rows(min_row=2) for cell in row]
        assert not any(isinstance(value, str) and value.startswith(("=", "+", "-", "@")) for value in values)
        if command == ["portfolio"]:
            assert (written[0]["title"], written[0]["team"]) == ("'=HYPERLINK(1)", "'+1+1")
            assert "'=HYPERLINK(1)" in values


ALIASES = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))
MERGES = "".join(f"{chr(98 + n)}: &{chr(98 + n)}\n  <<: [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\n" + ALIASES, "a: &a {x: 1}\n" + MERGES, "a: 2026-02-30", "a: " + "9" * 5_000, "[" * 5_000,
        "a: 0x" + "f" * 9_000, "a: !!python/object/apply:os.system ['x']", "a: \x1b", "x" * (2 << 20), "? [a, b]\n: 1",
        "a: !!timestamp x", "a: !!bool x", "{[]: 1}", "<<: 1", "a: 1\na: 2", "a: b: c", "\t- a",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_a_charter_that_would_do_harm_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    path.write_text(text)
    with pytest.raises(REFUSALS) as caught:
        read_yaml(path)
    clear(sentences(caught.value))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"corner": "XFD1048576"}, "workbook_sprawls"),
        ({"corner": "XFD1048576", "row": "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"}, "workbook_sprawls"),
        ({"corner": "B2", "row": '<x:row r="1048576"><x:c r="XFD1048576"><v>1</v></x:c></x:row>'}, "workbook_sprawls"),
        ({"corner": "B2", "sheets": 400}, "too_many_sheets"),
    ],
)
def test_a_workbook_that_would_take_all_memory_is_refused_before_it_is_laid_out(
    content: dict[str, Any], code: str, hostile: Any
) -> None:
    with pytest.raises(REFUSALS) as caught:
        guess_reading(hostile.far_cells(**content), "rows.xlsx")
    assert [problem.code for problem in caught.value.problems] == [code]
    clear(sentences(caught.value))


def test_a_tall_workbook_is_no_bomb(hostile: Any) -> None:
    assert guess_reading(hostile.far_cells("B1048576"), "rows.xlsx").format == "excel"
