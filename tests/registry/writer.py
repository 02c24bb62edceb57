"""A process that writes: run by test_concurrency.py as ``python writer.py OPENING MODE COUNT``.

MODE count: COUNT times read a number and write it back one higher; told: the same, and say so each time; ingest:
the same with a snapshot each time, until killed; hang: stop in the middle of such an act, and wait to be killed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from registry import find
from registry.kinds import Via
from registry.open import Registry
from registry.outcomes import Snapshot


def act(registry: Registry, mode: str, number: int) -> None:
    content = f"site,wait_s\nA,{number}\n".encode()
    sha256 = registry.snapshots.put(content) if mode in ("ingest", "hang") else ""
    with registry.work(None, Via.CLI) as work:
        pilot = find.pilot(work.session, "call-back")
        work.change(pilot, "pilot.counted", draft={"n": pilot.draft.get("n", 0) + 1})
        if sha256:
            next_one = find.next_number(work.session, Snapshot, pilot_id=pilot.id)
            row = Snapshot(
                pilot_id=pilot.id, number=next_one, sha256=sha256, name="d.csv", size=len(content), row_count=1
            )
            work.record("outcomes.accepted", work.add(row))
        if mode == "hang":
            work.session.flush()
            print("inside", flush=True)
            time.sleep(600)


def main(opening: dict[str, str], mode: str, count: int) -> None:
    with Registry.open(Path(opening.pop("home")), **opening) as registry:
        print("ready", flush=True)
        for number in range(count):
            act(registry, mode, number)
            if mode == "told":
                print("done", flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
