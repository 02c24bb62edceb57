"""What every page stands in: the desk of whoever looks, the pilot in the address, and how a refusal is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st

from experiments.afterwards import is_recorded, past_lines
from experiments.desk import Desk, why_not
from experiments.errors import REFUSALS, problems_of
from experiments.pages import door, look
from experiments.pages.look import theme as theme
from experiments.portfolio.survey import portfolio
from experiments.safety.worries import worries
from experiments.telling.inbox import NEXT, Move, moves_of
from experiments.words import problem_sentence, say
from experiments.words.titles import titled
from registry import find
from registry.access import Act
from registry.kinds import Via
from registry.open import Registry
from registry.people import Person
from registry.pilots import Pilot

Answer = TypeVar("Answer")
PERSON = "acting_as"
FLASH = "flash"
SHOWN = "pilot_shown"
"""The pilot that was looked at last: menus keep no address, and nobody wants to choose it again."""


@st.cache_resource(max_entries=1)
def registry() -> Registry:
    """One registry for the process: its engine is shared, sessions never are."""
    return Registry.open()


def begin(title: str, *, lead: str | None = None) -> Desk:
    """Title, who acts, and what was just done. Returns the desk that this page's acts are done at."""
    look.style()
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    with left:
        st.title(title, anchor=False)
    with right:
        desk = _desk()
    if lead:
        st.caption(lead)
    if done := st.session_state.pop(FLASH, None):
        st.success(plain(done), icon=":material/check_circle:")
    return desk


def _desk() -> Desk:
    """Of whoever logged in; in single-user mode, of whoever is named, which nobody checks."""
    person = door.person_logged_in(registry())
    if person is None:
        desk = Desk(registry=registry(), person=_acting(), via=Via.APP)
        st.caption(say("login.single_user"), help=say("login.single_user_help"))
        return desk
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        st.caption(say("login.as"), width="content")
        st.text(person.name, width="content")
        st.button(say("login.log_out"), on_click=st.logout, key="log-out", icon=":material/logout:")
    return Desk(registry=registry(), person=person, via=Via.LOGIN, login=True)


def _acting() -> Person | None:
    """Single-user mode: the app runs for one person at this machine, who says whom they act for."""
    with registry().read() as session:
        people = find.people(session)
        departments = {row.id: row.name for row in find.departments(session)}
    if not people:
        return None
    labels = {
        person.email or person.name: say(
            "frame.person",
            name=person.name,
            department=departments.get(person.department_id, "") if person.department_id else "",
        )
        for person in people
    }
    chosen = st.session_state.get(PERSON)
    if chosen not in labels:
        chosen = next(iter(labels))
    picked = st.selectbox(
        say("frame.acting_as"),
        list(labels),
        index=list(labels).index(chosen),
        format_func=labels.__getitem__,
        key="acting_as_choice",
        help=say("frame.single_user"),
    )
    st.session_state[PERSON] = picked
    return next(person for person in people if (person.email or person.name) == picked)


def pilot_here(desk: Desk, *, recorded_too: bool = False) -> Pilot:
    """The pilot in the address (``?pilot=key``), or a choice of pilots; stops the page where there is none.

    A pilot that was over before it was registered is told on every page, which then stops, unless ``recorded_too``.
    """
    keys = {row.key: titled(row) for row in portfolio(desk)}
    if not keys:
        st.info(say("frame.no_pilots"), icon=":material/eco:")
        st.page_link("experiments/pages/register.py", label=say("frame.register_first"), icon=":material/add:")
        st.stop()
    asked = st.query_params.get("pilot", "")
    if asked and asked not in keys:
        st.warning(plain(say("frame.pilot_unknown", pilot=asked)), icon=":material/search:")
    known = [key for key in (asked, st.session_state.get(SHOWN), next(iter(keys))) if key in keys]
    st.session_state["pilot_choice"] = picked = str(known[0])
    st.selectbox(
        say("frame.pilot"), list(keys), format_func=keys.__getitem__, key="pilot_choice", on_change=_other_pilot
    )
    if picked != asked:
        st.query_params["pilot"] = picked
    st.session_state[SHOWN] = picked
    pilot = desk.pilot(picked)
    labels(pilot)
    for worry in worries(desk, pilot):
        st.error(plain(worry), icon=":material/health_and_safety:")
    if is_recorded(pilot):
        look.lines(past_lines(pilot.draft))
        if not recorded_too:
            st.stop()
    return pilot


def _other_pilot() -> None:
    """Whoever chooses another pilot goes to its address."""
    st.query_params["pilot"] = st.session_state["pilot_choice"]


def labels(pilot: Pilot) -> None:
    """What must be said about a pilot on every page: made-up data, its stage, a late registration."""
    told = [say(f"stage.{pilot.stage.value}")]
    if pilot.simulated:
        told.insert(0, say("frame.simulated"))
    if pilot.recorded_afterwards:
        told.append(say("frame.recorded_afterwards"))
    st.caption(plain(" · ".join(told)))


def offered(desk: Desk, act: Act, pilot: Pilot | None = None) -> bool:
    """Whether the person at the desk may do this now; where not, it says what stands in the way.

    A form of an act is shown only under it. The stage function asks the same table again.
    """
    problem = why_not(desk, act, pilot)
    if problem is None:
        return True
    if desk.person is None:
        # Names are chosen from those that are known, and nobody is: the way on is to add the first one.
        st.info(say("frame.nobody_known"), icon=":material/person_add:")
        st.page_link("experiments/pages/people.py", label=say("frame.add_first_person"), icon=":material/add:")
        return False
    told = [problem_sentence(problem)]
    if pilot is not None and problem.code.startswith("first_"):
        # What comes too early waits for somebody: whose move it is says more than that it is too early.
        told = [_waits_for(move) for move in moves_of(desk, pilot)] or told
    look.lines([say("frame.not_now"), *told])
    return False


def _waits_for(move: Move) -> str:
    verdict = say(f"verdict.{move.verdict}") if move.verdict else ""
    return say(f"move.{move.act}.other", title=move.title, who=move.who or say("frame.nobody"), verdict=verdict)


def attempt(act: Callable[[], Answer]) -> Answer | None:
    """Do it, or show everything that stands in the way. Bugs are not caught."""
    try:
        return act()
    except REFUSALS as refusal:
        show_problems(problems_of(refusal))
        return None


def did(act: Callable[[], object]) -> bool:
    """Whether it was done; where not, everything that stands in the way is shown."""
    return attempt(lambda: (act(),)) is not None


def show_problems(problems: Iterable[Any], *, lead: str | None = None) -> None:
    """All problems at once, each in a line of its own; user text never becomes markup."""
    st.error(plain(lead) if lead else say("frame.refused"), icon=":material/error:")
    look.lines([problem_sentence(problem) for problem in problems])


def warn(problems: Iterable[Any]) -> None:
    """Not refused, but said."""
    for problem in problems:
        st.warning(plain(problem_sentence(problem)), icon=":material/info:")


def plain(text: str) -> str:
    """People's text, safe inside our own markdown: nothing in it is markup, and it stays on one line.

    Only marks that would mean something are escaped, for a label is also read out as it is written.
    """
    escaped = re.sub(r"([\\`*_\[\]<>~$:&])", r"\\\1", " ".join(text.split()))
    return re.sub(r"^(?:(?=[#+\-=|])|([0-9]+)(?=[.)](?:\s|$)))", r"\1\\", escaped)


def go_on(pilot: Pilot, *, here: str = "") -> None:
    """A link to the page of the pilot's next act, unless that is done here."""
    act, page = NEXT.get(pilot.stage, ("", ""))
    if act and page != here:
        st.page_link(
            f"experiments/pages/{page}.py",
            label=say(f"move.{act}.go"),
            icon=":material/arrow_forward:",
            query_params={"pilot": pilot.key},
        )


def done(sentence: str) -> None:
    """Say after the page has run again that something was done."""
    st.session_state[FLASH] = sentence
    st.rerun()
