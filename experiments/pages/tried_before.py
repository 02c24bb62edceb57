"""Beside a charter that is being written: earlier pilots like it, each in a line, with a way to what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from experiments.desk import Desk
from experiments.library.similar import sentence, similar
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.words import say
from registry.pilots import Pilot


def tried_before(desk: Desk, charter: Mapping[str, Any], pilot: Pilot | None) -> None:
    """Nothing where nothing is like it."""
    found = similar(desk, charter, pilot=pilot)
    if not found:
        return
    with st.container(border=True, key="tried-before"):
        st.header(say("similar.title"), anchor=False)
        st.caption(say("similar.lead"))
        look.lines([sentence(one) for one in found])
        for one in found:
            page = "decide" if one.verdict else "plan"
            st.page_link(
                f"experiments/pages/{page}.py",
                label=plain(one.title),
                icon=":material/history_edu:",
                query_params={"pilot": one.key},
            )
