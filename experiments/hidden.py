"""What may be seen of evidence whose numbers are closed: between planned checks, and where data can't be judged.

A list of what is shown, not of what is hidden: a new check or a new part of the evidence stays closed until somebody
has thought about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Stored = Mapping[str, Any]

TELLS_NO_EFFECT = frozenset(
    {
        "aa_on_history",
        "anticipation",
        "attainable_p",
        "balance",
        "baseline_length",
        "contamination",
        "crossover",
        "enough_points",
        "major_amendment",
        "metric_definition",
        "minimum_n",
        "missing",
        "overlap",
        "overlapping_pilot",
        "placebo_date",
        "placebo_outcome",
        "plan_hash",
        "pre_fit",
        "pre_period",
        "pre_trend",
        "registered_before_data",
        "response_rate",
        "sample_ratio",
        "site_roster",
        "treatment_changed",
        "volume_ratio",
    }
)
"""Checks of data and conduct, and of the time before the start: what they say is known without the effects."""

FACTS_OF_EFFECTS = frozenset({"worst_case_low", "worst_case_high"})
FRAME = (
    "plan_sha256",
    "snapshot_sha256",
    "engine_version",
    "look",
    "looks_planned",
    "information",
    "final",
    "is_extension",
    "arm",
    "arm_label",
    "n_control",
    "n_treatment",
    "records",
    "days_observed",
    "delivery",
    "grade",
)


def closed(said: Stored | None) -> bool:
    """Whether the numbers are closed: before the rule has spoken, and where it says so."""
    return said is None or bool(said.get("hidden"))


def evidence_text(canonical: str, said: Stored | None) -> str:
    """Stored evidence as it may leave the product: byte for byte, or without everything that tells an effect."""
    return json.dumps(_without_effects(json.loads(canonical)), ensure_ascii=False) if closed(said) else canonical


def _without_effects(evidence: Stored) -> dict[str, Any]:
    metrics = {key: {"closed": True, "checks": shown_checks(_own(found))} for key, found in evidence["metrics"].items()}
    return {
        **{name: evidence.get(name) for name in FRAME},
        "closed": True,
        "checks": shown_checks(evidence["checks"]),
        "metrics": metrics,
    }


def shown_checks(checks: Any) -> list[dict[str, Any]]:
    """The checks that tell no effect, without the facts that do."""
    return [
        {**check, "facts": {k: v for k, v in (check.get("facts") or {}).items() if k not in FACTS_OF_EFFECTS}}
        for check in checks
        if check["key"] in TELLS_NO_EFFECT
    ]


def _own(found: Stored) -> list[Any]:
    return [*(found.get("checks") or ()), *((found.get("result") or {}).get("checks") or ())]
