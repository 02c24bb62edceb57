"""Everything that the truth table looks at: states, gates, delivery, grade and money of one look, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from stats.evidence import Evidence
from stats.money import NetBenefit
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate
from stats.verdict.gates import Quality
from stats.verdict.levels import Levels
from stats.verdict.recommendation import MetricState
from stats.verdict.states import loss_reaches_margin

FADING_LEVEL = 0.05
AGREEMENT = 0.8
AGREEMENT_FROM_SITES = 5


@dataclass(frozen=True, kw_only=True)
class Case:
    """One look, as the rule sees it.

    round_net: what another round is worth after its cost, None where that is off; gain_doubtful: for every metric with
    a value, a gain worth having (MWE, or break-even if that is more) is ruled out at the level of doubt.
    """

    plan: Plan
    evidence: Evidence
    levels: Levels
    states: Mapping[str, MetricState]
    quality: Quality
    delivery: str
    grade: str
    money: NetBenefit | None
    round_net: float | None
    gain_doubtful: bool

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


def must_prove(metric: PlannedMetric) -> bool:
    """Guardrails without a class are watched, except critical ones."""
    return metric.guardrail_class == "PROVE" or (metric.guardrail_class is None and metric.critical)


def _below(value: float | None, line: float) -> bool:
    return value is not None and value < line


def _mirror_loss(state: MetricState) -> bool:
    return state.effect is not None and state.line is not None and state.effect <= -state.line
