"""Whatever the bytes are: a table, or a refusal; never another exception."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stats.errors import RefusedData
from stats.outcomes import Reading, check, connect, guess_reading, open_table, preview
from stats.plan import Columns, PlannedMetric

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.sampled_from(
    ["A", "B", "1", "1,5", "1.5", '"', '"x', "", "NA", "2026-03-01", "29/02/2567", "é", "ก", "\x00", "\r", "1e400", "'"]
)
LINES = st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=8).map("\n".join)


@pytest.fixture(scope="module")
def con() -> Any:
    return connect()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def sound(ugly: Any) -> tuple[bytes, bytes]:
    """The clean table as a workbook and as Parquet."""
    return ugly.workbook([line.split(",") for line in ugly.csv().splitlines()]), ugly.parquet(ugly.csv())


def walk(content: bytes, con: Any, folder: Path, reading: Reading | None = None) -> set[str]:
    """From bytes to the check; only a refusal, with a reason, may stop it."""
    named: set[str] = set()
    path = folder / "data.csv"
    path.write_bytes(content)
    try:
        reading = reading or guess_reading(path)
        preview(path, reading)
        table = open_table(path, reading, con)
        names = list(table.columns)
        columns = Columns.model_validate({"site": names[0], "timestamp": names[-1]})
        metric = PlannedMetric.model_validate(
            {"key": "m", "name": "m", "role": "SUCCESS", "spec": {"column": names[len(names) // 2]}}
        )
        check(table, columns, [metric], today=date(2026, 4, 15), reading=reading)
        table.to_pyarrow()
        return {"accepted"}
    except RefusedData as refused:
        named.update(problem.code for problem in refused.problems)
    return named


@MANY
@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"PAR1PAR1")
@example(b"PK\x05\x06" + bytes(18))
def test_arbitrary_bytes_are_read_or_refused(con: Any, folder: Path, content: bytes) -> None:
    assert walk(content, con, folder)


@MANY
@given(LINES, st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]), st.booleans())
def test_arbitrary_lines_are_read_or_refused(
    con: Any, folder: Path, text: str, encoding: str, compressed: bool
) -> None:
    content = text.encode(encoding)
    assert walk(gzip.compress(content) if compressed else content, con, folder)


@MANY
@given(
    st.binary(max_size=200),
    st.builds(
        Reading,
        format=st.sampled_from(["csv", "parquet", "excel"]),
        encoding=st.sampled_from(["utf-8", "utf-16", "latin-1", "gb18030", "cp874", "cp1258", "cp1256"]),
        delimiter=st.sampled_from([",", ";", "\t", "|"]),
        decimal=st.sampled_from([".", ","]),
        skip=st.integers(0, 3),
        compression=st.sampled_from(["none", "gzip"]),
        date_order=st.sampled_from(["dmy", "mdy", "ymd"]),
        buddhist_years=st.booleans(),
    ),
)
def test_any_way_of_reading_any_bytes_reads_or_refuses(
    con: Any, folder: Path, content: bytes, reading: Reading
) -> None:
    assert walk(content, con, folder, reading)


@MANY
@given(st.data())
def test_a_damaged_workbook_or_parquet_file_is_read_or_refused(
    con: Any, folder: Path, sound: tuple[bytes, bytes], data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(sound)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert walk(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]), con, folder)
