"""One estimate, from a specification to its JSON: what ``pilot estimate`` and everything else calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from stats import ENGINE_VERSION
from stats.designs import choose
from stats.designs.uses import saying_what_is_ignored
from stats.errors import Problem, RefusedData, RefusedSpec, without_secrets
from stats.evidence import as_json
from stats.outcomes.layout import arms_without_rows
from stats.results import NotEstimable, Result
from stats.spec import EstimateSpec
from stats.studies.open_study import open_studies, table_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

OUTPUT = (
    "effect", "std_error", "ci_lower", "ci_upper", "p_value", "df", "p_randomisation", "p_floor", "relative",
    "n_control", "n_treatment", "mean_control", "mean_treatment", "confidence", "method", "checks", "details",
)  # fmt: skip


def parse_spec(values: Any) -> EstimateSpec:
    """A specification from plain values (YAML, JSON). Raises RefusedSpec with all its problems."""
    if not isinstance(values, Mapping):
        raise RefusedSpec(Problem(code="spec_not_a_mapping"))
    try:
        return EstimateSpec.model_validate(values)
    except ValidationError as error:
        raise RefusedSpec(spec_problems(error)) from error


def spec_problems(error: ValidationError) -> list[Problem]:
    """Pydantic's findings as problems: where, what was found, what would do; one for each place."""
    codes = {"missing": "spec_missing", "extra_forbidden": "spec_unknown_key", "literal_error": "spec_choice"}
    problems: dict[str, Problem] = {}
    # Of a value that may be of several kinds, the kind that came nearest speaks: its fault is no wrong type.
    for found in sorted(error.errors(include_url=False), key=lambda each: each["type"].endswith("_type")):
        key = ".".join(str(part) for part in found["loc"] if not _is_branch(part))
        facts = {
            "key": key or str(found["loc"][0] if found["loc"] else ""),
            "found": without_secrets(str(found.get("input")))[:80],
            "detail": found["msg"],
            "offered": str(found.get("ctx", {}).get("expected", "")),
        }
        problems.setdefault(key, Problem(code=codes.get(found["type"], "spec_value"), facts=facts))
    return [problem for key, problem in problems.items() if not any(inner.startswith(f"{key}.") for inner in problems)]


def _is_branch(part: str | int) -> bool:
    """Pydantic names each kind that a value might have had as if it were a key of its own."""
    return isinstance(part, str) and (
        part in ("str", "int", "float", "bool", "TestSpec") or "[" in part or part.startswith("constrained-")
    )


def estimate(spec: EstimateSpec, base: Path) -> Result | list[Result]:
    """The estimate, or one for each treatment where ``arm.treatment`` is a list, in the order given.

    Raises RefusedSpec and RefusedData; what can't be estimated is a NotEstimable.
    """
    return estimate_table(spec, table_of(spec, base))


def estimate_table(spec: EstimateSpec, table: ir.Table) -> Result | list[Result]:
    """As ``estimate``, on a table that is open already (its filter applied)."""
    estimator = choose(spec.design, spec.estimator)
    try:
        studies = open_studies(spec, table)
        results = [saying_what_is_ignored(estimator.run(study), study.spec) for study in studies]
    except RefusedData as refused:
        if any(problem.code == "no_rows" for problem in refused.problems):
            _refuse_absent_arms(spec, table)
        raise
    if any(isinstance(result, NotEstimable) for result in results):
        _refuse_absent_arms(spec, table)
    return results if spec.arm is not None and isinstance(spec.arm.treatment, list) else results[0]


def _refuse_absent_arms(spec: EstimateSpec, table: ir.Table) -> None:
    """Asked only where there is no answer: where there is one, every arm has rows, and the data are read once.

    What a filter leaves of an arm is for the filter to answer.
    """
    problems = [] if spec.arm is None or spec.filter is not None else arms_without_rows(spec.arm, table)
    if problems:
        raise RefusedSpec(problems)


def result_json(result: Result | list[Result], spec: EstimateSpec | None = None) -> dict[str, Any]:
    """The flat JSON of docs/spec.md. Several arms: ``{"arms": [...], "version": ...}``, each with its ``arm``."""
    if isinstance(result, list):
        names = spec.arm.treatment if spec is not None and spec.arm is not None else range(1, len(result) + 1)
        labelled = zip(names if isinstance(names, (list, range)) else [names], result, strict=True)
        return {"arms": [{"arm": name, **_one(each)} for name, each in labelled], "version": ENGINE_VERSION}
    return {**_one(result), "version": ENGINE_VERSION}


def _one(result: Result) -> dict[str, Any]:
    if isinstance(result, NotEstimable):
        return {
            "not_estimable": result.code,
            "details": as_json(result.facts),
            "checks": as_json(result.checks),
        }
    return {name: as_json(getattr(result, name)) for name in OUTPUT}
