"""The form's widgets: seeded once from the draft, then theirs; keys start with ``r-`` and are forgotten together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from experiments.pages.frame import plain
from experiments.words import knows, say

PREFIX = "r-"


def forget() -> None:
    """Forget what was typed: the draft is read again."""
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]


def seeded(key: str, value: Any) -> str:
    """The key of a widget whose first value is ``value``."""
    name = PREFIX + key
    if name not in st.session_state:
        st.session_state[name] = value
    return name


def followed(key: str, value: Any) -> str:
    """As ``seeded``, for a value that is only proposed: while nobody has changed the field, it follows the proposal."""
    name, proposed = PREFIX + key, f"{PREFIX}proposed-{key}"
    if name not in st.session_state or st.session_state[name] == st.session_state.get(proposed):
        st.session_state[name] = value
    st.session_state[proposed] = value
    return name


def _words(label: str, said: str = "") -> dict[str, Any]:
    helped = f"register.help.{label}"
    return {"label": plain(said) if said else say(f"register.{label}"), "help": say(helped) if knows(helped) else None}


def text(label: str, key: str, value: Any, place: Any = st, *, proposed: bool = False, **more: Any) -> str:
    """proposed: the value is a proposal that may change while the page is open."""
    first = followed if proposed else seeded
    return str(place.text_input(**_words(label), key=first(key, str(value or "")), **more) or "").strip()


def long_text(label: str, key: str, value: Any, *, height: int = 90) -> str:
    return str(st.text_area(**_words(label), key=seeded(key, str(value or "")), height=height) or "").strip()


def number(label: str, key: str, value: float | None, place: Any = st, *, said: str = "", **more: Any) -> float | None:
    """said: the label where it has facts of its own, which people may have written."""
    found = place.number_input(
        **_words(label, said), key=seeded(key, None if value is None else float(value)), format="%g", **more
    )
    return float(found) if found is not None else None


def count(label: str, key: str, value: int | None, place: Any = st, **more: Any) -> int | None:
    found = place.number_input(**_words(label), key=seeded(key, value), step=1, **more)
    return int(found) if found is not None else None


def tick(label: str, key: str, value: Any, place: Any = st) -> bool:
    return bool(place.checkbox(**_words(label), key=seeded(key, bool(value))))


def choice(label: str, key: str, value: Any, options: Sequence[str], place: Any = st, *, words: str = "") -> str:
    known = value if value in options else options[0]
    return str(
        place.selectbox(
            **_words(label),
            options=list(options),
            key=seeded(key, known),
            format_func=lambda option: say(f"register.{words or label}.{option}"),
        )
    )


def question(label: str, key: str, value: Any, options: Sequence[str]) -> str:
    """A plain question with its answers side by side."""
    known = value if value in options else options[0]
    return str(
        st.radio(
            **_words(label),
            options=list(options),
            key=seeded(key, known),
            format_func=lambda option: say(f"register.{label}.{option}"),
            horizontal=True,
        )
    )


def day(label: str, key: str, value: Any, place: Any = st) -> date | None:
    first = date.fromisoformat(value) if isinstance(value, str) and value else value
    found = place.date_input(**_words(label), key=seeded(key, first or None), format="YYYY-MM-DD")
    return found if isinstance(found, date) else None


def shown(key: str) -> int:
    """How many blocks of a list are open beyond those of the draft."""
    return int(st.session_state.get(f"{PREFIX}more-{key}", 0))


def one_more(key: str, label: str) -> None:
    """A button that opens another empty block."""
    if st.button(say(f"register.{label}"), key=f"add-{key}", icon=":material/add:"):
        st.session_state[f"{PREFIX}more-{key}"] = shown(key) + 1
        st.rerun()
