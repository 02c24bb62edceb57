"""The memo as a Word document, for whoever must edit or comment: the same texts in the same order."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from experiments.documents.journey import further
from experiments.documents.pictures import badge_picture, metric_pictures, sites_picture
from experiments.pictures import theme
from experiments.views import CheckLine, Memo

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
METHOD = ("method", "effect", "std_error", "df", "interval", "p_value", "p_randomisation", "limits", "units")
METHOD_COLUMNS = tuple("estimate" if name == "effect" else name for name in METHOD)


def memo_docx(memo: Memo) -> bytes:
    """The memo as .docx."""
    from docx import Document

    document = Document()
    _page(document, memo)
    _verdict(document, memo)
    left, right = _side_by_side(document)
    _section(left, memo.headings["heading.tried"], [memo.tried, memo.for_whom, memo.people])
    _section(right, memo.headings["heading.asked"], memo.asked, style="List Bullet")
    _metrics(document, memo)
    _partners(document, memo)
    left, right = _side_by_side(document)
    _section(left, memo.headings["heading.worst"], memo.worst)
    _section(right, memo.headings["heading.money"], memo.money)
    left, right = _side_by_side(document)
    _section(left, memo.headings["heading.dissent"], memo.dissent)
    if memo.decision:
        _section(left, memo.headings["heading.decision"], memo.decision)
    _trust(right, memo)
    _planned(document, memo)
    _appendix(document, memo)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def plain_document(title: str, blocks: Iterable[tuple[str, str]]) -> bytes:
    """A document of text alone: (style, text), style one of title, lead, heading, text, note."""
    from docx import Document

    document = Document()
    document.core_properties.title, document.core_properties.author = title, ""
    document.core_properties.created = document.core_properties.modified = NO_DATE.replace(tzinfo=None)
    for style, text in blocks:
        if style in {"title", "heading"}:
            document.add_heading(text, level=1 if style == "title" else 2)
            continue
        run = document.add_paragraph().add_run(text)
        run.bold, run.italic = style == "lead", style == "note"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _page(document: Any, memo: Memo) -> None:
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.header_distance = section.footer_distance = Mm(6)
    section.left_margin = section.right_margin = Mm(16)
    section.top_margin = section.bottom_margin = Mm(11)
    section.footer.paragraphs[0].add_run(memo.foot).font.size = Pt(8)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(8.5)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(1), 1.0
    for level, size in ((1, 16), (2, 11)):
        heading = document.styles[f"Heading {level}"]
        heading.font.size = Pt(size)
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(5), Pt(1)
    made_at = memo.made_at or NO_DATE
    properties = document.core_properties
    properties.title, properties.author = memo.title, ""
    properties.language = memo.language
    properties.created = properties.modified = made_at.replace(tzinfo=None)


def _verdict(document: Any, memo: Memo) -> None:
    from docx.shared import Mm, Pt

    document.add_heading(memo.title, level=1)
    document.add_paragraph(memo.subtitle)
    if memo.simulated:
        document.add_paragraph().add_run(memo.simulated).italic = True
    table = document.add_table(rows=1, cols=2)
    table.style = "Table Grid"
    sign, words = table.rows[0].cells
    _widths(table, [Mm(48), Mm(130)])
    _shade(sign, theme.VERDICT_COLOURS[memo.badge.verdict])
    line = sign.paragraphs[0]
    picture = badge_picture(memo)
    _add_picture(line.add_run(), picture.svg, Mm(6), picture.alt)
    run = line.add_run(f" {memo.badge.word}")
    run.bold, run.font.size = True, Pt(15)
    if memo.badge.addition:
        sign.add_paragraph(memo.badge.addition)
    words.paragraphs[0].add_run(memo.why).font.size = Pt(12)


def _side_by_side(document: Any) -> tuple[Any, Any]:
    """Two halves of the page, filled one paragraph after the other: what decides stays on one page."""
    from docx.shared import Mm

    table = document.add_table(rows=1, cols=2)
    _widths(table, [Mm(89), Mm(89)])
    left, right = table.rows[0].cells
    return left, right


def _section(place: Any, heading: str, lines: Iterable[str], *, style: str | None = None) -> None:
    """place: the document, or a cell, whose first paragraph is there already."""
    first = place.paragraphs[0] if hasattr(place, "_tc") and not place.paragraphs[0].text else None
    if first is None:
        first = place.add_paragraph()
    first.text, first.style = heading, "Heading 2"
    if hasattr(place, "_tc"):  # else the whole row would be kept with what follows, on the next page
        first.paragraph_format.keep_with_next = False
    for line in lines:
        if line:
            place.add_paragraph(line, style=style)


def _metrics(document: Any, memo: Memo) -> None:
    from docx.shared import Mm

    words = memo.headings
    document.add_heading(words["heading.metrics"], level=2)
    if memo.metrics_note:
        document.add_paragraph(memo.metrics_note)
    pictures = metric_pictures(memo)
    columns = ("metric", "picture", "effect", "state") if pictures else ("metric", "state")
    table = _table(document, [words[f"column.{name}"] for name in columns])
    for line in memo.metrics:
        cells = dict(zip(columns, table.add_row().cells, strict=True))
        cells["metric"].paragraphs[0].add_run(line.name).bold = True
        cells["metric"].add_paragraph("; ".join(part for part in (line.role, line.line) if part))
        cells["state"].paragraphs[0].add_run(line.state).bold = True
        if not pictures:
            continue
        if line.key in pictures:
            _add_picture(
                cells["picture"].paragraphs[0].add_run(), pictures[line.key].svg, Mm(52), pictures[line.key].alt
            )
        cells["effect"].text = ", ".join(part for part in (line.effect, line.interval) if part) or line.note
        if line.levels:
            cells["effect"].add_paragraph(line.levels)
    _widths(table, [Mm(52), Mm(56), Mm(46), Mm(24)] if pictures else [Mm(130), Mm(48)])


def _partners(document: Any, memo: Memo) -> None:
    from docx.shared import Mm

    if not memo.partners:
        return
    words = memo.headings
    document.add_heading(words["heading.partners"], level=2)
    table = _table(document, [words[f"column.{name}"] for name in ("partner", "change", "state", "said")])
    for line in memo.partners:
        who = f"{line.partner}: {line.metric}" + (f"\n{line.benefit}" if line.benefit else "")
        _fill(table, (who, line.change, line.state, line.said))
    _widths(table, [Mm(62), Mm(46), Mm(24), Mm(46)])
    if memo.signed:
        document.add_paragraph(memo.signed)


def _trust(place: Any, memo: Memo) -> None:
    words = memo.headings
    _section(place, f"{words['heading.trust']} {words['column.grade']}".strip(), memo.grade_reasons)
    _checks(place, [check for check in memo.checks if not check.passed])
    if memo.passed:
        place.add_paragraph(memo.passed)


def _planned(document: Any, memo: Memo) -> None:
    words = memo.headings
    document.add_heading(words["heading.planned"], level=2)
    table = _table(document, [words[f"column.{name}"] for name in ("what", "planned", "done")])
    for line in memo.planned:
        _fill(table, (line.what, line.planned, line.done))


def _appendix(document: Any, memo: Memo) -> None:
    from docx.shared import Mm, Pt

    words = memo.headings
    document.add_page_break()
    sites = sites_picture(memo)
    if sites:
        document.add_heading(words["heading.sites"], level=2)
        _add_picture(document.add_paragraph().add_run(), sites.svg, Mm(130), sites.alt)
    for name, said in further(memo):
        _section(document, words[f"heading.{name}"], said)
    _section(document, words["heading.method"], memo.method_notes)
    if memo.method:
        table = _table(document, [words[f"column.{name}"] for name in ("metric", *METHOD_COLUMNS)])
        for line in memo.method:
            _fill(table, (line.name, *(getattr(line, name) for name in METHOD)))
        for paragraph in (p for row in table.rows for cell in row.cells for p in cell.paragraphs):
            for run in paragraph.runs:
                run.font.size = Pt(7)
    if memo.passed:
        document.add_heading(words["heading.passed"], level=2)
        _checks(document, [check for check in memo.checks if check.passed])
    document.add_heading(words["heading.provenance"], level=2)
    for name, value in memo.provenance:
        document.add_paragraph(f"{name}: {value}").runs[0].font.size = Pt(8)


def _checks(place: Any, checks: Iterable[CheckLine]) -> None:
    for check in checks:
        place.add_paragraph(f"{_mark(check)} {check.sentence}")


def _mark(check: CheckLine) -> str:
    return "–" if check.passed is None else "✓" if check.passed else "✗"


def _table(document: Any, titles: Sequence[str]) -> Any:
    table = document.add_table(rows=1, cols=len(titles))
    table.style = "Table Grid"
    for cell, title in zip(table.rows[0].cells, titles, strict=True):
        cell.paragraphs[0].add_run(title).bold = True
    return table


def _fill(table: Any, texts: Sequence[str]) -> None:
    for cell, text in zip(table.add_row().cells, texts, strict=True):
        cell.text = text


def _widths(table: Any, widths: Sequence[Any]) -> None:
    """In every cell and in the table's grid: some programs read the one, some the other."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def _shade(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    shading.set(qn("w:val"), "clear")
    shading.set(qn("w:fill"), colour.lstrip("#"))
    cell._tc.get_or_add_tcPr().append(shading)


def _add_picture(run: Any, svg: str, width: Any, alt: str) -> None:
    """A drawing as PNG with its words, for screen readers."""
    inline = run.add_picture(io.BytesIO(theme.png(svg)), width=width)._inline
    inline.docPr.set("descr", alt)
