"""What the department of whoever is at the desk has learned this month: there to be read where nothing waits."""

from __future__ import annotations

import streamlit as st

from experiments.desk import Desk
from experiments.pages.frame import plain
from experiments.telling.month import DAYS, month
from experiments.words import say

PAGES = {"recommendation.made": "evidence"}
"""What the rule said stands beside its evidence; decisions and takeaways stand on one page."""


def month_shown(desk: Desk) -> bool:
    """Whether there was anything to tell."""
    found = month(desk)
    if found is None:
        return False
    st.header(plain(say("needs.month", department=found.department)), anchor=False)
    name = "needs.month_lead" if found.told else "needs.month_nothing"
    st.text(say(name, department=found.department, days=DAYS))
    for place, one in enumerate(found.told):
        with st.container(key=f"month-{place}"):
            st.page_link(
                f"experiments/pages/{PAGES.get(one.act, 'decide')}.py",
                label=plain(one.sentence),
                icon=":material/arrow_forward:",
                query_params={"pilot": one.pilot},
            )
    st.page_link("experiments/pages/library.py", label=say("needs.month_library"), icon=":material/local_library:")
    return bool(found.told)
