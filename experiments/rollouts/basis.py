"""What a roll-out rests on: the decision to scale, the evidence it was made on, and what that promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.planning.plan import stored_plan
from experiments.running.assign import read_assignment
from registry import find
from registry.decisions import Decision
from registry.evidence import EvidenceRecord
from registry.kinds import Verdict
from registry.pilots import Pilot
from stats.errors import Problem
from stats.evidence import Evidence
from stats.money import discount_of, prior_of
from stats.plan import Plan, PlannedMetric
from stats.results import Estimate
from stats.rollout.prediction import Prediction, predict
from stats.rollout.rings import RolloutSite
from stats.stored import evidence_from_json

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class Basis:
    """plan: the pilot's, as the evidence was made under it; said: the recommendation; arms: by site, as drawn."""

    pilot: Pilot
    decision: Decision
    record: EvidenceRecord
    plan: Plan
    evidence: Evidence
    said: Mapping[str, Any]
    arms: Mapping[str, int]

    @property
    def carried(self) -> tuple[PlannedMetric, ...]:
        """The success metrics that were shown to gain enough: what is promised of the roll-out. All, where none was."""
        won = [metric for metric in self.plan.success if self._label(metric) == "WIN"]
        return tuple(won) or self.plan.success

    @property
    def unproven(self) -> tuple[str, ...]:
        """Keys of guardrails that the pilot had too few data for: they are judged in the roll-out."""
        return tuple(metric.key for metric in self.plan.guardrails if self._label(metric) == "UNPROVEN")

    @property
    def transport(self) -> float:
        """Share of an effect, 0-1, that is expected to be kept outside the pilot's sites."""
        return discount_of(self.plan)

    @property
    def pilot_sites(self) -> tuple[RolloutSite, ...]:
        """The pilot's own sites; those that had the change are marked."""
        if self.arms:
            had = {site for site, arm in self.arms.items() if arm}
        else:
            had = {value.site for metric in self.evidence.metrics.values() for value in metric.sites if value.arm}
        return tuple(
            RolloutSite(key=site.key, stratum=site.stratum, size=site.size, had_change=site.key in had)
            for site in self.plan.sites
        )

    def predictions(self) -> dict[str, Prediction]:
        """What the pilot promises, by metric; without those that have no interval."""
        found = {}
        for metric in self.carried:
            result = self.evidence.metrics[metric.key].result
            if isinstance(result, Estimate):
                made = predict(metric, result, prior=prior_of(self.plan), transport=self.transport)
                if made is not None:
                    found[metric.key] = made
        return found

    def weeks(self) -> tuple[int, int]:
        """(before, after) the pilot's start, in whole weeks, as far as its evidence reached."""
        plan = self.plan
        days = self.evidence.days_observed
        if not days and plan.start and plan.end:
            days = (plan.end - plan.start).days + 1
        before = (plan.start - plan.pre_start).days if plan.start and plan.pre_start else 8 * 7
        return max(1, round(before / 7)), max(1, round((days or 56) / 7))

    def _label(self, metric: PlannedMetric) -> str | None:
        state = self.said["states"].get(metric.key) or {}
        return state.get("label")


def basis_of(desk: Desk, pilot: Pilot) -> Basis:
    """Of the newest decision; refused where that is not to scale, or where sites can't be told apart in its data."""
    with desk.read() as session:
        decision = find.latest_decision(session, pilot.id)
        if decision is None or decision.verdict != Verdict.SCALE:
            raise Refused(Problem(code="rollout_not_scaled", facts={"pilot": pilot.key}))
        return _read(session, pilot, decision)


def _read(session: Any, pilot: Pilot, decision: Decision) -> Basis:
    record = next(row for row in find.evidence(session, pilot.id) if row.id == decision.evidence_id)
    plan_record = next(row for row in find.plans(session, pilot.id) if row.id == record.plan_id)
    said = find.recommendation(session, record.id)
    draw = find.assignment(session, plan_record.id)
    plan = stored_plan(plan_record)
    if (plan.columns.site or plan.columns.cluster) is None:
        raise Refused(Problem(code="rollout_without_sites", facts={"pilot": pilot.key}))
    if (plan.columns.period or plan.columns.timestamp) is None:
        raise Refused(Problem(code="rollout_without_time", facts={"pilot": pilot.key}))
    return Basis(
        pilot=pilot,
        decision=decision,
        record=record,
        plan=plan,
        evidence=evidence_from_json(json.loads(record.canonical)),
        said=json.loads(said.canonical) if said else {"states": {}},
        arms=read_assignment(draw).arms if draw else {},
    )
