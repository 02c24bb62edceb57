"""HTML, PDF and Word say the same, byte for byte each time, and set what people wrote as text."""

from __future__ import annotations

import dataclasses
import html
import io
import re

import pytest
from docx import Document
from pypdf import PdfReader

from experiments.documents import pdf as pdf_module
from experiments.documents.docx import memo_docx
from experiments.documents.html import memo_html
from experiments.documents.pdf import font_warnings, memo_pdf, pdf_and_warnings

NASTY = '<script>alert(1)</script> *bold* #panic("x") $x^2$ _it_ @ref `raw` {{ 7*7 }} \\ // gone [a](b)'


def html_text(memo):
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<title>.*?</title>|<[^>]+>", " ", memo_html(memo), flags=re.S)
    return squeezed(html.unescape(page))


def pdf_text(memo):
    return squeezed(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(memo_pdf(memo))).pages))


def docx_text(memo):
    document = Document(io.BytesIO(memo_docx(memo)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return squeezed(" ".join([*(paragraph.text for paragraph in document.paragraphs), *cells]))


def squeezed(text):
    """Without white space: lines break elsewhere in each document."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("name", ["SCALE", "ITERATE", "MISSING", "NOT_YET"])
def test_the_same_words_and_numbers_stand_in_all_three(pilot, name):
    memo = pilot(name).memo()
    shown = [
        memo.title, memo.simulated, memo.badge.word, memo.badge.addition, memo.why, memo.tried, memo.for_whom,
        memo.people, memo.metrics_note, *memo.asked, *memo.worst, *memo.money, *memo.grade_reasons, *memo.dissent,
        *memo.decision,
        *(check.sentence for check in memo.checks), *memo.method_notes,
        *(text for line in memo.metrics for text in (line.name, line.line, line.levels, line.state, line.note)),
        *(text for line in memo.metrics if not line.note for text in (line.effect, line.interval)),
        *(text for line in memo.partners for text in (line.partner, line.metric, line.change, line.said, line.benefit)),
        *(text for line in memo.planned for text in dataclasses.astuple(line)),
        *(text for line in memo.method for text in dataclasses.astuple(line)),
        *(text for pair in memo.provenance for text in pair),
    ]  # fmt: skip
    for text in (html_text(memo), pdf_text(memo), docx_text(memo)):
        assert [part for part in shown if squeezed(part) not in text] == []


def test_the_same_memo_gives_the_same_bytes(pilot):
    memo = pilot("ITERATE").memo()
    assert memo_html(memo) == memo_html(memo)
    assert memo_pdf(memo) == memo_pdf(memo)


def test_the_executive_needs_one_page(pilot):
    decision = {
        "kind": "decided", "verdict": "SCALE", "scope": "full", "decided_by": "Ruth Vogel",
        "decided_at": "2026-05-14T10:00:00+00:00", "conditions": ["Two more people on the Logistics desk first"],
    }  # fmt: skip
    for name, more in (("SCALE", {"decision": decision}), ("STAGED", {}), ("MISSING", {})):
        memo = pilot(name).memo(**more)
        pages = PdfReader(io.BytesIO(memo_pdf(memo))).pages
        assert len(pages) == 2
        first = squeezed(pages[0].extract_text())
        assert all(squeezed(line) in first for line in (*memo.dissent, *memo.decision, *memo.money))
        assert squeezed(memo.headings["heading.method"]) not in first


def test_the_pdf_is_tagged_titled_and_dated_by_its_evidence(pilot):
    reader = PdfReader(io.BytesIO(memo_pdf(pilot("SCALE").memo())))
    assert reader.metadata.title == "Call-back at peak"
    assert reader.metadata.creation_date.date().isoformat() == "2026-05-12"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in reader.trailer["/Root"]


def test_what_people_wrote_is_never_markup(pilot):
    memo = dataclasses.replace(pilot("SCALE").memo(), title=NASTY, tried=NASTY, dissent=(NASTY,))
    assert "<script>" not in memo_html(memo)
    for text in (html_text(memo), pdf_text(memo), docx_text(memo)):
        assert text.count(squeezed(NASTY)) >= 3


def test_other_scripts_are_shown(pilot):
    memo = dataclasses.replace(pilot("SCALE").memo(), title="Gọi lại giờ cao điểm")
    pdf, warnings = pdf_and_warnings(memo)
    assert warnings == ()
    assert "Gọilạigiờcaođiểm" in squeezed(PdfReader(io.BytesIO(pdf)).pages[0].extract_text())


def test_what_the_fonts_can_not_show_is_said(pilot):
    memo = dataclasses.replace(pilot("SCALE").memo(), tried="Rocket \U0001fabf\U0001fae8")
    pdf, warnings = pdf_and_warnings(memo)
    assert pdf.startswith(b"%PDF")
    assert any("can't be shown" in warning for warning in warnings)


def test_a_missing_font_is_said_and_the_memo_still_made(pilot, monkeypatch):
    monkeypatch.setattr(pdf_module, "_installed", lambda: frozenset({"Libertinus Serif"}))
    assert "Noto Sans is not installed" in font_warnings()[0]
    assert memo_pdf(pilot("SCALE").memo()).startswith(b"%PDF")


def test_every_picture_has_words(pilot):
    page = memo_html(pilot("SCALE").memo())
    assert page.count('class="picture"') == page.count('<span class="hidden">Speed') + page.count(
        '<span class="hidden">Satisfied'
    ) + page.count('<span class="hidden">Deliveries') + page.count('<span class="hidden">Credits')


def test_no_two_elements_of_the_page_have_the_same_id(pilot):
    ids = re.findall(r'\bid="([^"]+)"', memo_html(pilot("SCALE").memo()))
    assert len(ids) == len(set(ids))


def test_the_page_asks_nothing_from_the_network(pilot):
    page = memo_html(pilot("SCALE").memo())
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import', page) == []
