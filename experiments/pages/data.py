"""Data: drop a file or choose a table; see what is wrong with it; what was accepted, when and by whom."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from experiments.desk import Desk, reached
from experiments.files import plain_name
from experiments.incoming import (
    changed_parts,
    kept_files,
    on_disk,
    preview_rows,
    wanted_columns,
)
from experiments.limits import size_limits, told, upload_mb
from experiments.pages import look
from experiments.pages.bringing import CROSSED, UPLOADED, WARNED, from_table, keep, refused
from experiments.pages.frame import (
    attempt,
    begin,
    go_on,
    offered,
    pilot_here,
    plain,
    warn,
)
from experiments.pages.health import health_here
from experiments.pages.notes import notes
from experiments.pages.reading_form import reading_form
from experiments.planning.plan import locked_plan
from experiments.running.ingest import Ingested, Report, ingest
from experiments.words import say
from registry.access import Act
from registry.kinds import Stage
from registry.pilots import Pilot
from stats.errors import RefusedData
from stats.outcomes import Preview, Reading, guess_reading, preview
from stats.plan import Plan


def needed(plan: Plan) -> None:
    """Before a file is there: which columns it must have."""
    blank = Preview(reading=Reading(), columns=(), rows=())
    wanted = wanted_columns(plan, blank)
    st.caption(say("data.needed"))
    look.table({"column_named": [want.column for want in wanted], "used_for": [want.used_for for want in wanted]})


def columns_table(plan: Plan, looked: Preview) -> None:
    """The plan's columns against the file's: matched by name."""
    wanted = wanted_columns(plan, looked)
    state = [
        look.Toned(text=say("data.found"), tone="good")
        if want.found
        else look.Toned(text=say("data.near", name=want.near) if want.near else say("data.not_found"), tone="bad")
        for want in wanted
    ]
    columns: dict[str, Any] = {
        "column_named": [want.column for want in wanted],
        "used_for": [want.used_for for want in wanted],
        "in_file": state,
    }
    look.table(columns)


def bring(desk: Desk, pilot: Pilot, plan: Plan) -> None:
    """One file, from the drop to the keeping."""
    limits = attempt(size_limits)
    if limits is None:
        return
    upload = st.file_uploader(
        say("data.drop"),
        key=f"upload-{st.session_state.get(UPLOADED, 0)}",
        help=say("data.drop_help"),
        max_upload_size=upload_mb(),
    )
    st.caption(plain(told()))
    if upload is None:
        needed(plan)
        from_table(desk, pilot, plan)
        return
    content, name = upload.getvalue(), upload.name
    if st.session_state.get("read_of") != upload.file_id:
        for key in [key for key in st.session_state if str(key).startswith("read-")]:
            del st.session_state[key]
        st.session_state["read_of"] = upload.file_id
        st.session_state.pop(CROSSED, None)
    try:
        guessed = guess_reading(content, name, limits)
        looked = preview(content, guessed, limits=limits)
        chosen = reading_form(guessed, looked, opened=bool(looked.warnings))
        changes = changed_parts(guessed.model_dump(), chosen)
        looked = preview(content, Reading.model_validate(chosen), limits=limits) if changes else looked
    except RefusedData as error:
        refused(error, plan)
        return
    warn(looked.warnings)
    st.dataframe(pd.DataFrame(preview_rows(looked)), hide_index=True, height=240, key="preview")
    columns_table(plan, looked)
    with st.form("ingest", border=True):
        crossed = bool(st.session_state.get(CROSSED)) and st.checkbox(say("data.crossovers"), key="crossovers")
        pressed = st.form_submit_button(say("data.keep"), type="primary", icon=":material/inventory_2:")
    if pressed:

        def brought(report: Report) -> Ingested:
            with on_disk(content, name) as path:
                return ingest(
                    desk, pilot.key, path, reading=changes, name=name, accept_crossovers=crossed, report=report
                )

        keep(plan, plain_name(name), brought)


desk = begin(say("nav.page.data"))
pilot = pilot_here(desk)
if not reached(pilot, Stage.ASSIGNED):
    st.info(say("data.before", stage=say(f"stage.{pilot.stage.value}")), icon=":material/hourglass_empty:")
    go_on(pilot, here="data")
    st.stop()
found = attempt(lambda: locked_plan(desk, pilot))
if found is None:
    st.stop()
for sentence in st.session_state.pop(WARNED, []):
    st.warning(plain(sentence), icon=":material/info:")
if reached(pilot, Stage.DECIDED):
    st.caption(say("data.closed"))
elif offered(desk, Act.INGEST, pilot):
    bring(desk, pilot, found[1])
kept = kept_files(desk, pilot)
st.header(say("data.kept_files"))
if kept["file"]:
    look.table(kept)
    if not reached(pilot, Stage.DECIDED):
        health_here(desk, pilot)
    go_on(pilot)
else:
    st.caption(say("data.none_kept"))
notes(desk, pilot, about="data")
