"""The objectives as they stand: each with its key results, progress, last word, and the pilots that serve them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from experiments.desk import Desk
from registry import find
from registry.kinds import KeyResultKind, Stage
from registry.objectives import KeyResult, KeyResultCheckIn, Objective, PilotKeyResult
from registry.pilots import Pilot
from stats.contributions import share_done


@dataclass(frozen=True, kw_only=True)
class Served:
    """One pilot that serves a key result."""

    link: PilotKeyResult
    pilot: Pilot


@dataclass(frozen=True, kw_only=True)
class Result:
    """A key result as it stands. done: share of the way gone (below 0 backwards), None where nothing is known.

    inside: of what is kept within, whether it is; overdue: its word is; department: of its objective, "" for all.
    """

    row: KeyResult
    department: str
    last: KeyResultCheckIn | None
    done: float | None
    inside: bool | None
    overdue: bool
    served: tuple[Served, ...]


@dataclass(frozen=True, kw_only=True)
class Node:
    """An objective at its level (1 at the top) with those below it."""

    row: Objective
    level: int
    department: str
    owner: str
    results: tuple[Result, ...]
    below: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All objectives. roots: those that are part of no other; pilots: all that could serve, by id."""

    roots: tuple[Node, ...]
    pilots: Mapping[UUID, Pilot]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every objective, each before those below it."""
        return tuple(_walk(self.roots))

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(result for node in self.nodes for result in node.results)

    def parts_of(self, result: Result) -> tuple[tuple[Result, float], ...]:
        """The key result itself and all that are part of it at any depth, with their share (0-1) of what it counts."""
        found = [(result, 1.0)]
        for above, share in found:
            seen = {known.row.id for known, _ in found}
            parts = [each for each in self.results if each.row.part_of_id == above.row.id and each.row.id not in seen]
            found += [(each, share * (each.row.part_share or 0.0)) for each in parts]
        return tuple(found)


def tree(desk: Desk) -> Tree:
    """As of today."""
    today = desk.registry.clock().date()
    with desk.read() as session:
        objectives = find.objectives(session)
        pilots = {row.id: row for row in find.pilots(session)}
        departments = {row.id: row.name for row in find.departments(session)}
        people = {row.id: row.name for row in find.people(session, active_only=False)}
        words = find.latest_key_result_check_ins(session)
        links = find.served_key_results(session)
        results = find.key_results(session)
    named = {row.id: departments.get(row.department_id, "") if row.department_id else "" for row in objectives}
    of: dict[UUID, list[Result]] = {}
    for row in results:
        served = [Served(link=link, pilot=pilots[link.pilot_id]) for link in links if link.key_result_id == row.id]
        of.setdefault(row.objective_id, []).append(
            _result(row, named[row.objective_id], words.get(row.id), served, today)
        )

    def node(row: Objective, level: int) -> Node:
        below = [child for child in objectives if child.parent_id == row.id]
        return Node(
            row=row,
            level=level,
            department=named[row.id],
            owner=people.get(row.owner_id, "") if row.owner_id else "",
            results=tuple(of.get(row.id, [])),
            below=tuple(node(child, level + 1) for child in below),
        )

    return Tree(roots=tuple(node(row, 1) for row in objectives if row.parent_id is None), pilots=pilots)


def _result(
    row: KeyResult, department: str, last: KeyResultCheckIn | None, served: Sequence[Served], today: date
) -> Result:
    since = last.said_on if last else row.created_at.date()
    inside = None
    if row.kind == KeyResultKind.KEEP_WITHIN and last and row.lowest is not None and row.highest is not None:
        inside = row.lowest <= last.value <= row.highest
    return Result(
        row=row,
        department=department,
        last=last,
        done=_done(row, last),
        inside=inside,
        overdue=since + timedelta(days=row.every_days) < today,
        served=tuple(served),
    )


def _done(row: KeyResult, last: KeyResultCheckIn | None) -> float | None:
    if last is None or row.kind == KeyResultKind.KEEP_WITHIN:
        return None
    if row.kind == KeyResultKind.MILESTONE:
        return last.value
    return share_done(last.value, row.baseline, row.target)


def _walk(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.below)


OVER = frozenset({Stage.WITHDRAWN, Stage.CLOSED})
