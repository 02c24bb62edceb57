"""Comments and files of a pilot, at the bottom of its pages: people's text stays text, files are only downloaded."""

from __future__ import annotations

from functools import partial

import streamlit as st

from experiments.desk import Desk, why_not
from experiments.notes import KINDS, LARGEST_MB, attach, attachments, comment, comments, download
from experiments.pages.frame import did, done, plain
from experiments.words import digits, say
from experiments.words.numbers import day
from registry.access import Act
from registry.pilots import Pilot


def notes(desk: Desk, pilot: Pilot, *, about: str) -> None:
    """Everything said and attached; a form for whoever may, empty again once something was taken. about: its page."""
    remarks, files = comments(desk, pilot), attachments(desk, pilot)
    st.divider()
    title = say("notes.title", comments=len(remarks), files=len(files))
    with st.expander(title, icon=":material/forum:", expanded=any(remark.mine for remark in remarks)):
        for remark in remarks:
            where = say(f"nav.page.{remark.about}") if remark.about else ""
            st.caption(plain(say("notes.line", who=remark.person, day=day(remark.at.date()), where=where)))
            st.text(remark.text)
        if why_not(desk, Act.COMMENT, pilot) is None:
            with st.form("comment", border=False, clear_on_submit=False):
                text = st.text_area(say("notes.say"), key=f"comment-text-{len(remarks)}", help=say("notes.help"))
                pressed = st.form_submit_button(say("notes.comment"), icon=":material/chat:")
            if pressed and did(lambda: comment(desk, pilot.key, text, about=about)):
                done(say("notes.said"))
        for file in files:
            st.download_button(
                plain(say("notes.file", name=file.name, size=digits.plain(file.size / 1024, significant=2))),
                partial(download, desk, pilot, file.id),
                file_name=file.name,
                mime="application/octet-stream",  # never opened by the browser, whatever its type
                key=f"file-{file.id}",
                icon=":material/attach_file:",
                on_click="ignore",
            )
            st.caption(plain(say("notes.file_line", who=file.person, day=day(file.at.date()), caption=file.caption)))
        if why_not(desk, Act.ATTACH, pilot) is None:
            with st.form("attach", border=False):
                brought = st.file_uploader(
                    plain(say("notes.bring", most=LARGEST_MB)),
                    type=list(KINDS),
                    key=f"attach-file-{len(files)}",
                    max_upload_size=LARGEST_MB,
                )
                caption = st.text_input(say("notes.caption"), key=f"attach-caption-{len(files)}")
                sent = st.form_submit_button(say("notes.attach"), icon=":material/attach_file:")
            if not sent:
                return
            if brought is None:
                st.warning(say("notes.choose"))
            elif did(partial(attach, desk, pilot.key, brought.name, brought.getvalue(), caption=caption)):
                done(say("notes.attached"))
