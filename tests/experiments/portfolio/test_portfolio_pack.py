"""The monthly review pack: what was decided and learned in the month, what waits, each pilot's line, the head hash."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.documents.pack_model import Pack
from experiments.documents.pack_pdf import pack_and_warnings, pack_pdf
from experiments.portfolio.pack import pack
from experiments.portfolio.survey import portfolio
from registry.open import Registry

SOME = ("call-back-at-peak", "reminder-the-day-before", "printed-welcome-folder", "repair-or-replace-advice")
NASTY = '<script>alert(1)</script> *bold* #panic("x") $x^2$ _it_ @ref `raw` \\ // gone [a](b)'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Registry.open(tmp_path_factory.mktemp("pack") / "home") as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk, only=SOME)
        yield desk


@pytest.fixture(scope="module")
def closing(desk: Desk) -> Pack:
    """Of the month in which the reminder was closed."""
    row = next(row for row in portfolio(desk) if row.key == "reminder-the-day-before")
    return pack(desk, f"{row.stage_since:%Y-%m}")


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_what_was_closed_in_the_month_tells_its_takeaway_and_other_months_do_not(desk: Desk, closing: Pack) -> None:
    assert [title for title, _ in closing.learned] == ["Reminder the day before"]
    assert "six hours long" in closing.learned[0][1]
    assert pack(desk, "2020-01").learned == ()


def test_a_decision_stands_in_its_own_month_only_with_who_decided_and_why(desk: Desk) -> None:
    row = next(row for row in portfolio(desk) if row.key == "call-back-at-peak")
    assert row.decided_on is not None
    (line,) = [line for line in pack(desk, f"{row.decided_on:%Y-%m}").decided if line.title == row.title]
    assert (line.verdict, line.word) == ("SCALE", "Scale")
    assert any("expected net benefit" in said for said in line.said)
    assert line.by.startswith("Ruth Vogel, ")
    assert pack(desk, "2020-01").decided == ()


def test_every_pilot_is_a_line_or_counted_as_left_out(desk: Desk, closing: Pack) -> None:
    left_out = int(re.sub(r"\D", "", closing.lines_note) or 0)
    assert len(closing.lines) + left_out == len(portfolio(desk)) == len(SOME)
    assert any("Repair or replace advice" in wait for wait in closing.waits)


def test_the_pdf_says_all_of_it_with_the_head_of_the_record_in_every_foot(desk: Desk, closing: Pack) -> None:
    pdf, warned = pack_and_warnings(closing)
    assert warned == ()
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert all(desk.registry.head_hash()[:12] in page for page in pages)
    found = squeezed(" ".join(pages))
    for said in (*closing.standing, *closing.waits, closing.learned[0][1], *(line.title for line in closing.lines)):
        assert squeezed(said) in found
    assert pack_pdf(closing) == pdf


def test_what_people_wrote_is_set_as_text(closing: Pack) -> None:
    lines = (dataclasses.replace(closing.lines[0], title=NASTY), *closing.lines[1:])
    hostile = dataclasses.replace(closing, waits=(NASTY,), learned=((NASTY, NASTY),), lines=lines)
    assert squeezed(text_of(pack_pdf(hostile))).count(squeezed(NASTY)) == 4


def test_the_command_writes_it_and_refuses_what_is_no_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    output = tmp_path / "pack.pdf"
    ran = CliRunner().invoke(app, ["pack", "--month", "2026-11", "--output", str(output), "--json"])
    assert ran.exit_code == 0, ran.output
    said = OUTPUTS["pack"].model_validate(json.loads(ran.stdout))
    assert said.model_dump()["bytes"] == output.stat().st_size
    assert "No pilot has ended yet." in text_of(output.read_bytes())
    refused = CliRunner().invoke(app, ["pack", "--month", "November", "--output", str(output)])
    assert refused.exit_code == 1
    assert "November is no month" in refused.stderr
