"""kill -9 in the middle of an act: it is wholly there or wholly absent, and the record is whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.desk import Desk
from experiments.record.verify import verify
from registry import find
from registry.kinds import Stage
from registry.open import Registry

SCRIPT = Path(__file__).with_name("killed_in_the_act.py")
ROOT = Path(__file__).resolve().parents[2]


def _kill(act: str, led: Any, folder: Path) -> list[Path]:
    """Copies of the registry, in each of which the act was begun and killed a little later; in the last it was done."""
    shutil.copy(led.data, led.desk.registry.home / "data.csv")
    command = [sys.executable, str(SCRIPT), act, led.key, str(led.desk.registry.home), str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    homes = [Path(line) for line in ran.stdout.split()]
    assert len(homes) > 3
    return homes


def test_a_killed_ingest_is_wholly_there_or_wholly_absent(lead: Callable[..., Any], tmp_path: Path) -> None:
    led = lead("assigned")
    seen = []
    for home in _kill("ingest", led, tmp_path):
        with Registry.open(home, "") as registry:
            desk = Desk(registry=registry)
            assert verify(desk).whole
            pilot = desk.pilot(led.key)
            with desk.read() as session:
                snapshots = find.snapshots(session, pilot.id)
                told = find.events(session, pilot_id=pilot.id, act="outcomes.ingested")
            seen.append((len(snapshots), len(told), pilot.stage))
            assert all(registry.snapshots.verified_path(row.sha256) for row in snapshots)
    assert set(seen) == {(0, 0, Stage.ASSIGNED), (1, 1, Stage.RUNNING)}


def test_a_killed_decision_is_wholly_there_or_wholly_absent(lead: Callable[..., Any], tmp_path: Path) -> None:
    led = lead("recommended")
    seen = []
    for home in _kill("decide", led, tmp_path):
        with Registry.open(home, "") as registry:
            desk = Desk(registry=registry)
            assert verify(desk).whole
            pilot = desk.pilot(led.key)
            with desk.read() as session:
                made = find.decisions(session, pilot.id)
                told = find.events(session, pilot_id=pilot.id, act="decision.made")
            seen.append((len(made), len(told), pilot.stage))
    assert set(seen) == {(0, 0, Stage.ASSESSED), (1, 1, Stage.DECIDED)}
