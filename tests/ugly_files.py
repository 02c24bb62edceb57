"""Files as people really send them, each with the one thing that is wrong with it. Made here, byte by byte.

They are meant for a pilot whose data have the columns of ``COLUMNS`` (a row per contact or per site and week) and the
sites of ``SITES``; ``TODAY`` is the day on which they arrive.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date

TODAY = date(2026, 4, 15)
SITES = ("North", "South", "East", "West")
TREATED = ("North", "East")
COLUMNS = {
    "site": "site",
    "arm": {"column": "group", "treatment": "pilot", "control": "usual"},
    "period": "week",
}
METRICS = (
    {"key": "wait", "name": "Wait", "role": "SUCCESS", "unit": "min", "better": "lower", "mwe": 1.0,
     "spec": {"kind": "mean", "column": "wait", "better": "lower"}},
    {"key": "solved", "name": "Solved", "role": "GUARDRAIL", "unit": "", "margin": 0.05,
     "spec": {"kind": "share", "column": "solved"}},
)  # fmt: skip
HEADER = "site,group,week,wait,solved"


def rows(change: dict[int, str] | None = None) -> list[str]:
    """Good rows, four sites by four weeks; ``change`` puts another text in the place of a data row (from 1)."""
    good = [
        f"{site},{'pilot' if site in TREATED else 'usual'},2026-03-{day:02d},{4 + place + day / 10:.1f},0.{80 + place}"
        for day in (2, 9, 16, 23)
        for place, site in enumerate(SITES)
    ]
    for row, text in (change or {}).items():
        good[row - 1 : row] = [text]
    return good


def csv(change: dict[int, str] | None = None, header: str = HEADER) -> str:
    return "\n".join([header, *rows(change)]) + "\n"


def workbook(lines: list[list[object]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(text: str) -> bytes:
    import pyarrow.csv
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(io.BytesIO(text.encode())), out)
    return out.getvalue()


def parquet_of(columns: dict[str, list[object]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def ugly_files() -> dict[str, tuple[str, bytes, str]]:
    """name -> (file name, bytes, code of the problem that must be named)."""
    good = csv().encode()
    sheet = workbook([line.split(",") for line in [HEADER, *rows()]])
    packed = gzip.compress(good)
    mixed = [line.replace(",0.8", ',"0,8', 1) + '"' if place % 2 else line for place, line in enumerate(rows())]
    return {
        # Not a table at all
        "empty": ("empty.csv", b"", "empty_file"),
        "only blank lines": ("blank.csv", b"\r\n\r\n  \r\n", "empty_file"),
        "only a header": ("header.csv", (HEADER + "\n").encode(), "header_only"),
        "a PDF": ("report.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "not_a_table.pdf"),
        "a picture": ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_a_table.image"),
        "a Word document": ("memo.xlsx", zipped({"word/document.xml": b"<w:document/>"}), "not_a_table.document"),
        "a web page called Excel": ("export.xls", b"<html><body><table><tr><td>1</td></tr>", "not_a_table.web_page"),
        "JSON": ("rows.csv", b'[{"site": "North", "wait": 3}]', "not_a_table.json"),
        "random bytes": ("noise.csv", bytes((7 * i * i + 3 * i) % 256 for i in range(5000)), "not_a_table.binary"),
        # Broken on the way
        "a cut gzip": ("rows.csv.gz", packed[: len(packed) // 2], "broken_gzip"),
        "a gzip bomb": ("rows.csv.gz", gzip.compress(b"site,wait\n" + b"0" * (101 << 20), 1), "unpacks_too_large"),
        "a cut workbook": ("rows.xlsx", sheet[: len(sheet) // 2], "broken_workbook"),
        "a workbook bomb": (
            "rows.xlsx",
            zipped({"xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": b"0" * (101 << 20)}),
            "unpacks_too_large",
        ),
        "a workbook with a password": (
            "rows.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(500),
            "password_protected",
        ),
        "an empty workbook": ("rows.xlsx", workbook([]), "empty_file"),
        "a cut Parquet file": ("rows.parquet", parquet(csv())[:-40], "unreadable"),
        "zero bytes in the text": ("rows.csv", csv({3: "East,pilot,2026-03-02,\x00,0.8"}).encode(), "nul_bytes"),
        "two encodings in one file": (
            "rows.csv",
            csv({2: "São Paulo,usual,2026-03-02,5,1", 5: "Málaga,usual,2026-03-02,5,1"}).encode()
            + "Besançon,usual,2026-03-02,5,0.8\n".encode("latin-1"),
            "undecodable_byte",
        ),
        # Lines that do not fit
        "a row cut short": ("rows.csv", csv({4: "West,usual,2026-03-02"}).encode(), "too_few_values"),
        "a comma too many": ("rows.csv", csv({4: "West,usual,2026-03-02,7,0,8"}).encode(), "too_many_values"),
        "a quote that never closes": ("rows.csv", csv({16: '"West,usual,2026-03-23,9,0.8'}).encode(), "open_quote"),
        "a column twice": ("rows.csv", csv(header="site,group,week,wait,Wait").encode(), "duplicate_column"),
        # A table, but not the one that was promised
        "a column with another name": (
            "rows.csv", csv(header="site,group,week,wait_min,solved").encode(), "missing_column_close",
        ),
        "a column that is not there": ("rows.csv", csv(header="site,group,week,x,solved").encode(), "missing_column"),
        "a word for a number": ("rows.csv", csv({6: "South,usual,2026-03-09,five,0.8"}).encode(), "unparsable_number"),
        "a number with its unit": ("rows.csv", csv({6: "South,usual,2026-03-09,5 h,1"}).encode(), "unparsable_number"),
        "points and commas": ("rows.csv", "\n".join([HEADER.replace("wait,solved", "solved,wait"), *mixed]).encode(),
                              "mixed_decimal_marks"),
        "a date that does not exist": (
            "rows.csv", csv({7: "East,pilot,2026-02-30,6,0.8"}).encode(), "unparsable_date",
        ),
        "a date to come": ("rows.csv", csv({8: "West,usual,2026-12-07,7,0.8"}).encode(), "future_date"),
        "years of the Buddhist calendar": ("rows.csv", csv().replace("2026-", "2569-").encode(), "buddhist_years"),
        "an arm that was not planned": (
            "rows.csv", csv({1: "North,pilott,2026-03-02,4.2,0.8"}).encode(), "unknown_arm_close",
        ),
        "a site that was not planned": (
            "rows.csv", csv({2: "Suoth,usual,2026-03-02,5.2,0.8"}).encode(), "unknown_site_close",
        ),
        "no site": ("rows.csv", csv({2: ",usual,2026-03-02,5.2,0.8"}).encode(), "missing_site"),
        "a site in two arms": ("rows.csv", csv({5: "North,usual,2026-03-09,4.9,0.8"}).encode(), "site_in_two_arms"),
        "a site in the other arm": (
            "rows.csv", csv().replace("South,usual", "South,pilot").encode(), "arm_not_as_assigned",
        ),
        "a week twice": (
            "rows.csv",
            "\n".join([HEADER, *(f"North,pilot,2025-{m:02d}-{d:02d},4,1" for m in range(1, 13) for d in (1, 11, 21)),
                       *rows(), "North,pilot,2026-03-02,4.2,0.8"]).encode(),
            "duplicate_site_period",
        ),
        "time running backwards": ("rows.csv", csv({2: "South,usual,2026-03-02,-5,0.8"}).encode(), "negative_duration"),
        "a share above one": ("rows.csv", csv({3: "East,pilot,2026-03-02,6,81"}).encode(), "out_of_range_share"),
        "not one value": (
            "rows.csv",
            ("\n".join([HEADER, *(",".join([*line.split(",")[:3], "NA", "1"]) for line in rows())])).encode(),
            "all_missing",
        ),
    }  # fmt: skip
