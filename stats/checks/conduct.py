"""Was the pilot run as promised: the plan, its changes, and who got what."""

from __future__ import annotations

from collections.abc import Iterator

from stats.checks.inputs import CheckInputs
from stats.plan import Plan
from stats.results import Check, Severity, Status

HISTORY: tuple[tuple[str, str, Severity], ...] = (
    ("plan_differs", "plan_hash", Severity.CRITICAL),
    ("definition_changed", "metric_definition", Severity.CRITICAL),
    ("altering_change", "treatment_changed", Severity.CRITICAL),
    ("major_amendment", "major_amendment", Severity.GRADE),
    ("recorded_afterwards", "registered_before_data", Severity.WARNING),
)
"""(what the register knows, key of the check, severity)."""


def run(inputs: CheckInputs, plan: Plan) -> Iterator[Check]:
    yield from _history(inputs)
    if plan.unit_of_assignment == "site":
        yield crossover(inputs)
        yield contamination(inputs, plan.gates.contamination_share)
        yield site_roster(inputs)


def _history(inputs: CheckInputs) -> Iterator[Check]:
    for fact, key, severity in HISTORY:
        if fact not in inputs.history:
            yield Check(key=key, status=Status.NOT_RUN, severity=severity)
        else:
            status = Status.FAIL if inputs.history[fact] else Status.PASS
            yield Check(key=key, status=status, severity=severity)
    if "overlapping" in inputs.history:
        others = [str(pilot) for pilot in inputs.history["overlapping"] or ()]  # type: ignore[attr-defined]
        status = Status.FAIL if others else Status.PASS
        yield Check(key="overlapping_pilot", status=status, value=len(others), facts={"pilots": ", ".join(others)})
    else:
        yield Check(key="overlapping_pilot", status=Status.NOT_RUN)


def crossover(inputs: CheckInputs) -> Check:
    """Sites whose data stand in another arm than was drawn. One is a warning, two make the comparison another one."""
    count = len(inputs.crossed_over)
    return Check(
        key="crossover",
        status=Status.FAIL if count else Status.PASS,
        severity=Severity.CRITICAL if count > 1 else Severity.WARNING,
        value=count,
        threshold=0,
        facts={"sites": ", ".join(inputs.crossed_over), "count": count},
    )


def contamination(inputs: CheckInputs, most: float) -> Check:
    """Share of records after the start under the other arm's treatment."""
    return Check(
        key="contamination",
        status=Status.FAIL if inputs.contaminated_share > most else Status.PASS,
        severity=Severity.CRITICAL,
        value=inputs.contaminated_share,
        threshold=most,
        facts={"share": inputs.contaminated_share, "most": most},
    )


def site_roster(inputs: CheckInputs) -> Check:
    """Every site of the plan has data, and no other has."""
    off = len(inputs.absent_sites) + len(inputs.unknown_sites)
    return Check(
        key="site_roster",
        status=Status.FAIL if off else Status.PASS,
        value=off,
        threshold=0,
        facts={
            "absent": ", ".join(inputs.absent_sites) or "–",
            "unknown": ", ".join(inputs.unknown_sites) or "–",
            "absent_count": len(inputs.absent_sites),
            "unknown_count": len(inputs.unknown_sites),
        },
    )
