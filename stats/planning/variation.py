"""How a metric varies between sites, periods and records: the covariance of the averages of one site.

Model (Hooper, Teerenstra, de Hoop & Eldridge 2016, Stat. Med. 35:4718): a record's variance splits into a part of the
site that stays, a part of the site that passes with the period, and the record's own part, of which customers who are
measured again keep a share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Variation:
    """sd: standard deviation of a single record, metric's unit (all sites together).

    icc: correlation of two records of one site in one period; autocorrelation: the share of it that stays for good
    (cluster autocorrelation, 1: a site never drifts); persistence: what is left of the passing part in the next period,
    and in each one after it (0: any two periods are equally alike; with autocorrelation 0 it is the decay of Kasza,
    Hemming, Hooper, Matthews & Forbes 2019, Stat. Methods Med. Res. 28:703); individual: correlation of a customer's
    own part in two periods (0: other customers each time).
    """

    sd: float
    icc: float
    autocorrelation: float = 1.0
    persistence: float = 0.0
    individual: float = 0.0

    @classmethod
    def of_sites(cls, spread: float, steadiness: float) -> Variation:
        """From what history shows of sites: ``spread`` of their averages over one window, metric's unit, and the
        correlation ``steadiness`` of two windows. Periods are then counted in windows: n = 2 is a window twice as long,
        in which what passes averages out by half."""
        return cls(sd=spread, icc=steadiness)

    def covariance(self, n: Floats) -> Floats:
        """(..., P, P) covariance of a site's averages in P periods with ``n`` (..., P) > 0 records each."""
        n = np.asarray(n, dtype=float)
        periods = np.arange(n.shape[-1])
        distance = np.abs(periods[:, None] - periods[None, :])
        between = self.autocorrelation + (1 - self.autocorrelation) * float(self.persistence) ** distance
        larger = np.maximum(n[..., :, None], n[..., None, :])
        own = np.where(distance > 0, self.individual, 1.0) / larger
        return np.asarray(self.sd**2 * (self.icc * between + (1 - self.icc) * own))


def sd_of_shares(base_rate: float, effect: float = 0.0) -> float:
    """Standard deviation of a yes or no, averaged over both arms' variances (shares 0-1)."""
    rates = base_rate, base_rate + effect
    return sqrt(sum(rate * (1 - rate) for rate in rates) / 2)
