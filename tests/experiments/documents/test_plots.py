"""Plots and "why this method" from stored evidence: what is drawn, what is said, and what stays closed."""

from __future__ import annotations

import copy
import json
from datetime import date, datetime, timedelta
from typing import Any, get_args

import ibis
import numpy as np
import pyarrow as pa
import pytest

from experiments.documents.html import memo_html
from experiments.documents.model import build_memo
from experiments.documents.plots import metric_plots
from experiments.documents.time_axis import moment_words, steps_of
from experiments.documents.why_method import why_method, words_of
from experiments.views import MetricPlots
from experiments.words import forbidden_words, jargon_words, knows
from stats.assessing.assess import assess
from stats.designs import default_key, estimators
from stats.evidence import as_json
from stats.plan import AssignmentRule, Columns, Plan, PlannedMetric, PlannedSite, canonical_json
from stats.spec import ArmSpec, Design, MetricSpec, PostSpec, StartsSpec

START = date(2026, 3, 2)
SITES = 14
DESIGNS: tuple[str, ...] = get_args(Design)
ARM = ArmSpec(column="arm", treatment="new", control="old")


def plan(design: str, **more: Any) -> Plan:
    by_week = {"site": "store", "period": "week"}
    after = PostSpec(**{"column": "week", "from": 0})
    columns = {
        "staggered": Columns(**by_week, starts=StartsSpec(column="first", never=99)),
        "stepped_wedge": Columns(**by_week, arm=ARM),
        "synthetic_control": Columns(**by_week, arm=ARM, post=after),
        "interrupted_time_series": Columns(**by_week, post=after),
    }.get(design, Columns(site="store", arm=ARM, timestamp="at"))
    wait = PlannedMetric(
        key="wait", name="Wait", role="SUCCESS", better="lower", mwe=1.0, unit="s", spec=MetricSpec(column="wait")
    )
    given = {"pilot": "p", "title": "t", "design": design, "start": START, "metrics": [wait], "columns": columns}
    return Plan(**{**given, "unit_word": "store", "draws": 99, **more})


def stored(design: str) -> dict[str, Any]:
    """Evidence as it is kept: waits fall by 5 where the change is, at 14 sites over 24 weeks."""
    rng = np.random.default_rng(3)
    site, week = (part.ravel() for part in np.meshgrid(np.arange(SITES), np.arange(-16, 8), indexing="ij"))
    site, week = np.repeat(site, 30), np.repeat(week, 30)
    start = np.full(SITES, 99)
    treated = {"synthetic_control": 1, "interrupted_time_series": SITES}.get(design, 6)
    start[:treated] = 0
    if design in ("staggered", "stepped_wedge"):
        start[:10] = np.repeat([-6, -3, 0, 3, 5], 2)
    on, ever = week >= start[site], start[site] < 99
    minute = rng.integers(540, 660, len(site))
    days = rng.integers(0, 5, len(site))
    table = {
        "store": [f"s{number:02d}" for number in site],
        "arm": np.where(on if design == "stepped_wedge" else ever, "new", "old"),
        "week": week,
        "first": start[site],
        "wait": 50 + rng.normal(0, 2, SITES)[site] - 5.0 * on + rng.normal(0, 3, len(site)),
        "at": [
            datetime(2026, 3, 2) + timedelta(weeks=int(w), days=int(d), minutes=int(m))
            for w, d, m in zip(week, days, minute, strict=True)
        ],
    }
    rows = ibis.duckdb.connect().create_table("t", pa.table(table))
    [found] = assess(plan(design), rows, look=1, snapshot_sha256="s", plan_sha256="p", history={}).values()
    evidence: dict[str, Any] = json.loads(canonical_json(as_json(found)))
    return evidence


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, Any]]:
    return {design: stored(design) for design in DESIGNS if design != "randomised_units"}


def only(design: str, evidence: dict[str, Any]) -> MetricPlots:
    [plots] = metric_plots(plan(design), evidence, hidden=False)
    return plots


@pytest.mark.parametrize(
    "design", ["randomised_sites", "before_after_control", "matched_sites", "staggered", "stepped_wedge"]
)
def test_the_path_counts_from_the_start_and_shows_the_gain_after_it(design, kept):
    path = only(design, kept[design]).path
    assert path is not None
    before = [point for point in path.points if point.at < 0 and not point.reference]
    after = [point for point in path.points if point.at >= 0]
    assert min(point.at for point in after) == 0
    assert np.mean([point.effect for point in after]) == pytest.approx(-5, abs=1.5)
    assert np.mean([point.effect for point in before]) == pytest.approx(0, abs=2)
    assert all(point.lower <= point.effect <= point.upper for point in before + after if point.lower is not None)
    assert path.period == "week"
    assert f"better in {len(after)} of {len(after)} weeks" in path.sentence


def test_one_series_is_set_against_its_earlier_course(kept):
    plots = only("interrupted_time_series", kept["interrupted_time_series"])
    assert plots.path is None
    assert plots.course is not None
    after = [point for point in plots.course.points if point.at >= 0]
    assert len(after) == 8
    assert np.mean([point.value - point.expected for point in after]) == pytest.approx(-5, abs=1.5)
    assert "Nothing stood beside it" in plots.course.sentence


def test_the_one_site_stands_among_all_others(kept):
    plots = only("synthetic_control", kept["synthetic_control"])
    assert plots.placebo is not None
    own, *others = plots.placebo.found
    assert own.own
    assert len(others) == SITES - 1
    assert all(len(found.gaps) == 24 for found in plots.placebo.found)
    assert "once in 14" in plots.placebo.sentence
    assert f"Each of the {SITES - 1} others" in plots.placebo.sentence


def test_how_many_others_moved_as_far_follows_the_stored_rank(kept):
    evidence = copy.deepcopy(kept["synthetic_control"])
    evidence["metrics"]["wait"]["result"]["details"]["placebo"]["p_two_sided"] = 4 / 14
    placebo = only("synthetic_control", evidence).placebo
    assert placebo is not None
    assert "3 of them moved at least as far" in placebo.sentence


@pytest.mark.parametrize("design", ["before_after_control", "matched_sites"])
def test_earlier_dates_find_less_than_the_true_start(design, kept):
    placebo = only(design, kept[design]).placebo
    assert placebo is not None
    own, *others = placebo.found
    assert own.effect == pytest.approx(-5, abs=1.5)
    assert all(abs(found.effect) < 3 for found in others)
    assert "before the start" in others[0].name


@pytest.mark.parametrize("design", ["randomised_sites", "before_after_control"])
def test_half_hours_are_better_by_what_was_gained(design, kept):
    view = only(design, kept[design]).half_hours
    assert view is not None
    assert {cell.slot for cell in view.cells} == {"09:00", "09:30", "10:00", "10:30"}
    assert np.mean([cell.better_by for cell in view.cells]) == pytest.approx(5, abs=1.5)
    assert "4 of 4 half-hours were better" in view.sentence
    since = "changed since the start" in view.sentence
    assert since == (design == "before_after_control")


def test_closed_numbers_draw_nothing(kept):
    assert all(metric_plots(plan(design), evidence, hidden=True) == () for design, evidence in kept.items())


def test_what_can_not_be_estimated_draws_nothing(kept):
    evidence = copy.deepcopy(kept["staggered"])
    evidence["metrics"]["wait"]["result"] = {"not_estimable": "no_before", "facts": {}, "checks": []}
    assert metric_plots(plan("staggered"), evidence, hidden=False) == ()


def test_evidence_kept_before_there_were_pictures_is_still_read(kept):
    evidence = copy.deepcopy(kept["synthetic_control"])
    del evidence["metrics"]["wait"]["result"]["details"]["placebo"]["gaps"]
    placebo = only("synthetic_control", evidence).placebo
    assert placebo is not None
    assert [bool(found.gaps) for found in placebo.found] == [True] + [False] * (SITES - 1)
    evidence = copy.deepcopy(kept["randomised_sites"])
    del evidence["metrics"]["wait"]["details"]
    assert metric_plots(plan("randomised_sites"), evidence, hidden=False) == ()


def test_dates_weeks_and_labels_become_steps_since_the_start():
    dated = steps_of(plan("randomised_sites"), ["2026-02-23", "2026-03-02", "2026-03-16"], [False, True, True])
    assert dated.at == (-1, 0, 2)
    assert (dated.word, dated.label(2)) == ("week", "16 Mar 2026")
    months = steps_of(plan("randomised_sites"), ["2026-01-01", "2026-02-01", "2026-03-01"], [False, False, True])
    assert (months.at, months.word) == ((-2, -1, 0), "month")
    weeks = steps_of(plan("randomised_sites"), [-2, -1, 0, 1], [False, False, True, True])
    assert (weeks.at, weeks.label(-2), weeks.label(1)) == (
        (-2, -1, 0, 1),
        "2 weeks before the start",
        "week 2 after the start",
    )
    named = steps_of(plan("randomised_sites"), ["spring", "summer", "autumn"], [False, True, True])
    assert (named.at, named.label(0)) == ((-1, 0, 1), "summer")
    assert moment_words(plan("randomised_sites"), "-8") == "8 weeks before the start"


@pytest.mark.parametrize("design", DESIGNS)
def test_the_method_is_explained_without_jargon(design):
    text = why_method(plan(design, how_chosen="all stores of the north."), n_control=6, n_treatment=6)
    assert text.startswith("Where it runs: all stores of the north. ")
    assert not jargon_words(text)
    assert not forbidden_words(text)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_calculation_that_can_be_chosen_says_what_it_does(design):
    for key in estimators(design):
        if key == default_key(design):
            assert knows(f"why_method.usual.{design}")
        else:
            assert knows(f"why_method.named.{words_of(design, key)}"), (design, key)


def test_another_calculation_than_the_usual_is_said_with_the_usual_one():
    usual = why_method(plan("staggered"))
    assert "another calculation" not in usual
    text = why_method(plan("staggered", estimator="twfe"))
    assert "another calculation than the usual one was chosen" in text
    assert "known to be too sure of itself" in text
    assert "The usual one would be this: What each store would have shown" in text
    assert why_method(plan("staggered", estimator="imputation")) == usual
    assert why_method(plan("staggered", estimator="did_imputation")) == usual


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("complete", "A lot over all stores decided"),
        ("stratified", "within groups of like stores"),
        ("paired", "in pairs"),
        ("rerandomised", "only the well balanced"),
        ("chosen", "People, and not a lot"),
    ],
)
def test_how_it_was_decided_who_gets_the_change_is_said(method, told):
    assert told in why_method(plan("randomised_sites", assignment=AssignmentRule(method=method)))


def test_few_sites_are_said():
    sites = [PlannedSite(key=str(number)) for number in range(7)]
    small = plan("before_after_control", sites=sites, assignment=AssignmentRule(method="chosen", n_treatment=2))
    assert "With 2 against 5 stores chance is large" in why_method(small)
    assert "chance is large" not in why_method(small, n_control=9, n_treatment=8)


@pytest.mark.parametrize(("name", "drawn"), [("SCALE", True), ("STOP", True), ("NOT_YET", False), ("INVALID", False)])
def test_the_memo_draws_for_analysts_what_is_not_closed(name, drawn, pilot, kept):
    made = pilot(name)
    evidence = as_json(made.evidence)
    details = kept["randomised_sites"]["metrics"]["wait"]["details"]
    evidence["metrics"]["wait"]["details"] = details
    page = memo_html(build_memo(made.plan, evidence, as_json(made.recommendation)))
    assert "decided which got the change" in page
    for words in ("Over time: Speed of answer", "Through the day and the week", "weeks since the start"):
        assert (words in page) == drawn
