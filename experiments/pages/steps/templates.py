"""Start from a template: one line each, a preview, and a question before anything typed is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from experiments.forms.charter_page import charter_sections
from experiments.forms.pilot_template import templates
from experiments.forms.register_steps import document
from experiments.forms.register_templates import advice, replaced, template, with_template
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.words import say

CHOICE = "template-name"


def template_choice(draft: Mapping[str, Any]) -> dict[str, Any] | None:
    """The draft with the chosen template in it, once it is asked for; None before."""
    offered = templates()
    name = st.selectbox(
        say("register.template"), list(offered), format_func=lambda key: plain(offered[key].title), key=CHOICE
    )
    st.text(offered[name].line)
    made = template(name)
    with st.expander(plain(say("template.preview", title=offered[name].title)), icon=":material/preview:"):
        for section in charter_sections(document(made)):
            if not section.empty:
                st.markdown(f"**{say(section.title)}**")
                look.lines(section.lines)
    with st.expander(say("template.knows"), icon=":material/school:"):
        for part in advice(name):
            st.markdown(f"**{plain(part.title)}**")
            look.lines(part.lines)
    with st.form("template", border=False):
        replace = _asked(draft, made)
        pressed = st.form_submit_button(say("register.use_template"), icon=":material/eco:")
    return with_template(draft, made, replace=replace) if pressed else None


def _asked(draft: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Whether what is written may be replaced; asked only where something is."""
    parts = replaced(draft, made)
    if not parts:
        return False
    st.text(say("template.asks", parts=[say(f"template.part.{part}") for part in parts]))
    answer = st.radio(
        say("template.written"),
        ("keep", "replace"),
        format_func=lambda key: say(f"template.{key}"),
        key="template-over",
    )
    return answer == "replace"
