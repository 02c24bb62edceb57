"""Reproduce: draw, evidence and recommendation made again from what is stored, and held against the stored bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.desk import Desk
from experiments.evidence.inputs import Source, known_of, text_fits
from experiments.evidence.recommend import recommendation_json
from experiments.planning.plan import stored_plan
from experiments.rollouts.keep import read_plan
from experiments.rollouts.measure import measured_again
from experiments.running.assign import assignment_json
from experiments.words import say
from registry import find
from registry.pilots import Pilot
from stats import ENGINE_VERSION
from stats.plan import canonical_json, sha256
from stats.rollout.rings import redraw


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """what: the thing in words; stored, again: hashes; identical: the same bytes, apart from the engine's version where
    another engine made it. more: not identical, for this engine says more, but whatever is stored came out again.

    source: computed from the data, from the cells that were kept when the data were forgotten, or not computed at all
    (text): then only the stored text was held against its hash. engine: the version that made it.
    """

    what: str
    stored: str
    again: str
    identical: bool
    source: Source = "data"
    engine: str = ENGINE_VERSION
    more: bool = False

    @property
    def otherwise_made(self) -> bool:
        """Whether another engine made it than the one that computed it again."""
        return self.source != "text" and self.engine != ENGINE_VERSION


def reproduce(desk: Desk, key: str) -> tuple[Reproduced, ...]:
    """Everything computed that is stored for this pilot, computed again."""
    pilot = desk.pilot(key)
    items = []
    with desk.read() as session:
        plans = [row for row in find.plans(session, pilot.id) if row.locked_at is not None]
        draws = {plan.id: find.assignment(session, plan.id) for plan in plans}
        evidence = known_of(session, pilot)
        recommendations = {known.evidence.id: find.recommendation(session, known.evidence.id) for known in evidence}
    for plan in plans:
        draw = draws[plan.id]
        if draw is not None:
            again = assignment_json(stored_plan(plan))
            items.append(_held("assignment", {}, draw.canonical, again, engine=plan.engine_version))
    for known in evidence:
        row = known.evidence
        facts = {"look": row.look, "arm": row.arm}
        source, made = known.again(desk)
        items.append(_evidence(facts, row, source, made))
        said = recommendations[row.id]
        if said is not None:
            again = recommendation_json(stored_plan(known.plan), row)
            items.append(_held("recommendation", facts, said.canonical, again, engine=row.engine_version))
    return (*items, *_rolled_out(desk, pilot))


def told(made: Sequence[Reproduced]) -> tuple[str, ...]:
    """A line for each, and one for each other engine that made some of them."""
    if not made:
        return (say("cli.reproduced.nothing"),)
    engines = dict.fromkeys(item.engine for item in made if item.otherwise_made)
    return (
        *(say("cli.reproduced.engine", made=engine, here=ENGINE_VERSION) for engine in engines),
        *(say(f"cli.reproduced.{_word(item)}", what=item.what, sha256=item.stored[:12]) for item in made),
    )


def _word(item: Reproduced) -> str:
    return "same" if item.identical else "more" if item.more else "other"


def _rolled_out(desk: Desk, pilot: Pilot) -> Iterator[Reproduced]:
    """The waves of each plan drawn again, and every measurement of the roll-out made again."""
    with desk.read() as session:
        plans, measures = find.rollout_plans(session, pilot.id), find.measures(session, pilot.id)
        gone = {row.sha256 for row in find.forgotten(session, pilot.id)}
    for plan in plans:
        rings = read_plan(plan.canonical).rings
        stored, again = canonical_json(rings.as_json()), canonical_json(redraw(rings).as_json())
        yield _held("rollout_draw", {"number": plan.number}, stored, again)
    for row in measures:
        facts = {"wave": row.ring}
        made = None if row.snapshot_sha256 in gone else measured_again(desk, pilot, row)
        if made is not None:
            engine = json.loads(row.canonical)["engine_version"]
            yield _held("rollout_measure", facts, row.canonical, made, engine=engine)
            continue
        digest = sha256(row.canonical)
        what = say("reproduced.rollout_measure.text", **facts)
        yield Reproduced(what=what, stored=row.sha256, again=digest, identical=digest == row.sha256, source="text")


def _evidence(facts: dict[str, Any], row: Any, source: Source, made: str | None) -> Reproduced:
    if made is not None:
        return _held("evidence", facts, row.canonical, made, source, row.engine_version)
    again = sha256(row.canonical)
    what = say("reproduced.evidence.text", **facts)
    return Reproduced(what=what, stored=row.sha256, again=again, identical=text_fits(row), source="text")


def _held(
    what: str, facts: dict[str, Any], stored: str, again: str, source: Source = "data", engine: str = ENGINE_VERSION
) -> Reproduced:
    said = f"reproduced.{what}" if source == "data" else f"reproduced.{what}.{source}"
    engine = engine or ENGINE_VERSION
    other = engine != ENGINE_VERSION
    named = _as_if_by(again, engine) if other else again
    return Reproduced(
        what=say(said, **facts),
        stored=sha256(stored),
        again=sha256(named),
        identical=stored == named,
        source=source,
        engine=engine,
        more=other and stored != named and _within(json.loads(stored), json.loads(named)),
    )


def _as_if_by(text: str, engine: str) -> str:
    """The same JSON with the other engine's version as its own. Within a string the quotation marks are escaped."""
    return text.replace(f'"engine_version":"{ENGINE_VERSION}"', f'"engine_version":"{engine}"')


def _within(stored: Any, again: Any) -> bool:
    """Whether each value that is stored came out again, at its place; what is new beside it does not matter."""
    if isinstance(stored, dict) and isinstance(again, dict):
        return all(key in again and _within(value, again[key]) for key, value in stored.items())
    if isinstance(stored, list) and isinstance(again, list):
        return len(stored) == len(again) and all(map(_within, stored, again))
    return bool(stored == again)
