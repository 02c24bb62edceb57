"""The portfolio that is kept says after every change what a fresh reading says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.deciding.close import close
from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.notes import comment
from experiments.portfolio import seen
from experiments.portfolio.rows import Survey
from experiments.portfolio.survey import survey
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
    kept = read_anew(desk)
    for act in acts:
        act()
        shown = survey(desk)
        assert shown == read_anew(desk)
        kept = shown
    assert {row.department for row in kept.rows} == {"Contact centre"}
    assert kept.rows[0].partners == ("Delivery",)
    assert {row.owner for row in kept.rows} == {"Ana Lima-Berg"}
    assert next(row for row in kept.rows if row.key == led.key).stage == "closed"


def test_only_what_moved_is_read_again(lead: Any, waiting: Callable[..., Any]) -> None:
    led = lead("ingested")
    register(led.desk, waiting(title="Another pilot"))
    before = read_anew(led.desk)
    pause(led.desk.as_person("Ana Lima"), led.key, "A strike.")
    after = survey(led.desk)
    untouched = [row for row in after.rows if row.key != led.key]
    assert untouched
    assert all(any(row is old for old in before.rows) for row in untouched)


def test_another_day_is_read_anew(lead: Any, calendar: Any) -> None:
    led = lead("ingested")
    (before,) = read_anew(led.desk).rows
    calendar.today = calendar.today.replace(day=calendar.today.day + 3)
    (after,) = survey(led.desk).rows
    assert after.age_days == before.age_days + 3


def _renamed(desk: Desk, model: type[Any], old: str, new: str) -> None:
    with desk.registry.work(None, Via.CLI) as work:
        row = next(row for row in find.all_of(work.session, model) if row.name == old)
        work.change(row, "row.renamed", name=new)
