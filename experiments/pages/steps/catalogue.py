"""A metric of a charter chosen from the catalogue: the form begins with what the catalogue knows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.charters.from_catalogue import metric_from
from experiments.desk import Desk
from experiments.forms.metric_form import offered_entries
from experiments.keep_metrics import in_use
from experiments.pages.frame import registry
from experiments.words import say


def from_catalogue(name: str, role: str) -> tuple[str, dict[str, Any]]:
    """The name of the block's fields and what they begin with: nothing where no metric is chosen."""
    entries = offered_entries(in_use(Desk(registry=registry())))
    key = st.selectbox(
        say("register.from_catalogue"),
        ["", *entries],
        format_func=lambda key: entries[key].name if key else say("register.not_from_catalogue"),
        key=f"r-{name}-catalogue",
    )
    return (f"{name}-{key}", metric_from(entries[key], entries, role)) if key else (name, {})
