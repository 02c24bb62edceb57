"""The portfolio that is kept says after every change what a fresh reading says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.notes import comment
from experiments.people.keeping import add_person
from experiments.portfolio import kept, seen
from experiments.portfolio import survey as stage
from experiments.portfolio.rows import Survey
from experiments.portfolio.survey import survey
from experiments.record.verify import verify
from experiments.register import register
from experiments.safety.pauses import pause
from registry import find
from registry.kinds import Via
from registry.people import Department, Person


def read_anew(desk: Desk) -> Survey:
    seen._SEEN.clear()
    return survey(desk)


def test_after_every_act_the_kept_portfolio_is_the_one_read_anew(
    lead: Any, committed: Any, waiting: Callable[..., Any]
) -> None:
    led = lead("reviewed")
    desk, ana = led.desk, led.desk.as_person("Ana Lima")
    acts: tuple[Callable[[], object], ...] = (
        lambda: register(desk, waiting(title="Another pilot")),
        lambda: comment(ana, led.key, "Well done"),
        lambda: decide(desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed)),
        lambda: close(ana, led.key, "Call back within the hour."),
        lambda: _renamed(desk, Department, "Logistics", "Delivery"),
        lambda: _renamed(desk, Person, "Ana Lima", "Ana Lima-Berg"),
    )
    shown = read_anew(desk)
    for act in acts:
        act()
        shown = survey(desk)
        assert shown == read_anew(desk)
    assert {row.department for row in shown.rows} == {"Contact centre"}
    assert shown.rows[0].partners == ("Delivery",)
    assert {row.owner for row in shown.rows} == {"Ana Lima-Berg"}
    assert next(row for row in shown.rows if row.key == led.key).stage == "closed"


def test_only_what_moved_is_read_again(lead: Any, waiting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    led = lead("ingested")
    register(led.desk, waiting(title="Another pilot"))
    read_anew(led.desk)
    read = asked_for(monkeypatch)
    survey(led.desk)
    assert read == []
    pause(led.desk.as_person("Ana Lima"), led.key, "A strike.")
    survey(led.desk)
    assert read == [led.key]


def test_another_person_in_the_house_moves_nobody(lead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    led = lead("ingested")
    read_anew(led.desk)
    read = asked_for(monkeypatch)
    add_person(led.desk, "New Colleague")
    survey(led.desk)
    assert read == []


def test_another_day_another_age(lead: Any, calendar: Any) -> None:
    led = lead("ingested")
    (before,) = read_anew(led.desk).rows
    calendar.today = calendar.today.replace(day=calendar.today.day + 3)
    (after,) = survey(led.desk).rows
    assert after.age_days == before.age_days + 3


@pytest.fixture
def in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a large portfolio, written after every event."""
    monkeypatch.setattr(kept, "FEWEST", 1)
    monkeypatch.setattr(kept, "EVERY", 1)


@pytest.mark.usefixtures("in_a_file")
def test_a_program_that_has_just_started_reads_only_what_moved_since_the_last_one(
    lead: Any, waiting: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    led = lead("reviewed")
    register(led.desk, waiting(title="Another pilot"))
    before = read_anew(led.desk)
    read = asked_for(monkeypatch)
    assert read_anew(led.desk) == before
    assert read == []
    pause(led.desk.as_person("Ana Lima"), led.key, "A strike.")
    after = read_anew(led.desk)
    assert read == [led.key]
    file_of(led.desk).unlink()
    assert read_anew(led.desk) == after


@pytest.mark.usefixtures("in_a_file")
@pytest.mark.parametrize("content", ["", "{", '{"seq": 1}', "\x00", "[]"])
def test_a_broken_file_is_no_file(lead: Any, content: str) -> None:
    led = lead("ingested")
    before = read_anew(led.desk)
    file_of(led.desk).write_text(content)
    assert read_anew(led.desk) == before


@pytest.mark.usefixtures("in_a_file")
def test_a_file_of_another_program_or_another_record_is_no_file(lead: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    led = lead("ingested")
    before = read_anew(led.desk)
    stored = file_of(led.desk).read_text()
    for mark in (f'"code":"{kept._code()}"', f'"hash":"{led.desk.registry.head_hash()}"'):
        assert mark in stored
        file_of(led.desk).write_text(stored.replace(mark, mark[:-4] + '000"').replace("Call-back", "Call-off"))
        assert read_anew(led.desk) == before


@pytest.mark.usefixtures("in_a_file")
def test_a_folder_that_takes_no_file_is_only_slower(lead: Any) -> None:
    led = lead("ingested")
    (led.desk.registry.home / "kept").write_text("in the way")
    assert [row.key for row in read_anew(led.desk).rows] == [led.key]


@pytest.mark.usefixtures("in_a_file")
def test_a_file_that_somebody_wrote_into_is_found_by_verify_and_made_anew(lead: Any) -> None:
    led = lead("recommended")
    before = read_anew(led.desk)
    assert verify(led.desk).whole
    stored = file_of(led.desk).read_text()
    file_of(led.desk).write_text(stored.replace('"verdict":"SCALE"', '"verdict":"STOP"'))
    assert read_anew(led.desk) != before
    found = verify(led.desk)
    assert not found.whole
    assert [led.key in sentence for sentence in found.findings] == [True]
    assert survey(led.desk) == before
    assert verify(led.desk).whole


def file_of(desk: Desk) -> Path:
    return desk.registry.home / "kept" / "portfolio-en.json"


def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the pilots that are read from now on."""
    read: list[str] = []
    before = stage._survey

    def noted(session: Any, pilots: Any) -> Survey:
        read.extend(pilot.key for pilot in pilots)
        return before(session, pilots)

    monkeypatch.setattr(stage, "_survey", noted)
    return read


def _renamed(desk: Desk, model: type[Any], old: str, new: str) -> None:
    with desk.registry.work(None, Via.CLI) as work:
        row = next(row for row in find.all_of(work.session, model) if row.name == old)
        work.change(row, "row.renamed", name=new)
