"""What roll-outs showed beside what was predicted for them, from the newest measurement of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from registry import find
from registry.rollouts import RolloutMeasure, RolloutPlan
from stats.learning.reality import Compared
from stats.learning.transport import RolledOut


@dataclass(frozen=True, kw_only=True)
class Realised:
    """One metric of one roll-out. compared: predicted and realised in MWE, oriented so that + is better; learns: what
    it says of how much is kept, None where the pilot's cautious effect or the measurement's error is not on record;
    state: REPLICATED, ATTENUATED, FAILED or WAITING; stands: of the roll-out (running, paused, ...)."""

    pilot: str
    title: str
    team: str
    simulated: bool
    metric: str
    metric_name: str
    ring: int
    state: str
    stands: str
    compared: Compared
    learns: RolledOut | None
    measure_sha256: str


def rolled_out(desk: Desk) -> tuple[Realised, ...]:
    """One for each pilot and metric that was predicted and measured, by pilot."""
    with desk.read() as session:
        measures = find.last_measures(session)
        standing = find.rollouts(session)
        pilots = {pilot.id: pilot for pilot in find.pilots(session, drafts=False)} if measures else {}
        names = {
            (pilot_id, definition.key): version.name
            for pilot_id in measures
            for _, version, definition in find.pilot_metrics(session, pilot_id)
        }
    found = [
        Realised(
            pilot=pilots[pilot_id].key,
            title=pilots[pilot_id].title,
            team=pilots[pilot_id].team,
            simulated=pilots[pilot_id].simulated,
            ring=measure.ring,
            stands=standing[pilot_id].state.value if pilot_id in standing else "",
            measure_sha256=measure.sha256,
            metric_name=names.get((pilot_id, one["metric"]), one["metric"]),
            **one,
        )
        for pilot_id, (plan, measure) in measures.items()
        for one in _metrics(pilots[pilot_id].key, plan, measure)
    ]
    return tuple(sorted(found, key=lambda one: (one.pilot, one.metric)))


def _metrics(pilot: str, plan: RolloutPlan, measure: RolloutMeasure) -> Iterator[dict[str, Any]]:
    predictions = {one["key"]: one for one in json.loads(plan.canonical)["forecast"]}
    found = json.loads(measure.canonical)
    judged = (found.get("judgement") or {}).get("metrics") or {}
    results = (found.get("evidence") or {}).get("metrics") or {}
    for key, said in judged.items():
        promised = predictions.get(key)
        if promised is None or not promised.get("mwe") or said.get("effect") is None:
            continue
        if said.get("predicted_lower") is None or said.get("predicted_upper") is None:
            continue
        scale = promised["mwe"]
        yield {
            "metric": key,
            "state": said["state"],
            "compared": Compared(
                predicted=promised["mean"] / scale,
                lower=said["predicted_lower"] / scale,
                upper=said["predicted_upper"] / scale,
                realised=said["effect"] / scale,
            ),
            "learns": _learns(pilot, promised, said, (results.get(key) or {}).get("result") or {}),
        }


def _learns(
    pilot: str, promised: Mapping[str, Any], said: Mapping[str, Any], result: Mapping[str, Any]
) -> RolledOut | None:
    """In MWE. The posterior at the pilot's sites is what prior and estimate gave when the roll-out was planned."""
    scale, own = promised["mwe"], promised["pilot_std_error"]
    if not result.get("std_error"):
        return None
    prior_sd = promised["prior_sd"] * scale
    cautious_sd = own * prior_sd / (own**2 + prior_sd**2) ** 0.5
    return RolledOut(
        pilot=pilot,
        cautious=promised["cautious"] / scale,
        cautious_sd=cautious_sd / scale,
        realised=said["effect"] / scale,
        std_error=result["std_error"] / scale,
    )
