"""Checks of a stepped wedge beyond those of a roll-out."""

from __future__ import annotations

from math import sqrt
from typing import Any

from stats.methods.hypotheses import two_sided
from stats.results import Check, Estimate, Status

DRIFT_LINE = 0.05


def drift(result: Estimate) -> Check:
    """Does the effect grow or fade with time since the start: the first against the last period with a standard error.

    A wedge's single number is then an average over unequal times since the start. value: p of the difference, the two
    taken as independent (they share sites, so that the true p is rarely larger).
    """
    path: list[dict[str, Any]] = [
        line for line in result.details.get("event_study", ()) if line["time"] >= 0 and "std_error" in line
    ]
    if len(path) < 2:
        return Check(key="drift", status=Status.NOT_RUN)
    first, last = path[0], path[-1]
    gap = last["effect"] - first["effect"]
    p = two_sided(gap / sqrt(first["std_error"] ** 2 + last["std_error"] ** 2), min(first["df"], last["df"]))
    return Check(
        key="drift",
        status=Status.FAIL if p < DRIFT_LINE else Status.PASS,
        value=p,
        threshold=DRIFT_LINE,
        facts={"first": first["effect"], "last": last["effect"], "p_value": p},
    )
