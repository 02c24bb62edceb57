"""Portfolio: every pilot by stage, or as a table to sort, search and take away; filters live in the address."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from experiments.pages.frame import begin, plain
from experiments.pages.parts import badge
from experiments.pages.take_away import take_away
from experiments.pictures.theme import VERDICT_SIGNS
from experiments.portfolio import PilotRow, portfolio
from experiments.words import say
from experiments.words.numbers import day, day_and_distance

VERDICTS = tuple(VERDICT_SIGNS)
CARDS = 20
"""So many cards a column, those that moved last; the rest on demand: nobody reads two thousand."""
BOARD = (
    ("preparing", ("draft", "shaping", "plan", "signed")),
    ("running", ("assigned", "running", "paused")),
    ("judging", ("assessed", "in_review")),
    ("settled", ("decided", "rolling_out", "closed", "withdrawn")),
)


def verdict(row: PilotRow) -> str:
    return f"{VERDICT_SIGNS[row.verdict]} {say(f'verdict.{row.verdict}')}" if row.verdict else ""


def matches(row: PilotRow, search: str, verdicts: list[str], departments: list[str]) -> bool:
    text = " ".join((row.title, row.team, row.department, row.owner, *row.partners, row.metric)).lower()
    wanted = all(word in text for word in search.lower().split())
    touched = {row.department, *row.partners}
    return wanted and (not verdicts or row.verdict in verdicts) and (not departments or bool(touched & {*departments}))


def card(row: PilotRow) -> None:
    page = "evidence" if row.verdict else "plan" if row.registered else "register"
    with st.container(border=True, key=f"pilot-{row.key}", gap="xxsmall"):
        st.page_link(f"experiments/pages/{page}.py", label=f"**{plain(row.title)}**", query_params={"pilot": row.key})
        told = [say(f"stage.{row.stage}"), say("portfolio.since", date=day(row.stage_since.date()))]
        if row.next_date:
            told.append(say("portfolio.next", date=day_and_distance(row.next_date, date.today())))
        if row.simulated:
            told.append(say("portfolio.simulated"))
        pieces = []
        if row.verdict:
            graded = escape(say("portfolio.grade", grade=row.grade)) if row.grade and row.verdict != "INVALID" else ""
            pieces.append(f"<p>{badge(row.verdict)} <span class='pg-faint'>{graded}</span></p>")
        if row.effect:
            state = f", {say(f'state.{row.state}')}" if row.state else ""
            pieces.append(f"<p>{escape(f'{row.metric}: {row.effect}{state}')}</p>")
        pieces.append(f"<p class='pg-faint'>{escape(' · '.join(told))}</p>")
        pieces.append(
            f"<p class='pg-faint'>{escape(' · '.join(name for name in (row.team, *row.partners) if name))}</p>"
        )
        st.html(f"<div class='pg-card'>{''.join(pieces)}</div>")


def table(rows: list[PilotRow]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "title": [row.title for row in rows],
        "team": [row.team for row in rows],
        "partners": [", ".join(row.partners) for row in rows],
        "stage": [say(f"stage.{row.stage}") for row in rows],
        "since": [row.stage_since.date() for row in rows],
        "verdict": [verdict(row) for row in rows],
        "grade": [row.grade or "" for row in rows],
        "metric": [row.metric for row in rows],
        "effect": [row.effect for row in rows],
        "decided": [say(f"verdict.{row.decided}") if row.decided else "" for row in rows],
        "next": [row.next_date for row in rows],
        "link": [f"/evidence?pilot={row.key}" for row in rows],
    }
    return {say(f"portfolio.column.{name}"): cells for name, cells in columns.items()}


desk = begin(say("nav.page.portfolio"))
every = portfolio(desk)
if not every:
    st.info(say("frame.no_pilots"), icon=":material/eco:")
    st.page_link("experiments/pages/register.py", label=say("frame.register_first"), icon=":material/add:")
    st.stop()

one, two, three = st.columns([3, 2, 2])
search = one.text_input(say("portfolio.search"), key="search", bind="query-params")
verdicts = two.multiselect(
    say("portfolio.verdict"), VERDICTS, format_func=lambda key: say(f"verdict.{key}"), key="verdict"
)
names = sorted({name for row in every for name in (row.department, *row.partners) if name})
departments = three.multiselect(say("portfolio.department"), names, key="department")
shown = [row for row in every if matches(row, search, verdicts, departments)]
st.caption(say("portfolio.count", shown=len(shown), all=len(every)))

board, listed = st.tabs([say("portfolio.board"), say("portfolio.table")])
with board:
    for column, (name, stages) in zip(st.columns(len(BOARD)), BOARD, strict=True):
        with column:
            here = [row for row in shown if row.stage in stages]
            st.subheader(say(f"portfolio.board.{name}", count=len(here)))
            many = len(here) > CARDS and not st.session_state.get(f"all-{name}")
            for row in here[:CARDS] if many else here:
                card(row)
            if many:
                st.button(
                    say("portfolio.show_all", count=len(here) - CARDS),
                    key=f"more-{name}",
                    on_click=st.session_state.__setitem__,
                    args=(f"all-{name}", True),
                )
with listed:
    take_away(table(shown), name="portfolio", key="portfolio-csv", head=desk.registry.head_hash())
    st.dataframe(
        pd.DataFrame(table(shown)),
        hide_index=True,
        column_config={
            say("portfolio.column.link"): st.column_config.LinkColumn(display_text=say("portfolio.open")),
        },
    )
