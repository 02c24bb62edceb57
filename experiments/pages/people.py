"""People: who takes part, in which roles, and who stands in for whom. Everybody looks; administrators keep it."""

from __future__ import annotations

import streamlit as st

from experiments.desk import allowed
from experiments.pages import look
from experiments.pages.frame import begin, offered
from experiments.pages.people_forms import keeping, standing_in
from experiments.pages.take_away import take_away
from experiments.people.roll import ORDERS, Entry, departments, roll, to_take_away
from experiments.people.standing_in import StandIn, stand_ins
from experiments.words import say
from experiments.words.numbers import day
from registry.access import Act


def listed(entries: tuple[Entry, ...]) -> None:
    look.table(
        {
            "person": [entry.name if entry.active else f"{entry.name} ({say('people.inactive')})" for entry in entries],
            "email": [entry.email for entry in entries],
            "department": [entry.department for entry in entries],
            "manager": [entry.manager for entry in entries],
            "roles": [entry.roles_said for entry in entries],
        },
        label=say("nav.page.people"),
    )
    take_away(to_take_away(entries), name="people", key="people-csv", label=say("people.take_away"))


def when(row: StandIn) -> str:
    state = "running" if row.running else "over" if row.over else "coming"
    return say(f"people.{state}", starts=day(row.starts), ends=day(row.ends))


desk = begin(say("nav.page.people"), lead=say("people.lead"))
one, two, three = st.columns([3, 2, 2], vertical_alignment="bottom")
words = one.text_input(say("people.search"), key="search", help=say("people.search_help"), bind="query-params")
order = two.selectbox(
    say("people.order"), ORDERS, format_func=lambda name: say(f"people.column.{name}"), key="people-order"
)
gone = three.checkbox(say("people.gone"), key="gone")
found = roll(desk, words=words, order=order, gone=gone)
if found:
    listed(found)
else:
    st.info(say("people.none_found" if words.strip() else "people.none"), icon=":material/group:")
st.header(say("people.departments"))
st.text(" · ".join(departments(desk)) or say("people.departments_none"))

st.header(say("people.standing_in"))
st.caption(say("people.standing_in_lead"))
rows = stand_ins(desk)
if rows:
    look.table(
        {
            "away": [row.away for row in rows],
            "instead": [row.instead for row in rows],
            "from_to": [when(row) for row in rows],
            "which_pilot": [row.pilot or say("people.all_pilots") for row in rows],
            "reason": [row.reason for row in rows],
        }
    )
else:
    st.caption(say("people.standing_in_none"))
if desk.person is not None and offered(desk, Act.DELEGATE):
    standing_in(desk, rows)

st.header(say("people.keep"))
if offered(desk, Act.KEEP_PEOPLE):
    if not desk.login and not allowed(desk, Act.KEEP_RECORD):
        st.info(say("people.nobody_keeps"), icon=":material/key:")
    keeping(desk)
