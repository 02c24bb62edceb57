"""What many pilots teach about the next one: the learned prior, winners, kinds, transport, reality, hindsight."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal
from statsmodels.stats.meta_analysis import combine_effects

from stats.combining.pooling import reml
from stats.learning.hindsight import Since, judge, score
from stats.learning.kinds import by_kind
from stats.learning.prior import LearnedPrior, PilotEffect, cautious, learn_prior, likeliest, penalised
from stats.learning.reality import Compared, reality
from stats.learning.transport import RolledOut, learn_transport
from stats.learning.winners import winners
from stats.money import Prior
from stats.results import NotEstimable


def portfolio(mean: float, sd: float, count: int, seed: int = 1, error: float = 0.47) -> list[PilotEffect]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(mean, sd, count)
    return [
        PilotEffect(pilot=f"p{place}", effect=float(theta + error * rng.normal()), std_error=error)
        for place, theta in enumerate(truth)
    ]


# --- the prior -------------------------------------------------------------------------------------------------------


def test_before_anything_was_learned_the_default_holds():
    assert learn_prior([]).prior == Prior(mean=0.0, sd=1.0)
    assert learn_prior([]).alone_sd is None


def test_without_a_weak_prior_the_spread_is_that_of_restricted_likelihood():
    """REML is the root of its score in another module: here the likelihood itself is climbed, from another formula."""
    effects = portfolio(0.3, 0.8, 40)
    y, v = np.array([one.effect for one in effects]), np.array([one.error**2 for one in effects])
    # The optimum is flat: its place is known to the root of machine precision.
    assert likeliest(y, v, 1e-12) == pytest.approx(reml(y, v), rel=1e-5)


def test_the_likelihood_is_that_of_the_joint_normal_distribution():
    """y ~ N(0, diag(v + t2) + J/k) once the mean is integrated out, plus k pilots' worth of knowing the spread."""
    y, v, k = np.array([0.9, -0.2, 1.4]), np.array([0.2, 0.3, 0.25]), 7.0

    def height(t2: float) -> float:
        joint = multivariate_normal(np.zeros(3), np.diag(v + t2) + np.ones((3, 3)) / k)
        return float(joint.logpdf(y)) - k / 2 * (log(t2) + 1 / t2)

    ours = penalised(y, v, 0.6, k) - penalised(y, v, 1.3, k)
    assert ours == pytest.approx(height(0.6) - height(1.3), abs=1e-10)


def test_few_pilots_move_the_default_little_and_many_move_it_to_what_they_say():
    few, many = learn_prior(portfolio(0.5, 0.4, 4)), learn_prior(portfolio(0.5, 0.4, 400))
    assert 0.75 < few.sd < 1.05
    assert few.alone_mean is not None
    assert 0 < few.mean < 0.7 * few.alone_mean
    # Standard errors of mean and spread at 400 pilots: .03 and about .05; the default counts like 10 of them.
    assert many.mean == pytest.approx(0.5, abs=0.1)
    assert many.sd == pytest.approx(0.4, abs=0.12)


def test_the_more_the_default_counts_the_nearer_it_stays():
    effects = portfolio(0.8, 0.3, 20)
    light, heavy = learn_prior(effects, weight=2), learn_prior(effects, weight=200)
    assert abs(heavy.mean) < abs(light.mean)
    assert abs(heavy.sd - 1) < abs(light.sd - 1)


def test_pilots_that_are_all_the_same_leave_a_spread_that_shrinks_but_is_not_zero():
    same = [PilotEffect(pilot=f"p{place}", effect=0.5, std_error=0.4) for place in range(30)]
    assert 0 < learn_prior(same).sd < 0.6
    assert learn_prior(same).alone_sd == 0


def test_a_few_degrees_of_freedom_widen_the_standard_error():
    assert PilotEffect(pilot="a", effect=1, std_error=1, df=4).error == pytest.approx(2.776 / 1.960, abs=1e-3)
    assert PilotEffect(pilot="a", effect=1, std_error=1).error == 1


def test_the_cautious_estimate_owns_up_to_the_mean_being_learned():
    effect = PilotEffect(pilot="a", effect=2.0, std_error=1.0)
    known = LearnedPrior(mean=0, sd=1, mean_se=0, pilots=9, weight=10)
    vague = LearnedPrior(mean=0, sd=1, mean_se=1.0, pilots=9, weight=10)
    assert cautious(effect, known).mean == cautious(effect, vague).mean == 1.0
    assert cautious(effect, known).sd == pytest.approx(0.5**0.5)
    assert cautious(effect, vague).sd == pytest.approx((0.5 + 0.25) ** 0.5)


def test_few_pilots_hardly_know_their_spread_and_the_cautious_estimate_owns_up_to_that():
    effects = portfolio(0.0, 0.5, 8)
    learned = learn_prior(effects)
    sure = LearnedPrior(mean=learned.mean, sd=learned.sd, mean_se=learned.mean_se, pilots=8, weight=4)
    assert sum(spread.chance for spread in learned.spreads) == pytest.approx(1.0)
    large = PilotEffect(pilot="a", effect=2.0, std_error=0.47)
    assert cautious(large, learned).sd > cautious(large, sure).sd


# --- winners ---------------------------------------------------------------------------------------------------------


def test_winners_exaggerate_by_the_ratio_of_raw_to_cautious():
    learned = LearnedPrior(mean=0, sd=1, mean_se=0, pilots=0, weight=10)
    found = winners([PilotEffect(pilot="a", effect=2.0, std_error=1.0)], learned, lines=[0.5])
    (one,) = found.winners
    assert found.exaggeration == pytest.approx(2.0)
    assert one.p_short == pytest.approx(0.5)  # the cautious estimate is just the smallest gain worth having
    assert one.p_loss == pytest.approx(float(ndtr(-0.5 / 0.5**0.5)))
    assert found.short == pytest.approx(0.5)


def test_without_a_cautious_gain_there_is_no_exaggeration_to_speak_of():
    learned = LearnedPrior(mean=-1, sd=0.1, mean_se=0, pilots=50, weight=10)
    assert winners([PilotEffect(pilot="a", effect=1.0, std_error=1.0)], learned).exaggeration is None
    assert winners([], learned).exaggeration is None


# --- kinds -----------------------------------------------------------------------------------------------------------


def test_a_kind_with_two_pilots_says_that_it_is_too_few():
    kinds = by_kind([("queue", one) for one in portfolio(0.5, 0.5, 2)])
    assert kinds[0].summary == NotEstimable(code="too_few_pilots_of_kind", facts={"count": 2, "fewest": 3})


def test_a_kind_is_summed_up_as_statsmodels_does_given_the_same_spread():
    """statsmodels has no REML: its iterated (Paule-Mandel) spread agrees with REML where errors are all the same; then
    effect and Hartung-Knapp error have to agree, too."""
    effects = portfolio(0.6, 0.7, 9)
    (kind,) = by_kind([("queue", one) for one in effects])
    theirs = combine_effects(
        np.array([one.effect for one in effects]), np.array([one.error**2 for one in effects]), method_re="iterated"
    )
    ours = kind.summary
    assert not isinstance(ours, NotEstimable)
    assert ours.hartung_knapp
    assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-4)
    assert ours.effect == pytest.approx(theirs.mean_effect_re, abs=1e-6)
    assert ours.std_error == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-5)
    assert ours.prediction_lower is not None
    assert ours.prediction_lower < ours.ci_lower


def test_kinds_come_with_the_most_pilots_first():
    one, three = portfolio(0, 1, 1), portfolio(0, 1, 3)
    found = by_kind([("a", one[0]), *(("b", each) for each in three)])
    assert [kind.kind for kind in found] == ["b", "a"]


# --- transport -------------------------------------------------------------------------------------------------------


def roll(cautious_: float, realised: float, error: float = 0.2) -> RolledOut:
    return RolledOut(pilot="a", cautious=cautious_, cautious_sd=0.1, realised=realised, std_error=error)


def test_before_any_roll_out_three_quarters_are_taken_to_be_kept():
    assert learn_transport([]).share == 0.75


def test_roll_outs_that_keep_half_pull_the_share_towards_half():
    one, many = learn_transport([roll(1.5, 0.75)]), learn_transport([roll(1.5, 0.75)] * 200)
    assert 0.5 < one.share < 0.75
    assert many.share == pytest.approx(0.5, abs=0.02)
    assert many.sd < one.sd < learn_transport([]).sd


def test_nobody_plans_on_a_roll_out_that_beats_its_pilot():
    assert learn_transport([roll(1.5, 3.0)] * 50).share == 1.0
    assert learn_transport([roll(1.5, -3.0)] * 50).share == 0.0


def test_the_share_that_is_kept_is_found_though_pilots_were_picked_for_looking_good():
    """Estimates picked for being large exaggerate; held against the cautious estimate the true share is found. 300
    roll-outs: the standard error of the share is about .03."""
    rng = np.random.default_rng(6)
    rolls = []
    while len(rolls) < 300:
        truth, error = rng.normal(0, 1), 0.47
        estimate = truth + error * rng.normal()
        if estimate < 1:
            continue
        weight = 1 / (1 + error**2)
        realised = 0.6 * truth + 0.2 * rng.normal() + 0.3 * rng.normal()
        rolls.append(
            RolledOut(
                pilot="", cautious=weight * estimate, cautious_sd=weight**0.5 * error, realised=realised, std_error=0.3
            )
        )
    assert learn_transport(rolls).share == pytest.approx(0.6, abs=0.09)


# --- predicted and realised ------------------------------------------------------------------------------------------


def test_nothing_is_said_of_fewer_than_ten_roll_outs():
    one = Compared(predicted=1.0, lower=0.5, upper=1.5, realised=0.9)
    assert reality([one] * 9).inside is None
    assert reality([one] * 9).count == 9
    said = reality([one] * 10)
    assert (said.inside, said.kept, said.score) == (1.0, pytest.approx(0.9), pytest.approx(1.0))


def test_a_measurement_outside_costs_forty_times_its_distance():
    """Interval score at 95 %: 2 / .05 times the distance."""
    assert Compared(predicted=1.0, lower=0.5, upper=1.5, realised=0.4).score == pytest.approx(1.0 + 40 * 0.1)
    assert not Compared(predicted=1.0, lower=0.5, upper=1.5, realised=0.4).inside


# --- hindsight -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recommended", "decided", "since", "found"),
    [
        ("ITERATE", "SCALE", Since(rollout="REPLICATED"), "right"),
        ("ITERATE", "SCALE", Since(rollout="FAILED"), "wrong"),
        ("STOP", "SCALE", Since(rollout="REPLICATED", rolled_back=True), "wrong"),
        ("STOP", "SCALE", Since(rollout="ATTENUATED"), "unclear"),
        ("STOP", "SCALE", Since(rollout="WAITING"), "unclear"),
        ("STOP", "SCALE", Since(), "unclear"),
        ("SCALE", "STOP", Since(), "unclear"),
        ("SCALE", "STOP", Since(later="SCALE"), "wrong"),
        ("ITERATE", "STOP", Since(later="STOP"), "unclear"),
        ("STOP", "ITERATE", Since(later="SCALE"), "right"),
        ("STOP", "ITERATE", Since(later="STOP"), "wrong"),
        ("STOP", "ITERATE", Since(later="ITERATE"), "unclear"),
        ("SCALE", "ITERATE", Since(later="STOP"), "right"),
        ("SCALE", "ITERATE", Since(later="SCALE"), "unclear"),
    ],
)
def test_time_says_of_an_overrule(recommended: str, decided: str, since: Since, found: str):
    assert judge(recommended=recommended, decided=decided, since=since).found == found


def test_fewer_than_five_clear_cases_are_no_score():
    assert not score(["right"] * 4 + ["unclear"] * 9).said
    assert score(["right"] * 4 + ["wrong"]).said
