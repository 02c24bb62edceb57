"""What needs me: cards by urgency, then my pilots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from experiments.begin import begin_empty, load_worked, may_begin, only_worked
from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.first_minutes import tour
from experiments.pages.frame import attempt, begin, did, done, plain, registry
from experiments.pages.month import month_shown
from experiments.portfolio.survey import portfolio
from experiments.telling.digest import digest
from experiments.telling.due_dates import due_dates, move_words
from experiments.telling.inbox import Move, moves
from experiments.words import say
from experiments.words.numbers import day_and_distance
from experiments.words.titles import titled

DONE = ("closed", "withdrawn")
CARDS, LINES = 20, 100
"""So many of what is mine stand on cards, and so many of the rest in each list; nobody reads further."""


def card(move: Move) -> None:
    with st.container(border=True, key=f"move-{move.act}-{move.pilot}-{move.about}"):
        words, link = st.columns([4, 1], vertical_alignment="center")
        with words:
            st.text(move_words(move))
            if move.due:
                st.caption(say("move.due", date=day_and_distance(move.due, date.today())))
        with link:
            st.page_link(
                f"experiments/pages/{move.page}.py",
                label=say(f"move.{move.act}.go"),
                icon=":material/arrow_forward:",
                query_params={"pilot": move.pilot} if move.pilot else None,
            )


def rest(found: Sequence[Move], *, mine: bool) -> None:
    """In lines, the most urgent first."""
    look.lines([move_words(move, mine=mine) for move in found[:LINES]])
    if len(found) > LINES:
        st.caption(say("needs.further", count=len(found) - LINES))


def first_minute(desk: Desk) -> None:
    """An empty folder: register, or look around first."""
    st.info(say("needs.empty"), icon=":material/eco:")
    st.page_link("experiments/pages/register.py", label=say("frame.register_first"), icon=":material/add:")
    if not may_begin(desk):
        return
    with st.form("load-worked", border=True):
        st.text(say("needs.load_lead"))
        pressed = st.form_submit_button(say("needs.load"), icon=":material/auto_stories:")
    if pressed:
        with st.spinner(say("needs.loading")):
            loaded = did(lambda: load_worked(desk))
        if loaded:
            done(say("needs.loaded"))


def put_aside(desk: Desk) -> None:
    """The worked portfolio makes room with one click."""
    with st.expander(say("needs.begin_title")), st.form("begin-empty", border=False):
        st.text(say("needs.begin_lead"))
        pressed = st.form_submit_button(say("needs.begin_empty"), icon=":material/folder_open:")
    if pressed:
        aside = attempt(lambda: begin_empty(desk))
        if aside is not None:
            registry.clear()
            done(say("needs.begun", folder=aside.name))


desk = begin(say("nav.page.what_needs_me"))
tour(desk, fresh=True)
found = moves(desk)
mine = [move for move in found if move.mine]
others = [move for move in found if not move.mine]
told = False
if not found and not portfolio(desk):
    first_minute(desk)
elif not mine:
    st.info(say("needs.nothing"), icon=":material/coffee:")
    told = month_shown(desk)
for move in mine[:CARDS]:
    card(move)
if mine[CARDS:]:
    with st.expander(say("needs.later", count=len(mine[CARDS:]))):
        rest(mine[CARDS:], mine=True)
if others:
    with st.expander(say("needs.others", count=len(others)), expanded=not mine):
        rest(others, mine=False)
if found:
    st.download_button(
        say("needs.dates"),
        partial(due_dates, desk),
        file_name="pilots.ics",
        mime="text/calendar",
        icon=":material/event:",
        key="dates",
        on_click="ignore",
    )
    with st.expander(say("needs.digest"), expanded=not mine and not told):
        week = digest(desk, waiting=found)
        st.markdown(f"**{say('digest.learned')}**")
        look.lines(week.learned or [say("digest.nothing_learned")])
        if not others:  # they are listed above
            st.markdown(f"**{say('digest.waits')}**")
            look.lines(week.waits or [say("digest.nothing_waits")])
own = [row for row in portfolio(desk, person_id=desk.person.id) if row.stage not in DONE] if desk.person else []
if own:
    st.header(say("needs.mine"), anchor=False)
    for row in own[:CARDS]:
        st.page_link(
            f"experiments/pages/{'evidence' if row.verdict else 'plan' if row.registered else 'register'}.py",
            label=plain(f"{titled(row)} · {say(f'stage.{row.stage}')}"),
            query_params={"pilot": row.key},
        )
    if own[CARDS:]:
        st.page_link("experiments/pages/portfolio.py", label=say("needs.mine_all", count=len(own)))
tour(desk, fresh=False)
if only_worked(desk) and may_begin(desk):
    put_aside(desk)
