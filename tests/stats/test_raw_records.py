"""Raw records: dirty rows are counted and handled by a rule, mappings proposed, real logs give their known counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stats.errors import RefusedData, RefusedSpec
from stats.outcomes import guess_reading, open_table, preview
from stats.raw_records import RawMapping, RawRecords, panel, read_raw, suggest_kind, suggest_mapping
from stats.raw_records.scales import reliability
from stats.results import NotEstimable
from stats.spec import MetricSpec

MEAN_WAIT = {"wait": MetricSpec(column="queue_wait", better="lower")}


@pytest.fixture
def raw(tmp_path: Path) -> Callable[..., RawRecords]:
    """Records from a text, its columns called as the fields; ``kind`` and parts of the mapping by name."""

    def read(kind: str, text: str, **mapping: Any) -> RawRecords:
        path = tmp_path / "raw.csv"
        path.write_text(text.strip() + "\n", encoding="utf-8")
        columns = text.strip().split("\n")[0].split(",")
        fields = mapping.pop("fields", {column: column for column in columns})
        return read_raw(
            open_table(path, guess_reading(path)),
            RawMapping(kind=kind, fields=fields, **mapping),  # type: ignore[arg-type]
        )

    return read


def found(records: RawRecords) -> dict[tuple[str, str], tuple[int, tuple[int, ...], str]]:
    return {(one.code, one.field): (one.rows, one.first, one.handling) for one in records.findings}


def values(records: RawRecords, column: str) -> list[Any]:
    return list(records.table.order_by("row").select(column).to_pyarrow().column(0).to_pylist())


# --- rules --------------------------------------------------------------------------------------------------


def test_a_contact_without_a_moment_is_set_aside_and_counted(raw: Callable[..., RawRecords]) -> None:
    records = raw("calls", "entered_at,wait_seconds\n2026-03-01 09:00,5\n,7\nnever,9")
    assert (records.rows, records.kept) == (3, 1)
    assert found(records) == {
        ("raw_unreadable", "entered_at"): (1, (3,), "value_unknown"),
        ("raw_no_moment", "entered_at"): (2, (2, 3), "left_out"),
    }


def test_an_end_before_its_start_is_unknown_and_the_row_stays(raw: Callable[..., RawRecords]) -> None:
    records = raw(
        "calls",
        "entered_at,answered_at,ended_at\n"
        "2026-03-01 09:00,2026-03-01 09:01,2026-03-01 09:03\n"
        "2026-03-01 09:00,2026-03-01 09:05,2026-03-01 09:04",
    )
    assert found(records) == {("raw_end_before_start", "ended_at"): (1, (2,), "value_unknown")}
    assert values(records, "handle") == [120.0, None]


def test_a_time_of_day_after_midnight_is_the_next_days(raw: Callable[..., RawRecords]) -> None:
    records = raw(
        "calls",
        "day,entered,ended\n2026-03-01,23:58:00,0:03:00\n2026-03-02,10:00:00,10:01:00",
        fields={"entered_at": ["day", "entered"], "answered_at": ["day", "entered"], "ended_at": ["day", "ended"]},
    )
    assert found(records)["raw_next_day", "ended_at"] == (1, (1,), "moved")
    assert values(records, "handle") == [300.0, 60.0]


def test_a_zero_time_of_day_can_mean_that_nothing_happened(raw: Callable[..., RawRecords]) -> None:
    text = "day,entered,queued\n2026-03-01,23:50:00,0:00:00\n2026-03-01,9:00:10,9:00:20"
    fields = {"entered_at": ["day", "entered"], "queued_at": ["day", "queued"]}
    assert values(raw("calls", text, fields=fields, zero_time_is_missing=True), "queued_at")[0] is None
    assert values(raw("calls", text, fields=fields), "queued_at")[0] is not None


def test_the_same_contact_again_counts_once(raw: Callable[..., RawRecords]) -> None:
    rows = "17,2026-03-01 09:00,5\n17,2026-03-01 09:00,5\n17,2026-03-01 09:00,6\n18,2026-03-01 09:00,5"
    records = raw("calls", f"contact,entered_at,wait_seconds\n{rows}")
    assert found(records) == {("raw_duplicate", "contact"): (1, (2,), "left_out")}
    assert records.kept == 3


def test_two_people_who_say_the_same_are_two(raw: Callable[..., RawRecords]) -> None:
    records = raw("surveys", "answered_at,satisfaction\n2026-03-01,5\n2026-03-01,5")
    assert (records.kept, records.findings) == (2, ())


def test_a_response_that_came_twice_counts_once(raw: Callable[..., RawRecords]) -> None:
    records = raw("surveys", "response,answered_at,satisfaction\n1,2026-03-01,5\n1,2026-03-02,4\n,2026-03-01,5")
    assert found(records) == {("raw_duplicate", "response"): (1, (2,), "left_out")}


def test_of_a_tickets_states_the_last_one_counts(raw: Callable[..., RawRecords]) -> None:
    records = raw(
        "tickets",
        "ticket,opened_at,updated_at,in_time\n"
        "T1,2026-03-01 08:00,2026-03-03 08:00,false\n"
        "T1,2026-03-01 08:00,2026-03-01 09:00,true\n"
        "T2,2026-03-01 08:00,2026-03-01 09:00,true",
    )
    assert found(records) == {("raw_earlier_state", "ticket"): (1, (2,), "left_out")}
    assert values(records, "in_time") == [False, True]


def test_negative_and_impossible_values_are_unknown(raw: Callable[..., RawRecords]) -> None:
    records = raw(
        "surveys",
        "answered_at,effort,recommend\n2026-03-01,-1,11\n1899-12-30,3,9\n2026-03-02,4,10",
    )
    assert found(records) == {
        ("raw_impossible_date", "answered_at"): (1, (2,), "value_unknown"),
        ("raw_no_moment", "answered_at"): (1, (2,), "left_out"),
        ("raw_negative", "effort"): (1, (1,), "value_unknown"),
        ("raw_out_of_scale", "recommend"): (1, (1,), "value_unknown"),
    }
    assert values(records, "effort") == [None, 4.0]


def test_outcomes_and_services_that_contradict_each_other_stay_and_are_pointed_out(
    raw: Callable[..., RawRecords],
) -> None:
    records = raw(
        "calls",
        "entered_at,outcome,agent,handle_seconds\n"
        "2026-03-01 09:00,ok,Ann,0\n"
        "2026-03-01 09:01,ok,,60\n"
        "2026-03-01 09:02,gone,,30\n"
        "2026-03-01 09:03,??,,\n"
        "2026-03-01 09:04,ok,Bo,7200",
        outcomes={"answered": ["ok"], "abandoned": ["gone"]},
    )
    assert {code: rows for (code, _), (rows, *_) in found(records).items()} == {
        "raw_unknown_outcome": 1,
        "raw_answered_without_agent": 1,
        "raw_answered_without_service": 1,
        "raw_abandoned_with_service": 1,
        "raw_long_service": 1,
    }
    assert records.kept == 5
    assert values(records, "handle") == [0.0, 60.0, None, None, 7200.0]


def test_one_persons_overlapping_services_are_pointed_out(raw: Callable[..., RawRecords]) -> None:
    records = raw(
        "calls",
        "agent,entered_at,answered_at,ended_at\n"
        "Ann,2026-03-01 09:00,2026-03-01 09:01,2026-03-01 09:10\n"
        "Bo,2026-03-01 09:00,2026-03-01 09:02,2026-03-01 09:03\n"
        "Ann,2026-03-01 09:04,2026-03-01 09:05,2026-03-01 09:06",
    )
    assert found(records) == {("raw_overlapping", "agent"): (1, (3,), "kept")}


def test_who_is_not_known_is_never_the_same_customer(raw: Callable[..., RawRecords]) -> None:
    text = "customer,entered_at\n0,2026-03-01 09:00\n0,2026-03-09 09:00\n0,2026-03-10 09:00\n7,2026-03-20 09:00"
    named = raw("calls", text)
    unknown = raw("calls", text, unknown={"customer": ["0"]})
    assert values(named, "repeat_contact") == [None, False, True, False]
    assert values(unknown, "repeat_contact") == [None, None, None, False]


def test_what_takes_time_is_judged_only_where_the_time_is_over(raw: Callable[..., RawRecords]) -> None:
    """A repeat on the last days counts no more than the absence of one: else repeats would seem many."""
    records = raw(
        "calls", "customer,entered_at\nA,2026-03-01 09:00\nB,2026-03-19 09:00\nB,2026-03-20 09:00\nC,2026-03-20 10:00"
    )
    assert values(records, "solved_at_once") == [True, None, None, None]


def test_nothing_left_is_refused(raw: Callable[..., RawRecords]) -> None:
    with pytest.raises(RefusedData, match="raw_nothing_left"):
        raw("calls", "entered_at,wait_seconds\nnever,5\nlater,6")


# --- mappings -----------------------------------------------------------------------------------------------


def test_everything_that_does_not_fit_a_mapping_is_said_at_once(raw: Callable[..., RawRecords]) -> None:
    with pytest.raises(RefusedSpec) as refused:
        raw(
            "tickets",
            "ticket,opened\nT1,2026-03-01",
            fields={"colour": "ticket", "ticket": "tickets", "resolved_at": "nowhere at all"},
        )
    assert {problem.code for problem in refused.value.problems} == {
        "raw_field_unknown",
        "raw_column_missing",
        "raw_column_missing_close",
        "raw_field_needed",
    }


@pytest.mark.parametrize(
    ("kind", "header", "row"),
    [
        ("calls", "Caller ID,Call start,Queue time,Result,Branch", "17,2026-03-01 09:00,12,answered,North"),
        ("tickets", "Case ID,Created,First reply,Resolved,Reopen count", "C1,2026-03-01,2026-03-02,2026-03-03,0"),
        ("surveys", "Response ID,Submitted,CSAT,NPS,Effort score", "1,2026-03-01,4,9,2"),
        ("customers", "Customer ID,Contract start,Contract end,Purchases", "K1,2025-01-01,2026-01-01,3"),
        ("orders", "Order number,Order date,Promised date,Delivery date", "1,2026-03-01,2026-03-03,2026-03-02"),
        ("accounts", "Client,Month,Inventory value,Items filled,Revenue", "K1,2026-03-01,1000,38,5000"),
    ],
)
def test_kind_and_columns_are_guessed_from_usual_names(kind: str, header: str, row: str) -> None:
    content = f"{header}\n{row}\n{row}\n".encode()
    looked = preview(content, guess_reading(content, "raw.csv"))
    assert suggest_kind(looked) == kind
    mapped = suggest_mapping(looked, kind).fields  # type: ignore[arg-type]
    assert set(mapped.values()) == set(header.split(","))  # type: ignore[arg-type]


def test_a_column_whose_content_does_not_fit_is_not_proposed() -> None:
    content = b"entered_at,wait\n2026-03-01 09:00,long\n2026-03-01 09:10,short\n"
    looked = preview(content, guess_reading(content, "raw.csv"))
    assert "wait_seconds" not in suggest_mapping(looked, "calls").fields


# --- panels -------------------------------------------------------------------------------------------------


CALLS = """
site,entered_at,wait_seconds
North,2026-03-01 09:05,10
North,2026-03-01 09:25,30
North,2026-03-01 09:35,50
South,2026-03-02 09:05,70
"""


def test_a_panel_is_grouped_by_place_and_time(raw: Callable[..., RawRecords]) -> None:
    made = panel(raw("calls", CALLS), MEAN_WAIT, ("site", "half-hour"))
    assert made.groups == {"site": ("North", "North", "South"), "half-hour": ("09:00", "09:30", "09:00")}
    assert made.rows == (2, 1, 1)
    assert (made.metrics[0].value, made.metrics[0].whole) == ((20.0, 50.0, 70.0), 40.0)


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("day", ("2026-03-01", "2026-03-02")),
        ("week", ("2026-02-23", "2026-03-02")),
        ("month", ("2026-03-01",)),
        ("weekday", (1, 7)),
        ("hour", ("09:00",)),
    ],
)
def test_periods_are_written_by_their_beginning(
    by: str, values: tuple[Any, ...], raw: Callable[..., RawRecords]
) -> None:
    assert panel(raw("calls", CALLS), MEAN_WAIT, (by,)).groups[by] == values


def test_too_few_records_give_no_value(raw: Callable[..., RawRecords]) -> None:
    spec = {"wait": MetricSpec(column="queue_wait", minimum_n=2)}
    found = panel(raw("calls", CALLS), spec, ("site",)).metrics[0]
    assert (found.value, found.n, found.whole) == ((30.0, None), (3, 1), 40.0)


def test_what_a_panel_lacks_is_said(raw: Callable[..., RawRecords]) -> None:
    records = raw("calls", CALLS)
    with pytest.raises(RefusedSpec, match="raw_metric_lacks"):
        panel(records, {"effort": MetricSpec(column="transfers")})
    with pytest.raises(RefusedSpec, match="raw_group_unknown"):
        panel(records, MEAN_WAIT, ("colour",))


def test_a_scale_says_whether_its_questions_hang_together(raw: Callable[..., RawRecords]) -> None:
    text = "answered_at,q1,q2,q3\n" + "\n".join(
        f"2026-03-01,{a},{b},{c}" for a, b, c in [(1, 2, 1), (2, 2, 3), (3, 4, 3), (4, 4, 5), (5, 5, 5), (3, "", 2)]
    )
    records = raw("surveys", text, fields={"answered_at": "answered_at"}, scale=["q1", "q2", "q3"])
    alpha = reliability(records)
    assert not isinstance(alpha, NotEstimable)
    # by hand: item variances 2.5, 1.8, 2.8; totals 4, 7, 10, 13, 15 have 19.7: 3/2 (1 - 7.1/19.7)
    assert alpha.value == pytest.approx(1.5 * (1 - 7.1 / 19.7), rel=1e-12)
    assert alpha.n == 5


def test_the_same_file_gives_the_same_bits(raw: Callable[..., RawRecords]) -> None:
    text = "entered_at,wait_seconds\n" + "\n".join(f"2026-03-01 09:{n % 60:02d},{n / 7}" for n in range(1, 400))
    first, second = (panel(raw("calls", text), MEAN_WAIT, ("half-hour",)) for _ in range(2))
    assert first == second


# --- real logs, where they are ------------------------------------------------------------------------------


def _real(path: Path) -> tuple[RawRecords, str]:
    reading = guess_reading(path)
    looked = preview(path, reading, rows=5_000)
    kind = suggest_kind(looked)
    return read_raw(open_table(path, reading), suggest_mapping(looked, kind)), kind


@pytest.mark.shared
def test_a_banks_call_log_gives_its_known_counts_from_the_suggested_mapping(shared: Callable[..., Path]) -> None:
    records, kind = _real(shared("data", "anonbank_aug1999.csv.gz"))
    assert (kind, records.rows, records.kept) == ("calls", 42_078, 42_078)
    counts = {(one.code, one.field): one.rows for one in records.findings}
    assert counts["raw_negative", "menu_seconds"] == 19
    assert counts["raw_long_service", "handle_seconds"] == 33
    assert counts["raw_answered_without_service", "handle_seconds"] == 125
    assert counts["raw_abandoned_with_service", "handle_seconds"] == 126
    assert counts["raw_answered_without_agent", "agent"] == 391
    assert counts["raw_unknown_outcome", "outcome"] == 310  # PHANTOM
    made = panel(
        records,
        {
            **MEAN_WAIT,
            "hung_up": MetricSpec(kind="share", column="hung_up_in_queue"),
            "service": MetricSpec(column="handle"),
            "usual_service": MetricSpec(kind="quantile", q=0.5, column="handle"),
            "answered": MetricSpec(kind="share", column="answered"),
            "abandoned": MetricSpec(kind="share", column="abandoned"),
        },
        ("half-hour",),
    )
    whole = {one.key: (one.whole, one.whole_n) for one in made.metrics}
    assert whole["wait"] == (pytest.approx(116.15503428087204, rel=1e-12), 25_962)
    assert whole["hung_up"] == (pytest.approx(7260 / 25_962, rel=1e-12), 25_962)
    assert whole["service"] == (pytest.approx(184.3975542959047, rel=1e-12), 31_402)
    assert whole["usual_service"] == (110.0, 31_402)
    assert whole["answered"] == (pytest.approx(31_402 / 42_078, rel=1e-12), 42_078)
    assert whole["abandoned"] == (pytest.approx(10_366 / 42_078, rel=1e-12), 42_078)
    assert (len(made), sum(made.rows)) == (48, 42_078)


@pytest.mark.shared
def test_a_service_desks_event_log_gives_its_known_shares(shared: Callable[..., Path]) -> None:
    records, kind = _real(shared("data", "servicenow_incident_events_sample.csv.gz"))
    assert (kind, records.rows, records.kept) == ("tickets", 5_998, 890)
    assert [(one.code, one.rows) for one in records.findings] == [("raw_earlier_state", 5_108)]
    made = panel(
        records,
        {
            "in_time": MetricSpec(kind="share", column="in_time"),
            "reopened": MetricSpec(kind="share", column="was_reopened"),
            "hours": MetricSpec(column="resolution_hours"),
            "usual_hours": MetricSpec(kind="quantile", q=0.5, column="resolution_hours"),
        },
    )
    whole = {one.key: (one.whole, one.whole_n) for one in made.metrics}
    # the README of the data: 55.6 %, 1.1 %, mean 315.9 h, median 54.5 h (n 861)
    assert (round(whole["in_time"][0], 3), round(whole["reopened"][0], 3)) == (0.556, 0.011)  # type: ignore[arg-type]
    assert (round(whole["hours"][0], 1), round(whole["usual_hours"][0], 1)) == (315.9, 54.5)  # type: ignore[arg-type]
    assert whole["hours"][1] == 861
