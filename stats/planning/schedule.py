"""Who has the change when: rows of sites that share one sequence, one column a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """exposure: (Q, P) 1 with the change, 0 without; sites: (Q,) how many sites follow each row (a planned number may
    be a fraction); n: (Q, P) records of one site in one period, 0 where the site is not observed then.
    """

    exposure: Floats
    sites: Floats
    n: Floats

    @classmethod
    def of(cls, exposure: ArrayLike, *, records: ArrayLike = 1.0, sites: ArrayLike = 1.0) -> Schedule:
        """From any exposure matrix: None (NaN) marks a cell that is not observed (incomplete designs)."""
        shown = np.array(exposure, dtype=float)
        n = np.where(np.isfinite(shown), np.broadcast_to(np.asarray(records, dtype=float), shown.shape), 0.0)
        return cls(
            exposure=np.nan_to_num(shown),
            sites=np.broadcast_to(np.asarray(sites, dtype=float), shown.shape[:1]).copy(),
            n=n,
        )

    @property
    def total(self) -> float:
        """Sites in all."""
        return float(self.sites.sum())

    @property
    def ever_treated(self) -> NDArray[np.bool_]:
        """(Q,) True for rows that have the change in some observed period."""
        return np.asarray(((self.exposure > 0) & (self.n > 0)).any(axis=1))

    def times(self, factor: float) -> Schedule:
        """The same schedule with ``factor`` times the sites."""
        return replace(self, sites=self.sites * factor)

    def observed_for(self, factor: float) -> Schedule:
        """The same schedule with ``factor`` times the records in every period."""
        return replace(self, n=self.n * factor)


def parallel(
    n_control: float, n_treatment: float, *, records: float = 1.0, before: int = 0, after: int = 1
) -> Schedule:
    """Two arms that start together: ``before`` periods without the change, ``after`` with it in one arm."""
    row = np.concatenate([np.zeros(before), np.ones(after)])
    return Schedule.of([0 * row, row], records=records, sites=[n_control, n_treatment])


def wedge(
    sites: float,
    *,
    waves: int,
    records: float = 1.0,
    step: int = 1,
    before: int | None = None,
    after: int | None = None,
) -> Schedule:
    """Stepped wedge: in ``waves`` waves of equal size every site gets the change, one wave every ``step`` periods.

    before, after: periods in which nobody, and everybody, has it (default: one step each, the classical wedge).
    """
    before, after = (step if given is None else given for given in (before, after))
    starts = [before + wave * step for wave in range(waves)]
    return staggered(starts, periods=starts[-1] + after, records=records, sites=[sites / waves] * waves)


def staggered(
    starts: Sequence[int | None], *, periods: int, records: float = 1.0, sites: Sequence[float] | float = 1.0
) -> Schedule:
    """Groups of sites by the index (0 the first) of the period in which they get the change; None: never."""
    first = np.array([periods if start is None else start for start in starts])
    return Schedule.of(np.arange(periods)[None, :] >= first[:, None], records=records, sites=sites)
