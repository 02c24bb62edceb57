"""Command of ``pilot`` for objectives and key results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.command import Answer, Who, command, looking
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.desk import Desk
    from experiments.objectives.roll_up import RollUp
    from experiments.objectives.tree import Node

ACTIONS = ("add", "attach", "check-in")


def objectives_commands(app: typer.Typer) -> None:
    """Put this command beside the stages."""
    command(app, "objectives")(objectives)


def objectives(
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", help="add, attach or check-in.")] = None,
    what: Annotated[
        str | None, typer.Argument(metavar="[FILE|KEY]", help="A YAML file; with check-in the key of a key result.")
    ] = None,
    value: Annotated[float | None, typer.Option(help="With check-in: where it stands.")] = None,
    outlook: Annotated[str, typer.Option(help="With check-in: on_track, at_risk or off_track.")] = "",
    note: Annotated[str, typer.Option(help="With check-in: a note.")] = "",
    corrective: Annotated[str, typer.Option(help="With check-in: what is done about it.")] = "",
    who: Who = None,
) -> Answer:
    """Objectives with their key results and what pilots bring; add a tree, attach pilots, check in."""
    if action is not None and action not in ACTIONS:
        raise Refused(Problem(code="objective_action_unknown", facts={"action": action}))
    if action is not None and what is None:
        raise Refused(Problem(code="objective_action_needs", facts={"action": action}))
    with looking(who) as desk:
        if action is None or what is None:
            return _list(desk)
        if action == "check-in":
            return _check_in(desk, what, value, outlook, note, corrective)
        return _from_file(desk, action, Path(what))


def _from_file(desk: Desk, action: str, path: Path) -> Answer:
    from experiments.files import read_yaml
    from experiments.objectives.file import add_from_file, services_from_file

    document = read_yaml(path)
    if action == "attach":
        count = services_from_file(desk, document)
        return Answer(value={"attached": count}, lines=(say("cli.objectives.attached", count=count),))
    added = add_from_file(desk, document)
    counts = {"objectives": len(added.objectives), "key_results": len(added.key_results), "services": added.services}
    return Answer(value=vars(added), lines=(say("cli.objectives.added", **counts),))


def _check_in(desk: Desk, key: str, value: float | None, outlook: str, note: str, corrective: str) -> Answer:
    from experiments.objectives.keep import check_in

    if value is None or not outlook:
        raise Refused(Problem(code="objective_check_in_needs"))
    check_in(desk, key, value, outlook, note=note, corrective_action=corrective)
    answer = {"key_result": key, "value": value, "outlook": outlook}
    return Answer(value=answer, lines=(say("cli.objectives.checked_in", key=key),))


def _list(desk: Desk) -> Answer:
    from experiments.objectives.cascade import cascade
    from experiments.objectives.outline import brought
    from experiments.objectives.roll_up import roll_ups
    from experiments.objectives.tree import tree

    known = tree(desk)
    rolls, loose = roll_ups(desk, known), cascade(desk, known)
    lines = [line for root in known.roots for line in _outline(root)] or [say("objectives.none")]
    lines += [line for roll in rolls if roll.pilots for line in brought(roll)]
    lines += [conflict.sentence for conflict in loose.conflicts]
    nobody = say("objectives.everybody")
    lines += [
        say("objectives.unserved", name=result.row.name, department=result.department or nobody)
        for result in loose.unserved
    ]
    if loose.idle:
        lines.append(say("objectives.idle", pilots=[pilot.title for pilot in loose.idle]))
    value = {
        "objectives": [_node(root) for root in known.roots],
        "contributions": [_roll(roll) for roll in rolls],
        "unserved": [result.row.key for result in loose.unserved],
        "idle": [pilot.key for pilot in loose.idle],
        "conflicts": list(loose.conflicts),
    }
    return Answer(value=value, lines=tuple(lines))


def _outline(node: Node, above: Node | None = None) -> list[str]:
    from experiments.objectives.outline import head, now, way, word

    inset = "  " * (node.level - 1)
    lines = [f"{inset}{node.row.title} ({head(node, above)})"]
    for result in node.results:
        told = [part for part in (way(result), now(result), word(result)) if part]
        lines.append(f"{inset}  - {result.row.name}: {'; '.join(told)}")
    return [*lines, *(line for child in node.below for line in _outline(child, node))]


def _node(node: Node) -> dict[str, Any]:
    results = [
        {
            "key": result.row.key,
            "name": result.row.name,
            "kind": result.row.kind.value,
            "unit": result.row.unit,
            "baseline": result.row.baseline,
            "target": result.row.target,
            "due": result.row.due.isoformat(),
            "value": result.last.value if result.last else None,
            "outlook": result.last.outlook.value if result.last else None,
            "done": result.done,
            "overdue": result.overdue,
            "pilots": [served.pilot.key for served in result.served],
        }
        for result in node.results
    ]
    own = {"key": node.row.key, "title": node.row.title, "department": node.department, "period": node.row.period}
    return {**own, "key_results": results, "below": [_node(child) for child in node.below]}


def _roll(roll: RollUp) -> dict[str, Any]:
    return {"key_result": roll.result.row.key, "expected": roll.expected, "delivered": roll.delivered}
