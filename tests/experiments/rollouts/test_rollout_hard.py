"""A roll-out where it is hard: on PostgreSQL, killed in the act, and carried to another record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.archive.bring import import_pilot
from experiments.archive.pack import export_pilot
from experiments.desk import Desk
from experiments.evidence.reproduce import reproduce
from experiments.record.verify import verify
from experiments.rollouts.acts import pause, resume, roll_back
from experiments.rollouts.keep import keep_plan, start
from experiments.rollouts.measure import measure
from experiments.rollouts.view import standing_sentence
from experiments.rollouts.wanted import Wanted
from registry import find
from registry.kinds import Stage
from registry.open import Registry

SCRIPT = Path(__file__).parents[1] / "killed_in_the_act.py"
ROOT = Path(__file__).parents[3]
END = date(2026, 6, 28)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, calendar: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """On PostgreSQL for tests that are marked so."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    marked = request.node.get_closest_marker("postgres") is not None
    database = request.getfixturevalue("postgres_url") if marked else ""
    with Registry.open(tmp_path / "home", database, clock=calendar) as registry:
        yield Desk(registry=registry)


@pytest.mark.postgres
def test_plan_measure_pause_go_on_and_roll_back(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Callable[..., Path], executive: Callable[..., Any]
) -> None:
    keep_plan(scaled.owner, scaled.key, wanted)
    calendar.today = date(2026, 6, 1)
    start(scaled.owner, scaled.key)
    calendar.today = END + timedelta(days=2)
    made = measure(scaled.owner, scaled.key, send_waves(scaled, END))
    pause(scaled.owner, scaled.key, "A strike.")
    calendar.today += timedelta(days=5)
    karin = executive(scaled.desk)
    resume(karin, scaled.key, "It is over.")
    roll_back(karin, scaled.key, "Nobody wants it.")
    assert "rolled back" in standing_sentence(scaled.desk, scaled.desk.pilot(scaled.key))
    assert made.sha256 in {item.stored for item in reproduce(scaled.desk, scaled.key) if item.identical}
    assert verify(scaled.desk).whole


def test_a_killed_plan_is_wholly_there_or_wholly_absent(scaled: Any, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "rollout", scaled.key, str(scaled.desk.registry.home), str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    seen = set()
    for line in ran.stdout.split():
        with Registry.open(Path(line), "") as registry:
            there = Desk(registry=registry)
            pilot = there.pilot(scaled.key)
            with there.read() as session:
                plans, row = find.rollout_plans(session, pilot.id), find.rollout(session, pilot.id)
            seen.add((pilot.stage, len(plans), row is not None))
            assert verify(there).whole
    assert seen == {(Stage.DECIDED, 0, False), (Stage.ROLLING_OUT, 1, True)}


def test_a_roll_out_is_carried_with_its_pilot_and_made_again_there(
    scaled: Any, wanted: Wanted, calendar: Any, send_waves: Callable[..., Path], tmp_path: Path
) -> None:
    keep_plan(scaled.owner, scaled.key, wanted)
    calendar.today = date(2026, 6, 1)
    start(scaled.owner, scaled.key)
    calendar.today = END + timedelta(days=2)
    measure(scaled.owner, scaled.key, send_waves(scaled, END))
    export_pilot(scaled.owner, scaled.key, tmp_path / "pilot.zip", data=True)
    with Registry.open(tmp_path / "other", "", clock=calendar) as registry:
        there = Desk(registry=registry)
        import_pilot(there, tmp_path / "pilot.zip")
        assert all(item.identical for item in reproduce(there, scaled.key))
        assert standing_sentence(there, there.pilot(scaled.key)) == standing_sentence(
            scaled.desk, scaled.desk.pilot(scaled.key)
        )
        assert verify(there).whole
