"""What needs me: whose move it is and by when, in as many queries for many pilots as for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from experiments.deciding.choice import Choice
from experiments.deciding.decide import decide
from experiments.deciding.overrule import confirm_overrule
from experiments.deciding.requests import answer_request, ask_for_more
from experiments.deciding.review import review
from experiments.desk import Desk
from experiments.planning.plan import plan
from experiments.register import register
from experiments.safety.concerns import answer_concern, raise_concern
from experiments.safety.pauses import pause
from experiments.signing.sign import sign
from experiments.telling.inbox import Move, moves, moves_of
from experiments.telling.open_ends import _SEEN
from registry.people import Delegation

Lead = Callable[..., Any]
Charters = Callable[..., dict[str, Any]]


def _mine(desk: Desk, name: str) -> list[tuple[str, date | None]]:
    return [(move.act, move.due) for move in moves(desk.as_person(name)) if move.mine]


def _acts(desk: Desk, name: str) -> list[str]:
    return [act for act, _ in _mine(desk, name)]


def test_partners_are_asked_first_then_the_owner_and_the_sponsor_once_it_is_late(
    desk: Desk, waiting: Charters, calendar: Any
) -> None:
    key = register(desk, waiting()).key
    assert _acts(desk, "Ana Lima") == ["make_plan"]
    plan(desk.as_person("Ana Lima"), key)
    assert _mine(desk, "Tom Berg") == [("sign_partner", date(2026, 2, 23))]
    assert _acts(desk, "Ana Lima") == []
    calendar.today = date(2026, 2, 24)
    assert _acts(desk, "Ruth Vogel") == ["start_unsigned"]
    sign(desk.as_person("Tom Berg"), key)
    assert _acts(desk, "Tom Berg") == []
    assert _acts(desk, "Ana Lima") == _acts(desk, "Ruth Vogel") == ["sign"]


def test_whoever_stands_in_has_the_move_too(desk: Desk, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    plan(desk.as_person("Ana Lima"), key)
    with desk.work() as work:
        people = {name: desk.as_person(name).person.id for name in ("Tom Berg", "Ruth Vogel")}
        away = Delegation(
            from_id=people["Tom Berg"], to_id=people["Ruth Vogel"], starts=date(2026, 1, 10), ends=date(2026, 1, 20)
        )
        work.record("delegation.given", work.add(away))
    assert _acts(desk, "Ruth Vogel") == ["sign_partner"]
    (move,) = moves_of(desk, desk.pilot(key))
    assert move.who == "Ruth Vogel or Tom Berg"


def test_a_review_has_its_last_day_and_after_it_only_the_decision_waits(lead: Lead, calendar: Any) -> None:
    led = lead("recommended")
    assert _mine(led.desk, "Tom Berg") == [("review", date(2026, 5, 22))]
    assert _mine(led.desk, "Ruth Vogel") == [("decide", date(2026, 5, 29))]
    calendar.today = date(2026, 5, 23)
    assert _acts(led.desk, "Tom Berg") == []
    assert _acts(led.desk, "Ruth Vogel") == ["decide"]


def test_a_deferred_decision_is_due_on_its_day(lead: Lead) -> None:
    led = lead("reviewed")
    later = Choice(verdict=None, deferred=True, reason="budget round", until=date(2026, 7, 1))
    decide(led.desk.as_person("Ruth Vogel"), led.key, later)
    assert _mine(led.desk, "Ruth Vogel") == [("decide", date(2026, 7, 1))]


def test_concerns_and_requests_wait_until_they_are_answered(lead: Lead) -> None:
    led = lead("reviewed")
    partner, owner = led.desk.as_person("Tom Berg"), led.desk.as_person("Ana Lima")
    raise_concern(partner, led.key, "Drivers phone while driving.")
    ask_for_more(partner, led.key, "By tour, please")
    assert _mine(led.desk, "Ana Lima") == [("answer_concern", date(2026, 5, 14)), ("answer_request", date(2026, 5, 17))]
    assert _acts(led.desk, "Ruth Vogel") == ["answer_concern", "decide"]
    answer_concern(owner, led.key, 1, "They stop first.")
    answer_request(owner, led.key, 1, "In the appendix.")
    assert _acts(led.desk, "Ana Lima") == []


def test_an_overrule_waits_for_its_second_and_is_looked_back_on_after_a_year(
    lead: Lead, executive: Any, calendar: Any
) -> None:
    led = lead("reviewed")
    second = executive(led.desk)
    stop = Choice(verdict="STOP", reason="no budget", second_approver="Karin Holm")
    decide(led.desk.as_person("Ruth Vogel"), led.key, stop)
    assert _mine(led.desk, "Karin Holm") == [("confirm", date(2026, 5, 19))]
    assert _acts(led.desk, "Ruth Vogel") == []
    confirm_overrule(second, led.key)
    assert _acts(led.desk, "Ruth Vogel") == []
    calendar.today = date(2027, 5, 12)
    assert _acts(led.desk, "Ruth Vogel") == _acts(led.desk, "Karin Holm") == ["look_back"]


def test_a_paused_pilot_waits_for_its_owner_alone(lead: Lead) -> None:
    led = lead("ingested")
    pause(led.desk.as_person("Ruth Vogel"), led.key, "The phones are down.")
    assert _acts(led.desk, "Ana Lima") == ["resume"]


def test_the_list_takes_as_many_queries_for_twelve_pilots_as_for_one(desk: Desk, waiting: Charters) -> None:
    def queries(*, first: bool) -> int:
        if first:
            _SEEN.clear()
        with _counted(desk) as statements:
            assert moves(desk.as_person("Ana Lima"))
        return len(statements)

    register(desk, waiting())
    one = queries(first=True)
    for number in range(11):
        plan(desk.as_person("Ana Lima"), register(desk, waiting(title=f"Pilot {number}")).key)
    moved = queries(first=False)
    assert queries(first=True) == one <= 26
    assert moved <= one + 4  # which ones moved
    assert queries(first=False) <= 12


@contextmanager
def _counted(desk: Desk) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(desk.registry._engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(desk.registry._engine, "before_cursor_execute", note)


def test_a_review_is_asked_of_those_with_a_number_of_their_own(lead: Lead) -> None:
    led = lead("recommended")
    review(led.desk.as_person("Tom Berg"), led.key, "endorse")
    assert not [move for move in moves(led.desk) if move.act == "review"]


@pytest.fixture
def one(desk: Desk, waiting: Charters) -> Move:
    register(desk, waiting())
    return moves(desk)[0]


def test_nobody_by_name_has_no_moves_of_their_own(one: Move) -> None:
    assert not one.mine
    assert one.who == "Ana Lima"
