"""What a login provider says becomes a person with roles, by the settings; what it can't prove is not believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.desk import Desk
from experiments.errors import Refused
from experiments.login import (
    Claims,
    LoginSettings,
    bound_to,
    claims_from,
    is_loopback,
    login_required,
    login_settings,
)
from experiments.people import keeping
from experiments.people.entering import entered, recognised
from registry import find
from registry.kinds import Role, Via

SETTINGS = LoginSettings(
    roles={"innovation": [Role.INNOVATOR], "board": [Role.EXECUTIVE, Role.ANALYST]},
    first_administrator="ada@company.example",
)
REFRESHED = SETTINGS.model_copy(update={"refresh_roles": True})


def said(subject: str = "u-1", *, issued: int = 100, **more: Any) -> Claims:
    return Claims(issuer="https://id.example", subject=subject, issued=issued, **{"name": "Bo Lind", **more})


def roles(desk: Desk, subject: str = "u-1") -> set[Role]:
    person = recognised(desk.registry, "https://id.example", subject)
    assert person is not None
    with desk.read() as session:
        return find.roles(session, person.id)


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.problems[0].code


def test_a_new_person_is_a_viewer_unless_a_group_says_more(desk: Desk) -> None:
    entered(desk.registry, said(groups=("unknown",)), SETTINGS)
    entered(desk.registry, said("u-2", groups=("innovation", "board")), SETTINGS)
    assert roles(desk) == {Role.VIEWER}
    assert roles(desk, "u-2") == {Role.INNOVATOR, Role.EXECUTIVE, Role.ANALYST}


def test_a_person_named_before_is_found_by_a_verified_address_alone(desk: Desk) -> None:
    keeping.add_person(desk, "Bo Lind", email="bo@company.example", role="executive")
    unproven = entered(desk.registry, said("u-1", email=None), SETTINGS)
    proven = entered(desk.registry, said("u-2", email="bo@company.example", department="Sales"), SETTINGS)
    assert roles(desk, "u-1") == {Role.VIEWER}
    assert roles(desk, "u-2") == {Role.EXECUTIVE}
    assert unproven.id != proven.id
    with desk.read() as session:
        assert {row.name for row in find.departments(session) if row.id == proven.department_id} == {"Sales"}


def test_an_address_that_went_to_a_new_colleague_does_not_open_the_old_ones_place(desk: Desk) -> None:
    entered(desk.registry, said("u-1", email="bo@company.example"), SETTINGS)
    with pytest.raises(Refused) as refused:
        entered(desk.registry, said("u-2", email="bo@company.example"), SETTINGS)
    assert code(refused) == "login_address_taken"


def test_the_first_administrator_comes_by_address_and_only_while_there_is_none(desk: Desk) -> None:
    entered(desk.registry, said("u-1", email="ada@company.example"), SETTINGS)
    assert Role.ADMINISTRATOR in roles(desk)
    other = SETTINGS.model_copy(update={"first_administrator": "eve@company.example"})
    entered(desk.registry, said("u-2", email="eve@company.example"), other)
    assert roles(desk, "u-2") == {Role.VIEWER}


def test_roles_stay_as_the_record_has_them(desk: Desk) -> None:
    person = entered(desk.registry, said(groups=("board",)), SETTINGS)
    keeping.take_role(desk, person, "executive")
    entered(desk.registry, said(groups=("board", "innovation"), issued=200), SETTINGS)
    assert roles(desk) == {Role.ANALYST}


def test_roles_follow_the_claims_at_a_login_where_the_settings_say_so(desk: Desk) -> None:
    person = entered(desk.registry, said(groups=("board",)), REFRESHED)
    keeping.give_role(desk, person, "reviewer")
    entered(desk.registry, said(groups=("innovation",), issued=200), REFRESHED)
    assert roles(desk) == {Role.INNOVATOR, Role.REVIEWER}, "what is given here alone stays"


def test_an_old_cookie_is_no_login_and_brings_no_role_back(desk: Desk) -> None:
    entered(desk.registry, said(groups=("board",), issued=100), REFRESHED)
    entered(desk.registry, said(groups=("innovation",), issued=200), REFRESHED)
    entered(desk.registry, said(groups=("board",), issued=100), REFRESHED)
    assert roles(desk) == {Role.INNOVATOR}
    with desk.read() as session:
        told = find.events(session, act="identity.entered")
    assert [(event.via, event.after) for event in told] == [
        (Via.LOGIN, {"issued": 100}),
        (Via.LOGIN, {"issued": 200}),
    ]


def test_claims_do_not_take_the_last_administrator_away(desk: Desk) -> None:
    kept = REFRESHED.model_copy(update={"roles": {"it": [Role.ADMINISTRATOR]}})
    entered(desk.registry, said(groups=("it",)), kept)
    entered(desk.registry, said(issued=200), kept)
    assert roles(desk) == {Role.ADMINISTRATOR}


def test_who_was_deactivated_stays_outside(desk: Desk) -> None:
    keeping.add_person(desk, "Ada Root", role="administrator")
    person = entered(desk.registry, said(), SETTINGS)
    keeping.deactivate(desk.as_person("Ada Root"), person)
    for act in (
        lambda: recognised(desk.registry, "https://id.example", "u-1"),
        lambda: entered(desk.registry, said(issued=200), SETTINGS),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert code(refused) == "person_inactive"


def test_the_same_subject_of_another_provider_is_somebody_else(desk: Desk) -> None:
    one = entered(desk.registry, said(), SETTINGS)
    other = entered(desk.registry, Claims(issuer="https://other", subject="u-1", issued=1, name="Bo Lind"), SETTINGS)
    assert one.id != other.id


BASE = {"iss": "https://id.example", "sub": "u-1", "iat": 1_700_000_000, "email": "Bo@Company.example"}


@pytest.mark.parametrize(
    ("more", "email"),
    [
        ({}, None),
        ({"email_verified": False}, None),
        ({"email_verified": "false"}, None),
        ({"email_verified": 1.5}, None),
        ({"email_verified": True}, "bo@company.example"),
        ({"email_verified": "true"}, "bo@company.example"),
    ],
)
def test_an_address_counts_where_the_provider_has_checked_it(more: dict[str, Any], email: str | None) -> None:
    assert claims_from({**BASE, **more}, LoginSettings()).email == email
    assert claims_from({**BASE, **more}, LoginSettings(trust_email=True)).email == "bo@company.example"


def test_claims_are_read_by_the_names_of_the_settings() -> None:
    names = LoginSettings.model_validate({"claims": {"name": "display", "groups": "teams", "department": "unit"}})
    read = claims_from({**BASE, "display": " Bo ", "teams": "board", "unit": "Sales"}, names)
    assert (read.name, read.groups, read.department) == ("Bo", ("board",), "Sales")


def test_a_provider_that_does_not_say_who_it_is_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        claims_from({"email": "bo@company.example"}, LoginSettings())
    assert refused.value.problems[0].facts["missing"] == ["iss", "sub", "iat"]


def test_the_settings_file_is_read_and_all_that_is_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login_settings(tmp_path) == LoginSettings()
    (tmp_path / "login.toml").write_text('first_administrator = "a@b.example"\n[roles]\nboard = ["executive"]\n')
    assert login_settings(tmp_path).roles == {"board": [Role.EXECUTIVE]}
    monkeypatch.setenv("PROVING_GROUND_FIRST_ADMINISTRATOR", "c@d.example")
    assert login_settings(tmp_path).first_administrator == "c@d.example"
    other = tmp_path / "other.toml"
    other.write_text('surprise = 1\n[roles]\nboard = ["king"]\n')
    monkeypatch.setenv("PROVING_GROUND_LOGIN_SETTINGS", str(other))
    with pytest.raises(Refused) as refused:
        login_settings(tmp_path)
    assert {problem.column for problem in refused.value.problems} == {"surprise", "roles.board.0"}
    monkeypatch.setenv("PROVING_GROUND_LOGIN_SETTINGS", str(tmp_path / "absent.toml"))
    with pytest.raises(Refused) as refused:
        login_settings(tmp_path)
    assert code(refused) == "file_not_readable"


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        (None, False),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("localhost.evil.example", False),
        ("pilots.company.example", False),
    ],
)
def test_only_this_machine_is_let_in_without_login(
    address: str | None, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVING_GROUND_LOGIN", raising=False)
    assert is_loopback(address) is alone
    if alone:
        assert bound_to(address) == address
    else:
        with pytest.raises(Refused) as refused:
            bound_to(address)
        assert code(refused) == "login_not_loopback"
    monkeypatch.setenv("PROVING_GROUND_LOGIN", "oidc")
    assert bound_to(address) == (address or "")


def test_a_slip_of_the_pen_does_not_open_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVING_GROUND_LOGIN", "odic")
    with pytest.raises(Refused) as refused:
        login_required()
    assert code(refused) == "login_unknown"
