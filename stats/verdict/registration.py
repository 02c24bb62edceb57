"""Can this plan decide at all? Held against its lines before it is registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.plan import Plan
from stats.verdict.case import must_prove

MWE_PER_SE = 2.12
"""z(.90) + z(.80): a treatment without effect is ruled out (gamma .10) 4 times in 5."""
MARGIN_PER_SE = 3.29
"""2 z(.95): a harmless change is shown safe (alpha .05) 19 times in 20."""


@dataclass(frozen=True, kw_only=True)
class PrecisionNeed:
    """One metric's line: standard errors in the metric's unit; information_ratio: how many times the planned
    information (sites, weeks) would meet it, 1 or less where it is met."""

    key: str
    planned_se: float
    needed_se: float
    information_ratio: float

    @property
    def met(self) -> bool:
        return self.planned_se <= self.needed_se * (1 + 1e-9)


@dataclass(frozen=True, kw_only=True)
class RegistrationFinding:
    """decision_capable False: registered as "learning: not sized to decide".

    unmet: metrics that are not sized; unknown: metrics without a planned standard error or without their MWE or margin;
    information_ratio: the smallest change that would do: this many times the sites, or the information in weeks.
    """

    decision_capable: bool
    needs: tuple[PrecisionNeed, ...]
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    information_ratio: float | None


def registration_gate(plan: Plan, planned_se: Mapping[str, float]) -> RegistrationFinding:
    """Decision-capable: SE <= MWE / 2.12 for every success metric, every *prove* margin >= 3.29 SE.

    planned_se: standard error of each metric's effect at the planned end, metric's unit, by key.
    """
    needs, unknown = [], []
    for metric in plan.metrics:
        if metric.role == "SUCCESS":
            line, per_se = metric.mwe, MWE_PER_SE
        elif metric.role == "GUARDRAIL" and must_prove(metric):
            line, per_se = metric.margin, MARGIN_PER_SE
        else:
            continue
        planned = planned_se.get(metric.key)
        if line is None or planned is None:
            unknown.append(metric.key)
            continue
        needs.append(
            PrecisionNeed(
                key=metric.key,
                planned_se=planned,
                needed_se=line / per_se,
                information_ratio=(planned * per_se / line) ** 2,
            )
        )
    unmet = tuple(need.key for need in needs if not need.met)
    return RegistrationFinding(
        decision_capable=bool(plan.success) and not unmet and not unknown,
        needs=tuple(needs),
        unmet=unmet,
        unknown=tuple(unknown),
        information_ratio=max((need.information_ratio for need in needs), default=None),
    )
