"""The truth table as data: the first row that holds decides, and the reasons of an ITERATE in their order.

A row's ``when`` names a predicate over the Case. Nothing here computes a number: states, gates, delivery, grade and
money are facts of the Case by the time the table is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stats.evidence import Evidence
from stats.money import NetBenefit
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate
from stats.verdict.gates import Quality
from stats.verdict.levels import Levels
from stats.verdict.recommendation import MetricState, Mode, Reason, Verdict
from stats.verdict.states import loss_reaches_margin

FADING_LEVEL = 0.05
AGREEMENT = 0.8
AGREEMENT_FROM_SITES = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: number as in the method note, ``when``: name of its predicate, what it says, ``reason``: its code.

    reason None: the reasons are those of row 11 (REASONS), in their order.
    """

    number: int
    name: str
    when: str
    verdict: Verdict
    mode: Mode | None = None
    reason: str | None = None


ROWS = (
    Row(number=0, name="gate", when="critical_gate_failed", verdict=Verdict.INVALID, reason="GATE_FAILED"),
    Row(number=1, name="harm", when="shown_harm", verdict=Verdict.STOP, reason="HARM"),
    Row(number=2, name="early win", when="early_win", verdict=Verdict.SCALE, reason="EARLY_WIN"),
    Row(number=3, name="futile", when="futile_at_interim", verdict=Verdict.STOP, reason="FUTILE"),
    Row(
        number=4,
        name="amend guardrail",
        when="breach_at_interim",
        verdict=Verdict.ITERATE,
        mode=Mode.REDESIGN,
        reason="AMEND_GUARDRAIL",
    ),
    Row(number=5, name="not yet", when="interim", verdict=Verdict.NOT_YET, reason="NOT_YET"),
    Row(number=6, name="scale", when="all_promises_kept", verdict=Verdict.SCALE, reason="SHOWN"),
    Row(number=7, name="no effect", when="ruled_out", verdict=Verdict.STOP, reason="NO_WORTHWHILE_EFFECT"),
    Row(
        number=8,
        name="not worth it",
        when="another_round_costs_more",
        verdict=Verdict.STOP,
        reason="NOT_WORTH_ANOTHER_ROUND",
    ),
    Row(number=9, name="extend", when="extension_would_settle", verdict=Verdict.ITERATE, mode=Mode.EXTEND),
    Row(number=10, name="out of rounds", when="last_version", verdict=Verdict.STOP, reason="OUT_OF_ROUNDS"),
    Row(number=11, name="redesign", when="always", verdict=Verdict.ITERATE, mode=Mode.REDESIGN),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that the table looks at, computed once."""

    plan: Plan
    evidence: Evidence
    levels: Levels
    states: Mapping[str, MetricState]
    quality: Quality
    delivery: str
    grade: str
    money: NetBenefit | None
    round_net: float | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def success(self) -> tuple[PlannedMetric, ...]:
        return self.plan.success

    @cached_property
    def guardrails(self) -> tuple[PlannedMetric, ...]:
        return self.plan.guardrails

    @property
    def interim(self) -> bool:
        return not (self.evidence.final or self.evidence.is_extension)

    @property
    def extension_left(self) -> bool:
        return self.plan.looks.extension is not None and not self.evidence.is_extension and not self.interim

    @property
    def last_version(self) -> bool:
        return self.plan.version >= self.plan.max_versions

    def state(self, metric: PlannedMetric) -> MetricState:
        return self.states[metric.key]

    def keys(self, metrics: tuple[PlannedMetric, ...], *labels: str) -> tuple[str, ...]:
        """Keys of those metrics whose label is one of these."""
        return tuple(metric.key for metric in metrics if self.states[metric.key].label in labels)

    @cached_property
    def wins(self) -> tuple[str, ...]:
        return tuple(metric.key for metric in self.success if "WIN" in self.state(metric).flags)

    @cached_property
    def harmed(self) -> tuple[str, ...]:
        return tuple(metric.key for metric in self.success if "HARM" in self.state(metric).flags)

    @cached_property
    def possible_losses(self) -> tuple[str, ...]:
        """Success metrics whose estimated loss is as large as the gain hoped for, though not shown to be a loss.

        They hold SCALE back as shown losses do, so that a shown loss does not become harmless by getting vaguer.
        """
        return tuple(
            metric.key for metric in self.success if metric.key not in self.harmed and _mirror_loss(self.state(metric))
        )

    @cached_property
    def fading(self) -> tuple[str, ...]:
        return tuple(key for key in self.wins if _below(self.evidence.metrics[key].decline_p, FADING_LEVEL))

    @cached_property
    def differing(self) -> tuple[str, ...]:
        """Wins that a new site would share too rarely; with fewer than 5 treated sites this is only shown."""
        return tuple(
            key
            for key in self.wins
            if self._treated_sites(key) >= AGREEMENT_FROM_SITES
            and _below(self.evidence.metrics[key].p_new_site, AGREEMENT)
        )

    def _treated_sites(self, key: str) -> int:
        found = self.evidence.metrics[key]
        if found.sites:
            return sum(site.arm == self.evidence.arm and site.value is not None for site in found.sites)
        return found.result.n_treatment if isinstance(found.result, Estimate) else 0

    @property
    def primary_met(self) -> bool:
        needed = len(self.success) if self.plan.primary_rule == "all" else 1
        return bool(self.success) and len(self.wins) >= needed

    @property
    def wins_hold(self) -> bool:
        """Enough wins are neither fading nor confined to some sites."""
        needed = len(self.success) if self.plan.primary_rule == "all" else 1
        sound = [key for key in self.wins if key not in self.fading and key not in self.differing]
        return len(sound) >= needed

    @property
    def nothing_worthwhile(self) -> bool:
        ruled_out = [("RULED_OUT" in self.state(metric).flags) for metric in self.success]
        return bool(ruled_out) and (any(ruled_out) if self.plan.primary_rule == "all" else all(ruled_out))

    @cached_property
    def unproven(self) -> tuple[str, ...]:
        """Guardrails that hold SCALE back: *prove* ones not shown safe, *watch* ones with a loss at the margin."""
        return tuple(
            metric.key
            for metric in self.guardrails
            if self.state(metric).label == "UNPROVEN"
            and (must_prove(metric) or loss_reaches_margin(self.state(metric)))
        )

    @property
    def value_ok(self) -> bool:
        finance = self.plan.finance
        if finance is None:
            return True
        return self.money is not None and self.money.p_positive_losses_in_full >= finance.minimum_p_net_benefit

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason of row 11 that holds, in the rule's order; never empty."""
        found = tuple(reason for rule in REASONS if (reason := rule(self)) is not None)
        return found or (Reason(code="UNDERPOWERED", metrics=tuple(metric.key for metric in self.success)),)


def must_prove(metric: PlannedMetric) -> bool:
    """Guardrails without a class are watched, except critical ones."""
    return metric.guardrail_class == "PROVE" or (metric.guardrail_class is None and metric.critical)


def _below(value: float | None, line: float) -> bool:
    return value is not None and value < line


def _mirror_loss(state: MetricState) -> bool:
    return state.effect is not None and state.line is not None and state.effect <= -state.line


# Predicates of the rows.


def critical_gate_failed(case: Case) -> bool:
    return bool(case.quality.failed)


def shown_harm(case: Case) -> bool:
    critical = any(metric.critical and "BREACH" in case.state(metric).flags for metric in case.guardrails)
    return critical or (bool(case.harmed) and not case.wins)


def early_win(case: Case) -> bool:
    days = case.evidence.days_observed
    long_enough = days is not None and days >= case.plan.looks.minimum_days
    return case.interim and long_enough and all_promises_kept(case)


def futile_at_interim(case: Case) -> bool:
    return case.interim and ruled_out(case)


def breach_at_interim(case: Case) -> bool:
    return case.interim and bool(case.keys(case.guardrails, "BREACH"))


def interim(case: Case) -> bool:
    return case.interim


def all_promises_kept(case: Case) -> bool:
    """Row 6: every promise of the plan is kept and the evidence may carry a SCALE."""
    return (
        case.wins_hold
        and not case.harmed
        and not case.possible_losses
        and not case.keys(case.guardrails, "MISSING", "BREACH")
        and not case.unproven
        and case.delivery in ("GREEN", "NOT_RECORDED")
        and case.value_ok
        and not case.quality.not_run
        and case.grade != "D"
        and not case.plan.recorded_afterwards
    )


def ruled_out(case: Case) -> bool:
    return case.nothing_worthwhile and case.delivery != "RED"


def another_round_costs_more(case: Case) -> bool:
    return case.round_net is not None and case.round_net < 0 and case.delivery != "RED"


MORE_DATA_SETTLES = frozenset({"UNDERPOWERED", "GUARDRAIL_UNPROVEN"})
OTHERWISE_THE_END = frozenset({"SMALL", "ROI_UNSURE", "FADING", "SITES_DIFFER"})
"""In the last version there is no redesign left, so that a reserved look is used before such a pilot runs out of
rounds. Without this a better result (small instead of unclear) would turn an extension into a STOP."""


def extension_would_settle(case: Case) -> bool:
    settled = MORE_DATA_SETTLES | OTHERWISE_THE_END if case.last_version else MORE_DATA_SETTLES
    return case.extension_left and all(reason.code in settled for reason in case.reasons)


def last_version(case: Case) -> bool:
    return case.last_version


def always(case: Case) -> bool:
    return case is not None


WHEN: Mapping[str, Callable[[Case], bool]] = {
    predicate.__name__: predicate
    for predicate in (
        critical_gate_failed,
        shown_harm,
        early_win,
        futile_at_interim,
        breach_at_interim,
        interim,
        all_promises_kept,
        ruled_out,
        another_round_costs_more,
        extension_would_settle,
        last_version,
        always,
    )
}


# Reasons of row 11, in the order in which they are told.


def _reason(code: str, metrics: tuple[str, ...]) -> Reason | None:
    return Reason(code=code, metrics=metrics) if metrics else None


def success_harmed(case: Case) -> Reason | None:
    return _reason("SUCCESS_HARMED", case.harmed)


def check_not_run(case: Case) -> Reason | None:
    gates = case.quality.not_run
    if not gates:
        return None
    metrics = tuple(dict.fromkeys(gate.metric for gate in gates if gate.metric is not None))
    return Reason(code="CHECK_NOT_RUN", metrics=metrics, gates=tuple(dict.fromkeys(gate.key for gate in gates)))


def low_fidelity(case: Case) -> Reason | None:
    if case.delivery not in ("RED", "AMBER"):
        return None
    worst = min(case.evidence.delivery, key=lambda component: component.share)
    return Reason(
        code="LOW_FIDELITY", facts={"component": worst.component, "share": worst.share, "light": case.delivery}
    )


def guardrail_missing(case: Case) -> Reason | None:
    return _reason("GUARDRAIL_MISSING", case.keys(case.guardrails, "MISSING"))


def guardrail_breach(case: Case) -> Reason | None:
    own = tuple(metric for metric in case.guardrails if not metric.partner)
    return _reason("GUARDRAIL_BREACH", case.keys(own, "BREACH"))


def partner_loses(case: Case) -> Reason | None:
    theirs = tuple(metric for metric in case.guardrails if metric.partner)
    return _reason("PARTNER_LOSES", case.keys(theirs, "BREACH"))


def worth_proving(case: Case) -> Reason | None:
    if not (case.plan.showcase and case.grade == "D"):
        return None
    good = tuple(
        metric.key
        for metric in case.success
        if (state := case.state(metric)).effect is not None and state.effect >= (state.line or 0.0) > 0
    )
    return _reason("WORTH_PROVING", good)


def recorded_afterwards(case: Case) -> Reason | None:
    return Reason(code="RECORDED_AFTERWARDS") if case.plan.recorded_afterwards else None


def weak_design(case: Case) -> Reason | None:
    return Reason(code="WEAK_DESIGN", facts={"grade": case.grade}) if case.grade == "D" else None


def guardrail_unproven(case: Case) -> Reason | None:
    return _reason("GUARDRAIL_UNPROVEN", case.unproven)


def sites_differ(case: Case) -> Reason | None:
    return _reason("SITES_DIFFER", case.differing) if case.primary_met and not case.wins_hold else None


def fading(case: Case) -> Reason | None:
    return _reason("FADING", case.fading) if case.primary_met and not case.wins_hold else None


def roi_unsure(case: Case) -> Reason | None:
    if not case.primary_met or case.value_ok:
        return None
    p_positive = None if case.money is None else case.money.p_positive
    return Reason(code="ROI_UNSURE", metrics=case.wins, facts={"p_positive": p_positive})


def small(case: Case) -> Reason | None:
    return None if case.primary_met else _reason("SMALL", case.keys(case.success, "SMALL"))


def underpowered(case: Case) -> Reason | None:
    """Neither shown nor ruled out; beside a win, a loss that can't be ruled out."""
    return _reason("UNDERPOWERED", case.possible_losses if case.primary_met else case.keys(case.success, "UNCLEAR"))


REASONS: tuple[Callable[[Case], Reason | None], ...] = (
    success_harmed,
    check_not_run,
    low_fidelity,
    guardrail_missing,
    guardrail_breach,
    partner_loses,
    worth_proving,
    recorded_afterwards,
    weak_design,
    guardrail_unproven,
    sites_differ,
    fading,
    roi_unsure,
    small,
    underpowered,
)


def deciding_row(case: Case) -> Row:
    """The first row that holds. The last one always does."""
    return next(row for row in ROWS if WHEN[row.when](case))
