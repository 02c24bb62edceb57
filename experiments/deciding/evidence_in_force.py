"""The evidence on a pilot that counts now, and what the rule said on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from experiments.errors import Refused
from registry import find
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.pilots import Pilot
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The evidence that counts now, with its recommendation (None before the rule was asked)."""

    evidence: EvidenceRecord
    recommendation: RecommendationRecord | None

    @property
    def said(self) -> dict[str, Any]:
        """The recommendation as stored; refused where there is none yet."""
        if self.recommendation is None:
            raise Refused(Problem(code="first_recommended"))
        return dict(json.loads(self.recommendation.canonical))


def in_force(desk: Desk, pilot: Pilot, arm: int = 1) -> InForce:
    """The newest evidence on one treatment arm; refused where there is none."""
    with desk.read() as session:
        evidence = find.latest_evidence(session, pilot.id, arm)
        made = {row.arm for row in find.evidence(session, pilot.id)}
        if evidence is None and made:
            raise Refused(Problem(code="no_such_arm", facts={"pilot": pilot.key, "arm": arm, "offered": sorted(made)}))
        if evidence is None:
            raise Refused(Problem(code="first_assessed", facts={"pilot": pilot.key, "stage": pilot.stage.value}))
        return InForce(evidence=evidence, recommendation=find.recommendation(session, evidence.id))


def assessed_before(desk: Desk, pilot: Pilot) -> bool:
    """Whether there is evidence already: of an earlier check, where the pilot runs on."""
    with desk.read() as session:
        return find.latest_evidence(session, pilot.id) is not None
