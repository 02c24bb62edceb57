"""What was predicted for roll-outs beside what was measured there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats.forecasts import ENOUGH, interval_score

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One metric of one roll-out, in MWE, + better. lower, upper: in which the measurement should lie with 95 %."""

    predicted: float
    lower: float
    upper: float
    realised: float

    @property
    def inside(self) -> bool:
        return self.lower <= self.realised <= self.upper

    @property
    def score(self) -> float:
        """Interval score (Gneiting and Raftery 2007), in MWE: lower is better."""
        return interval_score(self.lower, self.upper, self.realised, coverage=CONFIDENCE)


@dataclass(frozen=True, kw_only=True)
class Reality:
    """Together. inside: share (0-1) of the measurements within their interval; kept: sum of what was realised over the
    sum of what was predicted; score: mean interval score in MWE. None below ten: luck decides with fewer."""

    count: int
    inside: float | None = None
    kept: float | None = None
    score: float | None = None


def reality(found: Sequence[Compared]) -> Reality:
    """All of them together; nothing but their number below ten."""
    if len(found) < ENOUGH:
        return Reality(count=len(found))
    predicted = sum(one.predicted for one in found)
    return Reality(
        count=len(found),
        inside=sum(one.inside for one in found) / len(found),
        kept=sum(one.realised for one in found) / predicted if predicted > 0 else None,
        score=sum(one.score for one in found) / len(found),
    )
