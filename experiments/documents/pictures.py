"""The memo's pictures as SVG, each with the words that say the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from experiments.pictures import charts, theme
from experiments.views import IntervalRow, Memo, MetricLine
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


def picture_words(line: MetricLine) -> str:
    """What a picture in the table shows, in words."""
    if not line.effect:
        return say("memo.picture_alt.empty", name=line.name, state=line.state)
    return say(
        "memo.picture_alt", name=line.name, effect=line.effect, interval=line.interval, line=line.line, state=line.state
    )
