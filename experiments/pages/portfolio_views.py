"""Saved views of the portfolio: choose one, keep this one under a name, forget one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from experiments.desk import Desk
from experiments.pages.frame import did, done, plain
from experiments.portfolio.saved_views import View, drop_view, query_of, save_view, views
from experiments.words import say

PAGE = "portfolio"
DEFAULTS: Mapping[str, Any] = {
    "search": "", "verdict": [], "department": [], "stage": [], "owner": [], "order": "moved", "made_up": "all",
    "overdue": False, "view": "board",
}  # fmt: skip
"""What every filter of the page chooses where nothing is chosen."""


def saved(desk: Desk) -> None:
    """A button a view; beneath, the form that keeps what is chosen now."""
    if desk.person is None:
        return
    known = views(desk, PAGE)
    with st.popover(say("views.title", count=len(known)), icon=":material/bookmarks:"):
        for view in known:
            st.button(plain(view.name), on_click=choose, args=(view,), key=f"view-{view.name}", width="stretch")
        with st.form("save-view", border=False):
            name = st.text_input(say("views.name"), key="view-name", max_chars=80)
            kept = st.form_submit_button(say("views.keep"), icon=":material/bookmark_add:")
        if known:
            with st.form("drop-view", border=False):
                gone = st.selectbox(say("views.which"), [view.name for view in known], key="view-gone")
                dropped = st.form_submit_button(say("views.drop"), icon=":material/delete:")
            if dropped and gone and did(lambda: drop_view(desk, PAGE, gone)):
                done(say("views.dropped", name=gone))
    if kept and did(lambda: save_view(desk, PAGE, name, query_of(chosen_now()))):
        done(say("views.kept", name=name.strip()))


def chosen_now() -> dict[str, Any]:
    """What differs from a page on which nothing is chosen."""
    now = {name: st.session_state.get(name, default) for name, default in DEFAULTS.items()}
    return {name: value for name, value in now.items() if value != DEFAULTS[name]}


def choose(view: View) -> None:
    """Put the filters where the view has them; the address follows."""
    wanted = view.chosen
    for name, default in DEFAULTS.items():
        values = wanted.get(name, [])
        if isinstance(default, list):
            st.session_state[name] = values
        elif isinstance(default, bool):
            st.session_state[name] = values == ["True"]
        else:
            st.session_state[name] = values[0] if values else default
