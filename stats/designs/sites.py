"""From a study to its sites and to the assignments that could have been drawn; shared by the site-level designs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stats.methods.permutation import RandomisationP, Replays, p_of, replay_within, statistic
from stats.methods.site_ancova import affordable, site_weights
from stats.methods.site_means import SiteValues, site_values
from stats.results import NotEstimable, Result
from stats.spec import TestSpec
from stats.study import Floats, Study

POOLED_KINDS = ("ratio", "rate")
"""Kinds whose site value is a quotient of sums: periods count by their denominators, not by their records."""


def values_of(study: Study) -> SiteValues:
    """Sites of control and of the treatment arm that the study is about, with the adjusters that they can afford."""
    spec = study.spec
    by_volume = spec.weights == "volume" or spec.metric.kind in POOLED_KINDS
    return affordable(site_values(study.site_periods, arm=study.arm, by_volume=by_volume))


def with_randomisation(result: Result, values: SiteValues, study: Study) -> Result:
    """The estimate with its randomisation p, under the hypothesis that the specification tests."""
    if isinstance(result, NotEstimable):
        return result
    spec = study.spec
    replays = replays_of(study, values)
    weights = site_weights(values, spec.weights == "volume")
    p, floor, both = tested_by_replay(values, replays, weights, spec.test_spec, spec.metric.better)
    details = {
        **result.details,
        "randomisation": {
            "assignments": replays.total,
            "replayed": len(replays.arms),
            "exact": replays.exact,
            "p_greater": both.greater,
            "p_less": both.less,
            "p_floor_one_sided": both.floor_one_sided,
        },
    }
    return replace(result, p_randomisation=p, p_floor=floor, details=details)


def replays_of(study: Study, values: SiteValues) -> Replays:
    """The assignments that could have been drawn.

    With option ``assignment`` (the draw's own record, ``Drawn.as_json``) that rule is replayed; else the draw is taken
    to have been within pairs or strata where the specification names them, over all sites where it does not. A site
    that was not part of the recorded draw keeps its arm.
    """
    recorded = study.spec.options.get("assignment")
    if recorded is None:
        return replay_within(values.treated, values.groups, draws=study.spec.draws, seed=study.spec.seed)
    from stats.assignment.draw import Drawn, replay

    drawn = Drawn.from_json(recorded)
    place = {site.key: index for index, site in enumerate(drawn.sites)}
    replays = replay(drawn, draws=study.spec.draws, seed=study.spec.seed)
    columns = [
        replays.arms[:, place[site]] if site in place else np.full(len(replays.arms), treated)
        for site, treated in zip(values.sites, values.treated, strict=True)
    ]
    return replace(
        replays,
        arms=np.column_stack(columns),
        mirrored=replays.mirrored and all(site in place for site in values.sites),
    )


def tested_by_replay(
    values: SiteValues, replays: Replays, weights: Floats | None, test: TestSpec, better: str
) -> tuple[float, float, RandomisationP]:
    """(p, its floor, the p values of no effect): two-sided for superiority, one-sided against a margin otherwise."""
    both = p_of(statistic(values, weights), values.treated, replays)
    if test.kind == "superiority" or test.margin is None:
        return both.two_sided, both.floor, both
    above_lower = p_of(statistic(values, weights, -test.margin), values.treated, replays).greater
    below_upper = p_of(statistic(values, weights, test.margin), values.treated, replays).less
    if test.kind == "equivalence":
        return max(above_lower, below_upper), both.floor_one_sided, both
    return (above_lower if better == "higher" else below_upper), both.floor_one_sided, both
