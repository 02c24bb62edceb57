"""Between two waves there is time to measure and to decide, and what waits says until when."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.commands.rollout import rollout
from experiments.rollouts.acts import moved, pause
from experiments.rollouts.bring import brought_snapshots, pilot_plan
from experiments.rollouts.calendar import WEEK, Calendar, calendar_of
from experiments.rollouts.keep import keep_plan, standing, start
from experiments.rollouts.lines import promise_lines
from experiments.rollouts.measure import measure, measure_text, window_of
from experiments.rollouts.view import rollout_view
from experiments.rollouts.wanted import DECIDING, Wanted
from experiments.telling.due_dates import move_words
from experiments.telling.inbox import moves
from registry import find
from stats.plan import canonical_json

Send = Callable[..., Path]
DAY = timedelta(days=1)
FIRST = date(2026, 6, 1)
NEXT = date(2026, 7, 6)
"""Waves of four weeks, then one to decide: the second wave starts."""

calendars = st.builds(
    calendar_of,
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.integers(1, 8),
    st.integers(1, 12),
    st.integers(1, 24),
    deciding=st.integers(0, 4),
)


def a_pause_moved(calendar: Calendar, days: tuple[int, int]) -> Calendar:
    paused = calendar.starts[0] + days[0] * DAY
    return moved(calendar, paused, paused + days[1] * DAY)


@given(calendars, st.tuples(st.integers(0, 200), st.integers(1, 90)))
def test_every_measured_day_lies_the_weeks_to_decide_before_the_next_start(
    planned: Calendar, days: tuple[int, int]
) -> None:
    for calendar in (planned, a_pause_moved(planned, days)):
        for end, after in zip(calendar.measured, calendar.starts[1:], strict=False):
            assert after - end > calendar.deciding * WEEK


@given(calendars, st.tuples(st.integers(0, 200), st.integers(1, 90)))
def test_every_wave_runs_at_least_its_weeks_and_the_last_exactly(planned: Calendar, days: tuple[int, int]) -> None:
    for calendar in (planned, a_pause_moved(planned, days)):
        runs = [end + DAY - begins for begins, end in zip(calendar.starts, calendar.measured, strict=True)]
        assert all(run >= calendar.weeks * WEEK for run in runs)
        assert runs[-1] == calendar.weeks * WEEK
    assert {end + DAY - begins for begins, end in zip(planned.starts, planned.measured, strict=True)} == {
        planned.weeks * WEEK
    }


@given(calendars)
def test_a_calendar_is_read_back_as_it_was_kept(planned: Calendar) -> None:
    assert Calendar.from_json(json.loads(canonical_json(planned.as_json()))) == planned


@given(calendars)
def test_a_calendar_that_was_kept_before_there_was_time_to_decide_is_measured_the_day_before_the_next_start(
    planned: Calendar,
) -> None:
    kept = {name: value for name, value in planned.as_json().items() if name != "deciding"}
    read = Calendar.from_json(kept)
    assert read.deciding == 0
    assert read.measured[:-1] == tuple(begins - DAY for begins in planned.starts[1:])


def test_the_command_line_leaves_the_same_time_as_the_page() -> None:
    assert inspect.signature(rollout).parameters["deciding"].default == DECIDING


@pytest.fixture
def under_way(scaled: Any, wanted: Wanted, calendar: Any) -> Callable[..., Any]:
    def begin(**changes: Any) -> Any:
        keep_plan(scaled.owner, scaled.key, replace(wanted, **changes))
        calendar.today = FIRST
        start(scaled.owner, scaled.key)
        return scaled

    return begin


def told(desk: Any) -> dict[str, str]:
    return {move.act: move_words(move) for move in moves(desk) if move.mine}


def test_in_the_week_to_decide_the_owner_is_told_to_measure_before_the_next_wave_starts(
    under_way: Any, calendar: Any
) -> None:
    scaled = under_way()
    calendar.today = date(2026, 6, 30)
    (move,) = [each for each in moves(scaled.owner) if each.act == "measure_in_time"]
    assert (move.mine, move.due) == (True, NEXT - DAY)
    said = move_words(move)
    assert "bring the data of wave 1 up to 28 Jun 2026" in said
    assert "before wave 2 starts on 6 Jul 2026" in said
    assert "measure_in_time" not in told(scaled.executive)


def test_a_wave_that_starts_although_the_one_before_was_not_measured_is_said_plainly(
    under_way: Any, calendar: Any
) -> None:
    scaled = under_way()
    calendar.today = NEXT
    for desk in (scaled.owner, scaled.executive):
        assert told(desk)["wave_unmeasured"].endswith("wave 2 starts although wave 1 has not been measured.")
    view = rollout_view(scaled.desk, scaled.desk.pilot(scaled.key))
    assert view is not None
    assert "Wave 2 starts although wave 1 has not been measured." in view.next
    assert "Wave 1 can be measured with data up to 28 Jun 2026." in view.next
    assert [row.state for row in view.waves[:3]] == ["to be measured now", "begun", "to come"]


def test_a_proposed_pause_says_which_wave_starts_when_unless_somebody_acts(
    under_way: Any, calendar: Any, send_waves: Send
) -> None:
    scaled = under_way()
    calendar.today = date(2026, 6, 30)
    made = measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 6, 28), wait=60))
    assert made.pause_proposed or made.roll_back_proposed, "a clear loss"
    for desk in (scaled.owner, scaled.executive):
        (said,) = [text for act, text in told(desk).items() if act.endswith("_before_wave")]
        assert "wave 2 starts on 6 Jul 2026" in said
        assert "unless it is paused" in said
    view = rollout_view(scaled.desk, scaled.desk.pilot(scaled.key))
    assert view is not None
    assert "Wave 2 starts on 6 Jul 2026" in view.proposal
    pause(scaled.owner, scaled.key, "Customers wait longer.")
    standing_now = standing(scaled.desk, scaled.desk.pilot(scaled.key))
    assert standing_now.promise.calendar.begun(calendar.today) == 1, "it was paused before the next wave"


def test_what_sites_show_in_the_week_to_decide_counts_from_the_next_wave_on(
    under_way: Any, calendar: Any, send_waves: Send
) -> None:
    scaled = under_way()
    calendar.today = date(2026, 7, 4)
    later = measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 7, 3)))
    assert later.found["until"] == "2026-06-28", "wave 1 is judged on its own four weeks"
    calendar.today = date(2026, 8, 4)
    second = measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 8, 2)))
    assert second.ring == 2
    over = {one["time"] for one in second.found["evidence"]["metrics"]["wait"]["result"]["details"]["event_study"]}
    assert max(over) == 8, "nine weeks with the change: four, one to decide, four"


def test_without_time_to_decide_the_plan_says_what_that_means(scaled: Any, wanted: Wanted) -> None:
    keep_plan(scaled.owner, scaled.key, replace(wanted, deciding=0))
    pilot = scaled.desk.pilot(scaled.key)
    here = standing(scaled.desk, pilot)
    assert here.promise.calendar.starts[1] == date(2026, 6, 29)
    said = promise_lines(pilot_plan(scaled.desk, pilot, here), here.promise)
    assert any("a pause that is proposed comes when the next wave has already started" in line for line in said)


def test_a_plan_kept_before_there_was_time_to_decide_is_measured_to_the_same_bytes(
    under_way: Any, calendar: Any, send_waves: Send
) -> None:
    scaled = under_way(deciding=0)
    calendar.today = date(2026, 7, 28)
    made = measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 7, 26)))
    pilot = scaled.desk.pilot(scaled.key)
    here = standing(scaled.desk, pilot)
    value = json.loads(here.record.canonical)
    del value["calendar"]["deciding"]
    with scaled.desk.read() as session:
        (snapshot,) = brought_snapshots(session, pilot)
        (kept,) = find.measures(session, pilot.id)
    before: Any = SimpleNamespace(canonical=canonical_json(value), sha256=here.record.sha256)
    window = window_of(here, snapshot, [])
    again = measure_text(scaled.desk, pilot_plan(scaled.desk, pilot, here), before, snapshot, window)
    assert (made.ring, again) == (2, kept.canonical)
