"""What a roll-out will be able to notice is known before it starts."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from stats.errors import RefusedSpec
from stats.methods.imputation import impute
from stats.methods.panel import panel_of
from stats.panel_worlds import study_of
from stats.rollout.precision import (
    RolloutSize,
    SiteNoise,
    noise_from_pilot,
    precision,
    seen_share,
    settled_after,
)
from stats.rollout.verifying import propose_size, spending_clock, verifying_power

SIZE = RolloutSize(sites=(8, 8, 8), held_back=4, weeks=6)
NOISE = SiteNoise(week_sd=1.0, persistence=0.6)


def weeks(rng, sites, periods, noise):
    passing = np.empty((sites, periods))
    passing[:, 0] = rng.normal(size=sites)
    for week in range(1, periods):
        fresh = rng.normal(size=sites) * sqrt(1 - noise.persistence**2)
        passing[:, week] = noise.persistence * passing[:, week - 1] + fresh
    level, common = rng.normal(0, 3, (sites, 1)), rng.normal(0, 1, (1, periods))
    return level + common + noise.week_sd * passing


def starts(size, periods):
    first = [size.weeks_before + ring * size.weeks for ring, count in enumerate(size.sites) for _ in range(count)]
    return np.minimum(np.array([*first, *[periods] * size.held_back]), periods)


def settled_estimate(values, size, ring):
    periods = size.weeks_before + ring * size.weeks
    start = starts(size, periods)
    imputed = impute(panel_of(study_of("stepped_wedge", values[:, :periods], start)), jackknifed=False)
    since = np.arange(periods)[None, :] - start[:, None]
    return imputed.average(since >= settled_after(size.weeks)).effect


def test_the_planned_precision_is_that_of_the_estimator():
    """600 simulated roll-outs: the sd of their estimates has a Monte Carlo error of 3 %."""
    rng = np.random.default_rng(4)
    periods = SIZE.weeks_before + 3 * SIZE.weeks
    found = np.array(
        [
            [settled_estimate(values, SIZE, ring) for ring in (1, 2, 3)]
            for values in (weeks(rng, 28, periods, NOISE) for _ in range(600))
        ]
    )
    planned = precision(SIZE, NOISE)
    assert found.std(axis=0) == pytest.approx(planned.std_error, rel=0.10)
    assert np.corrcoef(found.T)[0, 2] == pytest.approx(planned.correlation[0][2], abs=0.12)


def test_noise_from_a_standard_error_gives_that_standard_error_back():
    noise = noise_from_pilot(0.4, df=None, n_treatment=10, n_control=10, weeks=12, weeks_before=8)
    size = RolloutSize(sites=(10,), held_back=10, weeks=12, weeks_before=8)
    assert precision(size, noise).std_error[-1] == pytest.approx(0.4)


def test_a_standard_error_from_few_sites_is_taken_to_be_larger_than_it_says():
    sure, usual, few, fewest = (
        noise_from_pilot(0.4, df=df, n_treatment=10, n_control=10, weeks=12, weeks_before=8).week_sd
        for df in (None, 18, 4, 1)
    )
    assert usual**2 == pytest.approx(sure**2 * 18 / 16)
    assert few**2 == fewest**2 == pytest.approx(2 * sure**2)


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.8])
def test_how_much_weeks_hang_together_matters_little_where_the_pilot_says_how_noisy_sites_are(persistence):
    """Noise is taken at .6; the pilot's own standard error carries what is true. Usual sizes stay within 15 %."""
    truth = SiteNoise(week_sd=1.0, persistence=persistence)
    pilot = precision(RolloutSize(sites=(10,), held_back=10, weeks=12), truth).std_error[-1]
    taken = noise_from_pilot(pilot, df=None, n_treatment=10, n_control=10, weeks=12, weeks_before=8)
    for size in (replace(SIZE, deciding=1), RolloutSize(sites=(25,) * 4, held_back=18, weeks=12, deciding=1)):
        assert precision(size, taken).std_error == pytest.approx(precision(size, truth).std_error, rel=0.15)


def test_rings_start_and_are_measured_by_the_calendar_with_the_weeks_to_decide():
    size = replace(SIZE, deciding=2)
    assert (size.starts, size.ends) == ((8, 16, 24), (14, 22, 30))
    assert size.duration == 3 * 6 + 2 * 2


def test_what_is_shown_in_the_weeks_to_decide_counts_from_the_next_ring_on():
    plain, deciding = (precision(replace(SIZE, deciding=weeks), NOISE).std_error for weeks in (0, 2))
    assert deciding[0] == pytest.approx(plain[0]), "the first ring is measured on its own weeks"
    assert all(later < before for later, before in zip(deciding[1:], plain[1:], strict=True))


def test_time_to_decide_counts_against_the_weeks_that_there_are(promised):
    def longest(deciding):
        found = propose_size(
            promised(), line=0.75, noise=NOISE, sites=12, held_back=3, weeks=(4,), deciding=deciding, weeks_at_most=16
        )
        return found.power.size

    assert len(longest(0).sites) > len(longest(4).sites)
    assert longest(4).duration <= 16


def test_more_sites_longer_rings_and_quieter_sites_see_more(promised):
    def chance(size=SIZE, noise=NOISE):
        return verifying_power(promised(), line=0.75, noise=noise, size=size).pause_if_gone

    usual = chance()
    assert chance(RolloutSize(sites=(40, 40, 40), held_back=20, weeks=6)) > usual
    assert chance(RolloutSize(sites=(8, 8, 8), held_back=4, weeks=12)) > usual
    assert chance(noise=SiteNoise(week_sd=0.3)) > usual


def test_an_effect_at_the_line_is_paused_at_most_as_often_as_the_level_says(promised):
    exact = promised(effect=0.75, std_error=1e-4, df=None, transport=1.0, drift=0.0)
    found = verifying_power(exact, line=exact.mean, noise=NOISE, size=SIZE, alpha=0.10)
    # 4,000 courses: Monte Carlo error .005. Spending by the calendar keeps it below.
    assert 0.05 < found.pause_if_kept < 0.115


def test_an_effect_far_above_the_line_is_hardly_ever_paused(promised):
    exact = promised(effect=3.0, std_error=1e-4, df=None, transport=1.0, drift=0.0)
    assert verifying_power(exact, line=0.75, noise=NOISE, size=SIZE).pause_if_kept < 0.001


def test_a_loss_from_the_start_is_noticed_at_least_as_often_as_one_that_fades_in(promised):
    fading, sudden = (
        verifying_power(promised(), line=0.75, noise=NOISE, size=SIZE, fades_over=weeks) for weeks in (8, 0)
    )
    assert sudden.pause_if_gone > fading.pause_if_gone


def test_what_a_ring_sees_of_a_loss_grows_from_ring_to_ring():
    found = seen_share(SIZE, 0.5, 8)
    assert list(found) == sorted(found, reverse=True)
    assert 0.5 < found[-1] < found[0] < 1.0
    assert seen_share(SIZE, 0.5, 0) == pytest.approx([0.5] * 3)


def test_with_few_sites_the_plan_says_so(promised):
    found = propose_size(promised(), line=0.75, noise=NOISE, sites=12, held_back=3)
    assert found.size is None
    assert found.code == "too_few_sites"
    assert found.power.pause_if_gone < 0.8


def test_where_half_of_the_effect_still_pays_no_size_is_enough_and_that_is_said(promised):
    found = propose_size(promised(effect=4.0), line=0.5, noise=SiteNoise(week_sd=0.05), sites=200, held_back=40)
    assert found.code == "half_still_pays"


def test_a_proposed_size_reaches_what_was_wanted_within_the_holdback_and_the_capacity(promised):
    found = propose_size(
        promised(std_error=0.15, transport=0.9, drift=0.1),
        line=1.0,
        noise=SiteNoise(week_sd=0.5),
        sites=100,
        held_back=18,
        capacity=30,
    )
    assert found.code == "enough"
    assert found.power.pause_if_gone >= 0.8
    assert sum(found.size.sites) == 100
    assert max(found.size.sites) <= 30
    assert len(found.size.sites) * found.size.weeks <= 52


def test_a_capacity_that_allows_nothing_is_refused(promised):
    with pytest.raises(RefusedSpec, match="rollout_no_size"):
        propose_size(promised(), line=0.75, noise=NOISE, sites=100, held_back=18, capacity=2)


def test_levels_are_never_spent_ahead_of_the_calendar():
    assert spending_clock([0.9, 1.2, 1.0]) == pytest.approx((1 / 3, 2 / 3, 1.0), abs=1e-6)
    assert spending_clock([0.0, 0.2, 1.0])[0] < 0.01
    rising = spending_clock([0.0, 0.0, 1.0])
    assert list(rising) == sorted(set(rising))
