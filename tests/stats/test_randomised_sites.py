"""Sites drawn at random, from a study to an estimate: tests against a margin, named alternatives, the recorded draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtr, stdtrit

from stats.assignment.draw import SiteToAssign, draw
from stats.designs import choose, default_key, estimators
from stats.errors import RefusedSpec, UnknownEstimator
from stats.methods.hypotheses import apply_test, interval_confidence
from stats.methods.site_ancova import site_ancova
from stats.methods.site_checks import leave_one_site_out
from stats.methods.site_means import SiteValues
from stats.plan import AssignmentRule
from stats.results import Estimate, NotEstimable, Status
from stats.spec import EstimateSpec
from stats.spec import TestSpec as Asked
from stats.study import SitePeriods, Study


def site_data(arms: list[int], seed: int = 1, effect: float = 3.0, **further: Any) -> SitePeriods:
    rng = np.random.default_rng(seed)
    arm = np.array(arms)
    before = rng.normal(50, 4, len(arm))
    after = before + rng.normal(0, 2, len(arm)) + effect * arm
    post = np.array([False, True])
    return SitePeriods(
        sites=tuple(f"s{i:02d}" for i in range(len(arm))),
        periods=(0, 1),
        value=np.column_stack([before, after]),
        n=rng.integers(30, 300, (len(arm), 2)).astype(float),
        missing=np.zeros((len(arm), 2)),
        arm=arm,
        treated=(arm > 0)[:, None] & post,
        post=post,
        start=np.where(arm > 0, 1, 2),
        **further,
    )


def record_data(data: SitePeriods, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        {"site": site, "__arm": arm, "__y": value + rng.normal(0, 5), "age": rng.normal(40, 9), "kind": kind}
        for site, arm, value in zip(data.sites, data.arm, data.value[:, 1], strict=True)
        for kind in ("new", "old")
        for _ in range(10)
    ]
    return pd.DataFrame(rows)


def study(data: SitePeriods, arm: int = 1, **spec: Any) -> Study:
    values = {
        "data": "x.csv",
        "design": "randomised_sites",
        "site": "site",
        "metric": {"kind": "mean", "column": "y"},
        **spec,
    }
    return Study(
        spec=EstimateSpec.model_validate(values),
        read_site_periods=lambda: data,
        read_records=lambda: record_data(data),
        arm=arm,
    )


def run(data: SitePeriods, arm: int = 1, **spec: Any) -> Estimate:
    asked = study(data, arm, **spec)
    found = choose("randomised_sites", asked.spec.estimator).run(asked)
    assert isinstance(found, Estimate), found
    return found


TWELVE = [0, 1] * 6


def test_the_default_is_ancova_with_the_replayed_draw_beside_it():
    found = run(site_data(TWELVE))
    assert found.method == "site_ancova"
    assert found.df == 9
    assert found.details["adjusted_for_pre"] is True
    assert found.p_randomisation is not None
    assert found.p_floor == pytest.approx(2 / 924)
    assert found.details["randomisation"]["p_greater"] < 0.05
    assert {check.key for check in found.checks} == {"balance", "aa_on_history", "leave_one_site_out"}


def test_three_against_three_says_how_small_its_p_can_get():
    found = run(site_data([0, 1] * 3, effect=40))
    assert found.p_randomisation == found.p_floor == pytest.approx(0.1)
    assert found.details["randomisation"]["p_floor_one_sided"] == pytest.approx(0.05)


def test_a_lower_margin_is_one_sided_towards_worse():
    plain = run(site_data(TWELVE, effect=0))
    t = {sign: (plain.effect + sign * 2) / (plain.std_error or 1) for sign in (1, -1)}
    higher = run(site_data(TWELVE, effect=0), test={"kind": "noninferiority", "margin": 2})
    lower = run(
        site_data(TWELVE, effect=0),
        test={"kind": "noninferiority", "margin": 2},
        metric={"kind": "mean", "column": "y", "better": "lower"},
    )
    assert higher.p_value == pytest.approx(stdtr(plain.df, -t[1]))
    assert lower.p_value == pytest.approx(stdtr(plain.df, t[-1]))
    assert higher.ci_lower == pytest.approx(plain.ci_lower)
    assert higher.p_floor == pytest.approx(1 / 924)
    # The replayed draw tests the same margin: no further off than its own coarseness and the shape of t.
    assert higher.p_randomisation == pytest.approx(higher.p_value, abs=0.02)


def test_equivalence_is_two_one_sided_tests_and_their_interval():
    found = run(site_data(TWELVE, effect=0), test={"kind": "equivalence", "margin": 4})
    assert found.confidence == pytest.approx(0.9)
    inside = found.ci_lower > -4 and found.ci_upper < 4
    assert (found.p_value < 0.05) == inside
    assert found.p_value == max(found.details["p_lower"], found.details["p_upper"])


def test_a_margin_is_needed_and_said():
    with pytest.raises(RefusedSpec, match="margin_needed"):
        apply_test(run(site_data(TWELVE)), Asked(kind="noninferiority"))
    assert interval_confidence(Asked(kind="equivalence", margin=1), 0.95) == pytest.approx(0.9)


def test_a_method_without_std_error_has_no_p_at_a_margin():
    bare = replace(run(site_data(TWELVE)), std_error=None)
    found = apply_test(bare, Asked(kind="noninferiority", margin=1))
    assert isinstance(found, NotEstimable)
    assert found.code == "margin_needs_std_error"


def test_every_named_alternative_finds_the_effect():
    paired = site_data(TWELVE, pair=np.repeat([f"p{i}" for i in range(6)], 2))
    for name in estimators("randomised_sites"):
        data = paired if name == "paired_t" else site_data(TWELVE)
        found = run(data, estimator=name, covariates=[] if "site" in name else ["age"])
        assert found.effect == pytest.approx(3, abs=4.5), name
        assert found.p_value > 0, name
        assert found.n_control >= 2, name


def test_the_default_is_safe_and_the_unsafe_are_marked():
    offered = estimators("randomised_sites")
    assert offered[default_key("randomised_sites")].safe
    assert {name for name, each in offered.items() if not each.safe} >= {"cr0", "cr1", "cr1s", "ols_hc2", "blocked"}
    with pytest.raises(UnknownEstimator, match="site_ancova"):
        choose("randomised_sites", "magic")


def test_a_categorical_covariate_enters_as_indicators():
    found = run(site_data(TWELVE), estimator="cr2", covariates=["age", "kind"])
    assert {"age", "kind: old"} <= set(found.details["coefficients"])


def test_records_before_the_start_are_left_out():
    data = site_data(TWELVE)
    plain = run(data, estimator="cr2")
    records = record_data(data).assign(__post=True)
    earlier = records.assign(__post=False, __y=records["__y"] * 7)
    asked = Study(
        spec=study(data, estimator="cr2").spec,
        read_site_periods=lambda: data,
        read_records=lambda: pd.concat([records, earlier], ignore_index=True),
    )
    found = choose("randomised_sites", "cr2").run(asked)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(plain.effect)


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(RefusedSpec, match="salary"):
        run(site_data(TWELVE), estimator="cr2", covariates=["salary"])


def test_several_arms_are_each_set_against_control():
    data = site_data([0, 1, 2] * 4, effect=2.0)
    first, second = run(data, 1), run(data, 2)
    assert first.n_control == second.n_control == 4
    assert second.effect == pytest.approx(first.effect + 2, abs=3)
    only = site_data([0, 1] * 4)
    assert run(only, 1).n_treatment == 4


def test_dunnett_is_wider_than_each_arm_alone():
    data = site_data([0, 1, 2] * 5, effect=0.0)
    together = run(data, 1, estimator="dunnett")
    assert together.p_value > together.details["p_unadjusted"]
    assert together.details["arms"] == 2


def test_the_recorded_draw_is_the_one_replayed():
    sites = [SiteToAssign(key=f"s{i:02d}", values={"before": float(i % 5)}) for i in range(10)]
    drawn = draw(sites, AssignmentRule(method="rerandomised", balance_on=["before"], keep_best=0.2))
    data = site_data([drawn.arms[site.key] for site in drawn.sites])
    found = run(data, options={"assignment": drawn.as_json()})
    assert found.details["randomisation"]["assignments"] == drawn.acceptable < 252
    assert found.p_floor >= 1 / drawn.acceptable


def test_a_site_outside_the_recorded_draw_keeps_its_arm_in_the_replay():
    drawn = draw([SiteToAssign(key=f"s{i:02d}") for i in range(10)], AssignmentRule())
    arms = [drawn.arms[site.key] for site in drawn.sites]
    found = run(site_data([*arms, 1, 0]), options={"assignment": drawn.as_json()})
    assert found.details["randomisation"]["assignments"] == 252
    assert found.p_floor == pytest.approx(1 / 252)


def test_a_lost_site_is_left_out_of_the_replay():
    drawn = draw([SiteToAssign(key=f"s{i:02d}") for i in range(12)], AssignmentRule())
    data = site_data([drawn.arms[site.key] for site in drawn.sites])
    data.value[3] = np.nan
    found = run(data, options={"assignment": drawn.as_json()})
    assert found.details["sites_without_data"] == ["s03"]
    assert found.n_control + found.n_treatment == 11
    assert 0 < found.p_randomisation <= 1


def test_the_permutation_interval_leaves_out_what_the_draw_rejects():
    found = run(site_data(TWELVE), estimator="permutation", levels=[0.05])
    assert found.p_value == found.p_randomisation
    assert (found.ci_lower > 0) == (found.details["randomisation"]["p_greater"] <= 0.025)
    assert found.at_level(0.05).lower > found.ci_lower


def test_the_permutation_interval_of_three_against_three_is_unbounded():
    found = run(site_data([0, 1] * 3), estimator="permutation")
    assert found.ci_lower is None
    assert found.ci_upper is None


def nearly_clear(excess: float) -> SiteValues:
    """Twelve sites whose t is ``excess`` times the critical one."""
    noise = np.random.default_rng(3).normal(size=12)
    treated = np.arange(12) % 2 == 1
    values = SiteValues(
        sites=tuple(f"s{i:02d}" for i in range(12)), y=noise, treated=treated, volume=np.ones(12), pre=None
    )
    plain = site_ancova(values, confidence=0.95)
    assert isinstance(plain, Estimate)
    wanted = excess * stdtrit(10, 0.975) * plain.std_error
    return replace(values, y=noise + treated * (wanted - plain.effect))


@pytest.mark.parametrize(("excess", "status"), [(1.02, Status.FAIL), (4.0, Status.PASS), (0.3, Status.PASS)])
def test_a_result_that_hangs_on_one_site_is_said_and_the_site_named(excess, status):
    values = nearly_clear(excess)
    result = site_ancova(values, confidence=0.95)
    assert isinstance(result, Estimate)
    found = leave_one_site_out(values, result)
    assert found.status == status
    assert found.facts["site"] in values.sites


def test_the_common_path_loads_no_heavy_library():
    import subprocess
    import sys

    code = (
        "import sys; from stats.designs import choose; choose('randomised_sites', 'default');"
        "print([name for name in ('statsmodels', 'pandas', 'pingouin', 'scipy.stats', 'ibis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
