"""What a measured roll-out teaches: foretold beside measured, how much is kept, and who was right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.charters.charter import Person
from experiments.deciding.overrides import overrides, score_of
from experiments.desk import Desk
from experiments.learned.hindsight import suggestion
from experiments.learned.prior import learn, propose
from experiments.learned.rolled_out import rolled_out
from experiments.learned.survey import learned
from experiments.learned.telling import lines, realised
from experiments.people import person_of
from experiments.planning.forecasts import forecasts
from experiments.rollouts.acts import roll_back
from experiments.rollouts.keep import keep_plan, standing, start
from experiments.rollouts.measure import measure
from registry import find
from registry.kinds import Role
from stats.forecasts import ENOUGH

Send = Callable[..., Path]


@pytest.fixture
def rolled(scaled: Any, wanted: Any, send_waves: Send, calendar: Any) -> Any:
    """The first wave is over and measured: nothing of what the pilot showed is left."""
    keep_plan(scaled.owner, scaled.key, wanted)
    promise = standing(scaled.desk, scaled.desk.pilot(scaled.key)).promise
    calendar.today = promise.calendar.starts[0]
    start(scaled.owner, scaled.key)
    calendar.today = promise.calendar.measured[0]
    measure(scaled.owner, scaled.key, send_waves(scaled, promise.calendar.measured[0], wait=0.0))
    return scaled


def analyst_of(desk: Desk) -> Desk:
    with desk.work() as work:
        person_of(work, Person(name="Petra Kern", department="Analytics"), Role.ANALYST)
    return desk.as_person("Petra Kern")


def test_what_was_foretold_stands_beside_what_was_measured(rolled: Any) -> None:
    (one,) = rolled_out(rolled.desk)
    promise = standing(rolled.desk, rolled.desk.pilot(rolled.key)).promise
    (prediction,) = promise.predictions.values()
    assert (one.pilot, one.metric, one.metric_name, one.ring) == (rolled.key, "wait", "Waiting time", 1)
    assert one.compared.predicted == pytest.approx(prediction.mean / 15)  # 15 s are worth having
    assert one.compared.lower < one.compared.predicted < one.compared.upper
    assert one.learns is not None
    assert one.learns.realised == one.compared.realised
    assert one.learns.cautious == pytest.approx(prediction.cautious / 15)
    found = learned(rolled.desk)
    assert realised(found)["pilot"] == ["Call-back at peak"]
    assert found.reality.inside is None
    said = lines(found, forecasts(rolled.desk), score_of(overrides(rolled.desk)))
    assert any(f"from {ENOUGH} on we say how good the forecasts were" in line for line in said)


def test_a_roll_out_that_kept_nothing_lowers_what_is_taken_to_be_kept(rolled: Any) -> None:
    made = propose(rolled.desk)
    assert made.new is not None
    assert made.new.rollouts == (rolled.key,)
    assert 0.3 < made.new.transport < 0.74
    kept = learn(analyst_of(rolled.desk))
    assert kept.transport == made.new.transport
    assert not propose(rolled.desk).changed


def test_a_roll_out_that_is_taken_back_speaks_against_the_decision_that_made_it(rolled: Any) -> None:
    pilot = rolled.desk.pilot(rolled.key)
    with rolled.desk.read() as session:
        decision = find.latest_decision(session, pilot.id)
    assert decision is not None
    assert [one.state for one in rolled_out(rolled.desk)] == ["WAITING"]  # one wave is not enough to tell
    said = suggestion(rolled.desk, pilot, decision)
    assert (said.found, said.code) == ("unclear", "waiting")
    roll_back(rolled.executive, rolled.key, "Nothing is left of it.")
    said = suggestion(rolled.desk, pilot, decision)
    assert (said.found, said.code) == ("wrong", "rolled_back")
    assert "taken back" in said.sentences[0]
