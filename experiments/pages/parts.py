"""What several pages show of one memo: verdict, metrics, partners, trust. Views in, widgets out."""

from __future__ import annotations

import re
from html import escape

import pandas as pd
import streamlit as st

from experiments import charts
from experiments.documents.views import Memo
from experiments.words import say


def theme() -> charts.Theme:
    return "dark" if st.context.theme.type == "dark" else "light"


def plain(text: str) -> str:
    """People's text, safe inside our own markdown: nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])", r"\\\1", text)


def verdict_banner(memo: Memo) -> None:
    """Colour, sign and word, and the one sentence why."""
    colour = charts.VERDICT_COLOURS[memo.badge.verdict]
    addition = f"<small style='display:block;font-weight:400'>{escape(memo.badge.addition)}</small>"
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:1rem;align-items:center;padding:.9rem;"
        f"border:1px solid {colour};border-radius:.5rem'>"
        f"<div style='display:flex;gap:.6rem;align-items:center;background:{colour};color:{charts.ON_BADGE};"
        f"border-radius:.4rem;padding:.5rem .9rem;font-weight:700;font-size:1.2rem'>"
        f"<span aria-hidden='true'>{charts.VERDICT_SIGNS[memo.badge.verdict]}</span>"
        f"<span>{escape(memo.badge.word)}{addition if memo.badge.addition else ''}</span></div>"
        f"<div style='flex:1 1 18rem;font-size:1.1rem'>{escape(memo.why)}</div></div>"
    )


def metrics(memo: Memo) -> None:
    """The interval plot, and the same in words."""
    if memo.metrics_note:
        st.info(memo.metrics_note, icon="🔒")
    rows = [line.plot for line in memo.metrics if line.plot is not None]
    if rows:
        st.altair_chart(
            charts.interval_plot(rows, theme=theme()),
            key="interval-plot",
            alt="; ".join(f"{line.name}: {line.effect}, {line.interval}: {line.state}" for line in memo.metrics),
        )
    _table(
        {
            "metric": [line.name for line in memo.metrics],
            "role": [line.role for line in memo.metrics],
            "effect": [line.effect or line.note for line in memo.metrics],
            "interval": [line.interval for line in memo.metrics],
            "state": [line.state for line in memo.metrics],
            "line": [line.line for line in memo.metrics],
            "levels": [line.levels for line in memo.metrics],
        }
    )


def partners(memo: Memo) -> None:
    """A row each, in their words."""
    if not memo.partners:
        st.caption(say("evidence.no_partners"))
        return
    _table(
        {
            "partner": [line.partner for line in memo.partners],
            "own_metric": [line.metric for line in memo.partners],
            "change": [line.change for line in memo.partners],
            "state": [line.state for line in memo.partners],
            "said": [line.said for line in memo.partners],
        }
    )


def lines(texts: tuple[str, ...]) -> None:
    for text in texts:
        st.text(text)


def trust(memo: Memo) -> None:
    """Grade with its reasons, and each check in a sentence."""
    lines(memo.grade_reasons)
    for check in memo.checks:
        sign = {None: "–", True: "✅", False: "❌"}[check.passed]
        said = {None: "memo.not_run", True: "memo.passed", False: "memo.failed"}[check.passed]
        st.text(f"{sign} {check.sentence}", help=say(said))


def sites(memo: Memo) -> None:
    if memo.sites:
        st.altair_chart(
            charts.site_dots(memo.sites, unit=memo.sites_unit, better=memo.sites_better, theme=theme()),
            key="site-dots",
            alt=say("memo.sites_alt", metric=memo.sites_metric, unit=memo.unit_word),
        )


def planned(memo: Memo) -> None:
    _table(
        {
            "what": [line.what for line in memo.planned],
            "planned": [line.planned for line in memo.planned],
            "done": [line.done for line in memo.planned],
        }
    )


def method(memo: Memo) -> None:
    lines(memo.method_notes)
    if memo.method:
        names = ("method", "effect", "std_error", "df", "interval", "p_value", "p_randomisation", "limits", "units")
        titles = {"effect": "estimate"}
        columns = {"metric": [line.name for line in memo.method]}
        columns |= {titles.get(name, name): [getattr(line, name) for line in memo.method] for name in names}
        _table(columns)
    for name, value in memo.provenance:
        st.text(f"{name}: {value}")


def _table(columns: dict[str, list[str]]) -> None:
    """A plain table: readable by keyboard and screen reader, wrapping its words."""
    frame = pd.DataFrame({say(f"column.{name}"): values for name, values in columns.items()})
    st.dataframe(frame, hide_index=True, width="stretch")
