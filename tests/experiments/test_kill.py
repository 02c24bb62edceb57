"""kill -9 in the middle of an act: it is wholly there or wholly absent, and the record is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.desk import Desk
from experiments.verify import verify
from registry import find
from registry.kinds import Stage
from registry.open import Registry

SCRIPT = Path(__file__).with_name("killed_in_the_act.py")
ROOT = Path(__file__).resolve().parents[2]
REPEATS = 14


def _kill(act: str, led: Any, seconds: float, folder: Path) -> list[Path]:
    """Copies of the registry, in each of which the act was begun and killed a little later than in the one before."""
    homes = []
    for number in range(REPEATS):
        home = folder / f"{act}-{number}"
        shutil.copytree(led.desk.registry.home, home)
        shutil.copy(led.data, home / "data.csv")
        homes.append(home)
    command = [sys.executable, str(SCRIPT), act, led.key, str(seconds), *map(str, homes)]
    ran = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "killed" in ran.stdout
    return homes


def _duration(act: Callable[[], object]) -> float:
    """How long the act takes here and now; the kills are spread over a little more than that."""
    begun = time.monotonic()
    act()
    return 1.6 * (time.monotonic() - begun)


def test_a_killed_ingest_is_wholly_there_or_wholly_absent(
    lead: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.ingest import check_file

    led = lead("assigned")
    seconds = _duration(lambda: check_file(led.desk, led.key, led.data))
    for home in _kill("ingest", led, seconds, tmp_path):
        with Registry.open(home, "") as registry:
            desk = Desk(registry=registry)
            assert verify(desk).whole
            pilot = desk.pilot(led.key)
            with desk.read() as session:
                snapshots = find.snapshots(session, pilot.id)
                told = find.events(session, pilot_id=pilot.id, act="outcomes.ingested")
            print((len(snapshots), pilot.stage.value))
            assert (len(snapshots), len(told), pilot.stage) in {(0, 0, Stage.ASSIGNED), (1, 1, Stage.RUNNING)}
            assert all(registry.snapshots.verified_path(row.sha256) for row in snapshots)


def test_a_killed_decision_is_wholly_there_or_wholly_absent(lead: Callable[..., Any], tmp_path: Path) -> None:
    led = lead("recommended")
    seen = set()
    for home in _kill("decide", led, 0.25, tmp_path):
        with Registry.open(home, "") as registry:
            desk = Desk(registry=registry)
            assert verify(desk).whole
            pilot = desk.pilot(led.key)
            with desk.read() as session:
                made = find.decisions(session, pilot.id)
                told = find.events(session, pilot_id=pilot.id, act="decision.made")
            state = (len(made), len(told), pilot.stage)
            assert state in {(0, 0, Stage.ASSESSED), (1, 1, Stage.DECIDED)}
            seen.add(state)
            print(state)
    assert (0, 0, Stage.ASSESSED) in seen
