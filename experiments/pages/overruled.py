"""The register of decisions against the recommendation, under the portfolio."""

from __future__ import annotations

import streamlit as st

from experiments.deciding.overrides import override_columns, overrides, score_of
from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.words import say


def overruled(desk: Desk) -> None:
    """Each with what it went against, who confirmed it, when it is looked at again and what became of it."""
    found = overrides(desk)
    with st.expander(say("overrule.heading"), icon=":material/gavel:"):
        if found:
            look.table(override_columns(found), label=say("overrule.heading"))
            st.caption(plain(score_of(found)))
        else:
            st.caption(say("overrule.none"))
