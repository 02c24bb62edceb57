"""The first minutes of each kind of person: what they come here for, and on which page it is done."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.desk import Desk
from registry import find
from registry.kinds import Role

STEPS = {
    Role.INNOVATOR: ("register", "rehearse", "data", "evidence"),
    Role.REVIEWER: ("plan", "along", "review"),
    Role.EXECUTIVE: ("portfolio", "decide", "learned"),
    Role.ANALYST: ("evidence", "metrics", "history"),
    Role.ADMINISTRATOR: ("people", "metrics", "history"),
    Role.VIEWER: ("portfolio", "library", "showcase"),
}
"""Pages by role, in the order in which they are met. A sentence each: ``first.<role>.<page>``."""


@dataclass(frozen=True, kw_only=True)
class FirstSteps:
    """A tour by role. fresh: the person has done nothing on record yet, so that it stands open."""

    fresh: bool
    roles: tuple[Role, ...]


def first_steps(desk: Desk) -> FirstSteps:
    """The tours of whoever is at the desk, in the order of a pilot's life; a visitor's where they have no role.

    Where nobody is known yet, the innovator's: somebody has to begin.
    """
    if desk.person is None:
        return FirstSteps(fresh=True, roles=(Role.INNOVATOR,))
    with desk.read() as session:
        roles = find.roles(session, desk.person.id)
        acted = find.has_acted(session, desk.person.id)
    return FirstSteps(fresh=not acted, roles=tuple(role for role in STEPS if role in roles) or (Role.VIEWER,))
