"""Every metric of the catalogue, computed from records that can be checked by hand; and the catalogue's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.charters.charter import DURATIONS, SCORES
from experiments.errors import Refused, sentences
from experiments.metrics import FOLDER, MetricEntry, read_entries, shipped
from experiments.metrics.entry import JOURNEY_STEPS
from experiments.words import forbidden_words
from stats.outcomes import guess_reading, open_table
from stats.raw_records import KINDS, RawMapping, RawRecords, panel, read_raw

RECORDS = {
    # A came back after 9 days and then after 6, B after 2. Waits 20, 360, 60, 0, 10, 10, 40 s; the menu helped C.
    "calls": """
customer,entered_at,queued_at,answered_at,ended_at,menu_seconds,outcome,transfers,escalated,call_back_promised_at,called_back_at,cost
A,2026-03-01 09:00:00,2026-03-01 09:00:10,2026-03-01 09:00:30,2026-03-01 09:03:30,10,served,0,no,,,4
B,2026-03-10 09:05:00,2026-03-10 09:06:10,,2026-03-10 09:12:10,70,hung up,,,2026-03-10 09:12:00,2026-03-10 20:00:00,1
A,2026-03-10 09:10:00,2026-03-10 09:10:20,2026-03-10 09:11:20,2026-03-10 09:16:20,20,served,2,yes,,,7
B,2026-03-12 14:00:00,2026-03-12 14:00:05,2026-03-12 14:00:05,2026-03-12 14:01:05,5,served,0,no,,,3
C,2026-03-12 14:10:00,,,2026-03-12 14:10:15,15,by menu,,,,,0
A,2026-03-16 09:00:00,2026-03-16 09:00:12,2026-03-16 09:00:22,2026-03-16 09:02:22,12,served,1,no,2026-03-16,2026-03-18,5
E,2026-03-21 09:20:00,2026-03-21 09:20:10,2026-03-21 09:20:20,2026-03-21 09:21:00,10,served,0,no,,,3
D,2026-03-28 10:00:00,2026-03-28 10:00:18,,2026-03-28 10:00:58,18,hung up,,,2026-03-28 10:00:00,,1
""",
    "tickets": """
ticket,opened_at,first_reply_at,resolved_at,reopened,transfers,in_time,knowledge_used
T1,2026-03-01 08:00,2026-03-01 10:00,2026-03-02 08:00,0,0,true,true
T2,2026-03-01 08:00,2026-03-02 14:00,2026-03-05 08:00,1,3,false,false
T3,2026-03-02 08:00,2026-03-02 12:00,2026-03-02 20:00,0,1,true,true
T4,2026-02-01 08:00,,,0,0,,
T5,2026-03-10 08:00,2026-03-10 09:00,,0,1,,true
""",
    "surveys": """
response,sent_at,answered_at,satisfaction,recommend,effort,felt_wait_seconds,wait_seconds,q1,q2
1,2026-03-01,2026-03-02,5,10,1,120,60,4,5
2,2026-03-01,2026-03-02,4,9,2,600,240,2,2
3,2026-03-01,2026-03-03,1,3,6,60,,5,4
4,2026-03-01,,,,,,,,
5,2026-03-01,2026-03-04,2,8,3,,100,3,
""",
    "customers": """
customer,start,end,seen_until,orders,sales
A,2025-01-01,,2026-02-20,3,300
B,2025-01-01,2025-03-02,2026-02-20,1,50
C,2025-01-01,2025-07-20,2026-02-20,2,150
D,2026-01-01,,2026-02-20,1,100
""",
    "orders": """
order,ordered_at,promised_at,delivered_at,lines_ordered,lines_right
1,2026-03-01 08:00,2026-03-05 18:00,2026-03-05 10:00,10,10
2,2026-03-01 08:00,2026-03-05 18:00,2026-03-07 18:00,4,3
3,2026-03-02 08:00,2026-03-06 18:00,,,
4,2026-03-03 08:00,2026-03-20 18:00,2026-03-08 10:00,5,5
""",
    "shifts": """
started_at,available_hours,busy_hours,coaching_hours
2026-03-01 08:00,8,7.6,0
2026-03-02 08:00,8,4,1
2026-03-03 08:00,4,3,0.5
""",
    "employees": """
employee,start,end,seen_until
A,2025-01-01,,2026-01-01
B,2025-01-01,2025-03-15,2026-01-01
C,2025-12-01,,2026-01-01
""",
    "operations": """
date,contacts,customers,complaints,cost,made,unused,redone
2026-03-01,100,50,1,400,200,20,10
2026-03-02,50,25,2,200,100,10,5
""",
    "accounts": """
date,stock_value,stock_outs,orders,double_orders,lines_ordered,lines_right,sales
2026-03-01,1000,0,10,1,40,38,5000
2026-04-01,500,2,10,3,60,57,7000
""",
}
OUTCOMES = {"answered": ["served"], "abandoned": ["hung up"], "self_service": ["by menu"]}

BY_HAND = {
    # waits of the answered 20, 60, 0, 10, 10
    "speed_of_answer": 100 / 5,
    # waits in the queue 20, 360, 60, 10, 10, 40
    "wait_in_queue": 500 / 6,
    "worst_waits": 360,  # 5 % of six is less than one: the worst alone
    "long_waits": 1 / 6,
    # seven wanted a person; in 30 s: A, B (at once), A, E
    "service_level": 4 / 7,
    # half-hours on target: 1 March, 12, 16, 21; not: 10, 28
    "half_hour_service_level": 4 / 6,
    "abandonment": 2 / 6,
    # half-hours with a queue: 1, 10 (half hung up), 16, 21, 28 (all hung up)
    "half_hour_abandonment": 3 / 5,
    "time_in_menu": (10 + 70 + 20 + 5 + 15 + 12 + 10 + 18) / 8,
    "long_menus": 1 / 8,
    # answered up to seven days before the end: five; A of the 10th came again on the 16th
    "first_contact_resolution": 4 / 5,
    # from the seventh day on: seven contacts; B after 2 days and A after 6
    "repeat_contact": 2 / 7,
    "handle_time": (180 + 300 + 60 + 120 + 40) / 5,
    "long_handling": 300,
    "transfer_rate": 2 / 5,
    "escalation_rate": 1 / 5,
    # promised to B: kept; to A: two days late; to D: the day is not over
    "call_back_kept": 1 / 2,
    "self_service_share": 1 / 8,
    "cost_of_one_call": 24 / 8,
    # replies after 2, 30, 4 and 1 h
    "first_response_time": 37 / 4,
    "typical_first_response": 3,  # between 2 and 4
    "worst_first_response": 30,
    # T1 and T3 of T1 to T4; T5 was opened less than a day before the end
    "replied_in_a_day": 2 / 4,
    # resolved after 24, 96 and 12 h
    "resolution_time": 132 / 3,
    "typical_resolution": 24,
    "worst_resolution": 96,
    "solved_in_time": 2 / 3,
    # T4 is 37 days and an hour old on 10 March at 9, T5 an hour
    "backlog_age": (37 + 2 / 24) / 2,
    "oldest_backlog": 1 / 2,
    "reopen_rate": 1 / 5,
    "hand_offs": (0 + 3 + 1 + 0 + 1) / 5,
    "many_hand_offs": 1 / 5,
    "knowledge_use": 3 / 4,
    # scores 5, 4, 1, 2
    "csat_top_box": 2 / 4,
    "csat_mean": 12 / 4,
    "csat_bottom_box": 2 / 4,
    # 10 and 9 promote, 3 does not, 8 is between
    "nps": 100 * (2 - 1) / 4,
    "detractors": 1 / 4,
    "customer_effort": (1 + 2 + 6 + 3) / 4,
    "high_effort": 1 / 4,
    "feedback_response_rate": 4 / 5,
    # felt and measured are both known of two people: 120 of 60 s, 600 of 240 s
    "felt_wait": 720 / 2,
    "long_felt_waits": 1 / 2,
    "felt_over_measured_wait": 720 / 300,
    # means 4.5, 2 and 4.5; the fifth left a question open
    "employee_satisfaction": 11 / 3,
    "unhappy_employees": 1 / 3,
    "churn": 2 / 4,
    # B left on day 60 (of 3 still seen), C on day 200 (of 2): 1 up to 60, 2/3 up to 200, 1/3 up to 365
    "time_to_churn": 60 + 140 * 2 / 3 + 165 / 3,
    "early_leavers": 1 / 3,  # D came only 50 days ago
    "repurchase": 2 / 4,
    "orders_per_customer": 7 / 4,
    "sales_per_customer": 600 / 4,
    # the first in time, the second late, the third overdue; the fourth is promised for later
    "on_time_delivery": 1 / 3,
    "delay": (0 + 2 + 0) / 3,
    "worst_delays": 2,
    "right_items": 18 / 19,
    "occupancy": 14.6 / 20,
    "overloaded_shifts": 1 / 3,
    "coaching_hours": 1.5 / 3,
    "without_coaching": 1 / 3,
    # one left in 365 + 73 + 31 days
    "attrition": 1 / (469 / 365.25),
    "early_attrition": 1 / 2,
    "cost_per_contact": 600 / 150,
    "complaint_rate": 3 / 75,
    "over_production": 30 / 300,
    "rework_share": 15 / 300,
    "customer_stock": 1500 / 2,
    "customer_stock_outs": 1 / 2,
    "double_orders": 4 / 20,
    "customer_fill_rate": 95 / 100,
    "account_sales": 12000 / 2,
}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RawRecords]:
    """The small record sets, read as files are."""
    folder = tmp_path_factory.mktemp("records")
    found = {}
    for kind, text in RECORDS.items():
        path = folder / f"{kind}.csv"
        path.write_text(text.lstrip(), encoding="utf-8")
        columns = text.split("\n")[1].split(",")
        mapping = RawMapping(
            kind=kind,  # type: ignore[arg-type]
            fields={name: name for name in columns if name in KINDS[kind].fields},  # type: ignore[index]
            scale=[name for name in columns if name in ("q1", "q2")],
            outcomes=OUTCOMES if kind == "calls" else {},
        )
        found[kind] = read_raw(open_table(path, guess_reading(path)), mapping)
    return found


def test_every_metric_of_the_catalogue_is_worked_out_by_hand() -> None:
    assert set(BY_HAND) == set(shipped())


@pytest.mark.parametrize("key", list(BY_HAND))
def test_a_metric_gives_what_a_hand_gives(key: str, records: dict[str, RawRecords]) -> None:
    entry = shipped()[key]
    spec = entry.spec.model_copy(update={"minimum_n": 1})
    found = panel(records[entry.records], {key: spec}).metrics[0].whole
    assert found == pytest.approx(BY_HAND[key], rel=1e-12)  # sums of few numbers: only the last bits may differ


@pytest.mark.parametrize("kind", list(RECORDS))
def test_clean_records_are_found_clean(kind: str, records: dict[str, RawRecords]) -> None:
    assert records[kind].findings == ()
    assert records[kind].kept == records[kind].rows


def test_every_twin_is_in_the_catalogue_and_bears_the_same_records() -> None:
    entries = shipped()
    for entry in entries.values():
        if entry.twin is not None:
            assert entries[entry.twin].records == entry.records, entry.key


def test_no_average_of_a_duration_or_score_comes_without_its_worst_experience() -> None:
    units = DURATIONS | SCORES
    alone = [
        entry.key
        for entry in shipped().values()
        if entry.spec.kind in ("mean", "quantile") and entry.unit.lower() in units and entry.twin is None
    ]
    assert alone == []


def test_the_catalogue_covers_every_perspective_step_and_waste() -> None:
    entries = shipped().values()
    assert {entry.perspective for entry in entries} == {"customer", "employee", "internal", "financial"}
    assert {entry.journey_step for entry in entries} == set(JOURNEY_STEPS) - {"pay"}
    assert {entry.waste for entry in entries} == {None, "waiting", "over_production", "rework", "movement"}


def test_the_catalogue_speaks_plainly() -> None:
    for path in FOLDER.glob("*.toml"):
        assert forbidden_words(path.read_text(encoding="utf-8")) == [], path.name


def test_a_key_stands_in_one_file_only() -> None:
    keys = [entry.key for path in FOLDER.glob("*.toml") for entry in read_entries(path.read_text("utf-8"), path.name)]
    assert len(keys) == len(set(keys)) == len(shipped())


@pytest.fixture
def own() -> str:
    """An entry as somebody would write it."""
    return (
        Path(FOLDER / "delivery.toml")
        .read_text(encoding="utf-8")
        .split("\n\n")[1]
        .replace("on_time_delivery", "on_day")
    )


def test_a_file_of_ones_own_is_read(own: str) -> None:
    (entry,) = read_entries(own, "own.toml")
    assert isinstance(entry, MetricEntry)
    assert (entry.key, entry.spec.better, entry.spec.minimum_n) == ("on_day", "higher", 20)


def test_everything_that_is_wrong_with_a_file_is_said_at_once(own: str) -> None:
    broken = own.replace('better = "higher"', 'better = "upwards"').replace("pitfalls =", "pitfall =")
    other = own.replace("[on_day]", "[SecondKey]").replace('"delivered_at"', '"delivered"')
    with pytest.raises(Refused) as refused:
        read_entries(f"{broken}\n{other}", "own.toml")
    said = "\n".join(sentences(refused.value))
    assert "on_day > better" in said
    assert "on_day > pitfall: there is no such part" in said
    assert "on_day > pitfalls: this is missing" in said
    assert "SecondKey > key" in said


def test_an_entry_names_only_fields_that_its_records_have(own: str) -> None:
    with pytest.raises(Refused) as refused:
        read_entries(own.replace('column = "on_time"', 'column = "punctual"'), "own.toml")
    assert "not among the fields of orders: punctual" in sentences(refused.value)[0]


def test_what_is_no_toml_is_said_with_its_line() -> None:
    with pytest.raises(Refused, match="metric_file_not_read"):
        read_entries("[half\nname = 1", "own.toml")
    with pytest.raises(Refused, match="metric_file_empty"):
        read_entries("# nothing yet", "own.toml")
