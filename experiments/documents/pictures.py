"""The memo's pictures as SVG, each with the words that say the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from experiments.pictures import charts, paths, theme
from experiments.pictures.half_hours import half_hour_squares
from experiments.views import IntervalRow, Memo, MetricLine, MetricPlots
from experiments.words import say


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing and what it shows in words."""

    svg: str
    alt: str


def badge_picture(memo: Memo) -> Picture:
    return Picture(svg=theme.badge_svg(memo.badge.verdict), alt=memo.badge.word)


def metric_pictures(memo: Memo) -> dict[str, Picture]:
    """One small interval plot a metric, by its key; none where nothing may be shown."""
    return dict(_metric_pictures(memo))


def _metric_pictures(memo: Memo) -> Iterable[tuple[str, Picture]]:
    for place, line in enumerate(memo.metrics):
        if line.plot is not None:
            yield line.key, Picture(svg=_interval_svg(line.plot, f"metric{place}"), alt=picture_words(line))


@lru_cache(maxsize=256)
def _interval_svg(row: IntervalRow, name: str) -> str:
    """Kept, because the same page is asked for on screen, as PDF and as Word within minutes."""
    return theme.svg(charts.interval_row(row, height=14), name=name)


def sites_picture(memo: Memo) -> Picture | None:
    """Sites side by side for the first success metric."""
    if len(memo.sites) < 2:
        return None
    chart = charts.site_dots(memo.sites, unit=memo.sites_unit, better=memo.sites_better)
    alt = say("memo.sites_alt", metric=memo.sites_metric, unit=memo.unit_word)
    return Picture(svg=theme.svg(chart, name="sites"), alt=alt)


def plot_pictures(memo: Memo) -> tuple[tuple[str, Picture, str], ...]:
    """(heading, drawing, sentence) of what can be drawn of the first metric beside its interval."""
    return tuple(_plot_pictures(memo.plots[0])) if memo.plots else ()


def _plot_pictures(plots: MetricPlots) -> Iterable[tuple[str, Picture, str]]:
    effects: dict[str, Any] = {"unit": plots.unit, "better": plots.better}
    over_time = say("memo.heading.over_time_of", metric=plots.name)
    if plots.path:
        sentence = plots.path.sentence
        alt = say("path.alt", metric=plots.name, period=plots.path.period, sentence="")
        yield over_time, _drawn(paths.event_study(plots.path, **effects), "path", alt), sentence
    if plots.course:
        sentence = plots.course.sentence
        alt = say("course.alt", metric=plots.name, period=plots.course.period, sentence="")
        chart = paths.course(plots.course, unit=plots.level_unit, better=plots.better)
        yield over_time, _drawn(chart, "course", alt), sentence
    if plots.placebo:
        sentence = plots.placebo.sentence
        alt = say("placebo.alt", metric=plots.name, sentence="")
        drawn = paths.gaps if any(found.gaps for found in plots.placebo.found) else paths.placebo_strip
        yield say("memo.heading.placebo"), _drawn(drawn(plots.placebo, **effects), "placebo", alt), sentence
    if plots.half_hours:
        sentence = plots.half_hours.sentence
        alt = say("half_hours.alt", metric=plots.name, sentence="")
        chart = half_hour_squares(plots.half_hours, **effects)
        yield say("memo.heading.half_hours"), _drawn(chart, "half-hours", alt), sentence


def _drawn(chart: Any, name: str, alt: str) -> Picture:
    return Picture(svg=theme.svg(chart, name=name), alt=alt.strip())


def picture_words(line: MetricLine) -> str:
    """What a picture in the table shows, in words."""
    if not line.effect:
        return say("memo.picture_alt.empty", name=line.name, state=line.state)
    return say(
        "memo.picture_alt", name=line.name, effect=line.effect, interval=line.interval, line=line.line, state=line.state
    )
