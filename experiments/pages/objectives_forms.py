"""The forms of the page Objectives, each under its own button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import streamlit as st

from experiments.desk import Desk
from experiments.objectives import keep as stage
from experiments.objectives.serve import Service, attach, reached
from experiments.objectives.tree import Tree
from experiments.pages.frame import did, done
from experiments.words import say
from registry import find
from registry.kinds import KeyResultKind, Outlook

KINDS = tuple(kind.value for kind in KeyResultKind)
OUTLOOKS = tuple(outlook.value for outlook in Outlook)


def keeping(desk: Desk, of: Tree) -> None:
    """Everything that may be changed here."""
    objectives = {"": say("objectives.top"), **{node.row.key: node.row.title for node in of.nodes}}
    results = {result.row.key: result.row.name for result in of.results}
    pilots = {row.key: row.title for row in of.pilots.values()}
    if results:
        _form("check_in", lambda: check_in(desk, results))
        _form("retarget", lambda: retarget(desk, results))
    if results and pilots:
        _form("attach", lambda: let_serve(desk, results, pilots))
        _form("reached", lambda: note_reached(desk, results, pilots))
    _form("add", lambda: add_objective(desk, objectives))
    if of.nodes:
        _form("add_result", lambda: add_result(desk, objectives, results))


def _form(name: str, draw: Callable[[], None]) -> None:
    with st.expander(say(f"objectives.form.{name}"), icon=":material/edit:"):
        draw()


def _pick(field: str, options: dict[str, str], key: str) -> str:
    return str(st.selectbox(say(f"objectives.field.{field}"), list(options), format_func=options.__getitem__, key=key))


def _number(field: str, key: str, value: float | None = None) -> float | None:
    return st.number_input(say(f"objectives.field.{field}"), value=value, format="%g", key=key)


def _submitted() -> bool:
    return st.form_submit_button(say("objectives.keep"), type="primary")


def check_in(desk: Desk, results: dict[str, str]) -> None:
    with st.form("objectives-check-in", border=False):
        key = _pick("which", results, "check-in-which")
        value = _number("value", "check-in-value", 0.0)
        outlook = st.selectbox(
            say("objectives.field.outlook"),
            OUTLOOKS,
            format_func=lambda o: say(f"objectives.outlook.{o}"),
            key="check-in-outlook",
        )
        note = st.text_input(say("objectives.field.note"), key="check-in-note")
        action = st.text_input(
            say("objectives.field.action"), key="check-in-action", help=say("objectives.field.action_help")
        )
        pressed = _submitted()
    if pressed and did(lambda: stage.check_in(desk, key, value or 0.0, outlook, note=note, corrective_action=action)):
        done(say("objectives.kept", name=results[key]))


def retarget(desk: Desk, results: dict[str, str]) -> None:
    with st.form("objectives-retarget", border=False):
        key = _pick("which", results, "retarget-which")
        target = _number("target", "retarget-target")
        one, two = st.columns(2)
        with one:
            lowest = _number("lowest", "retarget-lowest")
        with two:
            highest = _number("highest", "retarget-highest")
        st.caption(say("objectives.retarget_help"))
        due = st.date_input(say("objectives.field.due"), value=None, key="retarget-due")
        why = st.text_input(say("objectives.field.why"), key="retarget-why")
        pressed = _submitted()
    if pressed and did(lambda: stage.retarget(desk, key, why, target=target, due=due, lowest=lowest, highest=highest)):
        done(say("objectives.kept", name=results[key]))


def let_serve(desk: Desk, results: dict[str, str], pilots: dict[str, str]) -> None:
    with st.form("objectives-attach", border=False):
        pilot = _pick("pilot", pilots, "attach-pilot")
        key = _pick("which", results, "attach-which")
        metric = st.text_input(say("objectives.field.metric"), key="attach-metric")
        share = _number("exposed", "attach-share", 1.0)
        reaches = st.text_input(
            say("objectives.field.reaches"), key="attach-reaches", help=say("objectives.field.reaches_help")
        )
        note = st.text_input(say("objectives.field.note"), key="attach-note")
        pressed = _submitted()
    new = Service(pilot=pilot, key_result=key, exposed_share=share or 0.0, metric=metric, reaches=reaches, note=note)
    if pressed and did(lambda: attach(desk, new)):
        done(say("objectives.kept", name=pilots[pilot]))


def note_reached(desk: Desk, results: dict[str, str], pilots: dict[str, str]) -> None:
    with st.form("objectives-reached", border=False):
        pilot = _pick("pilot", pilots, "reached-pilot")
        key = _pick("which", results, "reached-which")
        share = _number("reached", "reached-share", 0.0)
        why = st.text_input(say("objectives.field.why"), key="reached-why")
        pressed = _submitted()
    if pressed and did(lambda: reached(desk, pilot, key, share or 0.0, why)):
        done(say("objectives.kept", name=pilots[pilot]))


def add_objective(desk: Desk, objectives: dict[str, str]) -> None:
    with desk.read() as session:
        departments = ["", *(row.name for row in find.departments(session))]
        people = ["", *(row.name for row in find.people(session))]
    with st.form("objectives-add", border=False):
        title = st.text_input(say("objectives.field.title"), key="objective-title")
        period = st.text_input(say("objectives.field.period"), key="objective-period")
        department = st.selectbox(
            say("objectives.field.department"),
            departments,
            format_func=lambda name: name or say("objectives.everybody"),
            key="objective-department",
        )
        parent = _pick("parent", objectives, "objective-parent")
        owner = st.selectbox(
            say("objectives.field.owner"),
            people,
            format_func=lambda name: name or say("objectives.nobody"),
            key="objective-owner",
        )
        pressed = _submitted()
    new = stage.NewObjective(title=title, period=period, department=department, parent=parent, owner=owner)
    if pressed and did(lambda: stage.add_objective(desk, new)):
        done(say("objectives.kept", name=title.strip()))


def add_result(desk: Desk, objectives: dict[str, str], results: dict[str, str]) -> None:
    with st.form("objectives-add-result", border=False):
        objective = _pick("objective", {key: name for key, name in objectives.items() if key}, "result-objective")
        name = st.text_input(say("objectives.field.name"), key="result-name")
        kind = st.selectbox(
            say("objectives.field.kind"), KINDS, format_func=lambda k: say(f"objectives.kind.{k}"), key="result-kind"
        )
        left, right = st.columns(2)
        with left:
            baseline, lowest = _number("baseline", "result-baseline"), _number("lowest", "result-lowest")
            unit = st.text_input(say("objectives.field.unit"), key="result-unit")
            part_of = _pick("part_of", {"": say("objectives.top"), **results}, "result-part-of")
        with right:
            target, highest = _number("to", "result-target"), _number("highest", "result-highest")
            metric = st.text_input(say("objectives.field.metric_key"), key="result-metric")
            part_share = _number("part_share", "result-part-share")
        due = st.date_input(say("objectives.field.due"), value=date.today() + timedelta(days=90), key="result-due")
        pressed = _submitted()
    new = stage.NewKeyResult(
        objective=objective,
        name=name,
        kind=kind,
        due=due,
        metric=metric,
        baseline=baseline,
        target=target,
        lowest=lowest,
        highest=highest,
        unit=unit,
        part_of=part_of,
        part_share=part_share,
    )
    if pressed and did(lambda: stage.add_key_result(desk, new)):
        done(say("objectives.kept", name=name.strip()))
