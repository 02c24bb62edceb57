"""The forms of the page People: add, change, roles, deactivate, departments, and standing in."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk, allowed
from experiments.pages.frame import did, done
from experiments.people import keeping as stage
from experiments.people.roll import Entry, departments, role_said, roll
from experiments.people.standing_in import StandIn, delegate, end_delegation
from experiments.portfolio.survey import portfolio
from experiments.words import say
from experiments.words.titles import titled
from registry.access import Act
from registry.kinds import Role

ROLES = tuple(role.value for role in Role)


def keeping(desk: Desk) -> None:
    """Everything that administrators may change, each under its own button."""
    everybody = {entry.key: entry for entry in roll(desk, gone=True)}
    known = departments(desk)
    with st.expander(say("people.add"), expanded=not everybody, icon=":material/person_add:"):
        add(desk, everybody, known)
    with st.expander(say("people.add_department"), icon=":material/domain_add:"):
        add_department(desk)
    if not everybody:
        return
    with st.expander(say("people.change"), icon=":material/edit:"):
        key = st.selectbox(say("people.who"), list(everybody), format_func=lambda k: named(everybody[k]), key="change")
        change(desk, everybody[key], everybody, known)


def named(entry: Entry) -> str:
    return f"{entry.name} – {entry.email or entry.department}" if entry.email or entry.department else entry.name


def add(desk: Desk, everybody: dict[str, Entry], known: tuple[str, ...]) -> None:
    with st.form("add-person", border=False):
        name = st.text_input(say("people.name"), key="add-name")
        email = st.text_input(say("people.email"), key="add-email")
        department = _department(known, "", "add-department-of")
        manager = _manager(everybody, "", "add-manager")
        role = st.selectbox(say("people.role"), ROLES, format_func=role_said, key="add-role")
        pressed = st.form_submit_button(say("people.add_now"), type="primary", icon=":material/person_add:")
    if pressed and did(
        lambda: stage.add_person(desk, name, email=email, department=department, manager=manager, role=role)
    ):
        done(say("people.added", name=name.strip()))


def change(desk: Desk, entry: Entry, everybody: dict[str, Entry], known: tuple[str, ...]) -> None:
    """Department, manager and address; roles; whether they may come in."""
    person = stage.by_key(desk, entry.key)
    with st.form(f"move-{entry.key}", border=True):
        email = st.text_input(say("people.email"), value=entry.email, key=f"move-email-{entry.key}")
        department = _department(known, entry.department, f"move-department-{entry.key}")
        manager = _manager(everybody, entry.manager, f"move-manager-{entry.key}", but=entry.key)
        pressed = st.form_submit_button(say("people.move_now"))
    if pressed and did(lambda: stage.move_person(desk, person, department=department, manager=manager, email=email)):
        done(say("people.moved"))
    give, take = st.columns(2)
    with give, st.form("give-role", border=True):
        role = st.selectbox(say("people.role"), ROLES, format_func=role_said, key="give-role-name")
        whose = st.selectbox(
            say("people.for_department"), known, index=None, placeholder=say("people.own_department"), key="give-for"
        )
        if st.form_submit_button(say("people.give_now")) and did(
            lambda: stage.give_role(desk, person, role, whose or "")
        ):
            done(say("people.given", name=entry.name))
    if entry.roles:
        with take, st.form("take-role", border=True):
            has = st.selectbox(
                say("people.take"), entry.roles, format_func=lambda pair: role_said(*pair), key="take-role-name"
            )
            if st.form_submit_button(say("people.take_now")) and did(lambda: stage.take_role(desk, person, *has)):
                done(say("people.taken", name=entry.name))
    active(desk, entry)


def active(desk: Desk, entry: Entry) -> None:
    person = stage.by_key(desk, entry.key)
    with st.form("active", border=True):
        if not entry.active:
            if st.form_submit_button(say("people.reactivate_now")) and did(lambda: stage.reactivate(desk, person)):
                done(say("people.reactivated", name=entry.name))
            return
        st.text(say("people.deactivate_lead"))
        why = st.text_input(say("people.why"), key="deactivate-why")
        if st.form_submit_button(say("people.deactivate_now"), icon=":material/person_off:") and did(
            lambda: stage.deactivate(desk, person, why)
        ):
            done(say("people.deactivated", name=entry.name))


def add_department(desk: Desk) -> None:
    with st.form("add-department", border=False):
        name = st.text_input(say("people.department"), key="department-name")
        pressed = st.form_submit_button(say("people.add_department"))
    if pressed and did(lambda: stage.add_department(desk, name)):
        done(say("people.department_added", name=name.strip()))


def standing_in(desk: Desk, rows: tuple[StandIn, ...]) -> None:
    """Anybody for themselves; administrators for anyone."""
    people = {entry.key: entry for entry in roll(desk)}
    me = str(desk.person.id) if desk.person else ""
    today = desk.registry.clock().date()
    pilots = {row.key: titled(row) for row in portfolio(desk)}
    with st.expander(say("people.delegate"), icon=":material/swap_horiz:"), st.form("delegate", border=False):
        away = me
        if allowed(desk, Act.KEEP_PEOPLE) and me in people:
            away = st.selectbox(
                say("people.away"),
                list(people),
                index=list(people).index(me),
                format_func=lambda k: people[k].name,
                key="away",
            )
        others = [key for key in people if key != me] or list(people)
        instead = st.selectbox(say("people.instead"), others, format_func=lambda k: people[k].name, key="instead")
        starts = st.date_input(say("people.starts"), value=today, key="starts")
        ends = st.date_input(say("people.ends"), value=today, key="ends")
        pilot = st.selectbox(
            say("people.pilot"),
            list(pilots),
            index=None,
            format_func=lambda k: pilots[k],
            placeholder=say("people.all_pilots"),
            key="delegate-pilot",
        )
        reason = st.text_input(say("people.why"), key="delegate-why")
        pressed = st.form_submit_button(say("people.delegate_now"), type="primary")
    if pressed and did(
        lambda: delegate(
            desk,
            stage.by_key(desk, instead),
            away=stage.by_key(desk, away),
            starts=starts,
            ends=ends,
            pilot=pilot or "",
            reason=reason,
        )
    ):
        done(say("people.delegated", instead=people[instead].name, away=people[away].name))
    ending(desk, [row for row in rows if row.mine and not row.over])


def ending(desk: Desk, rows: list[StandIn]) -> None:
    if not rows:
        return
    with st.expander(say("people.end")), st.form("end-delegation", border=False):
        place = st.selectbox(
            say("people.which"),
            range(len(rows)),
            format_func=lambda i: say("people.delegated", instead=rows[i].instead, away=rows[i].away),
            key="which-delegation",
        )
        pressed = st.form_submit_button(say("people.end_now"))
    if pressed and did(lambda: end_delegation(desk, rows[place].key, rows[place].revision)):
        done(say("people.ended"))


def _department(known: tuple[str, ...], now: str, key: str) -> str:
    """One that there is, or a new name."""
    chosen = st.selectbox(
        say("people.department"),
        known,
        index=known.index(now) if now in known else None,
        accept_new_options=True,
        key=key,
        help=say("people.department_help"),
    )
    return chosen or ""


def _manager(everybody: dict[str, Entry], now: str, key: str, *, but: str = "") -> str:
    names = [entry.email or entry.name for entry in everybody.values() if entry.active and entry.key != but]
    current = next((entry.email or entry.name for entry in everybody.values() if entry.name == now), None)
    chosen = st.selectbox(
        say("people.manager"),
        names,
        index=names.index(current) if current in names else None,
        key=key,
    )
    return chosen or ""
