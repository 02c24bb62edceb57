"""The router: page list and page configuration. Each page is a file in experiments/pages."""

import streamlit as st

from experiments.pages import door
from experiments.pages.frame import registry
from experiments.words import say

PAGES = {
    "": ("what_needs_me", "portfolio", "objectives", "learned", "library", "showcase", "register", "people"),
    "pilot": (
        "plan",
        "rehearse",
        "assign",
        "data",
        "along",
        "evidence",
        "review",
        "decide",
        "rollout",
        "versions",
        "history",
    ),
    "measures": ("metrics", "raw"),
}

st.set_page_config(page_title=say("app.name"), page_icon="🧭", layout="wide")
shut = door.closed(registry())
page = st.navigation(
    {
        section and say(f"nav.{section}"): [
            st.Page(
                f"experiments/pages/{name}.py",
                title=say(f"nav.page.{name}"),
                url_path=name.replace("_", "-"),
                default=name == PAGES[""][0],
            )
            for name in names
        ]
        for section, names in PAGES.items()
    },
    position="hidden" if shut else "top",
)
if not shut:
    page.run()
