"""What tests of roll-outs start from: a pilot that was approved to scale, and what its new sites send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.decide import Choice, decide
from experiments.demo.waves import WaveWorld, wave_records
from experiments.desk import Desk
from experiments.rollouts.keep import standing
from experiments.rollouts.wanted import Wanted
from stats.rollout.rings import RolloutSite
from stats.simulate import SimulatedMetric

MORE = tuple(RolloutSite(key=f"N{number:02d}", stratum=("north", "south")[number % 2]) for number in range(1, 19))
WANTED = Wanted(sites=MORE, rings=3, weeks=4, start=date(2026, 6, 1))


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A pilot approved to scale, on 12 May 2026, and the desks of those who act."""

    desk: Desk
    key: str
    owner: Desk
    executive: Desk


@pytest.fixture
def scaled(lead: Callable[..., Any], committed: dict[str, str]) -> Scaled:
    led = lead("reviewed")
    executive = led.desk.as_person("Ruth Vogel")
    decide(executive, led.key, Choice(verdict="SCALE", commitments=committed))
    return Scaled(desk=led.desk, key=led.key, owner=led.desk.as_person("Ana Lima"), executive=executive)


@pytest.fixture
def wanted() -> Wanted:
    """Twenty-four new sites, three waves of four weeks from 1 June 2026 on."""
    return WANTED


@pytest.fixture
def send_waves(tmp_path: Path) -> Callable[..., Path]:
    """What the sites of a roll-out send: ``send_waves(scaled, until, wait=-30)``."""

    def send(scaled: Scaled, until: date, *, wait: float = -35, on_time: float = 0.0, seed: int = 5) -> Path:
        import pyarrow.csv

        promise = standing(scaled.desk, scaled.desk.pilot(scaled.key)).promise
        world = WaveWorld(
            metrics=(
                SimulatedMetric(column="wait_s", family="duration", level=200, spread=150, effect=wait, icc=0.005),
                SimulatedMetric(column="on_time", family="share", level=0.9, effect=on_time, icc=0.003),
            ),
            seed=seed,
            contacts=20,
            delivered=0.95,
        )
        path = tmp_path / f"waves-{until}-{wait}.csv"
        pyarrow.csv.write_csv(wave_records(promise.rings, promise.calendar, world, until=until), path)
        return path

    return send
