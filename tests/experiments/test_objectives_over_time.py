"""Key results over time: the way to the target, words that are due in the inbox, other bounds with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from experiments.desk import Desk
from experiments.objectives.course import courses
from experiments.objectives.keep import NewKeyResult, NewObjective, add_key_result, add_objective, check_in, retarget
from experiments.telling.due_dates import due_dates
from experiments.telling.inbox import moves
from registry import find
from registry.kinds import Role, Via
from registry.open import Registry
from registry.people import Person, PersonRole

MOMENT = [datetime(2026, 1, 1, 9, tzinfo=UTC)]


def on(day: date) -> None:
    MOMENT[0] = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    on(date(2026, 1, 1))
    with Registry.open(tmp_path / "home", "", clock=lambda: MOMENT[0]) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            for name, role in (("Ana Lima", Role.EXECUTIVE), ("Tom Berg", Role.REVIEWER)):
                person = work.add(Person(name=name))
                work.add(PersonRole(person_id=person.id, role=role))
                work.record("person.added", person)
        desk = Desk(registry=registry).as_person("Ana Lima")
        objective = add_objective(desk, NewObjective(title="Nobody waits", period="2026", owner="Ana Lima"))
        for new in (
            NewKeyResult(
                objective=objective, name="First response", kind="decrease", baseline=200.0, target=100.0, unit="s",
                due=date(2026, 12, 27), every_days=30,
            ),
            NewKeyResult(
                objective=objective, name="Occupancy", kind="keep_within", lowest=0.7, highest=0.85, unit="share",
                due=date(2026, 12, 27), every_days=400,
            ),
        ):  # fmt: skip
            add_key_result(desk, new)
        check_in(desk, "first-response", 200.0, "on_track")
        check_in(desk, "occupancy", 0.8, "on_track")
        yield desk


def test_a_word_is_due_to_the_owner_on_its_day_and_until_it_is_said(desk: Desk) -> None:
    on(date(2026, 1, 30))
    assert moves(desk) == ()
    on(date(2026, 2, 2))
    (move,) = moves(desk)
    assert (move.act, move.title, move.page, move.pilot) == ("key_result_word", "First response", "objectives", "")
    assert move.mine
    assert move.due == date(2026, 1, 31)
    assert not moves(desk.as_person("Tom Berg"))[0].mine
    assert "Say where “First response” stands" in due_dates(desk).decode().replace("\r\n ", "")
    check_in(desk, "first-response", 190.0, "on_track")
    assert moves(desk) == ()
    assert {move.due for move in moves(desk, upcoming=True)} == {date(2026, 3, 4), date(2027, 2, 5)}


def test_after_the_last_word_nothing_more_is_asked(desk: Desk) -> None:
    on(date(2026, 12, 28))
    check_in(desk, "first-response", 99.0, "on_track")
    check_in(desk, "occupancy", 0.8, "on_track")
    on(date(2028, 1, 1))
    assert moves(desk, upcoming=True) == ()


def test_the_way_leads_from_the_baseline_to_the_target_on_its_day(desk: Desk) -> None:
    on(date(2026, 7, 1))  # 181 of the 360 days
    check_in(desk, "first-response", 170.0, "at_risk")
    with desk.read() as session:
        rows = find.key_results(session)
    course, _ = courses(desk, rows)
    ((start, end),) = course.ways
    assert (start.on, start.value, end.on, end.value) == (date(2026, 1, 1), 200.0, date(2026, 12, 27), 100.0)
    assert "170 s on 1 Jul 2026, behind the way to 100 s by 27 Dec 2026 (the way asks for 150 s" in course.sentence
    check_in(desk, "first-response", 120.0, "on_track")
    course, _ = courses(desk, rows)
    assert [point.value for point in course.said] == [200.0, 170.0, 120.0]
    assert "on the way to 100 s" in course.sentence


def test_bounds_are_drawn_and_can_be_set_anew_with_a_reason(desk: Desk) -> None:
    retarget(desk, "occupancy", "A second site joined.", lowest=0.65, highest=0.9)
    with desk.read() as session:
        rows = find.key_results(session)
    _, course = courses(desk, rows)
    assert [way[0].value for way in course.ways] == pytest.approx([65.0, 90.0])
    assert course.sentence == "Occupancy: 80 % on 1 Jan 2026; to be kept between 65 % and 90 %."
