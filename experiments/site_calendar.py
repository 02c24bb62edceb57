"""Site calendar: which pilot is where and when, and which pilots get in each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


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


def clashes(spans: Sequence[Span]) -> tuple[Clash, ...]:
    """Every pair of pilots with a site and a day in common, the one that ends last first, else as they begin.

    Made-up pilots are not held against real ones, nor are sites of another kind (a branch and a team may share a name).
    """
    kinds: dict[tuple[bool, str], list[Span]] = {}
    for span in spans:
        kinds.setdefault((span.simulated, span.unit_word), []).append(span)
    found = [clash for kind in kinds.values() for clash in _clashes(kind)]
    return tuple(sorted(found, key=lambda clash: clash.end, reverse=True))


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
