"""Portfolio: every pilot by stage, or as a table to sort, search and take away; filters live in the address."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from experiments.pages import look
from experiments.pages.filters import made_up, more_filters, one_of, own, several, view_of
from experiments.pages.frame import begin, plain
from experiments.pages.journey import across
from experiments.pages.overruled import overruled
from experiments.pages.parts import badge
from experiments.pages.portfolio_times import above, over_time, review_pack
from experiments.pages.portfolio_views import saved
from experiments.pages.take_away import take_away
from experiments.pictures.theme import VERDICT_SIGNS
from experiments.portfolio.filters import ORDERS, Wanted, in_order, matching
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.survey import survey
from experiments.portfolio.words import money_words
from experiments.words import say
from experiments.words.meanings import of_grade
from experiments.words.numbers import day, day_and_distance
from experiments.words.titles import titled

VERDICTS = tuple(VERDICT_SIGNS)
VIEWS = ("board", "table", "timeline", "journey")
RARER = frozenset({"stage", "owner", "order", "made_up", "overdue"})
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


def card(row: PilotRow) -> None:
    page = "evidence" if row.verdict else "plan" if row.registered else "register"
    with st.container(border=True, key=f"pilot-{row.key}", gap="xxsmall"):
        st.page_link(f"experiments/pages/{page}.py", label=f"**{plain(titled(row))}**", query_params={"pilot": row.key})
        told = [say(f"stage.{row.stage}"), say("portfolio.age", days=row.age_days)]
        if row.overdue and row.next_date:
            told.append(say("portfolio.overdue", date=day(row.next_date)))
        elif row.next_date:
            told.append(say("portfolio.next", date=day_and_distance(row.next_date, date.today())))
        if row.imported:
            told.append(say("portfolio.recorded"))
        if row.simulated:
            told.append(say("portfolio.simulated"))
        pieces = []
        if row.verdict:
            graded = ""
            if row.grade and row.verdict != "INVALID":
                graded = look.explained(say("portfolio.grade", grade=row.grade), of_grade(row.grade))
            pieces.append(f"<p>{badge(row.verdict)} <span class='pg-faint'>{graded}</span></p>")
        if row.decided and row.decided != row.verdict:
            other = say(
                "portfolio.decided_otherwise", sign=VERDICT_SIGNS[row.decided], verdict=say(f"verdict.{row.decided}")
            )
            pieces.append(f"<p><b>{escape(other)}</b></p>")
        if row.effect:
            state = f", {say(f'state.{row.state}')}" if row.state else ""
            pieces.append(f"<p>{escape(f'{row.metric}: {row.effect}{state}')}</p>")
        if row.rollout:
            pieces.append(f"<p>{escape(row.rollout)}</p>")
        if words := money_words(row):
            pieces.append(f"<p>{escape(words)}</p>")
        pieces.append(f"<p class='pg-faint'>{escape(' · '.join(told))}</p>")
        pieces.append(
            f"<p class='pg-faint'>{escape(' · '.join(name for name in (row.team, *row.partners) if name))}</p>"
        )
        st.html(f"<div class='pg-card'>{''.join(pieces)}</div>")


def table(rows: tuple[PilotRow, ...]) -> dict[str, list[Any]]:
    stages = {stage: say(f"stage.{stage}") for stage in {row.stage for row in rows}}
    columns: dict[str, list[Any]] = {
        "title": [titled(row) for row in rows],
        "owner": [row.owner for row in rows],
        "department": [row.department for row in rows],
        "team": [row.team for row in rows],
        "partners": [", ".join(row.partners) for row in rows],
        "stage": [stages[row.stage] for row in rows],
        "since": [row.stage_since.date() for row in rows],
        "age": [row.age_days for row in rows],
        "verdict": [verdict(row) for row in rows],
        "grade": [row.grade or "" for row in rows],
        "metric": [row.metric for row in rows],
        "effect": [row.effect for row in rows],
        "expected": [None if row.expected is None else round(row.expected) for row in rows],
        "roi": [None if row.roi is None else round(row.roi, 1) for row in rows],
        "currency": [row.currency for row in rows],
        "horizon": [row.horizon for row in rows],
        "loyalty": [row.loyalty for row in rows],
        "peers": [row.peers for row in rows],
        "decided": [say(f"verdict.{row.decided}") if row.decided else "" for row in rows],
        "next": [row.next_date for row in rows],
        "overdue": [say("portfolio.yes") if row.overdue else "" for row in rows],
        "link": [f"/evidence?pilot={row.key}" for row in rows],
    }
    return {say(f"portfolio.column.{name}"): cells for name, cells in columns.items()}


def filters(rows: tuple[PilotRow, ...]) -> tuple[Wanted, str]:
    """Everything that is chosen lives in the address, so that a view can be kept as a bookmark."""
    one, two, three = st.columns([3, 2, 2])
    words = one.text_input(say("portfolio.search"), key="search", bind="query-params")
    with two:
        verdicts = several("verdict", "portfolio.verdict", {key: say(f"verdict.{key}") for key in VERDICTS})
    with three:
        names = sorted({name for row in rows for name in (row.department, *row.partners) if name})
        departments = several("department", "portfolio.department", dict(zip(names, names, strict=True)))
    with more_filters("portfolio.more_filters", RARER):
        four, five, six, seven = st.columns(4)
        with four:
            each = {stage: say(f"stage.{stage}") for _, within in BOARD for stage in within}
            stages = several("stage", "portfolio.stage", each)
        with five:
            people = sorted({row.owner for row in rows if row.owner})
            owners = several("owner", "portfolio.owner", dict(zip(people, people, strict=True)))
        with six:
            order = one_of("order", "portfolio.order", ORDERS, "portfolio.order")
        with seven:
            simulated = made_up("portfolio.made_up")
        overdue = st.checkbox(say("portfolio.only_overdue"), key="overdue", bind="query-params")
        st.caption(say("portfolio.keep_view"))
    wanted = Wanted(
        words=words,
        stages=stages,
        verdicts=verdicts,
        departments=departments,
        owners=owners,
        overdue=overdue,
        simulated=simulated,
    )
    return wanted, order


def board(rows: tuple[PilotRow, ...]) -> None:
    for column, (name, stages) in zip(st.columns(len(BOARD)), BOARD, strict=True):
        with column:
            here = [row for row in rows if row.stage in stages]
            st.header(say(f"portfolio.board.{name}", count=len(here)))
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


desk = begin(say("nav.page.portfolio"))
own("portfolio")
every = survey(desk)
if not every.rows:
    st.info(say("frame.no_pilots"), icon=":material/eco:")
    st.page_link("experiments/pages/register.py", label=say("frame.register_first"), icon=":material/add:")
    st.stop()

wanted, order = filters(every.rows)
shown = in_order(matching(every.rows, wanted), order)
st.caption(say("portfolio.count", shown=len(shown), all=len(every.rows)))
above(shown)
with st.container(horizontal=True, key="portfolio-tools"):
    review_pack(desk)
    saved(desk)

view = view_of("portfolio.view", VIEWS, "portfolio")
if view == "table":
    columns = table(shown)
    take_away(columns, name="portfolio", key="portfolio-csv", head=desk.registry.head_hash())
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        column_config={
            say("portfolio.column.link"): st.column_config.LinkColumn(display_text=say("portfolio.open")),
        },
    )
elif view == "timeline":
    keys = {row.key for row in shown}
    over_time([span for span in every.spans if span.key in keys], desk.registry.clock().date())
elif view == "journey":
    across(desk, [row.key for row in shown])
else:
    board(shown)
overruled(desk)
