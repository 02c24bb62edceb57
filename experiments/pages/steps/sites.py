"""Sites, pasted or from a file."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.errors import problems_of
from experiments.forms.site_list import names_twice, read_sites, write_sites
from experiments.incoming import preview_column
from experiments.pages.frame import plain, show_problems
from experiments.pages.steps import fields
from experiments.words import say
from stats.errors import RefusedData
from stats.outcomes import guess_reading, preview, suggest_columns


def sites_field(kept: list[Any], words: str) -> list[dict[str, Any]]:
    """One a line, those that stay as before included."""
    with st.expander(plain(say("register.sites_from_file", unit=words))):
        _from_file()
    name = fields.seeded("sites", write_sites(kept))
    typed = st.text_area(
        say("register.sites", unit=plain(words)), key=name, height=160, help=say("register.help.sites")
    )
    found = read_sites(typed or "")
    twice = names_twice(found)
    if twice:
        st.warning(plain(say("register.twice", names=twice)), icon=":material/info:")
    st.caption(plain(say("register.sites_count", count=len(found), unit=words)))
    return found


def _from_file() -> None:
    """Takes the different values of one column."""
    upload = st.file_uploader(say("register.sites_file"), key="r-sites-file")
    if upload is None:
        return
    try:
        content = upload.getvalue()
        reading = guess_reading(content, upload.name)
        looked = preview(content, reading)
    except RefusedData as error:
        show_problems(problems_of(error))
        return
    names = [column.name for column in looked.columns]
    likely = suggest_columns(looked, ["site"])["site"]
    column = st.selectbox(
        say("register.sites_column"), names, index=names.index(likely) if likely else 0, key="r-sites-column"
    )
    if st.button(say("register.sites_take"), key="take-sites"):
        st.session_state[f"{fields.PREFIX}sites"] = "\n".join(preview_column(content, reading, str(column)))
        st.rerun()
