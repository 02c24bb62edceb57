"""The plots of the evidence page: one metric at a time, each with its sentence and the same as a table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from experiments.pages import experience, look
from experiments.pictures import charts, half_hours, paths
from experiments.views import CourseView, HalfHoursView, Memo, MetricPlots, PathView, PlaceboView
from experiments.words import say
from experiments.words.digits import plain

ROOM = paths.HEIGHT + paths.ON_A_PAGE


def of_metrics(memo: Memo) -> None:
    """Over time, where nothing can be found, through the day: of the first success metric, or of the one chosen."""
    if not memo.plots:
        return
    st.header(say("memo.heading.over_time"))
    names = {plots.key: plots.name for plots in memo.plots}
    chosen = memo.plots[0].key
    if len(names) > 1:
        chosen = st.selectbox(
            say("evidence.plots_of"), list(names), format_func=names.__getitem__, key=f"plots-{memo.key}"
        )
    plots = next(plots for plots in memo.plots if plots.key == chosen)
    if plots.path:
        _path(plots, plots.path)
    if plots.course:
        _course(plots, plots.course)
    if plots.placebo:
        st.subheader(say("memo.heading.placebo"))
        _placebo(plots, plots.placebo)
    if plots.half_hours:
        st.subheader(say("memo.heading.half_hours"))
        _half_hours(plots, plots.half_hours)
    if plots.parts:
        experience.parts(plots.parts, memo.parts_column)


def _path(plots: MetricPlots, view: PathView) -> None:
    chart = paths.event_study(view, unit=plots.unit, better=plots.better, theme=look.theme(), height=ROOM)
    alt = say("path.alt", metric=plots.name, period=view.period, sentence=view.sentence)
    _shown(chart, "path", view.sentence, alt)
    _table(
        {
            "period": [point.label for point in view.points],
            "effect": [point.effect_text for point in view.points],
            "interval": [point.interval_text for point in view.points],
        }
    )


def _course(plots: MetricPlots, view: CourseView) -> None:
    chart = paths.course(view, unit=plots.level_unit, better=plots.better, theme=look.theme(), height=ROOM)
    alt = say("course.alt", metric=plots.name, period=view.period, sentence=view.sentence)
    _shown(chart, "course", view.sentence, alt)
    _table(
        {
            "period": [point.label for point in view.points],
            "value": [point.value_text for point in view.points],
            "expected": [point.expected_text for point in view.points],
        }
    )


def _placebo(plots: MetricPlots, view: PlaceboView) -> None:
    dressed: dict[str, Any] = {"unit": plots.unit, "better": plots.better, "theme": look.theme()}
    alt = say("placebo.alt", metric=plots.name, sentence=view.sentence)
    look.lines([view.sentence])
    if any(found.gaps for found in view.found):
        _shown(paths.gaps(view, height=ROOM, **dressed), "gaps", "", alt)
    _shown(paths.placebo_strip(view, height=paths.STRIP + paths.ON_A_PAGE, **dressed), "placebo", "", alt)
    _table(
        {
            "where_tried": [found.name or say("fact.none") for found in view.found],
            "found": [found.effect_text for found in view.found],
        }
    )


def _half_hours(plots: MetricPlots, view: HalfHoursView) -> None:
    chart = half_hours.half_hour_squares(view, unit=plots.unit, better=plots.better, theme=look.theme())
    alt = say("half_hours.alt", metric=plots.name, sentence=view.sentence)
    _shown(chart, "half-hours", view.sentence, alt, width="content")
    found = {(cell.slot, cell.day): half_hours.in_words(cell) for cell in view.cells}
    slots = [slot for _, slot in sorted({(cell.order, cell.slot) for cell in view.cells})]
    days = sorted({cell.day for cell in view.cells}, key=lambda day: -1 if day is None else day)
    columns: dict[str, list[look.Cell]] = {"half_hour": list(slots)}
    for day in days:
        columns["any_day" if day is None else f"day{day}"] = [found.get((slot, day), "") for slot in slots]
    _table(columns)


def sites(memo: Memo) -> None:
    """Sites side by side."""
    chart = charts.site_dots(memo.sites, unit=memo.sites_unit, better=memo.sites_better, theme=look.theme())
    alt = say("memo.sites_alt", metric=memo.sites_metric, unit=memo.unit_word)
    _shown(chart, "site-dots", memo.sites_sentence, alt)
    levels = [
        [f"{plain(value)} {memo.sites_unit}".strip() if value is not None else "" for value in (dot.before, dot.value)]
        for dot in memo.sites
    ]
    _table(
        {
            "site": [dot.site for dot in memo.sites],
            "group": [say("arm.treatment" if dot.treatment else "arm.control") for dot in memo.sites],
            "before": [before for before, _ in levels],
            "after": [after for _, after in levels],
        }
    )


def _shown(chart: Any, key: str, sentence: str, alt: str, *, width: Any = "stretch") -> None:
    """The sentence first, then what it is read from."""
    if sentence:
        look.lines([sentence])
    st.altair_chart(chart, theme=None, key=key, alt=alt, width=width)


def _table(columns: dict[str, list[Any]]) -> None:
    with st.expander(say("evidence.as_table"), icon=":material/table_rows:"):
        look.table(columns)
