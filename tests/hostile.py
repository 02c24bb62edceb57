"""Texts and files that somebody might send who means harm, or whose tools are broken. Made here, byte by byte."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://example.org";"see")', "=cmd|' /C calc'!A0", "\t=1", "\r=1",
    "＝1+1", "＋1", "－1", "＠x", " =1", "a;=1", "a\n=1", "a,=1", "\u200b=1",
)  # fmt: skip
SCRIPTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'><svg onload=alert(1)>", '"><b id="injected">x</b>',
    "<iframe src='javascript:alert(1)'></iframe>", "javascript:alert(1)", "</title><script>alert(1)</script>",
    "&lt;script&gt;", "{{7*7}}", "{% raw %}", "${7*7}", "<!--", "]]>", "<style>*{display:none}</style>",
)  # fmt: skip
MARKDOWN = (
    "**bold** _italic_ `code`", "[click](javascript:alert(1))", "![x](http://example.org/x.png)", "# heading", "- item",
    ":red[red] :material/home: :smile:", "$x^2$", "| a | b |", "~~gone~~", "1. one", "> quote", "\\*escaped\\*",
)  # fmt: skip
PLACEHOLDERS = ("{column}", "{}", "{0.__class__}", "%s %d", "{rows:whole}", "#{1}", "$$", "#set page()", "\\input{x}")
SQL = ('"; drop table x; --', "'; DROP TABLE pilot; --", 'a"b', "a'b", "select", "a`b", "1 OR 1=1", "a;b", "[x]", "a.b")
PATHS = ("../../etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\x", "file:///etc/passwd", "~/.ssh", "con.csv", "a/b")
HIDDEN = (
    "a\x00b", "a\x1b[31mb", "\x1b]0;x\x07", "a\u202eb", "a\u202db", "a\u2066b", "\ufeffa", "a\u200db", "a\ud800b",
    "a\x0bb", "a\x85b", "a\uffffb", "a\x7fb",
)  # fmt: skip
WIDE = (
    "é" * 40,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯",
    "الرد خلال ساعة",
    "回电",
    "ทดสอบ",
    "👩‍👩‍👧‍👦",
    "ﷺ" * 20,
    "x" * 5_000,
    "word " * 2_000,
    "x" * 100_000,
)
NUMBERS = ("1e400", "-1e400", "9" * 400, "NaN", "Infinity", "0x1F", "1_000", "٣٤", "½", "-0", "1" * 5_000)
STRINGS = (*FORMULAS, *SCRIPTS, *MARKDOWN, *PLACEHOLDERS, *SQL, *PATHS, *HIDDEN, *WIDE, *NUMBERS)
"""Each as it is; ``strings`` mixes them."""


def strings(count: int, seed: int = 20) -> list[str]:
    """All of ``STRINGS`` and mixtures of two or three of them; always the same."""
    draw = random.Random(seed)
    short = [text for text in STRINGS if len(text) < 200]
    mixed = ["".join(draw.sample(short, draw.choice((2, 3)))) for _ in range(count - len(STRINGS))]
    return [*STRINGS, *mixed][:count]


def files(count: int, good: str, workbook: bytes, parquet: bytes, seed: int = 20) -> list[tuple[str, bytes]]:
    """File names and bytes, each damaged in one way: ``good`` is a sound table as CSV, the others are the same table.

    Every eighth is of another kind: cut, flipped bytes, hostile cells, hostile header, another ending, a packed bomb,
    an encoding in the middle of another, something added.
    """
    draw = random.Random(seed)
    sound = {"csv": good.encode(), "csv.gz": gzip.compress(good.encode()), "xlsx": workbook, "parquet": parquet}
    makers = (_cut, _flipped, _hostile_cells, _hostile_header, _wrong_ending, _packed, _two_encodings, _padded)
    return [makers[number % len(makers)](draw, good, sound) for number in range(count)]


File = tuple[str, bytes]


def _cut(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    ending = draw.choice(("csv.gz", "xlsx", "parquet"))
    content = sound[ending]
    return f"cut.{ending}", content[: draw.randrange(1, len(content) - 20)]


def _flipped(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    ending = draw.choice(sorted(sound))
    content = bytearray(sound[ending])
    for _ in range(draw.randrange(30, 120)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return f"flipped.{ending}", bytes(content)


def _hostile_cells(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    """A hostile text in the place of a site: no site of the plan is called so."""
    header, *lines = good.splitlines()
    text = draw.choice(STRINGS).encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace('"', '""')
    place = draw.randrange(len(lines))
    lines[place] = f'"{text}",' + lines[place].partition(",")[2]
    return "cells.csv", "\n".join([header, *lines]).encode()


def _hostile_header(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    header, _, rest = good.partition("\n")
    text = draw.choice([text for text in STRINGS if "\ud800" not in text]).replace('"', '""')
    names = header.split(",")
    names[draw.randrange(len(names))] = f'"{text}"'
    return "header.csv", (",".join(names) + "\n" + rest).encode()


def _wrong_ending(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    others = {
        "png": b"\x89PNG\r\n\x1a\n" + draw.randbytes(200), "pdf": b"%PDF-1.7\n" + draw.randbytes(200),
        "html": b"<html><script>alert(1)</script></html>", "json": b'{"site": 1}', "exe": b"MZ" + draw.randbytes(400),
        "zip": _zip({"rows.csv": good.encode()}), "noise": draw.randbytes(draw.randrange(1, 3000)),
    }  # fmt: skip
    return f"odd.{draw.choice(('csv', 'xlsx', 'xls', 'parquet', 'gz'))}", others[draw.choice(sorted(others))]


def _packed(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    """Bombs: two cells at the corners of a sheet, an archive in an archive, a gzip in a gzip, deep or many parts."""
    bombs = (
        ("far.xlsx", far_cells("XFD1048576")),
        ("far2.xlsx", far_cells("CV1048576").replace(b"worksheets", b"worksheetz")),
        ("nested.xlsx", _zip({"xl/workbook.xml": _zip({"a": b"0" * 10_000})})),
        ("nested.csv.gz", gzip.compress(gzip.compress(b"0" * 100_000))),
        ("entities.xlsx", far_cells("B2", before='<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "lol">]>')),
        ("traversal.xlsx", _zip({"../../evil": b"x", "xl/workbook.xml": b"<workbook/>"})),
        ("many.xlsx", _zip({f"xl/part{n}.xml": b"" for n in range(2_000)} | {"xl/workbook.xml": b"<workbook/>"})),
    )
    return draw.choice(bombs)


def _two_encodings(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    other = draw.choice(("utf-16", "latin-1", "gb18030", "cp874"))
    extra = {"latin-1": "Besançon", "gb18030": "北京", "cp874": "กรุงเทพ", "utf-16": "Bogotá"}[other]
    return "mixed.csv", good.encode() + "São Paulo,".encode() + f"{extra},x,y,z\n".encode(other)


def _padded(draw: random.Random, good: str, sound: dict[str, bytes]) -> File:
    """Lines that are too long, too short, or hold what is no text."""
    lines = good.splitlines()
    extra = draw.choice((",,,,,,,,", '"', '"""', "\x00\x00", "x" * 3_000_000, "a,b", "\x1a", ",".join("x" * 3_000)))
    lines.insert(draw.randrange(1, len(lines)), extra)
    return "padded.csv", "\n".join(lines).encode()


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def far_cells(corner: str, *, sheets: int = 1, before: str = "", row: str = "") -> bytes:
    """A workbook with a cell at A1 and one at ``corner``, written by hand. row: of ``corner`` if written otherwise."""
    number = "".join(letter for letter in corner if letter.isdigit())
    far = row or f'<row r="{number}"><c r="{corner}"><v>1</v></c></row>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    places = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    sheet = f'<row r="1"><c r="A1"><v>1</v></c></row>{far}'
    head = f'<?xml version="1.0"?>{before}'
    parts = {
        "_rels/.rels": f'{head}<Relationships xmlns="{package}"><Relationship Id="r" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{package}">{places}</Relationships>',
        **{
            f"xl/worksheets/sheet{n}.xml": f'{head}<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'
            for n in range(1, sheets + 1)
        },
    }
    return _zip({name: text.encode() for name, text in parts.items()})
