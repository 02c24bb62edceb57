"""Where the tree does not hold together: nobody serves a key result, a pilot serves none, departments pull apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from experiments.desk import Desk, charter_of
from experiments.objectives.tree import OVER, Result, Tree
from experiments.words import say
from registry import find
from registry.kinds import KeyResultKind
from registry.pilots import Pilot

RISES = {KeyResultKind.INCREASE: "higher", KeyResultKind.DECREASE: "lower"}


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Two departments and one metric. code: opposite, range (one moves out of what the other keeps) or guardrail."""

    code: str
    metric: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """unserved: key results that no pilot serves, neither itself nor in a part.

    idle: pilots that serve none, the newest version of each.
    """

    unserved: tuple[Result, ...]
    idle: tuple[Pilot, ...]
    conflicts: tuple[Conflict, ...]


def cascade(desk: Desk, of: Tree) -> Cascade:
    """What is loose in the tree."""
    serving = {served.pilot.id for result in of.results for served in result.served}
    unserved = [result for result in of.results if not any(part.served for part, _ in of.parts_of(result))]
    followed = {row.parent_id for row in of.pilots.values()}
    idle = [row for row in of.pilots.values() if row.id not in serving | followed and row.stage not in OVER]
    conflicts = [*_between_targets(of), *_with_guardrails(desk, of)]
    return Cascade(unserved=tuple(unserved), idle=tuple(idle), conflicts=tuple(conflicts))


def _between_targets(of: Tree) -> list[Conflict]:
    found = []
    for one, other in combinations([result for result in of.results if result.row.metric_key], 2):
        if one.row.metric_key != other.row.metric_key or one.department == other.department:
            continue
        code = _apart(one, other) or _apart(other, one)
        if code:
            found.append(_conflict(code, one, other))
    return found


def _apart(one: Result, other: Result) -> str:
    kinds = (one.row.kind, other.row.kind)
    if kinds == (KeyResultKind.INCREASE, KeyResultKind.DECREASE):
        return "opposite"
    if kinds[1] == KeyResultKind.KEEP_WITHIN and one.row.target is not None and kinds[0] in RISES:
        lowest, highest = other.row.lowest, other.row.highest
        if lowest is not None and highest is not None and not lowest <= one.row.target <= highest:
            return "range"
    return ""


def _conflict(code: str, one: Result, other: Result) -> Conflict:
    facts = {
        "one": one.department or say("objectives.everybody"),
        "first": one.row.name,
        "other": other.department or say("objectives.everybody"),
        "second": other.row.name,
        "metric": one.row.metric_key,
    }
    return Conflict(code=code, metric=one.row.metric_key or "", sentence=say(f"objectives.conflict.{code}", **facts))


def _with_guardrails(desk: Desk, of: Tree) -> list[Conflict]:
    """A pilot for one department's target accepts a loss in what another department wants to improve."""
    found = []
    for mine in of.results:
        for served in mine.served:
            with desk.read() as session:
                if find.hypothesis(session, served.pilot.id) is None:
                    continue
            for guardrail in charter_of(served.pilot).metrics.guardrails:
                for other in of.results:
                    same = other.row.metric_key == guardrail.key and other.department != mine.department
                    if same and RISES.get(other.row.kind) == guardrail.better:
                        sentence = say(
                            "objectives.conflict.guardrail",
                            pilot=served.pilot.title,
                            first=mine.row.name,
                            metric=guardrail.name,
                            other=other.department or say("objectives.everybody"),
                            second=other.row.name,
                        )
                        found.append(Conflict(code="guardrail", metric=guardrail.key, sentence=sentence))
    return found
