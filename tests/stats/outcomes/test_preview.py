"""What a person sees before accepting a file."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stats.outcomes import Reading, guess_reading, preview, suggest_columns
from stats.outcomes.preview import Preview


def test_a_preview_shows_types_unknown_values_and_examples() -> None:
    content = b"site,day,wait,note\nA,2026-03-01,1.5,\nB,2026-03-02,NA,late\n"
    shown = preview(content, guess_reading(content))
    assert [(c.name, c.kind, c.missing) for c in shown.columns] == [
        ("site", "text", 0),
        ("day", "date", 0),
        ("wait", "number", 1),
        ("note", "text", 1),
    ]
    assert shown.rows == (("A", "2026-03-01", "1.5", None), ("B", "2026-03-02", None, "late"))
    assert shown.encodings == ()


def test_other_encodings_are_offered_with_how_the_text_would_look() -> None:
    content = "site,wait\nNîmes,1\nBesançon,2\n".encode("latin-1")
    shown = preview(content, guess_reading(content))
    looks = {choice.encoding: (choice.sample, choice.fits) for choice in shown.encodings}
    assert shown.encodings[0].encoding == "latin-1"
    assert looks["latin-1"] == ("Nîmes,1\nBesançon,2", True)
    assert not looks["utf-8"][1]
    assert "Nîmes" not in looks["cp874"][0]


def test_a_changed_reading_changes_what_is_shown() -> None:
    content = b"site;x\nA;1,5\n"
    assert preview(content, guess_reading(content)).columns[1].kind == "number"
    assert len(preview(content, Reading(delimiter=",")).columns) == 1


def test_dates_that_could_be_swapped_are_asked_about_and_clear_ones_are_not() -> None:
    for day, expected in (("03/04/2026", ["doubtful_date_order"]), ("13/04/2026", [])):
        content = f"site,day\nA,{day}\n".encode()
        assert [problem.code for problem in preview(content, guess_reading(content)).warnings] == expected


def test_parquet_shows_its_own_types() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"site": ["A"], "x": [1.5], "n": [3], "ok": [True]}), out)
    shown = preview(out.getvalue(), Reading(format="parquet"))
    assert [column.kind for column in shown.columns] == ["text", "number", "integer", "boolean"]
    assert shown.rows == (("A", "1.5", "3", "True"),)


def previewed(header: str) -> Preview:
    content = (header + "\n" + ",".join("1" for _ in header.split(",")) + "\n").encode()
    return preview(content, guess_reading(content))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("store_id,group,week,wait", {"site": "store_id", "arm": "group", "period": "week", "wait": "wait"}),
        ("Branch,Variant,Date,Waiting time", {"site": "Branch", "arm": "Variant", "period": "Date", "wait": None}),
        ("Chi nhánh,Nhóm,Tuần,wait", {"site": "Chi nhánh", "arm": "Nhóm", "period": "Tuần", "wait": "wait"}),
        ("门店,组,星期,wait", {"site": "门店", "arm": "组", "period": "星期", "wait": "wait"}),
        ("สาขา,กลุ่ม,สัปดาห์,Wait", {"site": "สาขา", "arm": "กลุ่ม", "period": "สัปดาห์", "wait": "Wait"}),
        ("x,y,z", {"site": None, "arm": None, "period": None, "wait": None}),
    ],
)
def test_columns_are_proposed_by_their_names(header: str, expected: dict[str, str | None]) -> None:
    assert suggest_columns(previewed(header), ["site", "arm", "period", "wait"]) == expected


def test_an_exact_name_wins_over_a_word_that_means_the_same() -> None:
    assert suggest_columns(previewed("branch,site"), ["site"]) == {"site": "site"}


def test_no_column_is_proposed_twice() -> None:
    proposed = suggest_columns(previewed("date,wait"), ["timestamp", "period"])
    assert sorted(filter(None, proposed.values())) == ["date"]
