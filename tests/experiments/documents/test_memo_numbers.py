"""The numbers that people read are the stored ones: read out of the finished PDF, HTML and Word files and compared."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from experiments.deciding.evidence_in_force import in_force
from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.memo import memo, render
from experiments.planning.plan import locked_plan
from experiments.words.numbers import day
from registry.open import Registry

KEYS = {
    "call-back-at-peak": "SCALE",
    "parts-list-before-the-visit": "SCALE",
    "drop-in-repair-hour": "ITERATE",
    "guided-first-answer": "ITERATE",
    "reminder-the-day-before": "STOP",
    "shorter-phone-menu": "STOP",
    "printed-welcome-folder": "STOP",
}
CLOSED = {"chat-at-lunch": "NOT_YET", "one-owner-per-complaint": "INVALID"}
"""Memos whose numbers nobody may see."""
NUMBER = r"([+−]?[\d,]+(?:\.\d+)?)"
UNIT = r" ?[\w%]+(?: of \d+)?"
LEVELS = rf"{NUMBER}{UNIT} with the change, {NUMBER}{UNIT} as before"
CHANGE = re.compile(rf"{NUMBER}{UNIT}(?: \({NUMBER} ?%\))?,? between {NUMBER}{UNIT} and {NUMBER}{UNIT}.*?{LEVELS}")
"""Effect, relative effect, the two ends, and the level of each arm."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    clock = lambda: datetime(2027, 6, 16, 10, tzinfo=UTC)  # noqa: E731 - a clock that stands
    with Registry.open(tmp_path_factory.mktemp("numbers"), "", clock=clock) as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk, only=(*KEYS, *CLOSED))
        yield desk


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _pdf(content: bytes) -> str:
    return _spaced(PdfReader(io.BytesIO(content)).pages[0].extract_text())


def _html(content: bytes) -> str:
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<title>.*?</title>", " ", content.decode(), flags=re.S)
    page = re.sub(r'<span class="hidden">.*?</span>', " ", page, flags=re.S)
    return _spaced(html.unescape(re.sub(r"<[^>]+>", " ", page)))


def _docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return _spaced(" ".join([*cells, *(paragraph.text for paragraph in document.paragraphs)]))


READERS = {"pdf": _pdf, "html": _html, "docx": _docx}


def _value(text: str) -> tuple[float, float]:
    """The number and half of its last digit."""
    plain = text.replace("−", "-").replace(",", "")
    digits = len(plain.partition(".")[2])
    return float(plain), 0.5 * 10**-digits * (1 + 1e-9)


def _stored(metric: Any, evidence: dict[str, Any], rule: dict[str, Any]) -> list[float | None]:
    """What the six numbers of a row must be, from the stored JSON: shares in points, limits that decided."""
    result, state = evidence["metrics"][metric.key]["result"], rule["states"][metric.key]
    factor = 100.0 if metric.spec.kind in {"share", "share_beyond"} else 1.0
    ends = [state["lower"], state["upper"]] if metric.better == "higher" else [-state["upper"], -state["lower"]]
    relative = result["relative"]["effect"] * 100 if result["relative"] and factor == 1.0 else None
    if abs(result["effect"]) < 0.01 * max(abs(end) for end in ends):
        relative = None  # an effect that reads as 0 beside its interval has no share of anything
    levels = [result["mean_treatment"] * factor, result["mean_control"] * factor]
    return [result["effect"] * factor, relative, *(end * factor for end in ends), *levels]


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("key", KEYS)
def test_every_number_of_every_metric_row_is_the_stored_one(desk: Desk, key: str, form: str) -> None:
    pilot = desk.pilot(key)
    shown = in_force(desk, pilot)
    evidence, rule = json.loads(shown.evidence.canonical), shown.said
    assert rule["verdict"] == KEYS[key]
    page = READERS[form](render(memo(desk, key), form))
    start = page.index("What was measured")
    for metric in locked_plan(desk, pilot)[1].metrics:
        row = CHANGE.search(page, page.index(metric.name, start))
        assert row is not None, metric.name
        start = row.end()
        for text, expected in zip(row.groups(), _stored(metric, evidence, rule), strict=True):
            assert (text is None) == (expected is None), (metric.name, row.group())
            if text is not None and expected is not None:
                given, half = _value(text)
                assert abs(given - expected) <= half, (metric.name, text, expected)


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("key", CLOSED)
def test_closed_numbers_are_in_no_document(desk: Desk, key: str, form: str) -> None:
    pilot = desk.pilot(key)
    shown = in_force(desk, pilot)
    assert shown.said["verdict"] == CLOSED[key]
    content = render(memo(desk, key), form)
    page = READERS[form](content)
    if form == "pdf":
        page = _spaced(" ".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages))
    assert CHANGE.search(page) is None
    without_promises = page.replace("6 with the change, 6 as before", "").replace("7 with the change, 7 as before", "")
    assert re.search(LEVELS, without_promises) is None, "levels are results, too"
    assert page.count("closed") >= len(locked_plan(desk, pilot)[1].metrics)


@pytest.mark.parametrize("form", READERS)
def test_what_is_asked_between_checks_names_the_day(desk: Desk, form: str) -> None:
    page = READERS[form](render(memo(desk, "chat-at-lunch"), form))
    end = locked_plan(desk, desk.pilot("chat-at-lunch"))[1].end
    assert end is not None
    assert f"The next planned check is due on {day(end)}." in page


@pytest.mark.parametrize("key", KEYS)
def test_money_on_paper_is_the_stored_amount(desk: Desk, key: str) -> None:
    found = (in_force(desk, desk.pilot(key)).said["inputs"] or {}).get("money")
    lines = memo(desk, key).money
    for form in READERS:
        page = READERS[form](render(memo(desk, key), form))
        assert all(_spaced(line) in page for line in lines), form
    if found is not None:
        kind, amount = re.match(r"Expected (gain|loss) after costs: EUR ([\d,]+)", lines[0]).groups()  # type: ignore[union-attr]
        assert (kind == "loss") == (found["expected"] < 0)
        # Money is told with three digits: half of the third.
        assert float(amount.replace(",", "")) == pytest.approx(abs(found["expected"]), rel=5e-3)


@pytest.mark.parametrize("key", KEYS)
def test_whoever_decides_has_one_page_and_all_of_it_is_two(desk: Desk, key: str) -> None:
    reader = PdfReader(io.BytesIO(render(memo(desk, key), "pdf")))
    assert len(reader.pages) == 2
    first = _spaced(reader.pages[0].extract_text())
    assert "Who disagrees" in first
    assert "Method, for analysts" not in first


@pytest.mark.parametrize("form", READERS)
def test_the_foot_carries_the_head_of_the_record(desk: Desk, form: str) -> None:
    content = render(memo(desk, "call-back-at-peak"), form)
    head = desk.registry.head_hash()[:12]
    if form == "docx":
        assert head in Document(io.BytesIO(content)).sections[0].footer.paragraphs[0].text
    else:
        assert f"record {head}" in READERS[form](content)


def test_one_sentence_tells_what_the_partners_who_signed_say(desk: Desk) -> None:
    assert memo(desk, "call-back-at-peak").signed == (
        "Of the partners who signed beforehand, Workforce Planning and Quality endorse it."
    )
    assert memo(desk, "drop-in-repair-hour").signed == (
        "Of the partners who signed beforehand, Sales has not said anything yet."
    )
