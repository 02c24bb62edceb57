"""What a roll-out leaves in the record: computed again byte for byte, carried, forgotten; and whose move it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.evidence.reproduce import reproduce
from experiments.record.forget import forget
from experiments.record.verify import verify
from experiments.rollouts.acts import pause, resume, roll_back
from experiments.rollouts.keep import keep_plan, start
from experiments.rollouts.measure import measure
from experiments.rollouts.view import rollout_view, standing_sentence
from experiments.rollouts.wanted import Wanted
from experiments.telling.inbox import moves

Send = Callable[..., Path]
ENDS = (date(2026, 6, 28), date(2026, 8, 2), date(2026, 9, 6))


@pytest.fixture
def under_way(scaled: Any, wanted: Wanted, calendar: Any) -> Any:
    keep_plan(scaled.owner, scaled.key, wanted)
    calendar.today = date(2026, 6, 1)
    start(scaled.owner, scaled.key)
    return scaled


def acts_of(desk: Any) -> set[str]:
    return {move.act for move in moves(desk) if move.mine}


def test_a_measurement_is_computed_again_byte_for_byte_and_its_text_outlives_its_data(
    under_way: Any, calendar: Any, send_waves: Send
) -> None:
    calendar.today = ENDS[0] + timedelta(days=2)
    measure(under_way.owner, under_way.key, send_waves(under_way, ENDS[0]))
    made = [item for item in reproduce(under_way.desk, under_way.key) if "roll-out" in item.what]
    assert [(item.what, item.identical, item.source) for item in made] == [
        ("waves of the roll-out, plan 1", True, "data"),
        ("roll-out measured up to wave 1", True, "data"),
    ]
    forget(under_way.owner, under_way.key, "The customers asked for it.")
    again = reproduce(under_way.desk, under_way.key)
    assert all(item.identical for item in again)
    assert again[-1].source == "text"
    assert verify(under_way.desk).whole


def test_the_inbox_tells_each_whose_move_it_is(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Send, executive: Callable[..., Any]
) -> None:
    karin = executive(scaled.desk)
    assert "plan_rollout" in acts_of(scaled.owner)
    keep_plan(scaled.owner, scaled.key, wanted)
    assert "start_rollout" in acts_of(scaled.owner)
    calendar.today = date(2026, 6, 1)
    start(scaled.owner, scaled.key)
    assert "measure_in_time" in acts_of(scaled.owner)
    calendar.today = date(2026, 6, 22)
    assert "begin_wave" in acts_of(scaled.owner)
    for end in ENDS:
        calendar.today = end + timedelta(days=2)
        made = measure(scaled.owner, scaled.key, send_waves(scaled, end, wait=60))
        if made.roll_back_proposed:
            break
    assert made.ring < 3, "a clear loss is seen before the last wave"
    for desk in (scaled.owner, scaled.executive, karin):
        assert "roll_back_before_wave" in acts_of(desk)
    pause(scaled.owner, scaled.key, "Customers wait longer.")
    assert "resume_rollout" in acts_of(karin)
    assert "resume_rollout" not in acts_of(scaled.owner)
    calendar.today += timedelta(days=1)
    resume(karin, scaled.key, "It was the heat.")
    assert "roll_back" not in acts_of(karin), "an executive has answered"
    roll_back(karin, scaled.key, "It was not the heat.")
    assert acts_of(scaled.owner) == {"close"}
    assert "rolled back" in standing_sentence(scaled.desk, scaled.desk.pilot(scaled.key))


def test_the_view_says_what_was_foretold_what_was_measured_and_what_comes(
    under_way: Any, calendar: Any, send_waves: Send
) -> None:
    desk, key = under_way.desk, under_way.key
    calendar.today = ENDS[1] + timedelta(days=2)
    measure(under_way.owner, key, send_waves(under_way, ENDS[1]))
    view = rollout_view(desk, desk.pilot(key))
    assert view is not None
    (shown,) = view.pictures
    assert (shown.unit, shown.better) == ("s", "lower")
    assert [row.effect is not None for row in shown.rows] == [True, False, True, False]
    assert all(row.band is not None for row in shown.rows[1:])
    assert [row.state for row in view.waves[:3]] == ["measured", "measured", "to come"]
    assert "kept as before" in view.waves[3].wave
    assert {told.name for told in view.by_stratum} == {"north", "south"} or not view.by_stratum
    assert len(view.by_site) >= 13
    assert view.guardrails[0].name == "Deliveries on time"
