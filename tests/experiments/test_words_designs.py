"""Every check and reason of the designs over time has its sentence, and its facts fill it (warnings are errors)."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from experiments import words
from experiments.words import check_sentence, jargon_words
from stats import designs
from stats.designs import choose
from stats.panel_worlds import World, in_steps, one_start, study_of
from stats.results import Estimate

STATS = Path(designs.__file__).parents[1]
METHODS = (
    *("did", "twfe", "event_study", "imputation", "callaway_santanna", "wedge"),
    *("synthetic_series", "one_series", "exact_matching", "panel"),
)
DESIGNS = (
    "before_after_control",
    "matched_sites",
    "staggered",
    "stepped_wedge",
    "synthetic_control",
    "interrupted_time_series",
)
MODULES = [
    *(STATS / "methods" / f"{name}.py" for name in METHODS),
    *(STATS / "designs" / f"{name}.py" for name in (*DESIGNS, "rollouts", "series_counts")),
]


def coded(path: Path, kind: str) -> set[str]:
    """The codes of all ``kind(code=...)`` in a module."""
    return {
        str(keyword.value.value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == kind
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_reason_has_its_sentence(path):
    wanted = {f"not_estimable.{code}" for code in coded(path, "NotEstimable")}
    wanted |= {f"problem.{code}" for code in coded(path, "Problem")}
    assert {key for key in wanted if not words.knows(key)} == set()


@pytest.mark.parametrize("drifting", [False, True])
@pytest.mark.parametrize("design", DESIGNS)
def test_every_check_says_its_sentence_in_plain_words(design, drifting):
    sites = 1 if design == "interrupted_time_series" else 14
    start = one_start(sites, {"synthetic_control": 1}.get(design, 5 if sites > 1 else 1), 10, 16)
    if design in ("staggered", "stepped_wedge"):
        start = in_steps(sites, 6, 16, steps=4, never=4)
    value = World(sites=sites, periods=16).values(np.random.default_rng(4))
    if drifting:
        value = value + np.where(start < 16, 1.5, 0.0)[:, None] * np.arange(16)[None, :]
    options = {"selection_periods": 8} if design == "before_after_control" else {}
    found = choose(design, "default").run(study_of(design, value, start, **options))
    assert isinstance(found, Estimate)
    assert found.checks
    for check in found.checks:
        sentence = check_sentence(check, names={})
        assert sentence
        assert jargon_words(sentence) == []
        assert words.knows(f"check.{check.key}.name")
