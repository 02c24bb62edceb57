"""Does one act in a child of its own and kills it with SIGKILL after a while: `python this.py ACT KEY SECONDS HOME...`.

Prints, for each home, whether the child was killed or had finished. Libraries are imported before the first child is
made, so that the wait falls into the act itself.
"""

import os
import signal
import sys
import time
from pathlib import Path

import duckdb  # noqa: F401
import ibis
import pandas  # noqa: F401

from experiments.decide import Choice, decide
from experiments.desk import Desk
from experiments.ingest import ingest
from registry.open import Registry

ibis.duckdb  # noqa: B018


def act(name: str, home: Path, key: str) -> None:
    with Registry.open(home, "") as registry:
        desk = Desk(registry=registry)
        if name == "ingest":
            ingest(desk.as_person("Ana Lima"), key, home / "data.csv")
        else:
            decide(desk.as_person("Ruth Vogel"), key, Choice(verdict="SCALE"))


def main() -> None:
    name, key, seconds, *homes = sys.argv[1:]
    for number, home in enumerate(homes):
        child = os.fork()
        if child == 0:
            act(name, Path(home), key)
            os._exit(0)
        time.sleep(float(seconds) * (number + 0.5) / len(homes))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "finished", flush=True)


main()
