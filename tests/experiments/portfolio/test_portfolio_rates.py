"""Funnel and rates, the calendar of sites, filters and order: each against numbers worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from experiments.errors import Refused
from experiments.portfolio.filters import ORDERS, Wanted, in_order, matching
from experiments.portfolio.pack import days_of, last_months, month_words
from experiments.portfolio.rates import chance_of_falling_short, counted, rates
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.site_calendar import Span, clashes
from experiments.portfolio.words import clash_sentence, rate_sentences, shared_with, standing
from stats.plan import Plan


def row(key: str, stage: str = "running", **said: Any) -> PilotRow:
    usual: dict[str, Any] = {
        "title": key.title(),
        "team": "",
        "department": "Stores",
        "owner": "Ana Lima",
        "partners": (),
        "stage_since": datetime(2026, 3, 1, tzinfo=UTC),
        "version": 1,
        "simulated": False,
        "showcase": False,
        "registered": stage != "draft",
    }
    return PilotRow(key=key, stage=stage, **{**usual, **said})


PORTFOLIO = (
    row("a", "draft"),
    row("b", "plan"),
    row("c", "signed", overdue=True),
    row("d", "running", verdict="NOT_YET"),
    row("e", "assessed", verdict="INVALID"),
    row("f", "in_review", verdict="SCALE", short=0.9),
    row("g", "decided", verdict="SCALE", decided="SCALE", short=0.10),
    row("h", "closed", verdict="SCALE", decided="SCALE", short=0.55),
    row("i", "rolling_out", verdict="SCALE", decided="SCALE"),
    row("j", "closed", verdict="INVALID", decided="STOP"),
    row("k", "withdrawn"),
    row("l", "withdrawn", verdict="NOT_YET"),
)


def test_the_funnel_counts_how_many_came_at_least_so_far():
    found = rates(PORTFOLIO)
    # registered: all but a; signed: all but a, b, k; running: all but a, b, c, k; assessed: e to j; decided: g to j.
    assert (found.registered, found.signed, found.running, found.assessed, found.decided) == (11, 9, 8, 6, 4)


def test_learning_counts_what_was_decided_on_evidence_that_could_be_judged_of_all_that_ended():
    found = rates(PORTFOLIO)
    assert (found.ended, found.learned, found.scaled) == (6, 3, 3)  # ended: g to l; learned: g, h, i; j was no evidence
    assert found.learning_rate == found.scale_rate == 0.5


def test_nothing_ended_gives_no_rate():
    found = rates(PORTFOLIO[:6])
    assert found.learning_rate is None
    assert found.scale_rate is None
    assert rate_sentences(found, ())[0] == "No pilot has ended yet."


def test_approvals_likely_to_disappoint_are_the_sum_of_their_chances_and_what_is_unknown_is_said():
    found = rates(PORTFOLIO)
    assert found.disappointing == pytest.approx(0.65, abs=1e-12)  # .10 + .55; f is not approved
    assert found.unknown == 1
    said = rate_sentences(found, ())
    assert said[1].startswith("Of 2 approvals about 1 is likely to disappoint")
    assert said[2].startswith("For 1 approval this can't be told")


def test_five_approvals_with_a_third_of_doubt_each_make_about_two():
    found = rates([row(f"p{n}", "closed", verdict="SCALE", decided="SCALE", short=1 / 3) for n in range(5)])
    assert "Of 5 approvals about 2 are likely to disappoint" in rate_sentences(found, ())[1]


def test_made_up_pilots_count_only_where_there_are_no_others():
    made_up, real = row("x", simulated=True), row("y")
    assert counted([made_up, real]) == (real,)
    assert counted([made_up]) == (made_up,)
    assert "made-up ones are left out" in standing([made_up, real])[-1]


def test_what_is_overdue_is_named():
    assert standing(PORTFOLIO)[-1] == "Overdue, 1: C."


# --- chance that an approval disappoints -----------------------------------------------------------------------------


def plan(rule: str = "any", *, better: str = "lower") -> Plan:
    metrics = [
        {"key": key, "name": key, "unit": "s", "better": better, "role": "SUCCESS", "mwe": 10.0,
         "spec": {"kind": "mean", "column": key}}
        for key in ("wait", "talk")
    ]  # fmt: skip
    return Plan.model_validate(
        {"pilot": "p", "title": "P", "design": "randomised_sites", "metrics": metrics, "primary_rule": rule}
    )


def test_the_chance_is_of_the_estimate_drawn_towards_nothing():
    # Prior N(0, 10^2), 20 s less with a spread of 10: posterior mean 10, sd 10/sqrt(2): exactly even against 10.
    results = {"wait": {"effect": -20.0, "std_error": 10.0}}
    assert chance_of_falling_short(plan(), {"wins": ["wait"]}, results) == pytest.approx(0.5, abs=1e-12)


def test_an_effect_in_the_wrong_direction_falls_short_nearly_surely():
    results = {"wait": {"effect": 20.0, "std_error": 10.0}}
    # Posterior mean -10, sd 7.071: P(Z < 20/7.071 = 2.828) = .99766.
    assert chance_of_falling_short(plan(), {"wins": []}, results) == pytest.approx(0.99766, abs=5e-6)


def test_the_stored_cautious_estimate_goes_before_one_made_again():
    inputs = {"wins": ["wait"], "money": {"shrunken": {"wait": {"mean": 15.0, "sd": 5.0, "weight": 0.8}}}}
    # P(Z < (10 - 15)/5 = -1) = .158655
    assert chance_of_falling_short(plan(), inputs, {}) == pytest.approx(0.158655, abs=5e-7)


def test_one_metric_that_holds_is_enough_unless_all_must():
    results = {"wait": {"effect": -20.0, "std_error": 10.0}, "talk": {"effect": 20.0, "std_error": 10.0}}
    assert chance_of_falling_short(plan(), {"wins": ["wait", "talk"]}, results) == pytest.approx(0.5, abs=1e-12)
    every = chance_of_falling_short(plan("all"), {"wins": ["wait", "talk"]}, results)
    assert every == pytest.approx(0.99766, abs=5e-6)
    assert chance_of_falling_short(plan("all"), {"wins": ["wait"]}, {"wait": results["wait"]}) is None


def test_without_an_estimate_there_is_no_chance():
    assert chance_of_falling_short(plan(), {}, {"wait": {"code": "no_data"}}) is None


# --- calendar of sites -----------------------------------------------------------------------------------------------


def span(key: str, start: date, end: date, *sites: str, **said: Any) -> Span:
    usual: dict[str, Any] = {"title": key, "version": 1, "stage": "running", "simulated": False, "unit_word": "shop"}
    return Span(key=key, start=start, end=end, sites=frozenset(sites), **{**usual, **said})


def day_of(month: int, day: int) -> date:
    return date(2026, month, day)


CALENDAR = (
    span("Menu", day_of(1, 5), day_of(3, 1), "North", "South"),
    span("Chat", day_of(3, 1), day_of(4, 30), "South", "West"),
    span("Desk", day_of(3, 2), day_of(5, 30), "North"),
    span("Coach", day_of(1, 1), day_of(6, 30), "East"),
    span("Team", day_of(1, 1), day_of(6, 30), "North", unit_word="team"),
    span("Made up", day_of(1, 1), day_of(6, 30), "North", "South", simulated=True),
)


def test_pilots_clash_where_they_share_a_site_and_a_day_and_nothing_less():
    (only,) = clashes(CALENDAR)
    assert (only.first.key, only.second.key, only.sites) == ("Menu", "Chat", ("South",))
    assert (only.start, only.end) == (day_of(3, 1), day_of(3, 1))


def test_the_sentence_names_both_by_their_titles():
    said = clash_sentence(clashes(CALENDAR), day_of(2, 1))
    assert said.startswith("Menu and Chat are both at 1 site from 1 Mar 2026 to 1 Mar 2026")
    assert shared_with(clashes(CALENDAR)) == {"Menu": ("Chat",), "Chat": ("Menu",)}
    assert clash_sentence((), day_of(2, 1)).startswith("No two of these pilots")


def test_of_several_clashes_the_sentence_says_how_many_still_matter():
    more = (*CALENDAR, span("Till", day_of(5, 1), day_of(8, 1), "North", "East"))
    found = clashes(more)
    assert [(clash.first.key, clash.second.key) for clash in found] == [
        ("Coach", "Till"), ("Desk", "Till"), ("Menu", "Chat"),
    ]  # fmt: skip
    said = clash_sentence(found, day_of(6, 15))
    assert said.startswith("3 pairs")
    assert said.endswith("1 of these pairs is still to come or going on.")


# --- filters and order -----------------------------------------------------------------------------------------------


def keys(rows: Any) -> str:
    return "".join(found.key for found in rows)


def test_each_filter_narrows_and_all_hold_together():
    assert keys(matching(PORTFOLIO, Wanted())) == "abcdefghijkl"
    assert keys(matching(PORTFOLIO, Wanted(stages=["closed", "draft"]))) == "ahj"
    assert keys(matching(PORTFOLIO, Wanted(stages=["closed"], verdicts=["SCALE"]))) == "h"
    assert keys(matching(PORTFOLIO, Wanted(overdue=True))) == "c"
    assert keys(matching(PORTFOLIO, Wanted(owners=["Somebody Else"]))) == ""
    assert keys(matching(PORTFOLIO, Wanted(simulated=True))) == ""
    assert keys(matching([row("x", partners=("Sales",))], Wanted(departments=["Sales"], words="ana STORES"))) == "x"


def test_orders_put_what_is_unknown_last():
    some = (row("a", expected=-5.0), row("b"), row("c", expected=9.0, grade="B", next_date=day_of(1, 1), age_days=3))
    orders = {name: keys(in_order(some, name)) for name in ORDERS}
    assert orders == {"moved": "abc", "title": "abc", "age": "cab", "due": "cab", "money": "cab", "grade": "cab"}


# --- months ----------------------------------------------------------------------------------------------------------


def test_a_month_has_its_first_and_last_day():
    assert days_of("2026-12") == (day_of(12, 1), day_of(12, 31))
    assert days_of("2028-02")[1] == date(2028, 2, 29)
    assert last_months(day_of(1, 31))[:2] == ["2026-01", "2025-12"]
    assert month_words("2026-11") == "November 2026"


@pytest.mark.parametrize("given", ["", "2026", "2026-13", "2026-1", "11-2026", "0000-01", "9999-12"])
def test_what_is_no_month_is_refused(given: str):
    with pytest.raises(Refused):
        days_of(given)
