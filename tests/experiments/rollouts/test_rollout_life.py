"""A roll-out from the decision to its last measurement, and everything that stands in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.errors import Refused
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.rollouts.acts import pause, resume, roll_back
from experiments.rollouts.keep import keep_plan, standing, start
from experiments.rollouts.measure import measure
from experiments.rollouts.propose import propose
from experiments.rollouts.wanted import Wanted, sites_in, sites_of
from experiments.telling.inbox import moves
from registry import find
from registry.kinds import RolloutState, Stage

Send = Callable[..., Path]
ENDS = (date(2026, 6, 28), date(2026, 8, 2), date(2026, 9, 6))


def codes(refused: Any) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def test_waves_are_drawn_by_lot_and_a_share_of_the_sites_is_kept_as_before(scaled: Any, wanted: Wanted) -> None:
    made = propose(scaled.desk, scaled.key, wanted)
    everywhere = {site for ring in made.rings.rings for site in ring} | set(made.rings.held_back)
    assert len(everywhere) == 24, "six branches of the pilot stayed as before, eighteen are new"
    assert 4 <= len(made.rings.held_back) <= 5
    assert len(made.rings.had_change) == 6
    assert not everywhere & set(made.rings.had_change)
    assert [len(ring) for ring in made.rings.rings] == [7, 7, 6] or sum(map(len, made.rings.rings)) == 20
    assert made.calendar.starts == (date(2026, 6, 1), date(2026, 7, 6), date(2026, 8, 10))
    assert made.calendar.measured == ENDS, "four weeks each, then a week to decide"
    assert made.calendar.held_until == date(2027, 6, 1)
    assert propose(scaled.desk, scaled.key, wanted).rings == made.rings, "the same seed, the same draw"
    assert propose(scaled.desk, scaled.key, replace(wanted, seed=3)).rings != made.rings


def test_what_is_left_open_is_filled_from_the_pilot(scaled: Any, wanted: Wanted) -> None:
    made = propose(scaled.desk, scaled.key, Wanted(sites=wanted.sites))
    assert made.calendar.starts[0] == date(2026, 6, 1), "the first Monday that leaves two weeks"
    assert len(made.calendar.starts) >= 3
    assert made.owner.name == "Ana Lima", "named by the decision"
    (power,) = made.power.values()
    assert power.pause_if_gone >= 0.8 or power.code != "enough"


def test_everything_that_is_wrong_is_said_at_once(scaled: Any, wanted: Wanted) -> None:
    day = date(2026, 5, 12)
    wrong = replace(wanted, start=day, owner="Nobody", holdback_share=0.5, capacity=2, holdback_months=0, deciding=5)
    with pytest.raises(Refused) as refused:
        propose(scaled.desk, scaled.key, wrong)
    assert set(codes(refused)) == {
        "rollout_start_past",
        "rollout_start_weekday",
        "rollout_owner_unknown",
        "rollout_holdback_share",
        "rollout_capacity",
        "rollout_at_least_one",
        "rollout_deciding",
    }


def test_six_new_sites_are_kept_as_before_in_part_and_three_can_not_be_measured(scaled: Any) -> None:
    few = propose(scaled.desk, scaled.key, Wanted(rings=2, weeks=4))
    assert few.rings.scaled_down
    assert len(few.rings.held_back) == 1


def test_sites_come_as_lines_or_as_a_table(tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("site,stratum,size\nN01,north,120\nN02,south,\n", encoding="utf-8")
    assert [(site.key, site.stratum, site.size) for site in sites_in(table)] == [
        ("N01", "north", 120.0),
        ("N02", "south", None),
    ]
    assert sites_of("N01; 120; north\nN02; south")[0].size == 120.0
    with pytest.raises(Refused) as refused:
        sites_of("N01\nN01")
    assert codes(refused) == ["rollout_site_twice"]


def test_a_plan_is_kept_with_its_hash_and_made_anew_only_with_a_reason(scaled: Any, wanted: Wanted) -> None:
    kept = keep_plan(scaled.owner, scaled.key, wanted)
    assert (kept.number, scaled.desk.pilot(scaled.key).stage) == (1, Stage.ROLLING_OUT)
    with pytest.raises(Refused) as refused:
        keep_plan(scaled.owner, scaled.key, wanted)
    assert codes(refused) == ["rollout_anew_reason"]
    again = keep_plan(scaled.owner, scaled.key, replace(wanted, weeks=5), reason="The trainers are ill.")
    assert again.number == 2
    assert start(scaled.owner, scaled.key) == RolloutState.RUNNING
    with pytest.raises(Refused) as refused:
        keep_plan(scaled.owner, scaled.key, wanted, reason="Once more.")
    assert codes(refused) == ["rollout_begun"]
    with scaled.desk.read() as session:
        plans = find.rollout_plans(session, find.pilot(session, scaled.key).id)
    assert [row.sha256 for row in plans] == [kept.sha256, again.sha256]
    assert verify(scaled.desk).whole


def test_who_is_named_to_answer_for_it_may_do_what_its_owner_may_and_nobody_lets_their_own_go_on(
    scaled: Any, wanted: Wanted, calendar: Any, executive: Callable[..., Any]
) -> None:
    karin = executive(scaled.desk)
    keep_plan(scaled.owner, scaled.key, replace(wanted, owner="Karin Holm"))
    calendar.today = date(2026, 6, 1)
    assert "start_rollout" in {move.act for move in moves(karin) if move.mine}
    start(karin, scaled.key)
    pause(karin, scaled.key, "A strike.")
    with pytest.raises(Refused) as refused:
        resume(karin, scaled.key, "It is over.")
    assert codes(refused) == ["barred"]


def test_a_first_wave_that_passed_unsaid_must_be_planned_anew(scaled: Any, wanted: Wanted, calendar: Any) -> None:
    keep_plan(scaled.owner, scaled.key, wanted)
    calendar.today = date(2026, 6, 10)
    with pytest.raises(Refused) as refused:
        start(scaled.owner, scaled.key)
    assert codes(refused) == ["rollout_start_passed"]


def _under_way(scaled: Any, wanted: Wanted, calendar: Any) -> None:
    keep_plan(scaled.owner, scaled.key, wanted)
    calendar.today = date(2026, 6, 1)
    start(scaled.owner, scaled.key)


def test_an_effect_that_travels_is_found_again(scaled: Any, wanted: Wanted, calendar: Any, send_waves: Send) -> None:
    _under_way(scaled, wanted, calendar)
    states = []
    for end in ENDS:
        calendar.today = end + timedelta(days=2)
        made = measure(scaled.owner, scaled.key, send_waves(scaled, end, wait=-35))
        states.append((made.ring, made.state, made.pause_proposed))
    assert states[-1] == (3, "REPLICATED", False)
    here = standing(scaled.desk, scaled.desk.pilot(scaled.key))
    assert here.rollout.state == RolloutState.FINISHED
    assert "holds" in here.rollout.reason
    where = made.found["where"]["wait"]
    assert len(where["sites"]) == 20
    assert made.found["judgement"]["guardrails"]["on_time"]["label"] in {"SAFE_SHOWN", "NOT_SHOWN"}
    told = [event.act for event in history(scaled.desk, scaled.key)]
    assert told[-6:-2].count("rollout.measured") == 2
    assert told[-1] == "rollout.finished"
    assert verify(scaled.desk).whole


def test_the_same_data_are_measured_once_and_too_early_is_said(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Send
) -> None:
    _under_way(scaled, wanted, calendar)
    calendar.today = date(2026, 6, 24)
    with pytest.raises(Refused) as refused:
        measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 6, 21)))
    assert codes(refused) == ["rollout_too_early"]
    calendar.today = date(2026, 6, 30)
    first = measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 6, 28)))
    again = measure(scaled.owner, scaled.key)
    assert (first.again, again.again) == (False, True)
    assert first.sha256 == again.sha256


def test_an_effect_that_is_lost_is_seen_and_rolled_back(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Send
) -> None:
    _under_way(scaled, wanted, calendar)
    for end in ENDS:
        calendar.today = end + timedelta(days=2)
        made = measure(scaled.owner, scaled.key, send_waves(scaled, end, wait=45))
        if made.roll_back_proposed:
            break
    assert made.state == "FAILED"
    assert roll_back(scaled.executive, scaled.key, "Nobody waits less.") == RolloutState.ROLLED_BACK
    with pytest.raises(Refused) as refused:
        measure(scaled.owner, scaled.key)
    assert codes(refused) == ["rollout_is_rolled_back"]
    with pytest.raises(Refused) as refused:
        pause(scaled.owner, scaled.key, "Too late.")
    assert codes(refused) == ["rollout_is_rolled_back"]


def test_a_pause_holds_the_next_wave_and_going_on_moves_it(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Send, executive: Callable[..., Any]
) -> None:
    _under_way(scaled, wanted, calendar)
    calendar.today = date(2026, 6, 20)
    with pytest.raises(Refused) as refused:
        pause(scaled.owner, scaled.key, " ")
    assert codes(refused) == ["rollout_reason_missing"]
    pause(scaled.owner, scaled.key, "A strike.")
    calendar.today = date(2026, 7, 8)
    karin = executive(scaled.desk)
    starts = resume(karin, scaled.key, "It is over.")
    assert starts == (date(2026, 6, 1), date(2026, 7, 13), date(2026, 8, 17))
    here = standing(scaled.desk, scaled.desk.pilot(scaled.key))
    assert (here.record.number, here.rollout.state) == (2, RolloutState.RUNNING)
    assert here.promise.calendar.measured[0] == date(2026, 7, 5), "a week before the next start"
    calendar.today = date(2026, 7, 9)
    assert measure(scaled.owner, scaled.key, send_waves(scaled, date(2026, 7, 5))).ring == 1


def test_a_refused_file_leaves_nothing_behind(scaled: Any, wanted: Wanted, calendar: Any, tmp_path: Path) -> None:
    from stats.errors import RefusedData

    _under_way(scaled, wanted, calendar)
    bad = tmp_path / "bad.csv"
    bad.write_text("site,week\nElsewhere,2026-06-01\n", encoding="utf-8")
    before = scaled.desk.registry.head_hash()
    with pytest.raises(RefusedData) as refused:
        measure(scaled.owner, scaled.key, bad)
    assert len(refused.value.problems) >= 3
    assert scaled.desk.registry.head_hash() == before
