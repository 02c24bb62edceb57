"""Clustered errors, wild bootstrap and mixed model on records, against statsmodels and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from stats.methods.clustered import cluster_moments, clustered_variance, fit
from stats.methods.mixed_df import kenward_roger, satterthwaite_df, small_sample
from stats.methods.mixed_model import cross_products, fit_mixed
from stats.methods.record_design import independent_columns
from stats.methods.wild_bootstrap import wild_limit, wild_p


def records(clusters: int = 8, seed: int = 1, spread: float = 0.6):
    """(x, y, cluster): intercept, treatment by cluster, a covariate; sizes 3 to 12."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(3, 13, clusters))
    x = np.column_stack([np.ones(len(cluster)), cluster % 2, rng.normal(size=len(cluster))])
    y = x @ [2, 0.5, 1.0] + spread * rng.normal(size=clusters)[cluster] + rng.normal(size=len(cluster))
    return x, y, cluster


def fitted(seed: int = 1, clusters: int = 8):
    x, y, cluster = records(clusters, seed)
    return fit(cluster_moments(x, y, cluster))


TREATMENT = np.array([0.0, 1.0, 0.0])


def test_cr1s_is_statas_and_statsmodels():
    from statsmodels.regression.linear_model import OLS

    x, y, cluster = records()
    peer = OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    variance, df = clustered_variance(fit(cluster_moments(x, y, cluster)), TREATMENT, "cr1s")
    assert variance**0.5 == pytest.approx(peer.bse[1], rel=1e-9)
    assert df == 7


def test_cr2_from_moments_is_cr2_from_residuals():
    x, y, cluster = records()
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ bread @ x.T @ y
    left = np.eye(len(y)) - x @ bread @ x.T
    pull, spread = [], 0.0
    for g in range(8):
        own = cluster == g
        values, vectors = np.linalg.eigh(left[np.ix_(own, own)])
        root = (vectors / np.sqrt(values)) @ vectors.T
        weight = root @ x[own] @ bread @ TREATMENT
        spread += (weight @ residual[own]) ** 2
        pull.append(left[own].T @ weight)
    inner = np.array([[a @ b for b in pull] for a in pull])
    variance, df = clustered_variance(fit(cluster_moments(x, y, cluster)), TREATMENT, "cr2")
    assert variance == pytest.approx(spread, rel=1e-9)
    assert df == pytest.approx(np.trace(inner) ** 2 / (inner**2).sum(), rel=1e-9)


def test_cr3_is_the_jackknife_over_clusters():
    x, y, cluster = records()
    centre = np.linalg.lstsq(x, y, rcond=None)[0][1]
    without = [np.linalg.lstsq(x[cluster != g], y[cluster != g], rcond=None)[0][1] for g in range(8)]
    variance, _ = clustered_variance(fit(cluster_moments(x, y, cluster)), TREATMENT, "cr3")
    assert variance == pytest.approx(sum((each - centre) ** 2 for each in without), rel=1e-9)


def test_clusters_of_one_make_cr2_the_hc2():
    from statsmodels.regression.linear_model import OLS

    x, y, _ = records()
    variance, _ = clustered_variance(fit(cluster_moments(x, y, np.arange(len(y)))), TREATMENT, "cr2")
    assert variance**0.5 == pytest.approx(OLS(y, x).fit().HC2_se[1], rel=1e-9)


def test_a_column_known_to_one_cluster_only_breaks_nothing():
    x, y, cluster = records()
    own = np.column_stack([x, cluster == 3]).astype(float)
    variance, df = clustered_variance(fit(cluster_moments(own, y, cluster)), np.array([0, 1.0, 0, 0]), "cr2")
    assert np.isfinite(variance)
    assert 0 < df < 8


def test_wild_bootstrap_is_its_brute_force():
    x, y, cluster = records(6)
    restricted = x[:, [0, 2]]
    base = restricted @ np.linalg.lstsq(restricted, y, rcond=None)[0]

    def t_of(outcome):
        fit_of = fit(cluster_moments(x, outcome, cluster))
        return fit_of.coefficients[1] / clustered_variance(fit_of, TREATMENT, "cr1s")[0] ** 0.5

    draws = [t_of(base + np.array(signs)[cluster] * (y - base)) for signs in product((1, -1), repeat=6)]
    found = wild_p(fit(cluster_moments(x, y, cluster)), 1, signs="rademacher", draws=99, seed=1)
    assert found.t == pytest.approx(t_of(y), rel=1e-9)
    assert found.two_sided == pytest.approx(np.mean(np.abs(draws) >= abs(t_of(y)) - 1e-9))
    assert found.exact
    assert found.draws == 64


@pytest.mark.parametrize("signs", ["rademacher", "webb"])
def test_wild_p_is_never_zero(signs):
    x, _, cluster = records(20)
    y = 1000 * x[:, 1] + 1e-3 * np.random.default_rng(1).normal(size=len(x))
    p = wild_p(fit(cluster_moments(x, y, cluster)), 1, signs=signs, draws=999, seed=1)
    assert p.two_sided >= 1 / 1000


def test_wild_limits_are_where_the_test_stops_rejecting():
    model = fitted(clusters=10)
    settings = {"signs": "rademacher", "draws": 999, "seed": 1}
    limit = wild_limit(model, 1, level=0.025, upper=False, reach=1.0, **settings)
    assert limit is not None
    assert wild_p(model, 1, null=limit - 1e-6, **settings).greater <= 0.025
    assert wild_p(model, 1, null=limit + 1e-6, **settings).greater > 0.025


def test_four_clusters_have_no_bounded_wild_interval():
    model = fitted(clusters=4)
    assert wild_limit(model, 1, level=0.025, upper=True, reach=1.0, signs="rademacher", draws=99, seed=1) is None


def test_dependent_columns_are_found():
    x, _, _ = records()
    assert independent_columns(np.column_stack([x, x[:, 0] + 2 * x[:, 2], x[:, 1] * 0, x[:, 2] ** 2])) == [0, 1, 2, 5]


# -- mixed model -------------------------------------------------------------------------------------------------------


def test_reml_is_that_of_statsmodels():
    from statsmodels.regression.mixed_linear_model import MixedLM

    x, y, cluster = records(12)
    mine = fit_mixed(cross_products(x, y, [cluster]))
    peer = MixedLM(y, x, groups=cluster).fit(reml=True)
    # statsmodels stops at a gradient of about 1e-4: its variances are good to 3 digits.
    assert mine.coefficients == pytest.approx(peer.fe_params, rel=1e-3)
    assert mine.variances[0] == pytest.approx(float(peer.cov_re[0, 0]), rel=5e-3)
    assert mine.log_likelihood == pytest.approx(peer.llf, abs=1e-3)
    assert mine.log_likelihood >= peer.llf - 1e-8


def test_balanced_clusters_have_the_df_of_their_means():
    """With as many records in each cluster the treatment is judged by the cluster means: G - 2 df, same t."""
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(10), 7)
    treated = (cluster % 2).astype(float)
    y = rng.normal(size=10)[cluster] + rng.normal(size=70)
    x = np.column_stack([np.ones(70), treated])
    model = fit_mixed(cross_products(x, y, [cluster]))
    small = small_sample(model)
    means = np.array([y[cluster == g].mean() for g in range(10)])
    arms = means[1::2], means[::2]
    pooled = np.sqrt((arms[0].var(ddof=1) + arms[1].var(ddof=1)) / 2 * (2 / 5))
    assert kenward_roger(model, small, [1]).ddf == pytest.approx(8, rel=1e-6)
    assert satterthwaite_df(small, 1) == pytest.approx(8, rel=1e-3)
    assert small.adjusted[1, 1] ** 0.5 == pytest.approx(pooled, rel=1e-4)


def test_no_spread_between_clusters_falls_back_to_least_squares():
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(8), 6)
    x = np.column_stack([np.ones(48), cluster % 2]).astype(float)
    # Within each cluster the values add up to nothing: less spread between clusters than chance would make.
    y = np.concatenate([part - part.mean() for part in np.split(rng.normal(size=48), 8)])
    model = fit_mixed(cross_products(x, y, [cluster]))
    assert model.inside == ()
    small = small_sample(model)
    assert kenward_roger(model, small, [1]).ddf == pytest.approx(46, rel=1e-6)
    assert satterthwaite_df(small, 1) == pytest.approx(46, rel=1e-6)
