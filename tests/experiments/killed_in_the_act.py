"""Does an act again and again, each time on a fresh copy of a registry, and kills it a little later than before:
`python this.py ACT KEY TEMPLATE FOLDER`. Ends when the act was quicker than the kill.

Prints the folder of each copy. Libraries are imported before the first child is made, so that the waits fall into the
act itself.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import duckdb  # noqa: F401
import ibis
import pandas  # noqa: F401

from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.rollouts.keep import keep_plan
from experiments.rollouts.wanted import Wanted
from experiments.running.ingest import ingest
from registry.open import Registry

ibis.duckdb  # noqa: B018


COMMITTED = {"budget": "none", "owner": "Ana Lima", "targets": "none", "date": "July"}


def act(name: str, home: Path, key: str) -> None:
    with Registry.open(home, "") as registry:
        desk = Desk(registry=registry)
        if name == "ingest":
            ingest(desk.as_person("Ana Lima"), key, home / "data.csv")
        elif name == "rollout":
            keep_plan(desk.as_person("Ana Lima"), key, Wanted(rings=2, weeks=4))
        else:
            decide(desk.as_person("Ruth Vogel"), key, Choice(verdict="SCALE", commitments=COMMITTED))


def killed(name: str, home: Path, key: str, seconds: float) -> bool:
    """Whether the act was still going on after so many seconds."""
    child = os.fork()
    if child == 0:
        act(name, home, key)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    name, key, template, folder = sys.argv[1:]
    seconds, number, going = 0.004, 0, True
    while going:
        home = Path(folder) / f"{name}-{number}"
        shutil.copytree(template, home)
        going = killed(name, home, key, seconds)
        print(home, flush=True)
        seconds, number = 1.3 * seconds, number + 1


main()
