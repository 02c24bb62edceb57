"""Evidence of one look from a plan and a table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest

from stats.assessing.assess import assess
from stats.assessing.delivered import delivery_share
from stats.assessing.fading import decline_p
from stats.assessing.site_agreement import p_new_site
from stats.evidence import as_json
from stats.plan import AssignmentRule, Columns, Looks, Plan, PlannedMetric, PlannedSite, canonical_json
from stats.results import Estimate, NotEstimable, quantile
from stats.spec import ArmSpec, MetricSpec
from stats.stored import evidence_from_json
from stats.study import SitePeriods

SITES = [f"s{number:02d}" for number in range(12)]
ARMS = {site: number % 2 for number, site in enumerate(SITES)}
START = date(2026, 3, 2)
HISTORY = {"plan_differs": False, "major_amendment": False, "definition_changed": False}


def contacts(n=6000, seed=1, effect=-1.5, fading=False):
    """Contacts of 12 sites, eight weeks before and after the start; waits in minutes, 3 % of them unknown."""
    rng = np.random.default_rng(seed)
    site, day = rng.integers(0, 12, n), rng.integers(-56, 56, n)
    treated = (site % 2 == 1) & (day >= 0)
    strength = effect * np.where(fading, 2 - day / 28, 1.0)
    wait = rng.lognormal(2, 0.6, n) + rng.normal(0, 1, 12)[site] + strength * treated
    return {
        "store": [SITES[s] for s in site],
        "arm": np.where(site % 2, "new", "old"),
        "wait": np.where(rng.uniform(size=n) < 0.03, np.nan, wait),
        "solved": rng.uniform(size=n) < 0.7,
        "at": [
            datetime(2026, 3, 2, int(h)) + timedelta(days=int(d))
            for d, h in zip(day, rng.integers(8, 18, n), strict=True)
        ],
        "shown": rng.uniform(size=n) < 0.9,
    }


def table_from(rows):
    return ibis.duckdb.connect().create_table("t", pa.table(rows))


def metric(key, role="GUARDRAIL", **spec):
    given = {name: spec.pop(name) for name in ("better", "mwe", "margin", "pre") if name in spec}
    return PlannedMetric(key=key, name=key, role=role, spec=MetricSpec(**spec), **given)


def plan(**changes):
    filled = {
        "pilot": "p",
        "title": "t",
        "design": "randomised_sites",
        "start": START,
        "metrics": [
            metric("wait", "SUCCESS", better="lower", mwe=0.5, column="wait"),
            metric("solved", kind="share", column="solved", margin=0.05),
            metric("worst", kind="tail_mean", column="wait", better="lower", margin=5),
        ],
        "columns": Columns(
            site="store", arm=ArmSpec(column="arm", treatment="new", control="old"), timestamp="at", delivered="shown"
        ),
        "sites": [PlannedSite(key=site, size=250) for site in SITES],
        "draws": 199,
    }
    return Plan(**{**filled, **changes})


def evidence_of(plan, rows, **options):
    filled = {"look": 1, "snapshot_sha256": "s", "plan_sha256": "p", "arms": ARMS, "history": HISTORY, **options}
    return assess(plan, table_from(rows), **filled)


def test_evidence_holds_each_metric_with_its_sites_checks_and_grade():
    found = evidence_of(plan(), contacts())["new"]
    assert (found.n_control, found.n_treatment, found.records, found.days_observed) == (6, 6, 6000, 56)
    assert (found.look, found.final, found.information, found.arm_label) == (1, True, 1.0, "new")
    assert set(found.metrics) == {"wait", "solved", "worst"}
    wait = found.metric("wait")
    assert isinstance(wait.result, Estimate)
    assert wait.result.n_treatment == 6
    assert [site.site for site in wait.sites] == SITES
    assert {check.metric for check in wait.checks} == {"wait"}
    assert found.grade.grade == "A"
    assert [component.component for component in found.delivery] == ["delivered"]


def test_the_numbers_of_a_site_are_those_of_its_rows():
    rows = contacts()
    wait = evidence_of(plan(), rows)["new"].metric("wait")
    store, at, values = np.array(rows["store"]), np.array(rows["at"]), rows["wait"]
    after = at >= datetime(2026, 3, 2)
    for site in wait.sites:
        mine = store == site.site
        assert site.value == pytest.approx(np.nanmean(values[mine & after]), rel=1e-12)
        assert site.pre == pytest.approx(np.nanmean(values[mine & ~after]), rel=1e-12)
        assert site.n == np.isfinite(values[mine & after]).sum()


def test_a_worst_tail_is_that_of_the_whole_window_not_the_mean_of_weeks():
    rows = contacts()
    worst = evidence_of(plan(), rows)["new"].metric("worst")
    store, at, values = np.array(rows["store"]), np.array(rows["at"]), rows["wait"]
    mine = np.sort(values[(store == "s03") & (at >= datetime(2026, 3, 2)) & np.isfinite(values)])[::-1]
    share = 0.05 * len(mine)
    expected = mine @ np.clip(share - np.arange(len(mine)), 0, 1) / share
    assert {site.site: site.value for site in worst.sites}["s03"] == pytest.approx(expected, rel=1e-12)


def test_the_same_plan_and_data_give_the_same_bytes():
    texts = {canonical_json(as_json(evidence_of(plan(), contacts())["new"])) for _ in range(2)}
    assert len(texts) == 1


def test_evidence_survives_being_stored():
    found = evidence_of(plan(), contacts())["new"]
    assert as_json(evidence_from_json(json.loads(canonical_json(as_json(found))))) == as_json(found)


def test_a_metric_that_the_data_do_not_have_stops_nothing_else():
    asked = plan(metrics=[*plan().metrics, metric("nps", column="nps", margin=1)])
    found = evidence_of(asked, contacts())["new"]
    assert found.metric("nps").result == NotEstimable(
        code="metric_not_in_data", facts={"problem": "unknown_name", "column": "nps"}
    )
    assert isinstance(found.metric("wait").result, Estimate)


def test_a_metric_without_a_single_value_is_no_estimate():
    rows = contacts() | {"wait": np.full(6000, np.nan)}
    found = evidence_of(plan(), rows)["new"]
    assert isinstance(found.metric("wait").result, NotEstimable)
    assert isinstance(found.metric("worst").result, NotEstimable)
    assert all(site.value is None for site in found.metric("wait").sites)


def test_sites_are_compared_as_assigned_and_crossing_over_is_seen():
    rows = contacts()
    rows["arm"] = np.where(np.array(rows["store"]) == "s01", "old", rows["arm"])
    found = evidence_of(plan(), rows)["new"]
    as_drawn = evidence_of(plan(), contacts())["new"]
    assert found.metric("wait").result.effect == as_drawn.metric("wait").result.effect
    crossover = next(check for check in found.checks if check.key == "crossover")
    assert crossover.facts["sites"] == "s01"


def test_a_site_that_was_never_assigned_is_left_out_and_named():
    rows = contacts()
    arms = {site: arm for site, arm in ARMS.items() if site != "s11"}
    found = evidence_of(plan(), rows, arms=arms)["new"]
    assert found.n_treatment == 5
    assert next(check for check in found.checks if check.key == "site_roster").facts["unknown"] == "s11"


def test_looks_are_numbered_and_the_one_beyond_the_plan_is_the_extension():
    asked = plan(looks=Looks(fractions=[0.5, 1.0], extension=1.5))
    seen = [evidence_of(asked, contacts(n=2000), look=look)["new"] for look in (1, 2, 3)]
    assert [found.final for found in seen] == [False, True, True]
    assert [found.is_extension for found in seen] == [False, False, True]
    assert [found.information for found in seen] == [0.5, 1.0, 1.5]


def test_only_the_windows_of_the_plan_count():
    shorter = plan(pre_start=date(2026, 2, 2), end=date(2026, 3, 29))
    rows = contacts()
    days = np.array([moment.date() for moment in rows["at"]])
    inside = (days >= date(2026, 2, 2)) & (days <= date(2026, 3, 29))
    found = evidence_of(shorter, rows)["new"]
    assert (found.records, found.days_observed) == (inside.sum(), 28)


def test_several_treatments_share_the_error_between_them():
    rows = contacts()
    number = np.array([int(site[1:]) for site in rows["store"]])
    rows["arm"] = np.array(["old", "new", "newer"])[number % 3]
    columns = plan().columns.model_copy(
        update={"arm": ArmSpec(column="arm", treatment=["new", "newer"], control="old")}
    )
    found = evidence_of(plan(columns=columns), rows, arms={site: n % 3 for n, site in enumerate(SITES)})
    assert list(found) == ["new", "newer"]
    assert [each.arm for each in found.values()] == [1, 2]
    estimate = found["newer"].metric("wait").result
    stored = max(estimate.limits, key=lambda limits: limits.level)
    reach = quantile(1 - stored.level / 2, estimate.df) * estimate.std_error
    assert stored.upper == pytest.approx(estimate.effect + reach)
    assert {site.arm for site in found["newer"].metric("wait").sites} == {0, 2}


def test_units_in_arms_need_no_sites():
    rng = np.random.default_rng(8)
    arm = rng.integers(0, 2, 4000)
    rows = {"arm": arm, "spend": rng.exponential(20, 4000) + arm, "back": rng.uniform(size=4000) < 0.3, "got": arm == 1}
    asked = plan(
        design="randomised_units",
        unit_of_assignment="unit",
        start=None,
        sites=[],
        metrics=[
            metric("spend", "SUCCESS", column="spend", mwe=1),
            metric("back", kind="share", column="back", margin=0.05),
        ],
        columns=Columns(arm=ArmSpec(column="arm", treatment=1, control=0), delivered="got"),
    )
    found = evidence_of(asked, rows, arms=None)["1"]
    spend = found.metric("spend").result
    assert spend.effect == pytest.approx(rows["spend"][arm == 1].mean() - rows["spend"][arm == 0].mean(), rel=1e-12)
    assert (found.n_control, found.n_treatment) == ((arm == 0).sum(), (arm == 1).sum())
    assert found.grade.grade == "A"
    assert next(check for check in found.checks if check.key == "sample_ratio").status == "PASS"
    assert found.delivery[0].share == 1.0


def test_pairs_of_the_plan_count_though_the_data_do_not_name_them():
    pairs = [PlannedSite(key=site, pair=str(number // 2)) for number, site in enumerate(SITES)]
    found = evidence_of(plan(sites=pairs, assignment=AssignmentRule(method="paired")), contacts())["new"]
    assert found.metric("wait").result.df < 6  # six pairs, not twelve sites


def test_an_effect_that_wears_off_is_shown_and_a_lasting_one_is_not():
    lasting = evidence_of(plan(), contacts(n=40_000, effect=-2))["new"].metric("wait")
    fading = evidence_of(plan(), contacts(n=40_000, effect=-2, fading=True))["new"].metric("wait")
    assert fading.decline_p < 0.01 < lasting.decline_p
    assert abs(fading.last_third) < abs(fading.result.effect) / 2
    assert lasting.last_third == pytest.approx(lasting.result.effect, abs=0.5)


def test_a_decline_is_found_in_five_of_a_hundred_where_there_is_none():
    rng = np.random.default_rng(3)
    arm = np.arange(10) % 2
    base = SitePeriods(
        sites=tuple("abcdefghij"),
        periods=tuple(range(8)),
        value=np.zeros((10, 8)),
        n=np.ones((10, 8)),
        missing=np.zeros((10, 8)),
        arm=arm,
        treated=np.zeros((10, 8), bool),
        post=np.arange(8) >= 2,
        start=np.where(arm, 2, 8),
    )
    p = [decline_p(replace(base, value=rng.normal(size=(10, 8))), arm=1, better="higher") for _ in range(2000)]
    # 3.3 standard errors of a share of .05 among 2,000.
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.016)


def test_a_new_site_is_less_sure_to_gain_where_sites_differ():
    rng = np.random.default_rng(6)
    treated = np.arange(40) % 2 == 1
    estimate = Estimate(
        effect=1.0, std_error=0.3, ci_lower=None, ci_upper=None, p_value=None, df=38, n_control=20, n_treatment=20,
        confidence=0.95, method="test",
    )  # fmt: skip
    noise = rng.normal(0, 1, 40)
    alike = p_new_site(noise + treated, treated, None, estimate, better="higher")
    differing = p_new_site(noise + treated * rng.normal(1, 3, 40), treated, None, estimate, better="higher")
    assert alike > 0.95
    assert 0.5 < differing < 0.75
    assert p_new_site(noise + treated, treated, None, estimate, better="lower") == pytest.approx(1 - alike)


def test_the_interval_of_delivery_knows_that_contacts_come_in_sites():
    n = np.full(10, 100.0)
    alike = delivery_share("used", np.full(10, 0.8), n)
    differing = delivery_share("used", np.repeat([0.6, 1.0], 5), n)
    assert alike.share == differing.share == pytest.approx(0.8)
    assert differing.ci_upper - differing.ci_lower > 2 * (alike.ci_upper - alike.ci_lower)
    everyone = delivery_share("used", np.ones(10), n)
    assert everyone.ci_upper == 1.0
    assert everyone.ci_lower < 0.9
    assert delivery_share("used", np.array([np.nan]), np.array([0.0])) is None


def test_the_interval_of_delivery_covers_the_truth():
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(1000):
        truth = rng.beta(8, 2, 12)
        n = rng.integers(20, 300, 12).astype(float)
        found = delivery_share("used", rng.binomial(n.astype(int), truth) / n, n)
        covered += found.ci_lower <= 0.8 <= found.ci_upper
    assert 0.92 <= covered / 1000 <= 0.985


def test_a_chosen_before_and_after_pilot_keeps_both_ends_of_its_bracket():
    found = evidence_of(plan(design="before_after_control", assignment=AssignmentRule(method="chosen")), contacts())[
        "new"
    ]
    wait = found.metric("wait")
    assert isinstance(wait.result, Estimate)
    assert len(wait.bracket) == 1
    assert wait.bracket[0].method != wait.result.method
    assert found.grade.grade in ("B", "C")
    assert {check.key for check in wait.result.checks} >= {"placebo_date"}


def test_a_method_that_reads_records_sees_the_arms_as_assigned():
    rows = contacts()
    rows["arm"] = np.full(6000, "nobody wrote it down")
    asked = plan(estimator="cr2", metrics=plan().metrics[:1])
    found = evidence_of(asked, rows)["new"].metric("wait").result
    after = np.array(rows["at"]) >= datetime(2026, 3, 2)
    treated = np.array([ARMS[site] for site in rows["store"]]) == 1
    expected = np.nanmean(rows["wait"][after & treated]) - np.nanmean(rows["wait"][after & ~treated])
    assert found.effect == pytest.approx(expected, rel=1e-9)
