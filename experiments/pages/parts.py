"""What several pages show of one memo: verdict, metrics, partners, trust. Views in, widgets out."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import streamlit as st

from experiments.documents.pictures import picture_words
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.pictures import charts, theme
from experiments.pictures.theme import TONES
from experiments.views import IntervalRow, Memo, MetricLine
from experiments.words import say
from experiments.words.meanings import of_verdict


def verdict_banner(memo: Memo) -> None:
    """Colour, sign and word, and the one sentence why."""
    colour = theme.VERDICT_COLOURS[memo.badge.verdict]
    addition = f"<small style='display:block;font-weight:400'>{escape(memo.badge.addition)}</small>"
    st.html(
        f"<div role='status' style='display:flex;flex-wrap:wrap;gap:1rem;align-items:center;padding:.9rem;"
        f"border:1px solid {colour};border-radius:.5rem'>"
        f"<div style='display:flex;gap:.6rem;align-items:center;background:{colour};color:{theme.ON_BADGE};"
        f"border-radius:.4rem;padding:.5rem .9rem;font-weight:700;font-size:1.2rem;line-height:1.25'>"
        f"<img alt='' width='26' height='26' src='{look.inline(theme.badge_svg(memo.badge.verdict))}'>"
        f"<span>{escape(memo.badge.word)}{addition if memo.badge.addition else ''}</span></div>"
        f"<div style='flex:1 1 18rem;font-size:1.1rem;line-height:1.45'>{escape(memo.why)}</div></div>"
    )


def badge(verdict: str) -> str:
    """A small verdict as markup of our own: colour, sign and word."""
    drawn = f"<img alt='' width='16' height='16' src='{look.inline(theme.badge_svg(verdict))}'>"
    colour = theme.VERDICT_COLOURS[verdict]
    told = escape(of_verdict(verdict), quote=True)
    word = escape(say(f"verdict.{verdict}"))
    return f"<span class='pg-badge' style='background:{colour}' title='{told}'>{drawn}{word}</span>"


def metrics(memo: Memo) -> None:
    """A row each: the interval plot, and the same in words."""
    if memo.metrics_note:
        closed = all(line.plot is None for line in memo.metrics)
        st.info(plain(memo.metrics_note), icon=":material/lock:" if closed else ":material/compare_arrows:")
    columns: dict[str, list[look.Cell]] = {
        "metric": [f"{line.name}" for line in memo.metrics],
        "picture": [_picture(line, look.theme()) for line in memo.metrics],
        "effect": [_change(line) for line in memo.metrics],
        "state": [look.Toned(text=line.state, tone=line.tone) for line in memo.metrics],
        "line": [line.line for line in memo.metrics],
        "levels": [line.levels for line in memo.metrics],
    }
    shown = {key: cells for key, cells in columns.items() if any(cells)}
    look.table(shown, label=say("memo.heading.metrics"))


def _picture(line: MetricLine, ground: theme.Theme) -> look.Cell:
    if line.plot is None:
        return ""
    return look.Drawing(svg=_interval_svg(line.plot, ground), alt=picture_words(line))


@lru_cache(maxsize=256)
def _interval_svg(row: IntervalRow, ground: theme.Theme) -> str:
    """Kept: the same row is shown at every click on its page."""
    return theme.svg(charts.interval_row(row, theme=ground))


def _change(line: MetricLine) -> str:
    if not line.effect:
        return line.note
    return say("evidence.change", effect=line.effect, interval=line.interval) if line.interval else line.effect


def own_number(memo: Memo, department: str) -> None:
    """What the pilot did to one department's own numbers: large, against the loss it accepts, with what it hoped."""
    lines_of = {line.key: line for line in memo.metrics}
    for partner in [line for line in memo.partners if line.partner == department]:
        with st.container(border=True, key=f"own-{partner.key or 'none'}"):
            st.subheader(plain(partner.metric), anchor=False)
            if line := lines_of.get(partner.key):
                colour = TONES[look.theme()][line.tone]
                st.html(
                    f"<p class='pg-large'>{escape(line.effect or line.note or partner.change)}<br>"
                    f"<span style='color:{colour}'>{look.explained(line.state)}</span></p>"
                )
                if line.plot and line.plot.effect is not None:
                    drawn = look.inline(_interval_svg(line.plot, look.theme()))
                    st.html(f"<img src='{drawn}' alt='{escape(picture_words(line), quote=True)}'>")
                told = (say("review.likely", interval=line.interval) if line.interval else "", line.levels)
                held = say("review.held", line=line.line) if line.line else ""
                lines(tuple(text for text in (*told, held) if text))
            st.caption(plain(partner.benefit))


def partners(memo: Memo, *, but: str = "") -> None:
    """A row each, in their words; ``but`` the department that has seen its own above."""
    if not memo.partners:
        st.caption(say("evidence.no_partners"))
        return
    rows = [line for line in memo.partners if line.partner != but]
    if not rows:
        st.caption(say("review.no_other"))
        return
    look.table(
        {
            "partner": [line.partner for line in rows],
            "own_metric": [line.metric for line in rows],
            "benefit": [line.hoped for line in rows],
            "change": [line.change for line in rows],
            "state": [look.Toned(text=line.state, tone=line.tone) for line in rows],
            "said": [line.said for line in rows],
        }
    )


def lines(texts: tuple[str, ...]) -> None:
    look.lines(texts)


def trust(memo: Memo) -> None:
    """Grade with its reasons, and each check in a sentence."""
    lines(memo.grade_reasons)
    for passed, tone, word in ((False, "bad", "memo.failed"), (None, "none", "memo.not_run")):
        found = [check.sentence for check in memo.checks if check.passed is passed]
        if found:
            look.checks(found, said=say(word), tone=tone)
    fine = [check.sentence for check in memo.checks if check.passed]
    if fine:
        with st.expander(say("evidence.passed", count=len(fine)), icon=":material/check:"):
            look.checks(fine, said=say("memo.passed"), tone="good")


def planned(memo: Memo) -> None:
    look.table(
        {
            "what": [line.what for line in memo.planned],
            "planned": [line.planned for line in memo.planned],
            "done": [line.done for line in memo.planned],
        }
    )


def method(memo: Memo) -> None:
    if memo.why_method:
        st.markdown(f"**{say('memo.heading.why_method')}**")
        lines((memo.why_method,))
    lines(memo.method_notes)
    if memo.method:
        names = ("method", "effect", "std_error", "df", "interval", "p_value", "p_randomisation", "limits", "units")
        titles = {"effect": "estimate"}
        columns = {"metric": [line.name for line in memo.method]}
        columns |= {titles.get(name, name): [getattr(line, name) for line in memo.method] for name in names}
        look.table(columns)
    look.table({"what": [name for name, _ in memo.provenance], "value": [value for _, value in memo.provenance]})
