"""How often the change was delivered or used: a share with an interval that knows that contacts come in sites."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import sqrt
from typing import Literal

import numpy as np

from stats.evidence import Delivery
from stats.results import quantile
from stats.study import Floats


@dataclass(frozen=True, kw_only=True)
class SiteWeek:
    """What one site said of one week: shares 0-1 of its contacts, None where it did not say."""

    site: str
    week: date
    delivered: float | None = None
    used: float | None = None


def delivery_from_check_ins(
    component: Literal["delivered", "used"],
    said: Sequence[SiteWeek],
    sites: Collection[str],
    window: tuple[date | None, date | None],
) -> Delivery | None:
    """As ``delivery_share``, from the weekly word of the treated ``sites``: every week of a site counts once.

    window: first and last day; a week counts from its Monday. None where no treated site said anything.
    """
    first, last = window
    weeks: dict[str, list[float]] = {}
    for item in said:
        share = getattr(item, component)
        inside = (first is None or item.week + timedelta(days=6) >= first) and (last is None or item.week <= last)
        if share is not None and inside and item.site in sites:
            weeks.setdefault(item.site, []).append(share)
    mean = np.array([sum(weeks[site]) / len(weeks[site]) for site in sorted(weeks)])
    n = np.array([float(len(weeks[site])) for site in sorted(weeks)])
    found = delivery_share(component, mean, n)
    return None if found is None else replace(found, source="check-ins")


def delivery_share(component: Literal["delivered", "used"], share: Floats, n: Floats) -> Delivery | None:
    """Share over all contacts of the treated sites, with its 95 % interval; None without any record.

    share, n: (S,) by site. The interval is Wilson's (1927), with t of S - 1 degrees of freedom and the effective number
    of independent contacts p (1 - p) / v, v being the variance of the pooled share between sites by linearisation
    (Cochran 1977, section 10.6; the idea of Korn & Graubard 1998): it stays within 0..1 and widens where sites differ.
    Where nobody failed (or everybody), the data can't tell how alike the contacts of a site are: each site counts once.
    """
    known = (n > 0) & np.isfinite(share)
    n, done = n[known], (n * share)[known]
    total, sites = float(n.sum()), len(n)
    if sites == 0:
        return None
    p = float(done.sum()) / total
    if sites == 1:
        effective, reach = total, quantile(0.975, None)
    else:
        variance = sites / (sites - 1) * float(((done - p * n) ** 2).sum()) / total**2
        effective = min(total, p * (1 - p) / variance if variance > 0 else total) if 0 < p < 1 else float(sites)
        reach = quantile(0.975, sites - 1)
    z2 = reach**2 / effective
    centre = (p + z2 / 2) / (1 + z2)
    half = sqrt(p * (1 - p) * z2 + z2**2 / 4) / (1 + z2)
    return Delivery(
        component=component,
        share=p,
        ci_lower=max(0.0, centre - half),
        ci_upper=min(1.0, centre + half),
        n=total,
    )
