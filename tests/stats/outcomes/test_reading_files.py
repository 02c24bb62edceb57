"""From bytes to typed columns: encodings, separators, decimals, dates, unknown values, order of rows."""

from __future__ import annotations

import gzip
import io
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from stats.errors import RefusedData
from stats.outcomes import Reading, SizeLimits, guess_reading, open_connection, open_table, preview

NAMES = {
    "cp1258": ["Chi nhánh Hà Nội", "Chi nhánh Đà Nẵng", "Cửa hàng Quận 1", "Đắk Lắk"],
    "cp874": ["สาขากรุงเทพ", "เชียงใหม่", "ขอนแก่น", "ภูเก็ต"],
    "gb18030": ["北京门店", "上海分公司", "广州", "深圳"],
    "cp1256": ["فرع الرياض", "جدة", "فرع القاهرة", "الدمام"],
    "latin-1": ["Besançon", "Saint-Étienne", "Nîmes", "Orléans"],
    "cp1252": ["L’Haÿ-les-Roses", "Crème “brûlée”", "100 €", "Nîmes"],
}


def encoded(text: str, encoding: str) -> bytes:
    """Vietnamese in cp1258 has its tones behind the vowels; Python's codec wants them apart."""
    if encoding != "cp1258":
        return text.encode(encoding)
    tones = "\u0300\u0309\u0303\u0301\u0323"
    out = b""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        vowel = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        out += (vowel + "".join(part for part in parts if part in tones)).encode(encoding)
    return out


def read(tmp_path: Path, content: bytes, name: str = "data.csv", **changes: Any) -> tuple[Reading, Any]:
    path = tmp_path / name
    path.write_bytes(content)
    reading = guess_reading(path).model_copy(update=changes)
    return reading, open_table(path, reading)


def column(table: Any, name: str) -> list[Any]:
    return table[name].to_pyarrow().to_pylist()


@pytest.mark.parametrize("encoding", NAMES)
@pytest.mark.parametrize("form", ["own", "utf-8", "utf-8-sig", "utf-16"])
def test_names_of_every_language_come_back_as_they_were(tmp_path: Path, encoding: str, form: str) -> None:
    text = "site,wait\n" + "".join(f"{name},{place}\n" for place, name in enumerate(NAMES[encoding]))
    content = encoded(text, encoding if form == "own" else form)
    reading, table = read(tmp_path, content)
    assert column(table, "site") == NAMES[encoding]
    assert reading.encoding == (encoding if form == "own" else form)
    assert preview(content, reading).rows[0][0] == NAMES[encoding][0] or encoding == "cp1258"


def test_names_spelt_in_two_unicode_forms_are_one_name(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Besançon")
    _, table = read(tmp_path, f"site,wait\nBesançon,1\n{apart},2\n".encode())
    assert set(column(table, "site")) == {"Besançon"}


def test_the_encoding_is_judged_by_the_whole_file_not_its_beginning(tmp_path: Path) -> None:
    late = b"site,wait\n" + b"North,1\n" * 700_000 + "Nîmes,2\nBesançon,3\n".encode("latin-1")
    assert guess_reading(late).encoding == "latin-1"


def test_excel_saves_unicode_text_with_tabs_in_utf16(tmp_path: Path) -> None:
    reading, table = read(tmp_path, "site\twait\r\nZürich\t1,5\r\nGenève\t2,25\r\n".encode("utf-16"))
    assert (reading.encoding, reading.delimiter, reading.decimal) == ("utf-16", "\t", ",")
    assert column(table, "wait") == [1.5, 2.25]


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("s;x\nA;1,5\nB;2\n", ",", [1.5, 2.0]),
        ("s;x\nA;1.234,5\nB;0,25\n", ",", [1234.5, 0.25]),
        ('s,x\nA,"1,234.5"\nB,0.25\n', ".", [1234.5, 0.25]),
        ("s;x\nA;1 234,5\nB;-2,0\n", ",", [1234.5, -2.0]),
        ("s;x\nA;1\u00a0234,5\nB;\u22122,0\n", ",", [1234.5, -2.0]),
        ("s,x\nA,1'234.5\nB,.5\n", ".", [1234.5, 0.5]),
        ("s;x\nA;1.234\nB;5.678\n", ",", [1234.0, 5678.0]),
        ("s,x\nA,1.234\nB,5.678\n", ".", [1.234, 5.678]),
        ("s,x\nA,1e3\nB,-2.5E-1\n", ".", [1000.0, -0.25]),
    ],
)
def test_numbers_are_read_with_the_mark_that_they_show(
    tmp_path: Path, text: str, decimal: str, expected: list[float]
) -> None:
    reading, table = read(tmp_path, text.encode())
    assert reading.decimal == decimal
    assert column(table, "x") == expected


def test_a_number_that_could_be_either_is_asked_about(tmp_path: Path) -> None:
    content = b"s;x\nA;1.234\nB;5.678\n"
    reading = guess_reading(content)
    assert [problem.code for problem in preview(content, reading).warnings] == ["doubtful_decimal"]
    assert column(read(tmp_path, content, decimal=".")[1], "x") == [1.234, 5.678]


@pytest.mark.parametrize("wrong", ["1_000", "inf", "nan%", "0x1F", "12,34", "1e999", "5 min"])
def test_what_is_no_number_leaves_the_column_as_text(tmp_path: Path, wrong: str) -> None:
    _, table = read(tmp_path, f's,x\nA,1.5\nB,"{wrong}"\n'.encode())
    assert column(table, "x") == ["1.5", wrong]


def test_one_bad_value_far_down_is_found(tmp_path: Path) -> None:
    rows = "".join(f"A,{n}\n" for n in range(50_000))
    _, table = read(tmp_path, f"s,x\n{rows}A,five\n".encode())
    assert table.schema()["x"].is_string()


def test_codes_with_leading_zeros_stay_codes(tmp_path: Path) -> None:
    _, table = read(tmp_path, b"store,x\n007,1\n012,2\n")
    assert column(table, "store") == ["007", "012"]


def test_whole_numbers_stay_whole_and_large_ones_exact(tmp_path: Path) -> None:
    _, table = read(tmp_path, b"id,x\n9007199254740993,1\n2,2\n")
    assert column(table, "id") == [9007199254740993, 2]


def test_unknown_values_are_unknown_in_numbers_and_text(tmp_path: Path) -> None:
    _, table = read(tmp_path, b'site,x,n\nA,1,1\n?,NA,2\n"",,3\nB,#N/A,4\n N/A , -,5\nC,2.5,6\n')
    assert column(table, "site") == ["A", None, None, "B", None, "C"]
    assert column(table, "x") == [1.0, None, None, None, None, 2.5]


def test_what_counts_as_unknown_can_be_changed(tmp_path: Path) -> None:
    _, table = read(tmp_path, b"site,x\nA,1\nB,-99\n", missing=("", "-99"))
    assert column(table, "x") == [1, None]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2026-03-12", "2026-3-2"], [date(2026, 3, 12), date(2026, 3, 2)]),
        (["12/03/2026", "13/03/2026"], [date(2026, 3, 12), date(2026, 3, 13)]),
        (["03/12/2026", "03/13/2026"], [date(2026, 3, 12), date(2026, 3, 13)]),
        (["12.03.2026", "2.3.2026"], [date(2026, 3, 12), date(2026, 3, 2)]),
        (["12 Mar 2026", "2-Apr-2026"], [date(2026, 3, 12), date(2026, 4, 2)]),
        (["2026-03-12 09:30", "2026-03-12T17:00:05"], [datetime(2026, 3, 12, 9, 30), datetime(2026, 3, 12, 17, 0, 5)]),
        (["12/03/2026 9:30 PM", "13/03/2026 12:05 AM"], [datetime(2026, 3, 12, 21, 30), datetime(2026, 3, 13, 0, 5)]),
        (
            ["2026-03-12T09:30:00+07:00", "2026-03-12T09:30:00Z", "2026-03-12 09:30-05:00"],
            [datetime(2026, 3, 12, 9, 30)] * 3,
        ),
    ],
)
def test_dates_are_read_in_the_order_that_they_show(tmp_path: Path, cells: list[str], expected: list[date]) -> None:
    text = "day,x\n" + "".join(f"{cell},1\n" for cell in cells)
    _, table = read(tmp_path, text.encode())
    assert column(table, "day") == expected


def test_buddhist_years_become_our_years_leap_days_included(tmp_path: Path) -> None:
    content = b"day,x\n29/02/2567,1\n1/3/2567,2\n"
    reading = guess_reading(content)
    assert [problem.code for problem in preview(content, reading).warnings if problem.code == "buddhist_years"]
    _, table = read(tmp_path, content, buddhist_years=True)
    assert column(table, "day") == [date(2024, 2, 29), date(2024, 3, 1)]


def test_titles_above_the_header_and_the_separator_line_are_skipped(tmp_path: Path) -> None:
    titled = b"Report for March\r\n\r\nsite;x\r\nA;1\r\nB;2\r\n"
    announced = b"sep=;\nsite;x\nA;1\nB;2\n"
    for content in (titled, announced):
        _, table = read(tmp_path, content)
        assert table.columns == ("site", "x")
        assert column(table, "x") == [1, 2]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, ends: str) -> None:
    text = "a,b\n1,2\r\n3,4\n" if ends == "mixed" else ends.join(["a,b", "1,2", "3,4", ""])
    _, table = read(tmp_path, text.encode())
    assert column(table, "b") == [2, 4]


def test_blank_rows_at_the_end_of_a_spreadsheet_are_left_out(tmp_path: Path) -> None:
    _, table = read(tmp_path, b"a,b\n1,2\n3,4\n,\n,\n\n")
    assert table.count().to_pyarrow().as_py() == 2


def test_quoted_texts_keep_separators_quotes_and_lines(tmp_path: Path) -> None:
    _, table = read(tmp_path, b'a,b\n"x, ""y""\nz",1\n5" screen,2\n')
    assert column(table, "a") == ['x, "y"\nz', '5" screen']


def test_compressed_text_is_read(tmp_path: Path) -> None:
    reading, table = read(tmp_path, gzip.compress(b"site,x\nA,1.5\n"), "data.csv.gz")
    assert reading.compression == "gzip"
    assert column(table, "x") == [1.5]


def test_a_path_with_signs_that_mean_patterns_is_just_a_path(tmp_path: Path) -> None:
    (tmp_path / "site=3").mkdir()
    _, table = read(tmp_path / "site=3", b"a,b\n1,2\n", "data [1]*?.csv")
    assert table.columns == ("a", "b")


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    # Several of DuckDB's parallel chunks, with text columns, whose cleaning once reordered them.
    rows = "".join(f"{n},s{n % 7},{n / 2}\n" for n in range(400_000))
    _, table = read(tmp_path, f"n,site,x\n{rows}".encode())
    assert column(table, "n") == list(range(400_000))


def test_the_same_bytes_and_reading_give_the_same_table_again(tmp_path: Path) -> None:
    content = "Standort;Tag;Wert\nKöln;01.02.2026;1.234,5\nBonn;13.02.2026;0,5\n".encode("latin-1")
    reading, table = read(tmp_path, content)
    kept = Reading.model_validate_json(reading.model_dump_json())
    assert kept == reading
    assert open_table(tmp_path / "data.csv", kept).to_pyarrow().equals(table.to_pyarrow())
    assert column(table, "Standort") == ["Köln", "Bonn"]


def test_parquet_stays_a_lazy_scan(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"site": ["A", "B"], "x": [1.5, None], "day": [date(2026, 3, 1), date(2569, 3, 1)]}), path)
    table = open_table(path, guess_reading(path))
    plan = table.get_backend().con.sql(f"EXPLAIN SELECT sum(x) FROM {table.get_name()}").fetchall()[0][1]
    assert "PARQUET" in plan.upper()
    shifted = open_table(path, Reading(format="parquet", buddhist_years=True))
    assert column(shifted, "day") == [date(2026, 3, 1), date(2026, 3, 1)]


def test_text_dates_in_parquet_become_dates(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"day": ["2026-03-01", "2026-03-02"], "site": ["A", "007"]}), path)
    table = open_table(path, guess_reading(path))
    assert column(table, "day") == [date(2026, 3, 1), date(2026, 3, 2)]
    assert column(table, "site") == ["A", "007"]


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_gives_its_own_types_and_its_texts_are_read(tmp_path: Path) -> None:
    content = workbook(
        {
            "Cover": [["Report for March"]],
            "Data": [
                ["Figures of the week"],
                [],
                ["site", "day", "x", "text", "ok"],
                ["Köln", date(2026, 3, 1), 1.5, "1,5", True],
                ["北京", date(2026, 3, 2), 2, "NA", False],
                [None, None, None, None, None],
            ],
        }
    )
    reading, table = read(tmp_path, content, "book.xlsx")
    assert (reading.format, reading.sheet, reading.decimal) == ("excel", "Data", ",")
    assert column(table, "site") == ["Köln", "北京"]
    assert column(table, "day") == [date(2026, 3, 1), date(2026, 3, 2)]
    assert column(table, "x") == [1.5, 2.0]
    assert column(table, "text") == [1.5, None]
    assert column(table, "ok") == [True, False]
    assert preview(content, reading).sheets == ("Cover", "Data")


def test_a_sheet_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook({"Data": [["a", "b"], [1, 2]]}))
    with pytest.raises(RefusedData, match="unknown_sheet"):
        open_table(path, Reading(format="excel", sheet="Daten"))


def test_limits_of_size_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 10)
    for limits, code in (
        (SizeLimits(max_rows=9), "too_many_rows"),
        (SizeLimits(max_bytes=20), "too_many_bytes"),
        (SizeLimits(max_columns=1), "too_many_columns"),
    ):
        with pytest.raises(RefusedData, match=code):
            open_table(path, Reading(), limits=limits)


def test_a_table_behind_a_connection_is_opened(tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "house.duckdb")) as con:
        con.execute("CREATE SCHEMA ops; CREATE TABLE ops.visits AS SELECT 'A' AS site, 1.5 AS x")
    table = open_connection(f"duckdb://{tmp_path / 'house.duckdb'}", "ops.visits")
    assert column(table, "site") == ["A"]
    with pytest.raises(RefusedData, match="no_connection"):
        open_connection(f"duckdb://{tmp_path / 'house.duckdb'}", "ops.nothing")


def test_an_encoding_chosen_by_hand_is_used_and_its_faults_are_named(tmp_path: Path) -> None:
    content = "site,x\nKöln,1\n".encode("latin-1")
    assert column(read(tmp_path, content)[1], "site") == ["Köln"]
    with pytest.raises(RefusedData) as refused:
        read(tmp_path, content, encoding="utf-8")
    (problem,) = refused.value.problems
    assert (problem.code, problem.rows, problem.facts["offset"], problem.facts["byte"]) == (
        "undecodable_byte",
        (1,),
        8,
        "0xF6",
    )


@pytest.mark.parametrize("names", [["north", "south"], [" north", "south "], ["nor\u0301th", "NA"]])
def test_text_in_parquet_is_read_the_same_whether_or_not_it_needs_cleaning(tmp_path: Path, names: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "sites.parquet"
    pq.write_table(pa.table({"site": names * 3}), path)
    wanted = {" north": "north", "south ": "south", "nor\u0301th": "no\u0155th", "NA": None}
    assert column(open_table(path, Reading(format="parquet")), "site") == [wanted.get(n, n) for n in names] * 3
