"""What comes next, as facts: what would settle it, the lever of the next version, the next look, the repair."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

from scipy.special import ndtr, ndtri

from stats.plan import Plan, PlannedMetric
from stats.verdict.case import Case
from stats.verdict.levels import look_index
from stats.verdict.recommendation import Mode, Verdict
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE
from stats.verdict.rules import Row
from stats.verdict.states import estimates_of

EXPIRES_DAYS = 90

LEVERS: Mapping[str, tuple[str, bool]] = {
    "AMEND_GUARDRAIL": ("redesign_for_guardrail", True),
    "SUCCESS_HARMED": ("redesign_for_success", True),
    "CHECK_NOT_RUN": ("run_the_check", False),
    "LOW_FIDELITY": ("fix_delivery", False),
    "GUARDRAIL_MISSING": ("get_the_data", False),
    "GUARDRAIL_BREACH": ("redesign_for_guardrail", True),
    "PARTNER_LOSES": ("redesign_for_partner", True),
    "WORTH_PROVING": ("add_comparison_sites", False),
    "RECORDED_AFTERWARDS": ("register_before_data", False),
    "WEAK_DESIGN": ("stronger_design", False),
    "GUARDRAIL_UNPROVEN": ("more_sites_or_weeks", False),
    "SITES_DIFFER": ("narrow_to_where_it_works", True),
    "FADING": ("keep_it_alive", True),
    "ROI_UNSURE": ("cheaper_or_larger", True),
    "SMALL": ("strengthen", True),
    "UNDERPOWERED": ("more_sites_or_weeks", False),
}
"""Lever of each reason, and whether pulling it changes the treatment: only that consumes a version."""


def alpha_of_next_version(plan: Plan) -> float:
    """Alpha that the next version should promise: half of the first version's from the second on.

    Another window of the same treatment uses up no version, but it is another chance too: it promises half of what
    the window before did, so that however many there are, they never use more than twice the first one's.

    A useless idea that is retried has several chances. With full alpha each time three versions scale up to 6 % of
    them where few sites are compared; halved, less than 5 % (docs/methods/operating-characteristics.md).
    """
    return plan.errors.alpha / 2 if plan.version == 1 else plan.errors.alpha


def next_step(case: Case, row: Row, codes: tuple[str, ...]) -> dict[str, Any]:
    """Facts of the next step (plain JSON values); empty where a person's decision is all that is left."""
    if row.verdict == Verdict.INVALID:
        return {"kind": "repair", "repairs": {gate.key: gate.repair for gate in case.quality.failed}}
    if row.verdict == Verdict.NOT_YET:
        return _next_look(case)
    if row.mode == Mode.EXTEND:
        return {"kind": "extend", "data_kept": True, "extension_ratio": extension_ratio(case), **sizing(case)}
    if row.mode == Mode.REDESIGN:
        lever, consumes = LEVERS[codes[0]]
        return {
            "kind": "redesign",
            "lever": lever,
            "consumes_version": consumes,
            "next_version": case.plan.version + (1 if consumes else 0),
            "alpha": alpha_of_next_version(case.plan) if consumes else case.plan.errors.alpha / 2,
            "expires_days": EXPIRES_DAYS,
            **sizing(case),
        }
    return {}


def _next_look(case: Case) -> dict[str, Any]:
    index = look_index(case.plan, case.evidence)
    looks = case.plan.looks.fractions
    upcoming = [look for look in looks if look > case.evidence.information + 1e-9]
    return {
        "kind": "wait",
        "information": case.evidence.information,
        "next_look": (index + 2) if index is not None else None,
        "next_information": upcoming[0] if upcoming else None,
        "minimum_days": case.plan.looks.minimum_days,
        "days_observed": case.evidence.days_observed,
        "planned_look": index is not None,
    }


def extension_ratio(case: Case) -> float | None:
    """Information at the extension look as a multiple of the planned end's."""
    extension = case.plan.looks.extension
    return None if extension is None else extension / case.plan.looks.fractions[-1]


def sizing(case: Case) -> dict[str, Any]:
    """How much information each open metric still needs, and the sites or weeks that carry it.

    A success metric is sized as at registration: a standard error of MWE / 2.12 rules out a useless treatment 4
    times in 5 (at gamma .10); a guardrail to prove at margin / 3.29 is shown safe 19 times in 20 where nothing is lost.
    ``sites`` and ``weeks`` are those to add: either would do if every week is new information; what differs between
    sites only more sites can settle.
    """
    needs = {metric.key: need for metric in case.plan.metrics if (need := _need(case, metric)) is not None}
    if not needs:
        return {"metrics": {}}
    ratio = max(need["information_ratio"] for need in needs.values())
    ratio = max(ratio, extension_ratio(case) or 1.0)
    units = max(need["units"] for need in needs.values())
    days = case.evidence.days_observed
    return {
        "metrics": needs,
        "information_ratio": ratio,
        "units_now": units,
        "units_needed": ceil(units * ratio - 1e-9),
        "sites": ceil(units * ratio - 1e-9) - units,
        "days_needed": None if days is None else ceil(days * ratio - 1e-9),
        "weeks": None if days is None else ceil((days * ratio - days) / 7 - 1e-9),
    }


def _need(case: Case, metric: PlannedMetric) -> dict[str, Any] | None:
    estimates = estimates_of(case.evidence.metrics.get(metric.key))
    state = case.states[metric.key]
    if estimates is None or not estimates[0].std_error:
        return None
    std_error = estimates[0].std_error
    if metric.role == "SUCCESS" and metric.mwe and state.label in ("UNCLEAR", "SMALL"):
        line, per_se, level = metric.mwe, MWE_PER_SE, case.plan.errors.gamma
    elif metric.role == "GUARDRAIL" and metric.margin and metric.key in case.unproven:
        line, per_se, level = metric.margin, MARGIN_PER_SE, case.plan.errors.alpha_guard
    else:
        return None
    after = std_error / sqrt(extension_ratio(case) or 1.0)
    return {
        "information_ratio": (std_error * per_se / line) ** 2,
        "std_error": std_error,
        "std_error_needed": line / per_se,
        "units": estimates[0].n_control + estimates[0].n_treatment,
        "chance_at_extension": float(ndtr(line / after + ndtri(level))),
        "chance_as_needed": float(ndtr(per_se + ndtri(level))),
    }
