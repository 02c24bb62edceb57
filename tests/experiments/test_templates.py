"""Each pilot template of the field: complete in itself, from the catalogue, and a charter once places are given."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from experiments.charters.check import read_charter, warnings
from experiments.charters.to_plan import to_plan
from experiments.forms.charter_page import charter_sections
from experiments.forms.pilot_template import FOLDER, ORDER, PilotTemplate, templates
from experiments.forms.register_steps import document, still_open
from experiments.forms.register_templates import advice, replaced, template, with_template
from experiments.metrics import shipped
from experiments.planning.rehearse import rehearse_charter
from experiments.words import forbidden_words, jargon_words
from stats.planning.plan_sizing import plan_sizing

PEOPLE: dict[str, Any] = {
    "team": "Service innovation",
    "owner": {"name": "Ana Lima", "department": "Contact centre"},
    "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
}


def placed(name: str) -> dict[str, Any]:
    """The template with people, as many sites as it asks for, and dates."""
    design, made = templates()[name].design, template(name)
    where = {
        **made["where"],
        "how_chosen": "all that have such contacts",
        "start": date(2026, 3, 2).isoformat(),
        "end": date.fromordinal(date(2026, 3, 1).toordinal() + 7 * design.weeks).isoformat(),
    }
    if design.design == "randomised_units":
        where["units"] = design.least_sites
    else:
        where["sites"] = [f"{design.unit_word} {number}" for number in range(1, design.least_sites + 1)]
        before = date(2026, 3, 2).toordinal() - 7 * design.weeks_before
        where["baseline_from"] = date.fromordinal(before).isoformat()
        where["columns"] = {**where["columns"], "post": {"column": "week", "from": "2026-03-02"}}
        if design.design == "stepped_wedge":
            del where["columns"]["post"]
            where["columns"]["starts"] = {"column": "begins", "never": None}
        else:
            where["assignment"] = {**where["assignment"], "n_treatment": design.least_sites // 2}
    return {**made, **PEOPLE, "where": where}


def test_the_ten_pilots_of_the_field_are_there_and_no_file_is_left_out() -> None:
    assert len(ORDER) == 10
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(ORDER) == set(templates())


@pytest.mark.parametrize("name", ORDER)
def test_a_template_lacks_only_people_places_and_dates(name: str) -> None:
    found = still_open({**template(name), **PEOPLE})
    assert {one.step for one in found} == {"where"}
    words = " ".join(one.sentence for one in found)
    assert "how they were chosen" in words


@pytest.mark.parametrize("name", ORDER)
def test_with_places_and_dates_it_is_a_charter_that_can_be_planned_and_rehearsed(name: str) -> None:
    charter = read_charter(document(placed(name)))
    plan = to_plan(charter)
    assert plan_sizing(plan).sizing in {"decision_capable", "learning", "unknown"}
    found = rehearse_charter(document(placed(name)), pilots=100, seed=1).rehearsal
    assert {item.truth for item in found.operating} >= {"nothing", "mwe", "harm"}


@pytest.mark.parametrize("name", ORDER)
def test_nobody_would_warn_of_it(name: str) -> None:
    """Customers or staff feel the gain, and each partner has a benefit and a metric of its own."""
    assert warnings(read_charter(document(placed(name)))) == []


@pytest.mark.parametrize("name", ORDER)
def test_the_worst_experience_behind_each_success_metric_is_watched(name: str) -> None:
    plan = to_plan(read_charter(document(placed(name))))
    columns = {metric.spec.column for metric in plan.metrics} | {metric.key for metric in plan.metrics}
    for part in templates()[name].success:
        twin = part.twin
        if twin is not None:
            watched = any(metric.twin_of == part.from_ for metric in plan.guardrails)
            assert watched or twin.key in columns or twin.spec.column in columns


@pytest.mark.parametrize("name", ORDER)
def test_records_of_one_kind_or_a_panel(name: str) -> None:
    """Records come from one file; where a template needs several kinds, its data are a panel by site and week."""
    of = templates()[name]
    kinds = {part.entry.records for part in (*of.success, *of.guardrails, *of.partners)}
    assert (len(kinds) == 1) == (of.design.data == "records")
    assert "own" not in kinds


@pytest.mark.parametrize("name", ORDER)
def test_it_is_said_in_plain_words(name: str) -> None:
    said = [line for part in charter_sections(document(template(name))) for line in part.lines]
    said += [line for part in advice(name) for line in (part.title, *part.lines)]
    text = " ".join([templates()[name].line, *said])
    assert not forbidden_words(text)
    assert not jargon_words(text)


def test_metrics_are_versions_of_the_catalogue() -> None:
    made = template("call_back")["metrics"]["success"][0]
    assert (made["key"], made["version"]) == ("speed_of_answer", shipped()["speed_of_answer"].version)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"guardrails": [{"from": "nobody_knows", "class": "watch", "margin": 1, "margin_help": "x" * 12}]}, "nobody"),
        ({"success": [{"from": "speed_of_answer", "mwe": 15, "mwe_help": "x" * 12}]}, "worst experience"),
        ({"success": [{"from": "abandonment", "mwe": 0.1, "mwe_help": "x" * 12}]}, "hypothesis"),
    ],
)
def test_a_template_that_does_not_fit_together_is_no_template(change: dict[str, Any], words: str) -> None:
    whole = templates()["call_back"].model_dump(by_alias=True)
    with pytest.raises(ValueError, match=words):
        PilotTemplate.model_validate({**whole, **change})


def test_what_was_typed_stays_unless_it_is_given_up() -> None:
    typed = {"title": "Ring me back", "where": {"unit_word": "branch", "data": "records"}, "problem": ""}
    made = template("call_back")
    assert replaced(typed, made) == ("title",)
    kept = with_template(typed, made, replace=False)
    assert (kept["title"], kept["problem"]) == ("Ring me back", made["problem"])
    assert with_template(typed, made, replace=True)["title"] == "Call-back at peak"


def test_sites_that_are_named_already_are_not_lost_without_asking() -> None:
    typed = {"where": {"sites": ["A", "B"], "design": "randomised_sites"}}
    assert replaced(typed, template("coaching")) == ("where",)
    assert with_template(typed, template("coaching"), replace=False)["where"] == typed["where"]
