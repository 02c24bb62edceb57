"""The first minute: the worked portfolio in an empty data folder, or an empty folder in its place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from experiments.desk import Desk, allowed, may
from experiments.errors import Refused
from experiments.portfolio.survey import portfolio
from registry.access import Act
from registry.open import Registry
from stats.errors import Problem

KEPT_ASIDE = "worked-portfolio"
PARTS = ("registry.db", "registry.db-wal", "registry.db-shm", "registry.db-turn", "snapshots", "kept")


def load_worked(desk: Desk) -> tuple[str, ...]:
    """Fill an empty data folder with the worked portfolio; keys of its pilots."""
    from experiments.demo import add_portfolio

    if desk.login:
        may(desk, Act.KEEP_RECORD)
    return add_portfolio(desk)


def may_begin(desk: Desk) -> bool:
    """Whether the person at the desk may fill or empty the data folder: where people log in, administrators alone."""
    return not desk.login or allowed(desk, Act.KEEP_RECORD)


def only_worked(desk: Desk) -> bool:
    """Whether everything here is made up and lies in a folder of ours, so that it can be put aside."""
    if desk.registry.url.get_backend_name() != "sqlite":
        return False
    pilots = portfolio(desk)
    return bool(pilots) and all(pilot.simulated for pilot in pilots)


def begin_empty(desk: Desk) -> Path:
    """Put the worked portfolio aside, whole, into a folder of its own; the data folder is empty afterwards.

    Nothing is deleted: to see it again, name that folder in PROVING_GROUND_HOME. Refused where anything is real.
    """
    if desk.login:
        may(desk, Act.KEEP_RECORD)
    if not only_worked(desk):
        raise Refused(Problem(code="not_only_worked"))
    home = desk.registry.home
    aside = _free(home, desk.registry.clock())
    aside.mkdir(mode=0o700)
    desk.registry.close()
    for name in PARTS:
        part = home / name
        if part.exists():
            part.rename(aside / name)
    Registry.open(home).close()
    return aside


def _free(home: Path, at: datetime) -> Path:
    """A folder name that is not taken."""
    wanted, number = home / f"{KEPT_ASIDE}-{at:%Y-%m-%d}", 1
    while wanted.exists():
        number += 1
        wanted = home / f"{KEPT_ASIDE}-{at:%Y-%m-%d}-{number}"
    return wanted
