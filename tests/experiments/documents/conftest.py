"""Worked pilots for the memo: a plan, evidence by hand and what the rule says about it, one for each verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from experiments.documents.model import build_memo
from experiments.views import Memo
from experiments.words import catalogue
from stats.evidence import Delivery, Evidence, GradeFinding, MetricEvidence, SiteValue, as_json
from stats.plan import AssignmentRule, Finance, Looks, Plan, PlannedMetric, PlannedSite, plan_json, sha256
from stats.results import Check, Estimate, NotEstimable, Relative, Severity, Status
from stats.spec import MetricSpec
from stats.verdict.decide import recommend
from stats.verdict.recommendation import Recommendation

SITES = (
    "Aldgate",
    "Bow",
    "Camden",
    "Dalston",
    "Ealing",
    "Fulham",
    "Greenwich",
    "Hackney",
    "Islington",
    "Kew",
    "Lee",
    "Mile End",
)
MADE_AT = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)

CHARTER: dict[str, Any] = {
    "title": "Call-back at peak",
    "owner": {"name": "Ana Lima", "department": "Contact centre"},
    "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
    "hypothesis": {"for_whom": "callers between nine and eleven", "change": "offer a call-back within the hour"},
    "partners": [
        {"department": "Logistics", "benefit": "fewer calls about late parcels"},
        {"department": "Finance", "benefit": "fewer credits for missed calls"},
    ],
}
REVIEWS: tuple[dict[str, Any], ...] = (
    {"partner": "Finance", "stance": "endorse", "reason": ""},
    {
        "partner": "Logistics",
        "stance": "concern",
        "reason": "Call-backs land in our busiest hour; we need two more people on the desk before it goes further.",
    },
)


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """Everything that a memo is made from."""

    plan: Plan
    evidence: Evidence
    recommendation: Recommendation

    def memo(self, **more: Any) -> Memo:
        """The memo from the stored JSON, as the product makes it."""
        given = {"charter": CHARTER, "reviews": REVIEWS, "log_head": sha256("log"), "made_at": MADE_AT, **more}
        return build_memo(self.plan, as_json(self.evidence), as_json(self.recommendation), **given)


def _metric(key: str, name: str, role: str, **more: Any) -> PlannedMetric:
    kind = more.pop("kind", "mean")
    better = more.get("better", "higher")
    spec = {"kind": kind, "column": key, "better": better, **more.pop("spec", {})}
    return PlannedMetric(key=key, name=name, role=role, spec=MetricSpec(**spec), **more)


def _plan() -> Plan:
    return Plan(
        pilot="call-back-at-peak",
        title="Call-back at peak",
        design="randomised_sites",
        unit_word="branch",
        change="offer callers a call-back within the hour instead of holding the line",
        metrics=[
            _metric("wait", "Speed of answer", "SUCCESS", unit="s", better="lower", mwe=15),
            _metric("csat", "Satisfied callers", "SUCCESS", kind="share", mwe=0.03, survey=True),
            _metric(
                "wait_worst", "Speed of answer: the worst 5 in 100", "GUARDRAIL", kind="tail_mean", unit="s",
                better="lower", margin=40, guardrail_class="WATCH", twin_of="wait",
            ),
            _metric(
                "on_time", "Deliveries on time", "GUARDRAIL", kind="share", margin=0.03, guardrail_class="PROVE",
                partner="logistics", partner_name="Logistics", signed=True,
            ),
            _metric(
                "credits", "Credits for missed calls", "GUARDRAIL", unit="EUR", better="lower", margin=0.4,
                guardrail_class="WATCH", partner="finance", partner_name="Finance", signed=True,
            ),
        ],
        sites=[PlannedSite(key=name) for name in SITES],
        assignment=AssignmentRule(n_treatment=6),
        start=date(2026, 3, 2),
        end=date(2026, 5, 10),
        looks=Looks(fractions=[0.5, 1.0], extension=1.5),
        finance=Finance(
            currency="EUR", value_per_unit={"wait": 900.0}, volume=12, horizon=3, run_cost=120_000, one_off_cost=40_000,
            round_cost=20_000,
        ),
        simulated=True,
    )  # fmt: skip


def _estimate(effect: float, std_error: float, control: float, *, p: float = 0.02) -> Estimate:
    reach = 2.228 * std_error
    return Estimate(
        effect=effect,
        std_error=std_error,
        ci_lower=effect - reach,
        ci_upper=effect + reach,
        p_value=p,
        df=9.0,
        n_control=6,
        n_treatment=6,
        confidence=0.95,
        method="site_ancova",
        p_randomisation=p + 0.004,
        p_floor=2 / 924,
        relative=Relative(effect=effect / control, ci_lower=None, ci_upper=None),
        mean_control=control,
        mean_treatment=control + effect,
    )


def _site_values(effect: float) -> tuple[SiteValue, ...]:
    wiggle = (4, -7, 11, -3, 6, -9, 2, 8, -5, 1, -2, 7)
    return tuple(
        SiteValue(
            site=name, arm=place % 2, value=212 + 2 * wiggle[place] + effect * (place % 2),
            pre=214 + 2.2 * wiggle[(place + 3) % 12], n=340 + place,
        )
        for place, name in enumerate(SITES)
    )  # fmt: skip


CHECK_SENTENCES = {
    "check.complete.name": "Complete data",
    "check.complete.PASS": "{metric}: {value:percent} of the records are missing.",
    "check.mixing.name": "Customers met both ways of working",
    "check.mixing.PASS": "No branch changed its group.",
    "check.mixing.FAIL": "{value:percent} of the customers met both ways of working, more than {threshold:percent}.",
    "check.alike.PASS": "Both groups were alike before the start.",
}


@pytest.fixture(autouse=True)
def _sentences_of_the_worked_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.sentences_in
    monkeypatch.setattr(catalogue, "sentences_in", lambda name: {**known(name), **CHECK_SENTENCES})


def _checks() -> tuple[Check, ...]:
    return (
        Check(key="complete", status=Status.PASS, severity=Severity.CRITICAL, value=0.012, metric="wait"),
        Check(key="alike", status=Status.PASS, value=0.11),
        Check(key="mixing", status=Status.PASS, severity=Severity.CRITICAL, value=0.0),
        Check(key="overlapping_pilots", status=Status.NOT_RUN),
    )


def _evidence(plan: Plan, results: dict[str, Any], **more: Any) -> Evidence:
    metrics = {
        key: MetricEvidence(key=key, result=result, sites=_site_values(-18) if key == "wait" else (), p_new_site=0.95)
        for key, result in results.items()
    }
    given: dict[str, Any] = {
        "plan_sha256": sha256(plan_json(plan)),
        "snapshot_sha256": sha256("bytes"),
        "engine_version": "0.1.0",
        "look": 2,
        "looks_planned": 2,
        "information": 1.0,
        "final": True,
        "is_extension": False,
        "arm": 1,
        "arm_label": "call-back",
        "n_control": 6,
        "n_treatment": 6,
        "records": 48_213,
        "metrics": metrics,
        "checks": _checks(),
        "delivery": (
            Delivery(component="delivered", share=0.93, ci_lower=0.9, ci_upper=0.96, n=60, source="check-ins"),
        ),
        "grade": GradeFinding(grade="A", reasons=("randomised_sites",), facts={"n_control": 6, "n_treatment": 6}),
        "days_observed": 70,
    }
    return Evidence(**{**given, **more})


def _results(**changes: Any) -> dict[str, Any]:
    return {
        "wait": _estimate(-22.4, 5.1, 212.0, p=0.002),
        "csat": _estimate(0.041, 0.017, 0.78, p=0.04),
        "wait_worst": _estimate(-31.0, 14.0, 588.0, p=0.06),
        "on_time": _estimate(0.002, 0.006, 0.941, p=0.7),
        "credits": _estimate(-0.11, 0.12, 2.3, p=0.4),
        **changes,
    }


@pytest.fixture(scope="session")
def pilot() -> Callable[[str], Pilot]:
    """``pilot("STOP")``: a worked pilot with that verdict from the rule; also STAGED and MISSING."""

    def make(name: str) -> Pilot:
        plan = _plan()
        results, more = _results(), {}
        if name == "ITERATE":
            results["on_time"] = _estimate(-0.012, 0.015, 0.941, p=0.45)
        elif name == "STOP":
            results["wait"] = _estimate(-1.2, 4.0, 212.0, p=0.77)
            results["csat"] = _estimate(0.002, 0.008, 0.78, p=0.8)
        elif name == "STAGED":
            results["credits"] = _estimate(0.05, 0.25, 2.3, p=0.8)
        elif name == "MISSING":
            results["on_time"] = NotEstimable(code="no_site_data")
        elif name == "NOT_YET":
            results["wait"] = _estimate(-14.0, 9.0, 212.0, p=0.15)
            more = {"look": 1, "final": False, "information": 0.5, "days_observed": 35}
        elif name == "INVALID":
            failed = Check(key="mixing", status=Status.FAIL, severity=Severity.CRITICAL, value=0.23, threshold=0.1)
            more = {"checks": (*_checks()[:2], failed)}
        evidence = replace(_evidence(plan, results), **more)
        return Pilot(plan=plan, evidence=evidence, recommendation=recommend(plan, evidence))

    return make
