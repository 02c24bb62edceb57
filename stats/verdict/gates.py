"""Quality gates: what the checks of data and conduct mean for the verdict.

The checks themselves are made with the evidence; each carries its severity. Here they are sorted into what hides the
numbers, what must be run before SCALE, what takes a guardrail's data away, what costs a grade, and what is only said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stats.evidence import Evidence, MetricEvidence
from stats.plan import Plan, PlannedMetric, plan_json, sha256
from stats.results import Check, Estimate, Limits, Severity, Status
from stats.verdict.levels import Levels
from stats.verdict.states import estimates_of, metric_state

RESPONSE_CHECK = "response_rate"
"""Check of survey metrics: response by arm. Facts ``worst_case_low`` and ``worst_case_high``: the raw effects if those
who did not answer had answered as badly, respectively as well, for the treatment as possible."""
PLAN_HASH = "plan_hash"
NO_ESTIMATE = "success_estimate"

REPAIRS = {
    PLAN_HASH: "amend",
    "sample_ratio": "reingest",
    "missing": "reingest",
    "metric_definition": "reingest",
    "contamination": "new_version",
    "crossover": "new_version",
    "placebo_date": "new_version",
    "placebo_outcome": "new_version",
    "treatment_changed": "new_version",
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One gate that did not simply pass: key of the check, status, effective severity, metric concerned."""

    key: str
    status: Status
    severity: Severity
    metric: str | None = None

    @property
    def repair(self) -> str:
        return REPAIRS.get(self.key, "reingest")


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Gates sorted by what they do. broken: guardrails whose own check failed, so that their data count as missing."""

    failed: tuple[Gate, ...]
    not_run: tuple[Gate, ...]
    grade_costs: tuple[Gate, ...]
    warnings: tuple[Gate, ...]
    broken: tuple[str, ...]


def quality(plan: Plan, evidence: Evidence, levels: Levels) -> Quality:
    """Sort every check of the evidence that did not pass."""
    failed: list[Gate] = []
    not_run: list[Gate] = []
    grade_costs: list[Gate] = []
    warnings: list[Gate] = []
    broken: set[str] = set()
    planned = {metric.key: metric for metric in plan.metrics}
    for gate in _gates(plan, planned, evidence, levels):
        role = planned[gate.metric].role if gate.metric in planned else None
        if role == "SECONDARY" or gate.severity == Severity.WARNING:
            warnings.append(gate)
        elif gate.severity == Severity.GRADE:
            grade_costs.append(gate)
        elif gate.status == Status.NOT_RUN:
            not_run.append(gate)
        elif role == "GUARDRAIL":
            broken.add(str(gate.metric))
        else:
            failed.append(gate)
    return Quality(
        failed=tuple(failed),
        not_run=tuple(not_run),
        grade_costs=tuple(grade_costs),
        warnings=tuple(warnings),
        broken=tuple(sorted(broken)),
    )


def _gates(plan: Plan, planned: dict[str, PlannedMetric], evidence: Evidence, levels: Levels) -> Iterator[Gate]:
    seen: set[tuple[str, str | None, Status]] = set()
    if evidence.plan_sha256 and evidence.plan_sha256 != sha256(plan_json(plan)):
        yield Gate(key=PLAN_HASH, status=Status.FAIL, severity=Severity.CRITICAL)
        seen.add((PLAN_HASH, None, Status.FAIL))
    for check, key in _checks(evidence):
        mark = (check.key, key, check.status)
        if check.status == Status.PASS or mark in seen:
            continue
        seen.add(mark)
        severity = check.severity
        metric = planned.get(key) if key else None
        if metric is not None and metric.survey and check.key == RESPONSE_CHECK and check.status == Status.FAIL:
            severity = _response_severity(check, metric, evidence.metrics.get(metric.key), levels)
        yield Gate(key=check.key, status=check.status, severity=severity, metric=key)
    for metric in plan.success:
        if estimates_of(evidence.metrics.get(metric.key)) is None:
            yield Gate(key=NO_ESTIMATE, status=Status.NOT_RUN, severity=Severity.CRITICAL, metric=metric.key)


def _checks(evidence: Evidence) -> Iterator[tuple[Check, str | None]]:
    for check in evidence.checks:
        yield check, check.metric
    for key, found in evidence.metrics.items():
        for check in (*found.checks, *found.result.checks):
            yield check, key


def _response_severity(check: Check, metric: PlannedMetric, found: MetricEvidence | None, levels: Levels) -> Severity:
    """Unequal response is critical only if the worst case would change the metric's state; else it costs a grade."""
    bounds = [check.facts.get("worst_case_low"), check.facts.get("worst_case_high")]
    if found is None or not isinstance(found.result, Estimate) or any(bound is None for bound in bounds):
        return Severity.CRITICAL
    label = metric_state(metric, found, levels).label
    for bound in bounds:
        moved = replace(found, result=_moved_to(found.result, float(bound or 0.0)), bracket=())
        if metric_state(metric, moved, levels).label != label:
            return Severity.CRITICAL
    return Severity.GRADE


def _moved_to(estimate: Estimate, effect: float) -> Estimate:
    """The same precision around another effect."""
    shift = effect - estimate.effect
    limits = tuple(
        Limits(level=item.level, lower=_plus(item.lower, shift), upper=_plus(item.upper, shift))
        for item in estimate.limits
    )
    return replace(estimate, effect=effect, limits=limits)


def _plus(limit: float | None, shift: float) -> float | None:
    return None if limit is None else limit + shift
