"""Whatever the registry refuses or finds can be said in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import registry
from experiments.words import problem_sentence, sentences_in
from registry.errors import Unavailable
from registry.open import Registry
from registry.validation import refusal
from stats.errors import Problem

SOURCE = "".join(path.read_text() for path in Path(registry.__file__).parent.glob("*.py"))
CODES = sorted(set(re.findall(r'\bcode ?= ?"([a-z_]+)"', SOURCE)))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence(code: str) -> None:
    known = sentences_in("en")
    assert f"problem.{code}" in known or f"finding.{code}" in known


def test_a_refusal_is_said_whole(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        Registry.open(tmp_path, "mysql://u@host/db")
    (problem,) = refused.value.problems
    said = problem_sentence(Problem(code=problem.code, column=problem.column, facts=problem.facts))
    assert said.startswith("Databases of the kind mysql can't be used.")


def test_a_failing_disk_is_told_and_a_fault_of_ours_is_not_hidden() -> None:
    from sqlite3 import OperationalError as Raw

    from sqlalchemy.exc import OperationalError

    told = refusal(OperationalError("INSERT", {}, Raw("database or disk is full")))
    assert told is not None
    assert told.problems[0].facts == {"said": "database or disk is full"}
    assert refusal(OperationalError("SELECT", {}, Raw("no such column: pilot.colour"))) is None
