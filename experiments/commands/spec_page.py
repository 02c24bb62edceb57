"""docs/spec.md: the JSON Schemas of every input and output of the command line, from the code itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.charters.charter import Charter
from experiments.commands.outputs import OUTPUTS, Refusal
from stats.calculator.calc import KINDS
from stats.outcomes.reading import Reading
from stats.plan import Plan
from stats.spec import EstimateSpec

HEAD = """# Specification of the command line

Written by `pilot docs` from the code: do not edit. Every command takes `--json` and then prints one JSON object.
Exit codes: 0 done, 1 refused with reasons (the object is a *refusal*), 2 usage.

Conventions: an effect is treatment minus control in the metric's unit, shares are 0-1; superiority has two-sided
p-values and interval; `{"kind": "noninferiority", "margin": m}` and `{"kind": "equivalence", "margin": m}` have m > 0
in the metric's unit. What can't be estimated is `{"not_estimable": reason}` with exit code 0: a failure is never a
number.
"""

INPUTS: tuple[tuple[str, str, Any], ...] = (
    ("Charter", "`pilot register FILE.yaml`", Charter),
    ("Specification of an estimate", "`pilot estimate SPEC.yaml`", EstimateSpec),
    ("How a file is read", "`pilot ingest KEY DATA --reading FILE.yaml` (any part of it)", Reading),
    ("Plan", "`plan` in the output of `pilot plan`, and the text that is hashed", Plan),
)


def spec_page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_inputs(), *_calculations(), *_outputs()])


def _inputs() -> Iterator[str]:
    yield "## Inputs\n"
    for title, where, model in INPUTS:
        yield from _section(title, where, model.model_json_schema(by_alias=True))


def _calculations() -> Iterator[str]:
    yield "## Calculations: `pilot calc KIND SPEC.yaml`\n"
    for kind, (model, _) in KINDS.items():
        yield from _section(kind, f"`pilot calc {kind} SPEC.yaml`", model.model_json_schema(by_alias=True))


def _outputs() -> Iterator[str]:
    yield "## Outputs\n"
    yield from _section("Refusal", "any command, exit code 1", Refusal.model_json_schema())
    for command, output in OUTPUTS.items():
        yield from _section(command, f"`pilot {command} ... --json`", output.model_json_schema())


def _section(title: str, where: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {title}\n\n{where}\n"
    yield f"```json\n{json.dumps(_without_titles(schema), indent=1, ensure_ascii=False)}\n```\n"


def _without_titles(schema: Any) -> Any:
    """Generated titles only repeat the names. (A property that is called title is a mapping, not a text.)"""
    if isinstance(schema, Mapping):
        kept = {name: value for name, value in schema.items() if name != "title" or not isinstance(value, str)}
        return {name: _without_titles(value) for name, value in kept.items()}
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema
