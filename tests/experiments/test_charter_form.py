"""Between the charter's document and the form: steps, metrics, sites, designs, and the page that grows beside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from experiments.charters.check import read_charter
from experiments.errors import Refused
from experiments.forms.charter_page import charter_sections, hypothesis_line
from experiments.forms.design_choice import Answers, answers_of, design_for
from experiments.forms.metric_form import has_worst_experience, stored_metric, stored_worst
from experiments.forms.power_preview import plan_so_far
from experiments.forms.register_steps import document, metric_key, say_place, step_to_resume, still_open
from experiments.forms.register_templates import PROPOSED, proposed
from experiments.forms.site_list import names_twice, read_sites, with_choice, write_sites
from experiments.forms.where_form import Place, where_of
from experiments.pictures.power_picture import power_picture, sizing_rows
from experiments.words import forbidden_words
from stats.planning.plan_sizing import plan_sizing

Waiting = Callable[..., dict[str, Any]]


def test_an_empty_draft_says_what_is_open_in_words_of_the_form() -> None:
    found = still_open({"title": "Chat at lunch"})
    assert {one.step for one in found} == {"problem", "success", "where"}
    assert not forbidden_words(" ".join(one.sentence for one in found))


def test_a_complete_charter_has_nothing_open(waiting: Waiting) -> None:
    assert still_open(waiting()) == ()


def test_the_hypothesis_follows_the_first_success_metric(waiting: Waiting) -> None:
    draft = waiting()
    draft["hypothesis"] = {**draft["hypothesis"], "metric": "gone", "by": 1, "direction": "up"}
    assert document(draft)["hypothesis"] | {} == {
        **draft["hypothesis"], "metric": "wait", "by": 15, "direction": "down"
    }  # fmt: skip


@pytest.mark.parametrize(("saved", "opens"), [("", "problem"), ("template", "problem"), ("success", "partners")])
def test_a_draft_opens_at_the_step_after_the_saved_one(saved: str, opens: str) -> None:
    assert step_to_resume(saved) == opens


def test_a_place_is_said_as_the_form_calls_it() -> None:
    assert say_place("metrics > success > 1 > mwe") == "number that must get better 1, smallest gain worth having"


def test_metric_keys_are_plain_and_unlike_each_other() -> None:
    assert metric_key("Wartezeit (Ø)", []) == "wartezeit"
    assert metric_key("Wait", ["wait", "wait_2"]) == "wait_3"
    assert metric_key("客户满意度", []).startswith("pilot")


@pytest.mark.parametrize(
    ("answers", "design", "method"),
    [
        (Answers(), "randomised_sites", "complete"),
        (Answers(when="one_after_other"), "stepped_wedge", "waves"),
        (Answers(how="chosen"), "before_after_control", "chosen"),
        (Answers(how="chosen", when="one_after_other"), "staggered", "chosen"),
        (Answers(how="chosen", before=False), None, "chosen"),
        (Answers(how="everyone"), "interrupted_time_series", "chosen"),
        (Answers(how="everyone", before=False), None, "chosen"),
        (Answers(who="customers"), "randomised_units", "complete"),
        (Answers(who="customers", how="chosen"), None, "complete"),
    ],
)
def test_plain_answers_name_a_design_or_none(answers: Answers, design: str | None, method: str) -> None:
    found = design_for(answers)
    assert (found.design, found.method) == (design, method)


def test_sites_with_groups_are_drawn_within_them() -> None:
    assert design_for(Answers(), strata=True).method == "stratified"


def test_answers_are_read_back_from_a_stored_draft() -> None:
    for answers in (Answers(), Answers(how="chosen"), Answers(when="one_after_other"), Answers(who="customers")):
        where = {"design": design_for(answers).design, "baseline_from": "2026-01-05", "start": "2026-03-02"}
        assert answers_of(where) == answers


def test_pasted_sites_keep_their_names_sizes_and_groups() -> None:
    pasted = "Alder\nBrook; 1,200; city\nCedar, north\tcity\n\n"
    sites = read_sites(pasted)
    assert [site["key"] for site in sites] == ["Alder", "Brook", "Cedar, north"]
    assert sites[1] == {"key": "Brook", "size": 1200.0, "stratum": "city"}
    assert read_sites(write_sites(sites)) == sites
    assert names_twice([*sites, {"key": "Alder"}]) == ["Alder"]
    assert [site.get("forced") for site in with_choice(sites, ["Brook"])] == [None, True, None]


def test_shares_are_stored_as_fractions_and_keep_their_key() -> None:
    fields = {"name": "Solved", "kind": "share", "column": "solved", "unit": "", "better": "higher",
              "perspective": "customer", "survey": False}  # fmt: skip
    made = stored_metric(fields, {"key": "solved_first", "pre": "before"}, [])
    assert (made["key"], made["unit"], made["pre"]) == ("solved_first", "share", "before")


def test_a_worst_experience_is_declined_only_with_a_reason() -> None:
    assert stored_worst("none", None, "weekly figures only", None) == {"without_because": "weekly figures only"}
    assert stored_worst("none", None, "", None) == {}
    assert stored_worst("beyond", 480.0, "", 0.02) == {"margin": 0.02, "beyond": 480.0}


@pytest.mark.parametrize(
    ("kind", "unit", "data", "expected"),
    [("mean", "s", "records", True), ("mean", "EUR", "records", False), ("mean", "s", "panel", False)],
)
def test_only_durations_and_scores_of_single_contacts_have_a_worst_experience(
    kind: str, unit: str, data: str, expected: bool
) -> None:
    assert has_worst_experience(kind, unit, False, data) is expected


def test_sites_that_people_chose_are_marked_and_counted() -> None:
    place = Place(
        choice=design_for(Answers(how="chosen")), unit_word="shop", how_chosen="the willing ones",
        sites=[{"key": "A"}, {"key": "B"}, {"key": "C"}], chosen=["B"], start=date(2026, 3, 2),
        baseline_from=date(2026, 1, 5), columns={"site": "shop", "period": "week", "delivered": ""},
    )  # fmt: skip
    made = where_of(place, {"weights": "volume"})
    assert made["sites"] == [{"key": "A"}, {"key": "B", "forced": True}, {"key": "C"}]
    assert made["assignment"] == {"method": "chosen", "n_treatment": 1}
    assert made["columns"] == {"site": "shop", "period": "week", "post": {"column": "week", "from": "2026-03-02"}}
    assert made["weights"] == "volume"


@pytest.mark.parametrize("name", sorted(PROPOSED))
def test_a_proposed_guardrail_is_complete(name: str, waiting: Waiting) -> None:
    draft = waiting()
    draft["metrics"]["guardrails"].append(proposed(name))
    assert read_charter(draft)


def test_the_page_beside_says_what_is_still_to_come() -> None:
    sections = charter_sections({})
    assert all(section.empty for section in sections)
    assert "…" in hypothesis_line({})


def test_the_size_is_known_before_people_are_named(waiting: Waiting) -> None:
    draft = {part: value for part, value in waiting().items() if part not in {"owner", "sponsor", "team", "title"}}
    plan = plan_so_far(draft)
    assert plan is not None
    sizing = plan_sizing(plan)
    picture = power_picture(plan, sizing)
    assert picture is not None
    assert (picture.metric, picture.planned, picture.worth_having) == ("Waiting time", 12, 15)
    detectable = [point.detectable for point in picture.points]
    assert detectable == sorted(detectable, reverse=True)
    needed = sizing.metrics[0].needed
    assert needed is not None
    assert all((point.detectable <= picture.worth_having) == (point.sites >= needed) for point in picture.points)
    assert len(sizing_rows(plan, sizing)["metric_known"]) == len(sizing.metrics) + len(sizing.unknown)


def test_without_sites_there_is_no_size(waiting: Waiting) -> None:
    draft = waiting()
    del draft["where"]["design"]
    assert plan_so_far(draft) is None


@pytest.mark.parametrize("spread", [1e308, 5e-324])
def test_a_spread_that_nobody_means_has_no_size_and_is_refused(waiting: Waiting, spread: float) -> None:
    draft = waiting()
    draft["history"] = {draft["metrics"]["success"][0]["key"]: {"spread": spread, "steadiness": 0.5}}
    assert plan_so_far(draft) is None
    with pytest.raises(Refused, match="spread"):
        read_charter(draft)


def test_the_step_of_the_journey_and_the_waste_are_kept_or_chosen_anew() -> None:
    fields = {"name": "Solved", "kind": "share", "column": "solved", "unit": "", "better": "higher",
              "perspective": "customer", "survey": False}  # fmt: skip
    earlier = {"key": "solved", "journey_step": "wait", "waste": "waiting"}
    kept = stored_metric(fields, earlier, [])
    assert (kept["journey_step"], kept["waste"]) == ("wait", "waiting")
    chosen = stored_metric({**fields, "journey_step": "get it solved", "waste": "none"}, earlier, [])
    assert chosen["journey_step"] == "get it solved"
    assert "waste" not in chosen
