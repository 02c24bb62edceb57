"""Nominal one-sided levels of each look, spent over the whole horizon, the reserved extension included.

Spending makes looking free of charge: guardrails tested at full alpha at every look give 6.3 % false SCALE instead of
5. The fractions are those of the plan. A look that was not planned has no alpha: every level is 0 there, nothing can
be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from stats.combining.sequential import nominal_levels
from stats.evidence import Evidence
from stats.plan import Plan

GAMMA_RHO = 2.0
DOUBT = 1.5
"""Times gamma: how sure it must be that no gain worth having is missed before money alone may stop a pilot."""


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Levels in force at one look, one-sided; 0 means that nothing can be shown at that level.

    alpha: a_k undivided; win: a_k / S (a_k under the rule "all"); gamma: g_k; guard: a^g_k; harm: alpha_harm / (M K);
    doubt: as g_k, from 1.5 gamma.
    """

    look: int
    looks: int
    alpha: float
    win: float
    gamma: float
    guard: float
    harm: float
    doubt: float

    def as_dict(self) -> dict[str, float]:
        return {
            "alpha": self.alpha,
            "win": self.win,
            "gamma": self.gamma,
            "guard": self.guard,
            "harm": self.harm,
            "doubt": self.doubt,
        }


def horizon(plan: Plan) -> tuple[float, ...]:
    """Information fractions of every look of the plan, the extension as the last, scaled so that it is 1."""
    looks = list(plan.looks.fractions)
    if plan.looks.extension is not None:
        looks.append(plan.looks.extension)
    return tuple(look / looks[-1] for look in looks)


def look_index(plan: Plan, evidence: Evidence) -> int | None:
    """Position (from 0) of this look in the horizon; None for a look that was not planned."""
    planned = len(plan.looks.fractions)
    if evidence.is_extension:
        return planned if plan.looks.extension is not None else None
    if evidence.final:
        return planned - 1
    return evidence.look - 1 if 1 <= evidence.look < planned else None


def levels_at(plan: Plan, evidence: Evidence) -> Levels:
    index = look_index(plan, evidence)
    errors = plan.errors
    return _levels(
        horizon(plan),
        index,
        success=max(1, len(plan.success)),
        metrics=max(1, len(plan.metrics)),
        undivided=plan.primary_rule == "all",
        rates=(errors.alpha, errors.gamma, errors.alpha_guard, errors.alpha_harm),
        spending=errors.alpha_spending,
    )


@lru_cache(maxsize=1024)
def _levels(
    fractions: tuple[float, ...],
    index: int | None,
    *,
    success: int,
    metrics: int,
    undivided: bool,
    rates: tuple[float, float, float, float],
    spending: str,
) -> Levels:
    looks = len(fractions)
    if index is None:
        return Levels(look=0, looks=looks, alpha=0.0, win=0.0, gamma=0.0, guard=0.0, harm=0.0, doubt=0.0)
    alpha, gamma, guard, harm = rates
    alpha_k = nominal_levels(fractions, alpha, spending)[index]
    return Levels(
        look=index + 1,
        looks=looks,
        alpha=alpha_k,
        win=alpha_k if undivided else alpha_k / success,
        gamma=nominal_levels(fractions, gamma, "power", GAMMA_RHO)[index],
        guard=nominal_levels(fractions, guard, spending)[index],
        harm=harm / (metrics * looks),
        doubt=nominal_levels(fractions, min(0.45, DOUBT * gamma), "power", GAMMA_RHO)[index],
    )
