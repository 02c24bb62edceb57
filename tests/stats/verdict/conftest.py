"""Builders for pilots whose numbers are said, not estimated."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stats.evidence import Delivery, Evidence, GradeFinding, MetricEvidence
from stats.plan import Looks, Plan, PlannedMetric, plan_json, sha256
from stats.results import Estimate, NotEstimable, quantile
from stats.spec import MetricSpec


def success(key: str = "speed", **changes: Any) -> PlannedMetric:
    values: dict[str, Any] = {"key": key, "name": key, "role": "SUCCESS", "spec": MetricSpec(column=key), "mwe": 1.0}
    return PlannedMetric(**{**values, **changes})


def guardrail(key: str = "cost", **changes: Any) -> PlannedMetric:
    values: dict[str, Any] = {
        "key": key,
        "name": key,
        "role": "GUARDRAIL",
        "spec": MetricSpec(column=key),
        "margin": 3.0,
        "guardrail_class": "PROVE",
    }
    return PlannedMetric(**{**values, **changes})


def plan_of(*metrics: PlannedMetric, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "pilot": "queue",
        "title": "Call-back at peak",
        "design": "randomised_sites",
        "metrics": list(metrics) or [success(), guardrail()],
        "looks": Looks(fractions=[0.5, 1.0], extension=None),
    }
    return Plan(**{**values, **changes})


def estimate(effect: float, std_error: float | None = 0.3, df: float | None = 18.0, **changes: Any) -> Estimate:
    reach = None if std_error is None else quantile(0.975, df) * std_error
    values: dict[str, Any] = {
        "effect": effect,
        "std_error": std_error,
        "ci_lower": None if reach is None else effect - reach,
        "ci_upper": None if reach is None else effect + reach,
        "p_value": None,
        "df": df,
        "n_control": 10,
        "n_treatment": 10,
        "confidence": 0.95,
        "method": "said",
    }
    return Estimate(**{**values, **changes})


def no_estimate() -> NotEstimable:
    return NotEstimable(code="no_data")


def delivered(share: float, component: str = "delivered") -> Delivery:
    return Delivery(component=component, share=share, ci_lower=share - 0.05, ci_upper=share + 0.05, n=400)  # type: ignore[arg-type]


def evidence_of(plan: Plan, results: dict[str, Any], **changes: Any) -> Evidence:
    """Evidence at the planned end; ``results`` by metric: an Estimate, NotEstimable, MetricEvidence, or an effect."""
    metrics = {}
    for key, result in results.items():
        if isinstance(result, (int, float)):
            result = estimate(float(result))
        metrics[key] = result if isinstance(result, MetricEvidence) else MetricEvidence(key=key, result=result)
    values: dict[str, Any] = {
        "plan_sha256": sha256(plan_json(plan)),
        "snapshot_sha256": "0" * 64,
        "engine_version": "test",
        "look": len(plan.looks.fractions),
        "looks_planned": len(plan.looks.fractions),
        "information": 1.0,
        "final": True,
        "is_extension": False,
        "arm": 1,
        "arm_label": "call-back",
        "n_control": 10,
        "n_treatment": 10,
        "records": 4000,
        "metrics": metrics,
        "checks": (),
        "delivery": (delivered(0.95),),
        "grade": GradeFinding(grade="A", reasons=("randomised_sites",)),
        "days_observed": 56,
    }
    return Evidence(**{**values, **changes})


@pytest.fixture(scope="session")
def said() -> SimpleNamespace:
    """The builders: said.plan, said.evidence, said.success, said.guardrail, said.estimate, ..."""
    builders: dict[str, Callable[..., Any]] = {
        "success": success,
        "guardrail": guardrail,
        "plan": plan_of,
        "evidence": evidence_of,
        "estimate": estimate,
        "no_estimate": no_estimate,
        "delivered": delivered,
    }
    return SimpleNamespace(**builders)
