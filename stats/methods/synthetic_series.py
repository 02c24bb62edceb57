"""From a panel to the treated series and its donors, complete over the periods that are used."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stats.methods.panel import Panel
from stats.results import NotEstimable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Series:
    """y: (P,) average of the treated sites; donors: (P, J); before: (P,) periods before the first start.

    periods, places: the P periods and their places in the panel; names: of the donors; treated: names of the treated
    sites; treated_places, donor_places: in the panel; dropped: sites with gaps.
    """

    y: Floats
    donors: Floats
    before: Bools
    periods: tuple[object, ...]
    places: Ints
    names: tuple[str, ...]
    treated: tuple[str, ...]
    treated_places: Ints
    donor_places: Ints
    dropped: tuple[str, ...]

    @property
    def levels(self) -> dict[str, float]:
        return {
            "treatment": float(self.y[~self.before].mean()),
            "control": float(self.donors[~self.before].mean()),
        }

    def with_donors(self, keep: Bools) -> Series:
        return replace(
            self,
            donors=self.donors[:, keep],
            names=tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
            donor_places=self.donor_places[keep],
        )


def series_of(panel: Panel) -> Series | NotEstimable:
    """Periods in which every treated site has a value; donors (never treated) with a value in all of them.

    With several treated sites their average is the treated series; where their starts differ, periods in which only
    some were treated are left out.
    """
    known, ever = panel.known, panel.ever & panel.known.any(axis=1)
    counts = {"n_treatment": int(ever.sum()), "n_control": int((~ever).sum())}
    if not ever.any():
        return NotEstimable(code="no_treated_sites", facts=counts)
    place = np.arange(len(panel.periods))
    first, last = int(panel.start[ever].min()), int(panel.start[ever].max())
    used = known[ever].all(axis=0) & ((place < first) | (place >= last))
    donors = ~ever & known[:, used].all(axis=1)
    before = place[used] < first
    facts = {**counts, "donors": int(donors.sum()), "before": int(before.sum()), "after": int((~before).sum())}
    if donors.sum() < 2:
        return NotEstimable(code="too_few_donors", facts=facts)
    if before.sum() < 2 or (~before).sum() < 1:
        return NotEstimable(code="too_few_periods_around_start", facts=facts)
    gaps = ~ever & ~donors & known.any(axis=1)
    return Series(
        y=panel.y[ever][:, used].mean(axis=0),
        donors=panel.y[donors][:, used].T,
        before=before,
        periods=tuple(panel.periods[index] for index in np.flatnonzero(used)),
        places=np.flatnonzero(used),
        names=_chosen(panel, donors),
        treated=_chosen(panel, ever),
        treated_places=np.flatnonzero(ever),
        donor_places=np.flatnonzero(donors),
        dropped=_chosen(panel, gaps),
    )


def _chosen(panel: Panel, keep: Bools) -> tuple[str, ...]:
    return tuple(site for site, kept in zip(panel.sites, keep, strict=True) if kept)
