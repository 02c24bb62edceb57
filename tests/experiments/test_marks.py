"""Whatever leaves the house carries the mark of the record's end, and finds a record whose end was cut off."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.errors import Refused, sentences
from experiments.memo import memo, render
from experiments.record.history import history, to_take_away
from experiments.record.verify import verify
from experiments.tables import as_csv, marked

Lead = Callable[..., Any]


def cut_off_the_end(home: Path, events: int) -> None:
    """What somebody with the file could do: the last events gone, the end moved, the locks put back."""
    with closing(sqlite3.connect(home / "registry.db", isolation_level=None)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM event WHERE seq > (SELECT max(seq) FROM event) - ?", [events])
        last = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        connection.execute("UPDATE log_head SET seq = ?, hash = ?", last)
        for _, statement in guards:
            connection.execute(statement)


def test_a_memo_finds_a_record_whose_end_was_cut_off(lead: Lead) -> None:
    led = lead("recommended")
    with led.desk.work() as work:  # leaves no row that would be missed: only the mark tells
        work.record("access.refused", led.desk.pilot(led.key), after={"act": "decide"})
    mark = led.desk.registry.head_hash()
    page = render(memo(led.desk, led.key), "html").decode()
    assert mark in page
    assert mark[:12] in page
    assert verify(led.desk, mark).whole
    cut_off_the_end(led.desk.registry.home, 1)
    assert verify(led.desk).whole  # nothing in the record itself tells it
    for noted in (mark, mark[:12], f"  {mark.upper()}\n"):
        found = verify(led.desk, noted)
        assert not found.whole
        assert len(found.findings) == 1
        assert "is not in the log any more" in found.findings[0]


def test_a_mark_stays_good_while_the_record_grows(lead: Lead, committed: Any) -> None:
    led = lead("reviewed")
    mark = led.desk.registry.head_hash()
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    close(led.desk.as_person("Ana Lima"), led.key, "It holds.")
    assert led.desk.registry.head_hash() != mark
    assert verify(led.desk, mark).whole
    assert verify(led.desk, mark[:12]).whole


@pytest.mark.parametrize("given", ["", "abc", "0123456789xy", "f" * 65, "../../etc", "a" * 11])
def test_what_is_no_mark_is_refused_with_where_to_find_one(lead: Lead, given: str) -> None:
    led = lead("assigned")
    with pytest.raises(Refused) as refused:
        verify(led.desk, given)
    assert "is no mark of the record" in sentences(refused.value)[0]


def test_the_first_broken_link_is_named(lead: Lead) -> None:
    led = lead("recommended")
    home = led.desk.registry.home
    with closing(sqlite3.connect(home / "registry.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER guard_event_update")
        connection.execute("UPDATE event SET why = 'another story' WHERE seq IN (5, 9)")
    told = verify(led.desk).findings
    assert told[0].startswith("Event 5 (")
    assert any("guard_event_update" in sentence for sentence in told)


def test_tables_to_take_away_carry_the_mark(lead: Lead) -> None:
    led = lead("assigned")
    mark = led.desk.registry.head_hash()
    columns = to_take_away(history(led.desk, led.key))
    text = as_csv(marked(columns, "mark", mark)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(columns["at"]) > 3
    assert {row["mark"] for row in rows} == {mark}


def test_json_from_the_command_line_carries_the_mark(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from experiments.cli import app

    led = lead("recommended")
    monkeypatch.setenv("PROVING_GROUND_HOME", str(led.desk.registry.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    mark = led.desk.registry.head_hash()
    output = str(led.desk.registry.home / "memo.html")
    for command in (["portfolio"], ["history", led.key], ["memo", led.key, "--output", output]):
        ran = CliRunner().invoke(app, [*command, "--json"])
        assert json.loads(ran.stdout)["log_head"] == mark, command
    assert CliRunner().invoke(app, ["verify", "--head", mark]).exit_code == 0
    assert CliRunner().invoke(app, ["verify", "--head", "0" * 12]).exit_code == 0  # before the first entry
    assert CliRunner().invoke(app, ["verify", "--head", "1" * 64]).exit_code == 1
