"""Past and running pilots from a spreadsheet: the form to take away, a look at what would be kept, and keeping it."""

from __future__ import annotations

import streamlit as st

from experiments.afterwards import csv_form, help_table, keep, look, preview, workbook_form
from experiments.desk import Desk
from experiments.incoming import on_disk
from experiments.limits import upload_mb
from experiments.pages import look as looks
from experiments.pages.frame import attempt, done
from experiments.tables import FORMS
from experiments.words import say


def past_pilots(desk: Desk) -> None:
    """For whoever may register: nothing is kept before it was shown."""
    with st.expander(say("afterwards.title"), icon=":material/history_edu:"):
        st.text(say("afterwards.lead"))
        with st.container(horizontal=True):
            for form, content in (("excel", workbook_form), ("csv", csv_form)):
                label = say("afterwards.form" if form == "excel" else "afterwards.form_csv")
                name = f"past-pilots.{FORMS[form].ending}"
                st.download_button(label, content, file_name=name, mime=FORMS[form].mime, key=f"past-form-{form}")
        with st.popover(say("afterwards.columns"), icon=":material/help:"):
            looks.table(help_table(), label=say("afterwards.columns"))
        upload = st.file_uploader(
            say("afterwards.upload"), type=["xlsx", "csv"], key="past-upload", max_upload_size=upload_mb()
        )
        if upload is not None:
            _show_and_keep(desk, upload)


def _show_and_keep(desk: Desk, upload: object) -> None:
    content, name = upload.getvalue(), upload.name  # type: ignore[attr-defined]
    with on_disk(content, name) as path:
        found = attempt(lambda: look(desk, path, name))
    if found is None:
        return
    drafts = sum(pilot.running for pilot in found)
    looks.table(preview(found), label=say("afterwards.upload"))
    st.text(say("afterwards.would_keep", closed=len(found) - drafts, drafts=drafts))
    with st.form("keep-past", border=False):
        pressed = st.form_submit_button(say("afterwards.keep"), type="primary", icon=":material/archive:")
    kept = attempt(lambda: keep(desk, found)) if pressed else None
    if kept is not None:
        del st.session_state["past-upload"]
        done(say("afterwards.kept", closed=kept.closed, drafts=kept.drafts))
