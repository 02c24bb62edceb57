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

from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.memo import memo, render
from experiments.plan import locked_plan
from experiments.recommend import in_force
from registry.open import Registry

KEYS = {"call-back-at-peak": "SCALE", "drop-in-repair-hour": "ITERATE", "reminder-the-day-before": "STOP"}
NUMBER = r"([+−]?[\d,]+(?:\.\d+)?)"
CHANGE = re.compile(
    rf"{NUMBER} ?[\w%]+(?: \({NUMBER} ?%\))?,? between {NUMBER} ?[\w%]+ and {NUMBER} ?[\w%]+"
    rf".*?{NUMBER} ?[\w%]+ with the change, {NUMBER} ?[\w%]+ as before"
)
"""Effect, relative effect, the two ends, and the level of each arm."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    clock = lambda: datetime(2027, 6, 16, 10, tzinfo=UTC)  # noqa: E731 - a clock that stands
    with Registry.open(tmp_path_factory.mktemp("numbers"), "", clock=clock) as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk, only=tuple(KEYS))
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
    tables = Document(io.BytesIO(content)).tables
    return _spaced(" ".join(cell.text for table in tables for row in table.rows for cell in row.cells))


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
