"""Do the intervals of every kind of metric hold what they promise when sites are compared? Simulated pilots."""

from __future__ import annotations

import ibis
import numpy as np
import pyarrow as pa
import pytest

from stats.cells import MetricRequest, read_cells
from stats.methods.site_means import site_ancova_many
from stats.results import quantile
from stats.spec import MetricSpec

PILOTS, CONTACTS, HALF_HOURS = 1000, 80, 12
SHIFT = 2.0
# By kind: the specification and the true effect. The waits of treated sites are SHIFT minutes longer, so that every
# measure of location moves by SHIFT; shares are taken of the waits without it, where the truth is no effect.
KINDS = {
    "mean": ({"kind": "mean", "column": "wait"}, SHIFT),
    "p90": ({"kind": "quantile", "column": "wait", "q": 0.9}, SHIFT),
    "p95": ({"kind": "quantile", "column": "wait", "q": 0.95}, SHIFT),
    "worst": ({"kind": "tail_mean", "column": "wait", "better": "lower"}, SHIFT),
    "share": ({"kind": "share_beyond", "column": "base", "threshold": 12}, 0.0),
    "ratio": ({"kind": "ratio", "numerator": "base", "denominator": "parts"}, 0.0),
    "intervals": (
        {
            "kind": "interval_share",
            "column": "base",
            "interval": "half",
            "threshold": 12,
            "beyond": "below",
            "target": 0.8,
        },
        0.0,
    ),
}


@pytest.fixture(scope="module", params=[10, 20])
def pilots(request):
    """Site values by kind, (pilots, sites), and who was treated: lognormal waits, site levels that differ, sites of
    different size."""
    sites = request.param
    rng = np.random.default_rng(sites)
    size = rng.integers(CONTACTS // 2, CONTACTS * 2, (PILOTS, sites))
    pilot, site = (np.repeat(place.ravel(), size.ravel()) for place in np.indices((PILOTS, sites)))
    level = rng.normal(0, 0.15, (PILOTS, sites))
    base = rng.lognormal(2 + level[pilot, site], 0.7)
    rows = {
        "pilot": pilot,
        "site": site,
        "base": base,
        "wait": base + SHIFT * (site % 2),
        "parts": rng.poisson(3, len(base)) + 1,
        "half": rng.integers(0, HALF_HOURS, len(base)),
    }
    table = ibis.duckdb.connect().create_table("t", pa.table(rows))
    cells = read_cells(
        table,
        keys={"pilot": table["pilot"], "site": table["site"]},
        metrics=[MetricRequest(key=key, spec=MetricSpec(**spec)) for key, (spec, _) in KINDS.items()],
    )
    return {key: found.level.reshape(PILOTS, sites) for key, found in cells.metrics.items()}, np.arange(sites) % 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_between_sites_hold_the_truth(pilots, kind):
    values, treated = pilots
    fits = site_ancova_many(values[kind], treated)
    reach = np.array([quantile(0.975, df) for df in fits.df]) * fits.std_error
    covered = np.abs(fits.effect - KINDS[kind][1]) <= reach
    # The target is .92-.975; 1,000 pilots know a share of .95 to .007 (one standard error).
    assert 0.92 <= covered.mean() <= 0.975, covered.mean()
