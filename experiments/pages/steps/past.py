"""Last year's data, dropped where its two facts are asked for: said in words, filled in, still to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from experiments.forms.metric_form import factor
from experiments.forms.power_preview import plan_so_far
from experiments.pages import look
from experiments.pages.frame import attempt, plain, warn
from experiments.pages.steps import fields
from experiments.planning.past import read_uploaded
from experiments.words import say

TAKEN, LINES = f"{fields.PREFIX}past-history", f"{fields.PREFIX}past-lines"


def taken() -> Mapping[str, dict[str, Any]]:
    """``history`` by metric as a file said it in this step; empty where none was read."""
    found: Mapping[str, dict[str, Any]] = st.session_state.get(TAKEN, {})
    return found


def bring(draft: dict[str, Any]) -> None:
    """A file to read, and what was read of the last one."""
    with st.expander(say("past.bring"), icon=":material/history:"), st.form("past", border=False):
        st.caption(say("past.bring_lead"))
        upload = st.file_uploader(say("past.file"), key="past-upload")
        pressed = st.form_submit_button(say("past.take"), icon=":material/edit_note:")
    if pressed and upload is not None:
        _take(draft, upload.getvalue(), upload.name)
    if LINES in st.session_state:
        st.info(say("past.taken"), icon=":material/history:")
        look.lines(st.session_state[LINES])


def _take(draft: dict[str, Any], content: bytes, name: str) -> None:
    """Read it and fill in the fields below, which are drawn after this."""
    if plan_so_far(draft) is None:
        st.warning(say("past.too_early"), icon=":material/info:")
        return
    today = datetime.now(UTC).date()
    with st.spinner(plain(say("cli.reading", file=name))):
        read = attempt(lambda: read_uploaded(draft, content, name, today))
    if read is None:
        return
    warn(read.past.warnings)
    st.session_state[TAKEN], st.session_state[LINES] = dict(read.history), list(read.lines)
    for metric in read.plan.metrics:
        if metric.key in read.history:
            found = read.history[metric.key]
            scale = factor(metric.spec.kind, metric.unit)
            st.session_state[f"{fields.PREFIX}spread-{metric.key}"] = found["spread"] * scale
            st.session_state[f"{fields.PREFIX}steady-{metric.key}"] = found["steadiness"]
