"""Shape: a pilot is tried small and changed freely before it promises anything; then it is frozen and proven.

No verdict comes from shaping and it uses up no version. Every change, visit and suggestion goes into the change log.
"""

from __future__ import annotations

from typing import Any

from experiments.charters.charter import Charter
from experiments.charters.check import as_mapping, read_charter
from experiments.charters.from_catalogue import with_catalogue
from experiments.desk import Desk, may, mine, move
from experiments.errors import Refused
from experiments.keep_metrics import in_use
from experiments.planning.plan import Planned, plan
from experiments.register import forget_charter, write_charter
from registry import find
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from registry.unit_of_work import Work
from stats.errors import Problem


def shape(desk: Desk, key: str) -> Pilot:
    """Begin shaping a registered pilot whose plan is not locked."""
    pilot = desk.pilot(key)
    may(desk, Act.SHAPE, pilot)
    with desk.work() as work:
        row = mine(work, pilot)
        _registered(work, row)
        move(work, row, Stage.SHAPING)
        work.record("pilot.shaping_begun", row, after={"stage": Stage.SHAPING})
    return row


def freeze(desk: Desk, key: str, document: Any = None) -> Planned:
    """Freeze and prove: what was shaped becomes the charter, and the plan is made from it.

    document: the charter as it came out of shaping; left out, it stayed as it was.
    """
    pilot = desk.pilot(key)
    may(desk, Act.SHAPE, pilot)
    if pilot.stage != Stage.SHAPING:
        raise Refused(Problem(code="not_shaping", facts={"pilot": key, "stage": pilot.stage.value}))
    charter = None if document is None else _same_pilot(pilot, _read(desk, document))
    with desk.work() as work:
        row = mine(work, pilot)
        if charter is not None:
            forget_charter(work, row)
            write_charter(work, row, charter, give_roles=not desk.login)
        move(work, row, Stage.DRAFT)
        work.record("pilot.frozen", row, after={"charter_changed": charter is not None})
    return plan(desk, key)


def _read(desk: Desk, document: Any) -> Charter:
    return read_charter(with_catalogue(as_mapping(document), in_use(desk)))


def _registered(work: Work, pilot: Pilot) -> None:
    if find.hypothesis(work.session, pilot.id) is None:
        raise Refused(Problem(code="first_registered", facts={"pilot": pilot.key}))


def _same_pilot(pilot: Pilot, charter: Charter) -> Charter:
    """The charter of another pilot is a mistake, whatever it says."""
    if charter.pilot and charter.pilot != pilot.key:
        raise Refused(Problem(code="other_pilot", facts={"pilot": pilot.key, "given": charter.pilot}))
    return charter.model_copy(update={"pilot": pilot.key})
