"""Writers to one SQLite file wait for their turn; whoever is done, refused or dead gives it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.errors import Refused
from registry.kinds import Via
from registry.open import Registry
from registry.pilots import Pilot
from registry.turns import take_turn


def test_a_turn_is_one_at_a_time_and_closing_it_gives_it_back(tmp_path: Path) -> None:
    first = take_turn(tmp_path / "registry.db", 1)
    assert first is not None
    assert take_turn(tmp_path / "registry.db", 0.02) is None
    first.close()
    second = take_turn(tmp_path / "registry.db", 1)
    assert second is not None
    second.close()


def test_what_is_kept_and_what_is_refused_gives_the_turn_back(tmp_path: Path) -> None:
    with Registry.open(tmp_path, "") as registry:
        with registry.work(None, Via.CLI) as work:
            work.record("pilot.registered", work.add(Pilot(key="call-back", title="Call-back at peak")))
            assert take_turn(tmp_path / "registry.db", 0.02) is None
        free = take_turn(tmp_path / "registry.db", 1)
        assert free is not None
        free.close()
        with pytest.raises(Refused), registry.work(None, Via.CLI) as work:
            work.add(Pilot(key="no-event", title="Nothing tells of it"))
        free = take_turn(tmp_path / "registry.db", 1)
        assert free is not None
        free.close()


def test_a_turn_that_never_comes_leaves_it_to_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.database.BUSY_SECONDS", 0.02)
    with Registry.open(tmp_path, "") as registry:
        held = take_turn(tmp_path / "registry.db", 1)
        assert held is not None
        with registry.work(None, Via.CLI) as work:  # nobody holds the database itself
            work.record("pilot.registered", work.add(Pilot(key="call-back", title="Call-back at peak")))
        held.close()
