"""The plots of the evidence page and "why this method", on pilots of every design led through the real stages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import register
from experiments.desk import Desk
from experiments.evidence import assess, recommend, reproduce
from experiments.planning import plan
from experiments.running import assign, ingest
from experiments.signing import sign
from experiments.words import forbidden_words, say
from registry.open import Registry

MONDAY = datetime(2026, 3, 2)
BEFORE, AFTER = 12, 10
DESIGNS = (
    "randomised_sites",
    "before_after_control",
    "matched_sites",
    "staggered",
    "stepped_wedge",
    "synthetic_control",
    "interrupted_time_series",
)
TREATED = {"synthetic_control": 1, "staggered": 10, "stepped_wedge": 16, "interrupted_time_series": 16}


def sites_of(design: str) -> list[str]:
    """Sites of its own for each pilot: pilots that overlap would be seen by one another's checks."""
    letter = "ABCDEFG"[DESIGNS.index(design)]
    return [f"{letter}{number:02d}" for number in range(1, 25 if design == "synthetic_control" else 17)]


def charter(design: str) -> dict[str, Any]:
    """A plain charter of that design: one number to gain, half-hours at lunch helped most."""
    stepped = design in ("staggered", "stepped_wedge")
    columns: dict[str, Any] = {"site": "branch", "timestamp": "at"}
    if stepped:
        columns = {"site": "branch", "period": "week", "starts": {"column": "first", "never": 99}}
    elif design in ("synthetic_control", "interrupted_time_series"):
        columns |= {"period": "week", "post": {"column": "week", "from": 0}}
        del columns["timestamp"]
    if design == "synthetic_control":
        columns["arm"] = {"column": "arm", "treatment": "new", "control": "old"}
    sites = sites_of(design)
    treated = TREATED.get(design, 8)
    lot = design in ("randomised_sites", "stepped_wedge")
    chosen = {"method": "chosen", "n_treatment": treated}
    return {
        "pilot": design.replace("_", "-"),
        "title": f"Lunch service, {design.replace('_', ' ')}",
        "problem": "Callers wait longest at lunch.",
        "team": "Service innovation",
        "owner": {"name": "Ana Lima", "department": "Contact centre"},
        "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
        "hypothesis": {
            "change": "move breaks out of lunch", "for_whom": "callers at lunch", "metric": "wait",
            "direction": "down", "by": 15, "because": "more people answer",
        },
        "metrics": {
            "success": [
                {
                    "key": "wait", "name": "Waiting time", "measure": {"kind": "mean", "column": "wait_s"}, "unit": "s",
                    "better": "lower", "mwe": 15,
                },
            ],
            "guardrails": [
                {
                    "key": "on_target", "name": "Half-hours on target", "unit": "share", "better": "higher",
                    "measure": {
                        "kind": "interval_share", "column": "wait_s", "interval": "at", "within": "mean",
                        "beyond": "below", "target": 200,
                    },
                    "margin": 0.2, "class": "watch",
                },
            ],
        },
        "where": {
            "how_chosen": "all branches with a phone team",
            "design": design,
            "unit_word": "branch",
            "sites": [{"key": s, "forced": not lot and place < treated} for place, s in enumerate(sites)],
            "columns": columns,
            "assignment": {"method": "complete", "n_treatment": 8, "seed": 7} if design == "randomised_sites"
            else {"method": "waves", "waves": 4, "n_treatment": 16, "seed": 7} if lot else chosen,
            "baseline_from": "2025-12-08",
            "start": "2026-03-02",
            "end": "2026-05-10",
        },
        "looks": {"fractions": [1.0], "extension": None},
        "draws": 99,
    }  # fmt: skip


def write_contacts(path: Path, design: str, arms: dict[str, int], contacts: int = 20, lost: float = 0.0) -> None:
    """A contact a row, Monday to Friday from eight to four; waits fall by 40 s, by 90 s at noon.

    lost: share of the waits with the change that nobody wrote down.
    """
    import pyarrow as pa
    import pyarrow.csv

    sites = sites_of(design)
    rng = np.random.default_rng(5)
    start = np.array([0 if arms.get(site, 0) else 99 for site in sites])
    if design == "staggered":
        start = np.array([*np.repeat([-3, 0, 2, 4, 6], 2), *[99] * 6])
    if design == "stepped_wedge":
        start = np.repeat([-3, 0, 3, 6], 4)
    if design == "interrupted_time_series":
        start = np.zeros(16, dtype=int)
    site, week = (grid.ravel() for grid in np.meshgrid(np.arange(len(sites)), np.arange(-BEFORE, AFTER), indexing="ij"))
    site, week = np.repeat(site, contacts), np.repeat(week, contacts)
    n = len(site)
    minutes = rng.integers(8 * 60, 16 * 60, n)
    on = week >= start[site]
    gain = np.where((minutes >= 720) & (minutes < 780), 90.0, 40.0)
    level = 210 + rng.normal(0, 12, len(sites))[site] + rng.normal(0, 3, BEFORE + AFTER)[week + BEFORE]
    wait = level - gain * on + rng.normal(0, 60, n)
    moments = [
        MONDAY + timedelta(weeks=int(w), days=int(d), minutes=int(m))
        for w, d, m in zip(week, rng.integers(0, 5, n), minutes, strict=True)
    ]
    ever = start[site] < 99
    table = {
        "branch": [sites[place] for place in site],
        "at": moments,
        "week": week,
        "arm": np.where(ever, "new", "old"),
        "first": start[site],
        "wait_s": pa.array(np.maximum(wait, 1).round(1), mask=on & (rng.random(n) < lost)),
    }
    pyarrow.csv.write_csv(pa.table(table), path)


def lead(desk: Desk, design: str, folder: Path, *, lost: float = 0.0) -> str:
    """The pilot of that design, led through its stages with the clock of the day."""
    clock = desk.registry.clock

    def on(day: datetime) -> None:
        desk.registry.clock = lambda: day.replace(tzinfo=UTC)

    on(datetime(2026, 1, 12))
    key = register.register(desk, charter(design)).key
    owner = desk.as_person("Ana Lima")
    plan.plan(owner, key)
    sign.sign(owner, key)
    assign.assign(owner, key)
    drawn = assign.assigned(desk, desk.pilot(key))
    data = folder / f"{key}.csv"
    write_contacts(data, design, dict(drawn.arms) if drawn else {}, lost=lost)
    on(datetime(2026, 5, 12))
    ingest.ingest(owner, key, data)
    assess.assess(owner, key)
    recommend.recommend(owner, key)
    desk.registry.clock = clock
    return key


@pytest.fixture(scope="module")
def led_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one pilot a design, each with its recommendation."""
    folder = tmp_path_factory.mktemp("designs")
    with Registry.open(folder / "home") as registry:
        for design in DESIGNS:
            lead(Desk(registry=registry), design, folder)
    return folder / "home"


@pytest.fixture
def led(home: Path, led_home: Path) -> Path:
    shutil.copytree(led_home, home)
    return home


HEADINGS = {
    "randomised_sites": ("over_time", "half_hours"),
    "before_after_control": ("over_time", "placebo", "half_hours"),
    "matched_sites": ("over_time", "placebo", "half_hours"),
    "staggered": ("over_time",),
    "stepped_wedge": ("over_time",),
    "synthetic_control": ("over_time", "placebo"),
    "interrupted_time_series": ("over_time",),
}


@pytest.mark.parametrize("design", DESIGNS)
def test_the_page_draws_what_the_design_knows_and_says_it_in_words(
    design: str, led: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    at = show("evidence", pilot=design.replace("_", "-"), person="Ana Lima")
    text = read(at)
    shown = {name for name in ("over_time", "placebo", "half_hours") if say(f"memo.heading.{name}") in text}
    assert shown == set(HEADINGS[design])
    assert text.count(say("evidence.as_table")) == len(HEADINGS[design]) + 1 - (design == "synthetic_control")
    assert not forbidden_words(text)


def test_another_metric_can_be_chosen(led: Path, show: Callable[..., Any], read: Callable[[Any], str]) -> None:
    at = show("evidence", pilot="before-after-control", person="Ana Lima")
    assert re.search(r"best at 12:[03]0 \(−\d+ s\)", read(at))
    chosen = read(at.selectbox(key="plots-before-after-control").select("on_target").run())
    assert re.search(r"best at \d\d:\d\d \(\+\d+ points\)", chosen)
    assert not re.search(r"best at \d\d:\d\d \(−\d+ s\)", chosen)


def test_the_method_is_explained_on_the_plan_and_under_method(
    led: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    told = "People, and not a lot, decided which branches got the change"
    for page in ("plan", "evidence"):
        text = read(show(page, pilot="before-after-control", person="Ana Lima"))
        assert say("memo.heading.why_method") in text
        assert told in text


def test_closed_results_draw_nothing(
    desk: Any, tmp_path: Path, show: Callable[..., Any], read: Callable[[Any], str]
) -> None:
    """A third of the waits with the change is missing: nobody sees an effect, also not in a picture."""
    lead(desk, "randomised_sites", tmp_path, lost=0.3)
    text = read(show("evidence", pilot="randomised-sites", person="Ana Lima"))
    assert "can't be judged" in text.lower()
    assert say("memo.heading.over_time") not in text
    assert say("evidence.as_table") not in text
    assert "A lot over all branches decided" in text


@pytest.mark.parametrize("design", DESIGNS)
def test_evidence_with_what_pictures_need_is_computed_again_byte_for_byte(design: str, led_home: Path) -> None:
    with Registry.open(led_home) as registry:
        found = reproduce.reproduce(Desk(registry=registry), design.replace("_", "-"))
    assert {each.what.split(" ")[0] for each in found}
    assert all(each.identical for each in found)
