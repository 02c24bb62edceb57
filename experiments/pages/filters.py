"""What narrows a list, each choice bound to the address: so what is chosen can be a bookmark, and outlives a reload."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from experiments.words import say

MADE_UP = {"all": None, "real": False, "simulated": True}
Changed = Callable[[], None]
SHOWN = "filters_of"
NAMES = frozenset(
    {
        *("search", "view", "order", "made_up", "overdue", "stage", "owner"),
        *("verdict", "department", "metric", "step", "year", "grade"),
    }
)
"""Of all pages that narrow a list."""


def own(page: str) -> None:
    """Nothing is chosen here that was chosen on another page, where the same word may mean something else."""
    if st.session_state.get(SHOWN) not in {None, page}:
        for name in NAMES - st.query_params.keys():
            st.session_state.pop(name, None)
    st.session_state[SHOWN] = page


def several(name: str, label: str, options: Mapping[str, str], changed: Changed | None = None) -> list[str]:
    """Any number of these. options: what people read, by key."""
    return st.multiselect(
        say(label),
        list(options),
        format_func=lambda key: options.get(key, key),
        key=name,
        bind="query-params",
        on_change=changed,
    )


def one_of(name: str, label: str, keys: Collection[str], said: str, changed: Changed | None = None) -> str:
    """Exactly one, the first unless another is chosen. said: a key reads as the sentence ``said.key``."""
    return st.selectbox(
        say(label),
        list(keys),
        format_func=lambda key: say(f"{said}.{key}"),
        key=name,
        bind="query-params",
        on_change=changed,
    )


def made_up(label: str, changed: Changed | None = None) -> bool | None:
    """Made-up pilots only (True), real ones only (False), or all (None)."""
    return MADE_UP[one_of("made_up", label, MADE_UP, "portfolio.made_up", changed)]


def more_filters(label: str, rarer: frozenset[str]) -> Any:
    """A place for those that few need; open where the address chooses by one of them."""
    return st.expander(say(label), icon=":material/tune:", expanded=not rarer.isdisjoint(st.query_params))


def view_of(label: str, views: Sequence[str], said: str) -> str:
    """Which way of seeing the list, the first unless another is chosen."""
    return st.segmented_control(
        say(label),
        views,
        format_func=lambda key: say(f"{said}.{key}"),
        key="view",
        default=views[0],
        required=True,
        label_visibility="collapsed",
        bind="query-params",
    )
