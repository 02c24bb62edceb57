"""Step 1: the problem, the hypothesis as a sentence assembled while it is written, and who stands for it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.forms.charter_page import hypothesis_line
from experiments.forms.register_steps import document
from experiments.pages.steps import fields
from experiments.words import say


def show(draft: dict[str, Any]) -> dict[str, Any]:
    piece = draft.get("hypothesis") or {}
    made = {
        "title": fields.text("title", "title", draft.get("title"), max_chars=120),
        "problem": fields.long_text("problem", "problem", draft.get("problem")),
    }
    st.markdown(f"**{say('register.hypothesis')}**")
    hypothesis = {
        **piece,
        "change": fields.text("change", "change", piece.get("change")),
        "for_whom": fields.text("for_whom", "for-whom", piece.get("for_whom")),
        "because": fields.text("because", "because", piece.get("because")),
    }
    hypothesis = {name: value for name, value in hypothesis.items() if value not in ("", None)}
    with st.container(border=True, key="hypothesis-sentence"):
        st.text(hypothesis_line(document({**draft, "hypothesis": hypothesis})))
    kept = "\n".join(draft.get("key_results") or [])
    results = fields.long_text("key_results", "key-results", kept, height=70)
    st.markdown(f"**{say('register.people')}**")
    owner = draft.get("owner") or {}
    sponsor = draft.get("sponsor") or {}
    one, two = st.columns(2)
    owner = _person("owner", owner, one)
    sponsor = _person("sponsor", sponsor, two)
    team = fields.text("team", "team", draft.get("team") or owner.get("department"), proposed=True)
    results_list = [line.strip() for line in results.splitlines() if line.strip()]
    return {
        **draft, **made, "hypothesis": hypothesis, "key_results": results_list, "owner": owner, "sponsor": sponsor,
        "team": team,
    }  # fmt: skip


def _person(role: str, person: dict[str, Any], place: Any) -> dict[str, Any]:
    name = fields.text(role, role, person.get("name"), place, proposed=True)
    home = person.get("department")
    department = fields.text(f"{role}_department", f"{role}-department", home, place, proposed=True)
    email = {"email": person["email"]} if person.get("email") and name == person.get("name") else {}
    found = {"name": name, "department": department, **email}
    return {key: value for key, value in found.items() if value}
