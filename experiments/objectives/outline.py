"""The tree in words: what pages and the command line show of each key result."""

from __future__ import annotations

from experiments.objectives.roll_up import SIGNS, RollUp, amount, naive_amount
from experiments.objectives.tree import Node, Result
from experiments.words import say
from experiments.words.numbers import Unit, day, effect, level, percent
from registry.kinds import KeyResultKind


def head(node: Node, above: Node | None = None) -> str:
    """Period, department and owner, and of which objective it is a part."""
    return say(
        "objectives.head.part" if above else "objectives.head",
        above=above.row.title if above else "",
        period=node.row.period,
        department=node.department or say("objectives.everybody"),
        owner=node.owner or say("objectives.nobody"),
    )


def way(result: Result) -> str:
    """From where to where, or within what."""
    row, unit = result.row, Unit.of(result.row.unit)
    if row.kind == KeyResultKind.KEEP_WITHIN:
        return say("objectives.within", lowest=level(row.lowest or 0.0, unit), highest=level(row.highest or 0.0, unit))
    if row.kind == KeyResultKind.MILESTONE:
        return say("objectives.milestone")
    return say("objectives.from_to", baseline=level(row.baseline or 0.0, unit), target=level(row.target or 0.0, unit))


def now(result: Result) -> str:
    """Where it stands, and how much of the way that is; empty before the first word."""
    if result.last is None:
        return ""
    if result.row.kind == KeyResultKind.MILESTONE:
        return say("objectives.share_done", share=percent(result.last.value))
    value = level(result.last.value, Unit.of(result.row.unit))
    if result.inside is not None:
        return say("objectives.inside" if result.inside else "objectives.outside", value=value)
    if result.done is None:
        return value
    return say("objectives.done" if result.done >= 0 else "objectives.back", value=value, share=percent(result.done))


def word(result: Result) -> str:
    """The last word with its day, and whether a new one is due."""
    said = say("objectives.no_word")
    if result.last is not None:
        outlook = say(f"objectives.outlook.{result.last.outlook.value}")
        said = say("objectives.last", outlook=outlook, day=day(result.last.said_on))
    return say("objectives.late", last=said) if result.overdue else said


def columns(node: Node) -> dict[str, list[str]]:
    """The key results of one objective as a table."""
    return {
        "key_result": [result.row.name for result in node.results],
        "way": [way(result) for result in node.results],
        "now": [now(result) for result in node.results],
        "word": [word(result) for result in node.results],
        "due": [day(result.row.due) for result in node.results],
        "pilots": [", ".join(served.pilot.title for served in result.served) for result in node.results],
    }


def actions(node: Node) -> list[str]:
    """What is done about key results that need it."""
    return [
        say("objectives.action", name=result.row.name, action=result.last.corrective_action)
        for result in node.results
        if result.last and result.last.corrective_action
    ]


def brought(roll: RollUp) -> list[str]:
    """What pilots bring to one key result: expected, the naive sum beside it, delivered, and how far it moved."""
    result = roll.result
    name = result.row.name
    if roll.expected is None:
        return [say("objectives.nothing_yet", name=name)]
    told = [say("objectives.expected", name=name, amount=amount(result, roll.expected))]
    if roll.expected.naive > roll.expected.mean:
        twice = any(part.counted_share < part.exposed_share - 1e-9 for part in roll.expected.parts)
        key = "objectives.naive.overlap" if twice else "objectives.naive"
        told.append(say(key, naive=naive_amount(result, roll.expected)))
    if roll.delivered is not None:
        told.append(say("objectives.delivered", name=name, amount=amount(result, roll.delivered)))
    if result.last is not None and result.row.baseline is not None and result.row.kind in SIGNS:
        moved = effect(result.last.value - result.row.baseline, Unit.of(result.row.unit))
        told.append(say("objectives.moved", name=name, moved=moved))
    return told
