"""Library: what was tried and what it taught, searched and narrowed; everything that is chosen lives in the address."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.library.cards import to_take_away
from experiments.library.shelf import ORDERS, Shelf, Wanted, choices, every_card, library
from experiments.pages.filters import made_up, more_filters, one_of, own, several, view_of
from experiments.pages.frame import begin
from experiments.pages.library_card import card_shown
from experiments.pages.library_learnings import learnings_shown
from experiments.pages.take_away import take_away
from experiments.words import knows, say

VIEWS = ("cards", "learnings")
FILTERS = ("search", "department", "decided", "metric", "step", "year", "grade", "made_up")
RARER = frozenset({"step", "year", "grade", "made_up", "order"})


def first_page() -> None:
    """Whoever looks for something else begins at its beginning."""
    st.query_params.pop("page", None)


def clear() -> None:
    for name in (*FILTERS, "page"):
        st.query_params.pop(name, None)
        st.session_state.pop(name, None)


def step_words(key: str) -> str:
    name = f"journey.{key.replace(' ', '_')}"
    return say(name) if knows(name) else key


def asked(desk: Desk) -> tuple[Wanted, str]:
    offered = {name: {str(key): text for key, text in found.items()} for name, found in choices(desk).items()}
    words = st.text_input(
        say("library.search"),
        key="search",
        bind="query-params",
        on_change=first_page,
        placeholder=say("library.search_hint"),
        icon=":material/search:",
    )
    one, two, three = st.columns(3)
    with one:
        departments = several("department", "library.department", offered["departments"], first_page)
    with two:
        said = {key: say(f"verdict.{key}") for key in offered["verdicts"]}
        verdicts = several("decided", "library.verdict", said, first_page)
    with three:
        metrics = several("metric", "library.metric", offered["metrics"], first_page)
    with more_filters("library.more_filters", RARER):
        four, five, six, seven, eight = st.columns(5)
        with four:
            steps = several("step", "library.step", {key: step_words(key) for key in offered["steps"]}, first_page)
        with five:
            years = several("year", "library.year", offered["years"], first_page)
        with six:
            grades = several("grade", "library.grade", offered["grades"], first_page)
        with seven:
            simulated = made_up("library.made_up", first_page)
        with eight:
            order = one_of("order", "library.order", ORDERS, "library.order", first_page)
    wanted = Wanted(
        words=words or "",
        departments=departments,
        verdicts=verdicts,
        metrics=metrics,
        steps=steps,
        years=[int(year) for year in years],
        grades=grades,
        simulated=simulated,
    )
    return wanted, order


def turned(shelf: Shelf) -> None:
    """To the page before and the page after."""
    if shelf.pages == 1:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for key, to, icon in (
            ("previous", shelf.page - 1, ":material/arrow_back:"),
            ("next", shelf.page + 1, ":material/arrow_forward:"),
        ):
            st.button(
                say(f"library.{key}"),
                key=f"page-{key}",
                icon=icon,
                disabled=not 1 <= to <= shelf.pages,
                on_click=st.query_params.__setitem__,
                args=("page", str(to)),
            )
        st.caption(say("library.page", page=shelf.page, pages=shelf.pages), width="content")


def page_asked() -> int:
    said = str(st.query_params.get("page", "1"))
    return int(said) if said.isdecimal() and len(said) < 8 else 1


def cards(desk: Desk) -> None:
    wanted, order = asked(desk)
    shelf = library(desk, wanted, order=order, page=page_asked())
    if not shelf.total and wanted == Wanted(departments=[], verdicts=[], metrics=[], steps=[], years=[], grades=[]):
        st.info(say("library.empty"), icon=":material/local_library:")
        st.page_link("experiments/pages/what_needs_me.py", label=say("library.empty_go"))
        return
    if not shelf.total:
        st.info(say("library.nothing"), icon=":material/search_off:")
        st.button(say("library.clear"), key="clear", on_click=clear, icon=":material/filter_alt_off:")
        return
    if shelf.any_word:
        st.info(say("library.any_word"), icon=":material/info:")
    st.caption(say("library.count", count=shelf.total))
    for one in shelf.cards:
        card_shown(one)
    turned(shelf)
    take_away(
        lambda: to_take_away(every_card(desk, wanted, order=order)),
        name="library",
        key="library-csv",
        label=say("library.take_away"),
        head=desk.registry.head_hash(),
    )


desk = begin(say("nav.page.library"), lead=say("library.lead"))
own("library")
view = view_of("library.view", VIEWS, "library")
if view == "learnings":
    learnings_shown(desk)
else:
    cards(desk)
