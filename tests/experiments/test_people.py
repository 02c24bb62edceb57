"""People are kept by administrators; somebody stands in; nobody is left without an administrator."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from experiments.cli import app
from experiments.commands.outputs import OUTPUTS
from experiments.desk import Desk, allowed
from experiments.errors import Refused
from experiments.people import keeping
from experiments.people.roll import departments, roll, to_take_away
from experiments.people.standing_in import delegate, end_delegation, stand_ins
from experiments.register import register
from registry import find
from registry.access import Act
from registry.errors import Conflict
from registry.kinds import Role
from registry.people import Person


@pytest.fixture
def ada(desk: Desk) -> Desk:
    """The desk of the first administrator."""
    keeping.add_person(desk, "Ada Root", email="Ada@company.example", department="IT", role="administrator")
    return desk.as_person("Ada Root")


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def test_the_first_administrator_is_named_by_anybody_and_from_then_on_only_administrators_keep_people(
    desk: Desk,
) -> None:
    keeping.add_person(desk, "Bo Lind")
    bo = desk.as_person("Bo Lind")
    assert allowed(bo, Act.KEEP_PEOPLE)
    keeping.give_role(bo, keeping.person_called(bo, "Bo Lind"), "administrator")
    keeping.add_person(bo, "Cy Ota")
    cy = desk.as_person("Cy Ota")
    with pytest.raises(Refused) as refused:
        keeping.give_role(cy, keeping.person_called(cy, "Cy Ota"), "administrator")
    assert codes(refused) == ["may_not"]


def test_where_people_log_in_nobody_makes_themselves_administrator(desk: Desk) -> None:
    keeping.add_person(desk, "Bo Lind")
    bo = Desk(registry=desk.registry, person=desk.as_person("Bo Lind").person, login=True)
    with pytest.raises(Refused) as refused:
        keeping.give_role(bo, keeping.person_called(bo, "Bo Lind"), "administrator")
    assert codes(refused) == ["may_not"]


def test_the_last_administrator_stays(ada: Desk) -> None:
    me = keeping.person_called(ada, "Ada Root")
    for act in (lambda: keeping.take_role(ada, me, "administrator"), lambda: keeping.deactivate(ada, me)):
        with pytest.raises(Refused) as refused:
            act()
        assert codes(refused) == ["last_administrator"]
    keeping.add_person(ada, "Bo Lind", role="administrator")
    keeping.take_role(ada, me, "administrator")
    with ada.read() as session:
        assert [row.name for row in find.people_in_role(session, Role.ADMINISTRATOR)] == ["Bo Lind"]


def test_an_inactive_administrator_is_none(ada: Desk) -> None:
    bo = keeping.add_person(ada, "Bo Lind", role="administrator")
    keeping.deactivate(ada, bo)
    with pytest.raises(Refused) as refused:
        keeping.take_role(ada, keeping.person_called(ada, "Ada Root"), "administrator")
    assert codes(refused) == ["last_administrator"]


def test_roles_are_given_taken_and_told_without_names_in_the_log(ada: Desk) -> None:
    bo = keeping.add_person(ada, "Bo Lind", department="Sales")
    keeping.add_department(ada, "Logistics")
    keeping.give_role(ada, bo, "reviewer", "Logistics")
    keeping.give_role(ada, bo, "reviewer", "Logistics")
    keeping.give_role(ada, bo, "reviewer")
    entry = next(entry for entry in roll(ada) if entry.name == "Bo Lind")
    assert entry.roles == (("viewer", ""), ("reviewer", "Logistics"), ("reviewer", ""))
    keeping.take_role(ada, bo, "reviewer", "Logistics")
    with pytest.raises(Refused) as refused:
        keeping.take_role(ada, bo, "executive")
    assert codes(refused) == ["role_not_had"]
    with ada.read() as session:
        told = find.events(session, act="person.role_given")
        assert "Bo" not in json.dumps([[event.before, event.after, event.why] for event in told])
        assert len(told) == 4  # Ada's, Bo's first, and the two of a reviewer; the same again is nothing


def test_nobody_reports_in_a_circle(ada: Desk) -> None:
    bo = keeping.add_person(ada, "Bo Lind", manager="Ada Root")
    keeping.add_person(ada, "Cy Ota", manager="Bo Lind")
    me = keeping.person_called(ada, "Ada Root")
    for manager in ("Ada Root", "Cy Ota"):
        with pytest.raises(Refused) as refused:
            keeping.move_person(ada, me, manager=manager)
        assert codes(refused) == ["manager_in_circle"]
    keeping.move_person(ada, bo, manager="")
    keeping.move_person(ada, me, manager="Cy Ota")
    assert {entry.name: entry.manager for entry in roll(ada)}["Ada Root"] == "Cy Ota"


def test_a_stale_form_is_told_and_changes_nothing(ada: Desk) -> None:
    shown = keeping.add_person(ada, "Bo Lind", department="Sales")
    keeping.move_person(ada, shown, department="Logistics")
    with pytest.raises(Conflict):
        keeping.move_person(ada, Person(id=shown.id, revision=1, name=shown.name), department="IT")
    assert {entry.name: entry.department for entry in roll(ada)}["Bo Lind"] == "Logistics"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda ada: keeping.add_person(ada, "  "), "person_without_name"),
        (lambda ada: keeping.add_person(ada, "Bo", email="ADA@company.example"), "email_taken"),
        (lambda ada: keeping.add_person(ada, "Bo", role="king"), "role_unknown"),
        (lambda ada: keeping.add_person(ada, "Bo", manager="Nobody Here"), "person_unknown"),
        (lambda ada: keeping.add_department(ada, "it"), "department_there"),
        (lambda ada: keeping.add_department(ada, ""), "department_without_name"),
        (
            lambda ada: keeping.give_role(ada, keeping.person_called(ada, "Ada Root"), "executive", "IT"),
            "role_without_department",
        ),
    ],
)
def test_what_can_not_be_kept_is_refused_and_nothing_is(ada: Desk, act: Callable[[Desk], Any], code: str) -> None:
    head = ada.registry.head_hash()
    with pytest.raises(Refused) as refused:
        act(ada)
    assert codes(refused) == [code]
    assert ada.registry.head_hash() == head


def test_the_roll_is_searched_and_sorted_and_taken_away(ada: Desk) -> None:
    keeping.add_person(ada, "Bo Lind", department="Sales", manager="Ada Root", role="executive")
    gone = keeping.add_person(ada, "Cy Ota", department="Sales")
    keeping.deactivate(ada, gone, "left")
    assert [entry.name for entry in roll(ada, words="sales EXECUTIVE")] == ["Bo Lind"]
    assert [entry.name for entry in roll(ada, order="manager")] == ["Bo Lind", "Ada Root"]
    assert [entry.name for entry in roll(ada, gone=True, order="department")] == ["Ada Root", "Bo Lind", "Cy Ota"]
    table = to_take_away(roll(ada, gone=True))
    assert table["Active"] == ["yes", "yes", "no"]
    assert departments(ada) == ("IT", "Sales")


def test_somebody_stands_in_for_a_partner_who_is_away_and_not_a_day_longer(
    desk: Desk, waiting: Callable[..., dict[str, Any]], calendar: Any
) -> None:
    key = register(desk, waiting()).key
    keeping.add_person(desk, "Kim Sato")
    tom, kim = desk.as_person("Tom Berg"), desk.as_person("Kim Sato")
    today = calendar.today
    assert kim.person is not None
    delegate(tom, kim.person, starts=today + timedelta(days=1), ends=today + timedelta(days=2), reason="Holiday")
    may_sign = []
    for _ in range(4):
        may_sign.append(allowed(kim, Act.SIGN_METRIC, desk.pilot(key)))
        calendar.today += timedelta(days=1)
    assert may_sign == [False, True, True, False]


def test_who_is_back_early_ends_it_and_others_can_not(desk: Desk, waiting: Callable[..., dict[str, Any]]) -> None:
    register(desk, waiting())
    keeping.add_person(desk, "Ada Root", role="administrator")
    keeping.add_person(desk.as_person("Ada Root"), "Kim Sato")
    tom, kim = desk.as_person("Tom Berg"), desk.as_person("Kim Sato")
    day = date(2026, 1, 12)
    assert kim.person is not None
    with pytest.raises(Refused) as refused:
        delegate(kim, kim.person, away=tom.person, starts=day, ends=day)
    assert codes(refused) == ["may_not"]
    delegate(desk.as_person("Ada Root"), kim.person, away=tom.person, starts=day, ends=day)
    row = stand_ins(desk)[0]
    assert (row.away, row.instead, row.running) == ("Tom Berg", "Kim Sato", True)
    with pytest.raises(Refused) as refused:
        end_delegation(kim, row.key, row.revision)
    assert codes(refused) == ["may_not"]
    end_delegation(tom, row.key, row.revision)
    assert stand_ins(desk)[0].over


def test_all_that_is_wrong_with_a_stand_in_is_said_at_once(ada: Desk) -> None:
    me = keeping.person_called(ada, "Ada Root")
    with pytest.raises(Refused) as refused:
        delegate(ada, me, starts=date(2026, 1, 14), ends=date(2026, 1, 13))
    assert codes(refused) == ["stands_in_for_self", "ends_before_start"]


def test_the_command_line_keeps_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def pilot(*arguments: str, code: int = 0) -> Any:
        ran = CliRunner().invoke(app, [*arguments, "--json"])
        assert ran.exit_code == code, ran.output
        value = json.loads(ran.stdout)
        return value["refused"] if code else OUTPUTS[arguments[0]].model_validate(value).model_dump()

    pilot("person", "add", "Ada Root", "--role", "administrator", "--email", "ada@company.example")
    assert "Say who you are" in pilot("person", "add", "Bo Lind", code=1)[0]
    ada = ("--as", "ada@company.example")
    assert pilot("person", "add", "Bo Lind", "--department", "Sales", *ada)["roles"] == [("viewer", "")]
    assert pilot("person", "role", "Bo Lind", "--give", "executive", "--take", "viewer", *ada)["roles"] == [
        ("executive", "")
    ]
    assert pilot("person", "manager", "Bo Lind", "Ada Root", *ada)["manager"] == "Ada Root"
    assert "That takes an administrator" in pilot("person", "deactivate", "Ada Root", "--as", "Bo Lind", code=1)[0]
    assert pilot("delegate", "Ada Root", "--from", "2026-01-01", "--until", "2099-01-01", "--as", "Bo Lind")["running"]
    assert pilot("person", "deactivate", "Bo Lind", *ada)["active"] is False
    assert "Nobody here is called Bo Lind" in pilot("delegate", "Ada Root", "--from", "2026-01-01", "--until",
                                                    "2099-01-01", "--as", "Bo Lind", code=1)[0]  # fmt: skip
    assert [entry["name"] for entry in pilot("people")["people"]] == ["Ada Root"]


def test_where_a_login_is_asked_for_the_command_line_acts_for_nobody_unnamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: Callable[..., dict[str, Any]]
) -> None:
    from registry.open import Registry

    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with Registry.open(tmp_path / "home", "") as registry:
        key = register(Desk(registry=registry), waiting()).key
    monkeypatch.setenv("PROVING_GROUND_LOGIN", "oidc")
    ran = CliRunner().invoke(app, ["plan", key])
    assert ran.exit_code == 1
    assert "Say who you are" in ran.output
    monkeypatch.setenv("PROVING_GROUND_PERSON", "Ana Lima")
    assert CliRunner().invoke(app, ["plan", key]).exit_code == 0
