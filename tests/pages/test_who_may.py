"""Every page for everybody: what the table allows is offered, all else is explained and not offered; and the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.desk import why_not
from experiments.people import keeping
from experiments.words import problem_sentence, say
from registry import find
from registry.access import Act
from registry.kinds import Role, Stage, Via

Show = Callable[..., Any]
Read = Callable[[Any], str]
Clock = Callable[[datetime], None]
PAGES = Path(__file__).resolve().parents[2] / "experiments" / "pages"
EVERY_PAGE = sorted(path.stem for path in PAGES.glob("*.py") if "desk = begin(" in path.read_text())

# page, pilot, act, words on the button of its form
FORMS = [
    ("register", "", Act.REGISTER, "register.on"),
    ("plan", "repair-or-replace-advice", Act.PLAN, "plan.make"),
    ("assign", "repair-or-replace-advice", Act.ASSIGN, "assign.draw"),
    ("evidence", "chat-at-lunch", Act.ASSESS, "evidence.assess"),
    ("along", "chat-at-lunch", Act.CHANGE, "along.note"),
    ("along", "chat-at-lunch", Act.CHECK_IN, "along.check_in"),
    ("along", "shared-delivery-calendar", Act.SHAPE, "along.shape"),
    ("along", "chat-at-lunch", Act.AMEND, "along.amend"),
    ("review", "drop-in-repair-hour", Act.REVIEW, "review.give"),
    ("decide", "parts-list-before-the-visit", Act.DECIDE, "decide.record"),
    ("decide", "call-back-at-peak", Act.CLOSE, "close.close"),
    ("versions", "guided-first-answer", Act.ITERATE, "versions.draft"),
    ("people", "", Act.KEEP_PEOPLE, "people.add_now"),
    ("people", "", Act.DELEGATE, "people.delegate_now"),
]
HIDDEN = {Act.SHAPE, Act.AMEND}
"""Left out where one may not, without a word: the page is about other things."""


@pytest.fixture
def staffed(worked: Path, desk: Any) -> list[str]:
    """One more person for each role, who is nothing else; names of everybody."""
    keeping.add_person(desk, "Only administrator", department="Elsewhere", role="administrator")
    root = desk.as_person("Only administrator")
    for role in Role:
        if role != Role.ADMINISTRATOR:
            keeping.add_person(root, f"Only {role.value}", department="Elsewhere", role=role.value)
    with desk.registry.work(None, Via.SYSTEM) as work:
        pilot = find.pilot(work.session, "repair-or-replace-advice")
        work.change(pilot, "stage.set", stage=Stage.PLAN)
    with desk.read() as session:
        return [person.name for person in find.people(session)]


@pytest.mark.parametrize(("page", "pilot", "act", "words"), FORMS, ids=[f"{form[0]}-{form[2]}" for form in FORMS])
def test_a_form_is_there_for_those_who_may_and_explained_to_all_others(
    page: str, pilot: str, act: Act, words: str, staffed: list[str], desk: Any, show: Show, read: Read, clock: Clock
) -> None:
    if act == Act.ASSESS:
        clock(datetime.now(UTC) + timedelta(days=60))  # its next planned check is due by then
    if act == Act.ASSIGN:
        with desk.registry.work(None, Via.SYSTEM) as work:
            work.change(find.pilot(work.session, pilot), "stage.set", stage=Stage.SIGNED)
    offered_to, at = set(), show(page, pilot=pilot)
    for name in staffed:
        box = at.selectbox(key="acting_as_choice")
        at = box.select(next(option for option in box.options if option.startswith(name))).run()
        assert not at.exception, name
        problem = why_not(desk.as_person(name), act, desk.pilot(pilot) if pilot else None)
        there = any(button.label == say(words) for button in at.button)
        assert there == (problem is None), name
        if there:
            offered_to.add(name)
        elif act not in HIDDEN:
            text = read(at)
            assert say("frame.not_now") in text, name
            assert problem is not None
            assert problem_sentence(problem) in text or problem.code.startswith("first_"), name
    assert offered_to, "somebody may"
    assert offered_to != set(staffed) or act == Act.DELEGATE, "not everybody may"


def test_data_may_be_brought_by_the_team_alone(staffed: list[str], desk: Any, show: Show, read: Read) -> None:
    pilot = desk.pilot("chat-at-lunch")
    for name in staffed:
        at = show("data", pilot=pilot.key, person=name)
        allowed = why_not(desk.as_person(name), Act.INGEST, pilot) is None
        offered = [box for box in at.get("file_uploader") if not box.key.startswith("attach-file")]
        assert bool(offered) == allowed, name
        assert (say("frame.not_now") in read(at)) != allowed, name


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_page_renders_for_every_role_and_says_that_names_are_not_checked(
    page: str, staffed: list[str], show: Show, read: Read
) -> None:
    at = show(page, pilot="evening-delivery-window")
    for name in (name for name in staffed if name.startswith("Only ")):
        box = at.selectbox(key="acting_as_choice")
        at = box.select(next(option for option in box.options if option.startswith(name))).run()
        assert not at.exception, name
        assert "Single-user mode: names are not checked" in read(at)


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.fixture
def behind_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A login is asked for and set up; who is logged in is what the harness says (the browser tests go all the way)."""
    from streamlit import config
    from streamlit.runtime.secrets import secrets_singleton

    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        '[auth]\nredirect_uri = "http://localhost:1/oauth2callback"\ncookie_secret = "' + "s" * 40 + '"\n'
        'client_id = "a"\nclient_secret = "b"\nserver_metadata_url = "http://localhost:1/x"\n'
    )
    monkeypatch.setenv("PROVING_GROUND_LOGIN", "oidc")
    config.get_config_options()
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(secrets)])
    secrets_singleton._reset()
    yield
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


def logged_in(show: Show, page: str, subject: str = "u-1", **claims: Any) -> Any:
    """The page for somebody with those claims."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(str(PAGES.parents[1] / "app.py"), default_timeout=60)
    at.user = {"is_logged_in": True, "iss": "https://id.example", "sub": subject, "iat": 100, **claims}
    at.switch_page(f"experiments/pages/{page}.py")
    at.run()
    assert not at.exception, at.exception[0].message
    return at


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_page_opens_to_who_is_not_logged_in(
    page: str, worked: Path, behind_login: None, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    from streamlit.testing.v1 import AppTest

    monkeypatch.chdir(PAGES.parents[1])
    at = AppTest.from_file(str(PAGES.parents[1] / "app.py"), default_timeout=60)
    at.user = {"is_logged_in": False}
    at.query_params["pilot"] = "evening-delivery-window"
    at.switch_page(f"experiments/pages/{page}.py")
    text = read(at.run())
    assert not at.exception
    assert "Log in to see the pilots" in text
    assert "Leila Haddad" not in text
    assert [button.label for button in at.button] == ["Log in"]


def test_who_is_logged_in_has_no_choice_of_whom_to_be(
    worked: Path, behind_login: None, show: Show, read: Read, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PAGES.parents[1])
    at = logged_in(show, "people", name="Eve Blank")
    text = read(at)
    assert "Eve Blank" in text
    assert "names are not checked" not in text
    assert not [box for box in at.selectbox if box.key == "acting_as_choice"]
    assert "That takes an administrator" in text
    assert not [button for button in at.button if button.label == say("people.add_now")]


def test_a_name_that_can_not_be_kept_is_refused_in_words(
    worked: Path, behind_login: None, show: Show, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PAGES.parents[1])
    text = read(logged_in(show, "register", name="Eve\x00Blank"))
    assert "You can't come in with this login" in text
    assert "Leila Haddad" not in text


def test_who_was_deactivated_is_shown_the_door(
    worked: Path, behind_login: None, show: Show, read: Read, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PAGES.parents[1])
    at = logged_in(show, "register", name="Eve Blank")
    assert "Eve Blank" in read(at)
    with desk.registry.work(None, Via.SYSTEM) as work:
        eve = next(person for person in find.people(work.session) if person.name == "Eve Blank")
        work.change(eve, "person.deactivated", active=False)
    text = read(at.run())
    assert "Eve Blank has been deactivated here" in text
    assert "Leila Haddad" not in text


def test_acts_behind_a_login_are_recorded_as_checked(
    worked: Path, behind_login: None, show: Show, press: Callable[..., Any], desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PAGES.parents[1])
    keeping.add_person(desk, "Ada Root", email="ada@company.example", role="administrator")
    at = logged_in(show, "people", name="Ada", email="ada@company.example", email_verified=True)
    at.text_input(key="add-name").set_value("New Person")
    press(at, "Add")
    with desk.read() as session:
        made = find.events(session, act="person.added", newest=1)[0]
        assert (made.via, find.person(session, made.actor_id).name) == (Via.LOGIN, "Ada Root")


def test_a_server_that_others_reach_opens_nothing_without_login(
    worked: Path, show: Show, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit import config

    show()
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        at = show("portfolio")
        text = read(at)
    finally:
        config.set_option("server.address", before)
    assert "anybody could act in anybody's name" in text
    assert "Leila Haddad" not in text
    assert not at.button
    assert not at.text_input
