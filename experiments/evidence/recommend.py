"""Recommend: what the rule says about stored evidence under the locked plan."""

from __future__ import annotations

import json
from typing import Any

from experiments.deciding.evidence_in_force import in_force
from experiments.deciding.rounds import open_round
from experiments.desk import Desk, may, mine, move
from experiments.planning.plan import stored_plan
from experiments.words import say
from registry import find
from registry.access import Act
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.kinds import Stage, Verdict
from stats.evidence import Evidence, as_json
from stats.plan import Plan, canonical_json, sha256
from stats.stored import evidence_from_json


def recommend(desk: Desk, key: str, arm: int = 1) -> dict[str, Any]:
    """Ask the rule, and keep its answer. The same evidence gives the same answer, kept once."""
    pilot = desk.pilot(key)
    may(desk, Act.RECOMMEND, pilot)
    shown = in_force(desk, pilot, arm)
    if shown.recommendation is not None:
        return shown.said
    with desk.read() as session:
        plan_record = next(row for row in find.plans(session, pilot.id) if row.id == shown.evidence.plan_id)
    canonical = recommendation_json(stored_plan(plan_record), shown.evidence)
    said: dict[str, Any] = json.loads(canonical)
    with desk.work() as work:
        row = mine(work, pilot)
        record = RecommendationRecord(
            pilot_id=row.id,
            evidence_id=shown.evidence.id,
            evidence_sha256=shown.evidence.sha256,
            verdict=Verdict(said["verdict"]),
            row=said["row"],
            rule_version=said["rule_version"],
            canonical=canonical,
            sha256=sha256(canonical),
            made_at=work.now,
        )
        work.add(record)
        if record.verdict == Verdict.NOT_YET:
            move(work, row, Stage.RUNNING)  # there is nothing to review or decide before the next check
        else:
            open_round(work, row, shown.evidence)
        after = {"verdict": said["verdict"], "row": said["row"], "sha256": record.sha256}
        work.record("recommendation.made", record, after=after)
    return said


def recommendation_json(plan: Plan, record: EvidenceRecord) -> str:
    """The rule's answer as the text that is hashed."""
    from stats.verdict.decide import recommend as ask

    evidence: Evidence = evidence_from_json(json.loads(record.canonical))
    return canonical_json(as_json(ask(plan, evidence, evidence_sha256=record.sha256)))


def sentence(desk: Desk, key: str, arm: int = 1) -> str:
    """The verdict and the sentence why, in words."""
    from experiments.documents.model import badge
    from experiments.documents.rows import listed_nonempty
    from experiments.documents.why import why_sentence

    pilot = desk.pilot(key)
    shown = in_force(desk, pilot, arm)
    with desk.read() as session:
        plan_record = next(row for row in find.plans(session, pilot.id) if row.id == shown.evidence.plan_id)
    mark = badge(shown.said)
    why = why_sentence(stored_plan(plan_record), shown.said, json.loads(shown.evidence.canonical))
    return say("recommended.sentence", verdict=listed_nonempty(mark.word, mark.addition), why=why)
