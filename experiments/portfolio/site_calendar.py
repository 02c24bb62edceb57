"""Site calendar: which pilot is where and when, and which pilots get in each other's way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial


@dataclass(frozen=True, kw_only=True)
class Span:
    """One pilot's time at its sites, as planned; both days are part of it. unit_word: what a site is called there."""

    key: str
    title: str
    version: int
    stage: str
    simulated: bool
    start: date
    end: date
    unit_word: str
    sites: frozenset[str]


def half_years(spans: Sequence[Span]) -> tuple[tuple[date, date], ...]:
    """The half-years in which any of them is at work, first and last day, the newest first."""
    if not spans:
        return ()
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    found = []
    day = date(first.year, 1 if first.month < 7 else 7, 1)
    while day <= last:
        following = date(day.year, 7, 1) if day.month == 1 else date(day.year + 1, 1, 1)
        end = following - timedelta(days=1)
        if within(spans, day, end):
            found.append((day, end))
        day = following
    return tuple(reversed(found))


def within(spans: Sequence[Span], start: date, end: date) -> list[Span]:
    """Those at work on any day of that time."""
    return [span for span in spans if span.start <= end and span.end >= start]


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two pilots at the same sites at the same time: ``first`` began no later. start, end: the days they share."""

    first: Span
    second: Span

    @property
    def start(self) -> date:
        return self.second.start

    @property
    def end(self) -> date:
        return min(self.first.end, self.second.end)

    @property
    def sites(self) -> tuple[str, ...]:
        """Those they share, by name."""
        return tuple(sorted(self.first.sites & self.second.sites))


def clashes(spans: Sequence[Span], of: Collection[str] | None = None) -> tuple[Clash, ...]:
    """Every pair of pilots with a site and a day in common, the one that ends last first, else as they begin.

    Made-up pilots are not held against real ones, nor are sites of another kind (a branch and a team may share a name).
    of: keys of pilots of which at least one is in every pair; all of them where none are named.
    """
    kinds: dict[tuple[bool, str], list[Span]] = {}
    for span in spans:
        kinds.setdefault((span.simulated, span.unit_word), []).append(span)
    each = _clashes if of is None else partial(_clashes_with, of=frozenset(of))
    found = [clash for kind in kinds.values() for clash in each(kind)]
    return tuple(sorted(found, key=lambda clash: clash.end, reverse=True))


def _clashes_with(spans: list[Span], of: frozenset[str]) -> list[Clash]:
    """As ``_clashes``, without the pairs of two others: of many pilots, a page shows some."""
    places = {span.key: place for place, span in enumerate(sorted(spans, key=lambda span: (span.start, span.key)))}
    found: list[Clash] = []
    for one in spans:
        if one.key not in of:
            continue
        for other in spans:
            if other.start > one.end or other.end < one.start or one.sites.isdisjoint(other.sites) or other is one:
                continue
            first, second = (one, other) if places[one.key] < places[other.key] else (other, one)
            if other.key not in of or first is one:
                found.append(Clash(first=first, second=second))
    return sorted(found, key=lambda clash: (places[clash.second.key], places[clash.first.key]))


def _clashes(spans: list[Span]) -> list[Clash]:
    """In the order in which they begin, each against those that are still at work."""
    found: list[Clash] = []
    at_work: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.key)):
        at_work = [other for other in at_work if other.end >= span.start]
        apart = span.sites.isdisjoint
        found += [Clash(first=other, second=span) for other in at_work if not apart(other.sites)]
        at_work.append(span)
    return found
