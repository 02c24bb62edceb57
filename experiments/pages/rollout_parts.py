"""Pieces of the page Roll-out: its state as colour, sign and word, and the picture of foretold and measured."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import streamlit as st

from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.pictures import theme
from experiments.pictures.rollout_chart import COLOURS, replication_svg, rollout_chart
from experiments.rollouts.forecast import ForecastPicture
from experiments.rollouts.lines import proposal_sentence
from experiments.rollouts.view import RolloutView, standing_sentence
from experiments.rollouts.words import replication_word
from experiments.words import say
from registry.kinds import Stage
from registry.pilots import Pilot


def banner(view: RolloutView) -> None:
    """Colour, sign and word, and the sentence why."""
    colour, word = COLOURS[view.replication], replication_word(view.replication)
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:1rem;align-items:center;padding:.9rem;"
        f"border:1px solid {colour};border-radius:.5rem'>"
        f"<div style='display:flex;gap:.6rem;align-items:center;background:{colour};color:{theme.ON_BADGE};"
        f"border-radius:.4rem;padding:.5rem .9rem;font-weight:700;font-size:1.2rem;line-height:1.25'>"
        f"<img alt='' width='26' height='26' src='{look.inline(replication_svg(view.replication))}'>"
        f"<span>{escape(word[:1].upper() + word[1:])}</span></div>"
        f"<div style='flex:1 1 18rem;font-size:1.1rem;line-height:1.45'>{escape(view.headline)}</div></div>"
    )


def picture(shown: ForecastPicture) -> None:
    """Drawn, and the same in words under it."""
    alt = "; ".join(f"{row.label}: {row.text}" for row in shown.rows)
    drawn = look.inline(_svg(shown, look.theme()))
    st.html(f"<img style='max-width:100%;height:auto' src='{drawn}' alt='{escape(alt, quote=True)}'>")
    st.caption(plain(shown.caption))
    with st.expander(say("rollout.in_words")):
        look.table({"what": [row.label for row in shown.rows], "value": [row.text for row in shown.rows]})


@lru_cache(maxsize=64)
def _svg(shown: ForecastPicture, ground: theme.Theme) -> str:
    """Kept: the same picture is shown at every click on its page."""
    chart = rollout_chart(shown.rows, line=shown.line, unit=shown.unit, better=shown.better, theme=ground)
    return theme.svg(chart, name="rollout")


def rollout_link(desk: Desk, pilot: Pilot) -> None:
    """After a SCALE: what is proposed, or how far it is, and the way to the page."""
    if pilot.stage == Stage.ROLLING_OUT:
        said = standing_sentence(desk, pilot)
    else:
        today = desk.registry.clock().date().isoformat()
        said = _proposed(desk, (pilot.key, str(pilot.id), pilot.revision, today))
    if not said:
        return
    st.text(said)
    st.page_link(
        "experiments/pages/rollout.py",
        label=say("rollout.to_page"),
        icon=":material/arrow_forward:",
        query_params={"pilot": pilot.key},
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _proposed(_desk: Desk, mark: tuple[str, str, int, str]) -> str:
    """Sized by calculation, which takes a moment: once for a pilot as it stands on a day. mark: its key first."""
    return proposal_sentence(_desk, mark[0])
