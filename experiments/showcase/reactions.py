"""Reactions: what colleagues make of a story. Said once, taken back by saying it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.desk import Desk, may
from experiments.errors import Refused
from experiments.showcase.chosen import chosen
from registry import find
from registry.access import Act
from registry.kinds import ReactionKind
from registry.learning import Reaction
from stats.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Reacted:
    """Who said it, by name in the order in which they did; mine: whether the person at the desk is one of them."""

    names: tuple[str, ...]
    mine: bool


def react(desk: Desk, key: str, kind: str) -> bool:
    """Say it, or take it back if one has said it already; whether it is said now."""
    may(desk, Act.REACT)
    offered = [item.value for item in ReactionKind]
    if kind not in offered:
        raise Refused(Problem(code="reaction_kind", facts={"given": kind, "offered": offered}))
    pilot = desk.pilot(key)
    if key not in {one.row.key for one in chosen(desk)}:
        raise Refused(Problem(code="not_in_showcase", facts={"pilot": key}))
    with desk.work() as work:
        if work.actor_id is None:
            raise Refused(Problem(code="nobody_acts", facts={"act": Act.REACT.value}))
        known = find.all_of(
            work.session,
            Reaction,
            Reaction.pilot_id == pilot.id,
            Reaction.person_id == work.actor_id,
            Reaction.kind == ReactionKind(kind),
        )
        if known:
            work.record("reaction.taken_back", known[0], before={"kind": kind})
            work.delete(known[0])
            return False
        said = work.add(Reaction(pilot_id=pilot.id, person_id=work.actor_id, kind=ReactionKind(kind)))
        work.record("reaction.given", said, after={"kind": kind})
        return True


def reactions(desk: Desk) -> Mapping[str, Mapping[str, Reacted]]:
    """By pilot's key and kind; kinds that nobody said are there, empty."""
    me = desk.person.id if desk.person else None
    with desk.read() as session:
        names = {person.id: person.name for person in find.people(session, active_only=False)}
        keys = {pilot.id: pilot.key for pilot in find.pilots(session, drafts=False)}
        rows = sorted(find.all_of(session, Reaction), key=lambda row: (row.created_at, row.id))
    found: dict[str, dict[str, Reacted]] = {}
    for key in keys.values():
        found[key] = {kind.value: Reacted(names=(), mine=False) for kind in ReactionKind}
    for row in rows:
        before = found[keys[row.pilot_id]][row.kind.value]
        found[keys[row.pilot_id]][row.kind.value] = Reacted(
            names=(*before.names, names[row.person_id]), mine=before.mine or row.person_id == me
        )
    return found
