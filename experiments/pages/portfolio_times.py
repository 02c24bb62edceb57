"""What stands above the board, and the calendar of sites: pilots over time, and who is in whose way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from experiments.desk import Desk
from experiments.pages import look
from experiments.pages.frame import plain
from experiments.pictures.timeline import TimelineBar, timeline
from experiments.portfolio.pack import last_months, month_words, pack_pdf_of
from experiments.portfolio.rates import counted, rates
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.site_calendar import Clash, Span, clashes, half_years, within
from experiments.portfolio.words import clash_sentence, few_named, funnel, shared_with, standing
from experiments.words import say
from experiments.words.titles import titled

BARS = 40
PAIRS = 100


def above(rows: Sequence[PilotRow]) -> None:
    """The funnel as numbers, the rates as sentences."""
    found = rates(counted(rows))
    with st.expander(say("rates.title"), expanded=True, icon=":material/filter_alt:"):
        with st.container(horizontal=True, key="funnel"):
            for name, count in funnel(found):
                st.metric(plain(name), count, width="content")
        look.lines(standing(rows))


def review_pack(desk: Desk) -> None:
    """The month as one file; it is made when the button is pressed."""
    today = desk.registry.clock().date()
    months = last_months(today)
    with st.popover(say("pack.button"), icon=":material/picture_as_pdf:"):
        month = st.selectbox(say("pack.month"), months, format_func=month_words, key="pack-month")
        st.download_button(
            say("pack.download"),
            lambda: pack_pdf_of(desk, month),
            file_name=f"pilots-{month}.pdf",
            mime="application/pdf",
            icon=":material/download:",
            key="pack",
            on_click="ignore",
        )


def over_time(spans: Sequence[Span], today: date) -> None:
    """Pilots at their sites. Of many, those of a half-year, so many at a time; what is said is about those shown."""
    if not spans:
        st.info(say("timeline.none"), icon=":material/calendar_month:")
        return
    shown = _visible(spans, today)
    found = clashes(spans, of=[span.key for span in shown] if len(shown) < len(spans) else None)
    sentence = clash_sentence(found, today)
    st.markdown(plain(sentence))
    shared = shared_with(found)
    st.altair_chart(
        timeline([_bar(span, shared.get(span.key, ()), today) for span in shown], today=today, theme=look.theme()),
        theme=None,
        key="timeline",
        alt=say("timeline.alt", sentence=sentence),
        width="stretch",
    )
    if found:
        _pairs(found)
    with st.expander(say("timeline.table"), icon=":material/table_rows:"):
        st.dataframe(_table(_calendar(shown, shared)), hide_index=True, key="timeline-table")


def _visible(spans: Sequence[Span], today: date) -> list[Span]:
    """The half-year that is chosen, and the page of it; all of them where they are few."""
    ordered = sorted(spans, key=lambda span: (span.end, span.title), reverse=True)
    if len(ordered) <= BARS:
        return ordered
    choice = half_years(spans)
    here = next((place for place, (start, end) in enumerate(choice) if start <= today <= end), 0)
    when, page = st.columns(2)
    start, end = choice[
        when.selectbox(
            say("timeline.when"), range(len(choice)), index=here, key="timeline-when",
            format_func=lambda place: say("timeline.from_to", start=choice[place][0], end=choice[place][1]),
        )
    ]  # fmt: skip
    ordered = within(ordered, start, end)
    pages = range(0, len(ordered), BARS)
    first = page.selectbox(
        say("timeline.page"), pages, key=f"timeline-page-{start}",
        format_func=lambda place: say(
            "timeline.of_page", first=place + 1, last=min(place + BARS, len(ordered)), all=len(ordered)
        ),
    )  # fmt: skip
    return ordered[first : first + BARS]


def _bar(span: Span, shared: Sequence[str], today: date) -> TimelineBar:
    over = span.end < today
    return TimelineBar(title=titled(span), start=span.start, end=span.end, over=over, shared=few_named(shared))


def _pairs(found: Sequence[Clash]) -> None:
    st.header(say("timeline.shared_title"))
    if len(found) > PAIRS:
        st.caption(say("timeline.shared_shortened", shown=PAIRS, all=len(found)))
    shown = found[:PAIRS]
    columns: dict[str, list[Any]] = {
        "first": [titled(clash.first) for clash in shown],
        "second": [titled(clash.second) for clash in shown],
        "start": [clash.start for clash in shown],
        "end": [clash.end for clash in shown],
        "which": [few_named(clash.sites) for clash in shown],
    }
    st.dataframe(_table(columns), hide_index=True, key="timeline-pairs")


def _calendar(spans: Sequence[Span], shared: dict[str, tuple[str, ...]]) -> dict[str, list[Any]]:
    stages = {stage: say(f"stage.{stage}") for stage in {span.stage for span in spans}}
    ordered = sorted(spans, key=lambda span: (span.start, span.title))
    return {
        "title": [titled(span) for span in ordered],
        "start": [span.start for span in ordered],
        "end": [span.end for span in ordered],
        "stage": [stages[span.stage] for span in ordered],
        "sites": [len(span.sites) for span in ordered],
        "shared": [few_named(shared.get(span.key, ())) for span in ordered],
    }


def _table(columns: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({say(f"timeline.column.{name}"): cells for name, cells in columns.items()})
