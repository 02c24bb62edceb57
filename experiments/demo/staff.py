"""People of the worked portfolio whom no charter names: a second executive and an analyst."""

from __future__ import annotations

from experiments.desk import Desk
from experiments.people.keeping import add_person
from registry import find
from registry.kinds import Role

STAFF = (
    ("Erik Sand", "Management", Role.EXECUTIVE),
    ("Mira Costa", "Management", Role.ANALYST),
)
"""Name, department and role. No administrator: whoever begins here may name the first."""


def add_staff(desk: Desk) -> None:
    """Add those of them who are not there yet, as whoever sets a new folder up may."""
    with desk.read() as session:
        known = {person.name for person in find.people(session, active_only=False)}
    for name, department, role in STAFF:
        if name not in known:
            add_person(desk, name, department=department, role=role)
