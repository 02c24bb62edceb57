"""Whose story it is: the team that owned it, the partners who carried it, the colleagues whose suggestions it took."""

from __future__ import annotations

from experiments.desk import Desk
from experiments.portfolio.rows import PilotRow
from experiments.running.changes import changes
from experiments.words import say
from experiments.words.catalogue import listed
from registry import find
from registry.kinds import SuggestionState


def credits_of(desk: Desk, row: PilotRow) -> tuple[str, ...]:
    """In sentences: team first, then partners, then whose suggestions were adopted in this version or one before."""
    team = [name for name in (row.team, row.department) if name]
    said = [say("showcase.credit.team", team=", ".join(dict.fromkeys(team)) or row.owner)] if team or row.owner else []
    if row.owner and team:
        said.append(say("showcase.credit.owner", owner=row.owner))
    if row.partners:
        said.append(say("showcase.credit.partners", partners=[*row.partners]))
    for person, what in adopted(desk, row.key).items():
        said.append(say("showcase.credit.suggestion", person=person, what=listed([f"“{text}”" for text in what])))
    return tuple(said)


def adopted(desk: Desk, key: str) -> dict[str, tuple[str, ...]]:
    """The suggestions that were taken up, by whose they were; who did not leave a name is thanked as a visitor."""
    with desk.read() as session:
        pilot = find.pilot(session, key)
        keys = [row.key for row in find.lineage(session, pilot) if row.version <= pilot.version]
    found: dict[str, tuple[str, ...]] = {}
    for version in keys:
        for entry in changes(desk, version):
            if entry.suggestion == SuggestionState.ADOPTED.value:
                person = entry.credited_to or say("showcase.visitor")
                found[person] = (*found.get(person, ()), entry.what.rstrip("."))
    return found
