"""Evidence of another version of the engine is compared all the same, and it is said that another engine made it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.evidence.reproduce import reproduce, told
from experiments.record.forget import forget
from stats import ENGINE_VERSION
from stats.plan import canonical_json

Lead = Callable[..., Any]
OLD = "0.0.9"
SAID = (
    f"Made by engine {OLD}; this is {ENGINE_VERSION}: numbers may be computed otherwise. "
    "Compared all the same, apart from the version:"
)


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch, lead: Lead) -> Callable[..., Any]:
    """A pilot judged by an older engine; ``writes`` changes what that engine wrote as evidence."""

    def judged(writes: Callable[[dict[str, Any]], None] = lambda evidence: None) -> Any:
        from experiments.evidence import assess

        made = assess.evidence_texts

        def texts(*given: Any, **more: Any) -> dict[int, str]:
            found = {arm: json.loads(text) for arm, text in made(*given, **more).items()}
            for evidence in found.values():
                writes(evidence)
            return {arm: canonical_json(evidence) for arm, evidence in found.items()}

        with monkeypatch.context() as then:
            for module in ("stats.assessing.assess", "experiments.evidence.assess", "experiments.planning.plan"):
                then.setattr(f"{module}.ENGINE_VERSION", OLD)
            then.setattr(assess, "evidence_texts", texts)
            return lead("recommended")

    return judged


def test_the_same_numbers_of_another_engine_are_the_same_and_the_engine_is_named(older: Callable[..., Any]) -> None:
    led = older()
    made = reproduce(led.desk, led.key)
    assert [(item.engine, item.identical, item.more) for item in made] == [(OLD, True, False)] * 3
    assert told(made)[0] == SAID
    assert all("identical" in line for line in told(made)[1:])


def test_what_this_engine_says_beside_is_no_difference(older: Callable[..., Any]) -> None:
    led = older(lambda evidence: evidence["metrics"]["wait"].pop("details"))
    draw, evidence, _ = reproduce(led.desk, led.key)
    assert draw.identical
    assert (evidence.identical, evidence.more) == (False, True)
    assert "whatever is stored came out again; this engine says more beside it" in " ".join(told([evidence]))


def test_a_number_that_this_engine_computes_otherwise_is_not_the_same(older: Callable[..., Any]) -> None:
    def otherwise(evidence: dict[str, Any]) -> None:
        evidence["metrics"]["wait"]["result"]["std_error"] *= 1 + 1e-9

    led = older(otherwise)
    _, evidence, _ = reproduce(led.desk, led.key)
    assert (evidence.identical, evidence.more) == (False, False)
    lines = told([evidence])
    assert lines[0] == SAID
    assert "NOT the same" in lines[1]


def test_evidence_of_this_engine_says_nothing_of_engines(lead: Lead) -> None:
    led = lead("recommended")
    made = reproduce(led.desk, led.key)
    assert {item.engine for item in made} == {ENGINE_VERSION}
    assert not any("engine" in line for line in told(made))


def test_the_cells_of_another_engine_s_evidence_are_kept_when_its_data_are_forgotten(
    older: Callable[..., Any],
) -> None:
    led = older(lambda evidence: evidence["metrics"]["wait"].pop("details"))
    made = forget(led.desk.as_person("Ana Lima"), led.key, "The branch closed.")
    assert (made.from_cells, made.text_only) == (1, 0)
    _, evidence, _ = reproduce(led.desk, led.key)
    assert (evidence.source, evidence.more) == ("cells", True)


def test_engine_and_package_have_one_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == ENGINE_VERSION
