"""Bringing data on the page Data: kept whole, or everything that is wrong with it; a table behind a connection."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from experiments.desk import Desk
from experiments.errors import problems_of
from experiments.incoming import CROSSOVERS, in_steps, problem_table
from experiments.pages import look
from experiments.pages.frame import REFUSALS, attempt, done, plain, show_problems
from experiments.pages.take_away import take_away
from experiments.running.connections import connections, ingest_table
from experiments.running.ingest import Ingested, Report
from experiments.words import problem_sentence, say
from registry.pilots import Pilot
from stats.errors import RefusedData
from stats.outcomes import RefusedOutcomes
from stats.plan import Plan

UPLOADED, WARNED, CROSSED = "data_upload", "data_warnings", "data_crossed"


def refused(error: Exception, plan: Plan) -> None:
    """Everything that is wrong, to read and to take away. Nothing was kept."""
    problems = problems_of(error)  # type: ignore[arg-type]
    if isinstance(error, RefusedOutcomes):
        st.error(
            plain(say("data.refused_rows", count=len(problems), good=error.good_rows, rows=error.rows)),
            icon=":material/error:",
        )
    else:
        st.error(say("data.refused"), icon=":material/error:")
    found = problem_table(problems, plan)
    look.table(found)
    columns = {say(f"column.{key}"): cells for key, cells in found.items()}
    take_away(columns, name="problems", key="problems-csv", label=say("data.problems_csv"))


def keep(plan: Plan, name: str, brought: Callable[[Report], Ingested]) -> None:
    """Check and keep, or show why not."""
    bar = st.progress(0.0, text=say("data.step.open"))
    try:
        made = brought(in_steps(lambda share, text: bar.progress(share, text=plain(text))))
    except REFUSALS as error:
        bar.empty()
        st.session_state[CROSSED] = any(problem.code in CROSSOVERS for problem in problems_of(error))
        if isinstance(error, RefusedData):
            refused(error, plan)
        else:
            show_problems(problems_of(error))
        return
    st.session_state[WARNED] = [problem_sentence(problem) for problem in made.warnings]
    st.session_state[UPLOADED] = st.session_state.get(UPLOADED, 0) + 1
    st.session_state.pop(CROSSED, None)
    done(say("data.kept", rows=made.rows, name=name))


def from_table(desk: Desk, pilot: Pilot, plan: Plan) -> None:
    """Instead of a file: a table that the administrator named; nothing where none was."""
    known = attempt(lambda: connections(desk.registry.home))
    offered = {f"{name} · {table}": (name, table) for name, one in (known or {}).items() for table in one.tables}
    if not offered:
        return
    with st.form("ingest-table", border=True):
        chosen = st.selectbox(say("data.table"), list(offered), key="table", help=say("data.table_help"))
        crossed = bool(st.session_state.get(CROSSED)) and st.checkbox(say("data.crossovers"), key="table-crossovers")
        pressed = st.form_submit_button(say("data.table_read"), icon=":material/database:")
    if pressed:
        name, table = offered[chosen]
        keep(
            plan,
            chosen,
            lambda report: ingest_table(desk, pilot.key, name, table, accept_crossovers=crossed, report=report),
        )
