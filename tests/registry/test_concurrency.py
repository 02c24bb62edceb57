"""Several processes write at once, and some are killed: nothing is lost, nothing is half there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from registry import find
from registry.kinds import Via
from registry.open import Registry, upgrade
from registry.pilots import Pilot
from registry.verify import verify

WRITER = Path(__file__).with_name("writer.py")
ROOT = Path(__file__).resolve().parents[2]


def start(opening: dict[str, object], mode: str, count: int) -> subprocess.Popen[str]:
    arguments = json.dumps({name: str(value) for name, value in opening.items()})
    command = [sys.executable, str(WRITER), arguments, mode, str(count)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def everything_said(writer: subprocess.Popen[str]) -> tuple[str, str]:
    """(output, errors) to the end; ``communicate`` would lose the lines that readline has read ahead."""
    with writer:
        return writer.stdout.read(), writer.stderr.read()


def counted(registry: Registry) -> int:
    with registry.read() as session:
        return find.pilot(session, "call-back").draft.get("n", 0)


def acts(registry: Registry, act: str) -> int:
    with registry.read() as session:
        return len(find.events(session, act=act))


def in_the_record(registry: Registry, pilot: Pilot) -> int:
    with registry.read() as session:
        return len(find.snapshots(session, pilot.id))


@pytest.mark.slow
def test_eight_processes_lose_no_update_and_break_no_chain(
    registry: Registry, pilot: Pilot, opening: dict[str, object]
) -> None:
    """200 acts each, all on the same row: read it, write it one higher, and tell the log."""
    writers = [start(opening, "count", 200) for _ in range(8)]
    errors = [writer.communicate(timeout=300)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, errors
    assert counted(registry) == 1600
    assert acts(registry, "pilot.counted") == 1600
    verification = verify(registry)
    assert verification.findings == ()
    assert verification.events == 1602  # and the two of the fixtures


@pytest.mark.slow
def test_writers_killed_among_others_leave_whole_acts_and_the_others_go_on(
    registry: Registry, pilot: Pilot, opening: dict[str, object]
) -> None:
    doomed = [start(opening, "ingest", 100_000) for _ in range(4)]
    others = [start(opening, "count", 60) for _ in range(4)]
    for writer in doomed:
        assert writer.stdout.readline().strip() == "ready"
    ingested = in_the_record(registry, pilot)
    for writer in doomed:
        while in_the_record(registry, pilot) == ingested:
            assert writer.poll() is None, writer.communicate()[1]
            time.sleep(0.05)
        ingested = in_the_record(registry, pilot)
        writer.kill()
    errors = [writer.communicate(timeout=300)[1] for writer in (*doomed, *others)]
    assert [writer.returncode for writer in others] == [0] * 4, errors
    ingested = in_the_record(registry, pilot)
    assert ingested >= len(doomed)
    assert acts(registry, "outcomes.accepted") == ingested
    assert acts(registry, "pilot.counted") == counted(registry) == 240 + ingested
    assert verify(registry).findings == ()


@pytest.mark.slow
@pytest.mark.postgres
def test_a_server_killed_in_the_middle_loses_nothing_that_was_told_done(tmp_path: Path, mortal_postgres: Any) -> None:
    """Killed twice with writers at work, as a power cut would: after its restart acts are whole or absent."""
    mortal_postgres.create("record")
    opening: dict[str, object] = {"home": tmp_path / "home", "database_url": mortal_postgres.address("record")}
    upgrade(str(opening["database_url"]))
    with Registry.open(**opening) as registry, registry.work(None, Via.APP) as work:
        work.record("pilot.registered", work.add(Pilot(key="call-back", title="Call-back at peak")))
    confirmed = 0
    for killed in (1, 2):
        writers = [start(opening, "told", 100_000) for _ in range(4)]
        for writer in writers:
            assert writer.stdout.readline().strip() == "ready"
        assert [writer.stdout.readline().strip() for writer in writers[:2]] == ["done"] * 2
        confirmed += 2
        mortal_postgres.kill()
        said = [everything_said(writer) for writer in writers]
        confirmed += sum(out.count("done") for out, _ in said)
        assert all("Unavailable" in error for _, error in said), said  # a refusal in our words, no bare driver's error
        mortal_postgres.start()
        with Registry.open(**opening) as registry:
            assert verify(registry).findings == ()
            assert acts(registry, "pilot.counted") == counted(registry)
            # An act may be done without its writer having heard of it, never the other way round.
            assert confirmed <= counted(registry) <= confirmed + 4 * killed


def test_a_writer_killed_inside_its_act_leaves_nothing_of_it(
    registry: Registry, pilot: Pilot, opening: dict[str, object]
) -> None:
    head = registry.head_hash()
    writer = start(opening, "hang", 1)
    assert [writer.stdout.readline().strip() for _ in range(2)] == ["ready", "inside"]
    writer.kill()
    writer.communicate(timeout=30)
    assert counted(registry) == 0
    assert registry.head_hash() == head
    assert verify(registry).whole
    with registry.work(None, Via.APP) as work:  # the lock went with the killed process
        work.record("pilot.remarked", pilot)
    assert len(list(registry.snapshots.stored())) == 1
    assert registry.collect_orphans(older_than=0) == 1
    assert list(registry.snapshots.stored()) == []


@pytest.mark.parametrize("after", [0.05, 0.21, 0.4])
def test_a_writer_killed_at_any_moment_leaves_whole_acts(
    registry: Registry, pilot: Pilot, opening: dict[str, object], after: float
) -> None:
    writer = start(opening, "ingest", 100_000)
    assert writer.stdout.readline().strip() == "ready"
    time.sleep(after)
    writer.kill()
    writer.communicate(timeout=30)
    with registry.read() as session:
        snapshots = find.snapshots(session, pilot.id)
    assert acts(registry, "pilot.counted") == acts(registry, "outcomes.accepted") == len(snapshots) == counted(registry)
    assert all(registry.snapshots.read(snapshot.sha256) for snapshot in snapshots)
    assert verify(registry).whole


def test_two_processes_may_open_an_empty_folder_at_once(tmp_path: Path) -> None:
    openers = [start({"home": tmp_path / "home"}, "count", 0) for _ in range(3)]
    errors = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], errors
    with Registry.open(tmp_path / "home") as registry:
        assert verify(registry).whole
