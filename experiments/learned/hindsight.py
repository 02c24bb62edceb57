"""A year after a decision against the recommendation: what happened since, what the rule makes of it, who was right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from experiments.objectives.outline import now
from experiments.objectives.tree import tree
from experiments.words import say
from registry import find
from registry.decisions import Decision
from registry.kinds import RolloutState
from registry.pilots import Pilot
from stats.learning.hindsight import ENOUGH, Judgement, Since, judge, score


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What the record says of one decision. found: right, wrong or unclear; sentences: why, and what else happened,
    for the person who judges."""

    found: str
    code: str
    sentences: tuple[str, ...]


def suggestion(desk: Desk, pilot: Pilot, decision: Decision) -> Suggestion:
    """From the newest measurement of the roll-out, decided later versions and the key results that it serves."""
    with desk.read() as session:
        since = _since(session, pilot)
    made = judge(recommended=decision.recommended.value, decided=str(decision.verdict), since=since)
    return Suggestion(found=made.found, code=made.code, sentences=(_why(made, since), *_key_results(desk, pilot)))


def score_sentence(found: list[str]) -> str:
    """How decisions against the recommendation fared against the rule; how many are missing to say."""
    if not found:
        return say("hindsight.none")
    total = score(found)
    facts = {"judged": total.judged, "right": total.right, "wrong": total.wrong, "unclear": total.unclear}
    if not total.said:
        return say("hindsight.too_few", enough=ENOUGH, **facts)
    return say("hindsight.score", **facts)


def _since(session: Any, pilot: Pilot) -> Since:
    rollout = find.rollouts(session).get(pilot.id)
    measured = find.last_measures(session).get(pilot.id)
    later = [version for version in find.lineage(session, pilot) if version.version > pilot.version]
    verdicts = [find.latest_decision(session, version.id) for version in later]
    decided = [row.verdict.value for row in verdicts if row is not None and row.verdict is not None]
    return Since(
        rollout=None if measured is None else _state(json.loads(measured[1].canonical)),
        rolled_back=rollout is not None and rollout.state == RolloutState.ROLLED_BACK,
        later=decided[-1] if decided else None,
    )


def _state(measured: Mapping[str, Any]) -> str | None:
    return (measured.get("judgement") or {}).get("state")


def _why(made: Judgement, since: Since) -> str:
    later = say(f"verdict.{since.later}") if since.later else ""
    return say(f"hindsight.why.{made.code}", later=later)


def _key_results(desk: Desk, pilot: Pilot) -> tuple[str, ...]:
    """They move for many reasons: shown, never what decides."""
    served = [result for result in tree(desk).results if any(one.pilot.id == pilot.id for one in result.served)]
    return tuple(
        say("hindsight.key_result", name=result.row.name, now=now(result) or say("objectives.no_word"))
        for result in served
    )
