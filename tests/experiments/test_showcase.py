"""The showcase: who is in it, that it overstates nothing, whose work it is, and reactions."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from experiments.deciding.choice import Choice
from experiments.deciding.close import close
from experiments.deciding.decide import decide
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.showcase.cautious import cautious, money_down, rounded_down
from experiments.showcase.chosen import chosen
from experiments.showcase.credit import adopted
from experiments.showcase.draft import file_of
from experiments.showcase.reactions import react, reactions
from experiments.showcase.story import Story, stories, text_of
from experiments.words import forbidden_words, jargon_words
from registry import find
from registry.access import Act
from registry.evidence import EvidenceRecord
from registry.open import Registry
from stats.money import Prior, prior_of, shrink
from stats.plan import Plan, PlannedMetric
from stats.spec import MetricSpec

NUMBER = re.compile(r"[\d,]*\.?\d+")


@pytest.fixture(scope="module")
def record(worked_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    home = shutil.copytree(worked_home, tmp_path_factory.mktemp("showcase") / "home")
    with Registry.open(home, "") as registry:
        yield registry


@pytest.fixture(scope="module")
def told(record: Registry) -> dict[str, Story]:
    return {story.key: story for story in stories(Desk(registry=record))}


@pytest.fixture
def own(record: Registry, tmp_path: Path) -> Iterator[Registry]:
    """The worked portfolio for one test alone."""
    shutil.copytree(record.home, tmp_path / "home")
    with Registry.open(tmp_path / "home", "") as registry:
        yield registry


# --- who is in it ----------------------------------------------------------------------------------------------------


def test_scaled_pilots_and_stops_that_left_a_lesson_have_a_story(told: dict[str, Story]) -> None:
    assert {story.key for story in told.values() if story.kind == "scaled"} == {
        "call-back-at-peak",
        "text-when-the-part-is-in",
    }
    stopped = [story for story in told.values() if story.kind == "stopped"]
    assert {story.key for story in stopped} == {
        "shorter-phone-menu",
        "reminder-the-day-before",
        "tips-while-you-hold",
        "printed-welcome-folder",
    }
    assert all(any("What we learned" in line for line in story.happened) for story in stopped)


def test_what_was_rolled_back_is_not_told_as_a_success(own: Registry) -> None:
    desk, key = Desk(registry=own), "technician-on-the-way"
    assert key not in {one.row.key for one in chosen(desk)}, "rolled back, and nothing written down of it"
    close(desk.as_person("Jonas Weber"), key, "The hour in the text has to be right.")
    (story,) = [story for story in stories(desk) if story.key == key]
    assert story.kind == "rolled_back"
    assert story.lead.startswith("It worked in the pilot and not beyond it")
    assert "the hour in the text is wrong" in " ".join(story.caution)
    assert not any("Worth" in line for line in story.happened)
    assert "What we learned: The hour in the text has to be right." in story.happened


def test_a_finished_roll_out_says_whether_the_effect_held(told: dict[str, Story]) -> None:
    assert "Effect outside the pilot: holds." in " ".join(told["call-back-at-peak"].next)


# --- nothing overstates ----------------------------------------------------------------------------------------------


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def test_no_number_of_a_story_is_larger_than_the_cautious_estimate(told: dict[str, Story], record: Registry) -> None:
    """Every number in every sentence that names a metric, against the estimate made anew from the stored evidence."""
    checked = 0
    for story in told.values():
        plan, results, _ = _of(record, story.key)
        for metric in plan.metrics:
            result = results.get(metric.key) or {}
            if "effect" not in result:
                continue
            scale = metric.mwe or metric.margin
            most = abs(shrink(result["effect"], result["std_error"], scale, prior_of(plan)).mean)
            factor = 100 if metric.spec.kind in {"share", "share_beyond"} else 1
            for line in (story.lead, *story.happened, *story.caution):
                if f"{metric.name}: " not in line and f"{metric.name} " not in line:
                    continue
                rest = line.replace(metric.name, "").replace("1 chance in 20", "")
                if "not get worse" in line or "shown safe" in line:
                    continue  # names of metrics alone, which may hold numbers of their own
                for number in _numbers(rest):
                    checked += 1
                    # One part in 10^9: the digits of a float, nothing that anybody could read.
                    assert number <= most * factor * (1 + 1e-9), (story.key, line)
                    assert number < abs(result["effect"]) * factor, (story.key, line)
    assert checked >= sum(len(story.effects) for story in told.values()) > 3


def test_money_in_a_story_is_not_more_than_the_stored_cautious_benefit(
    told: dict[str, Story], record: Registry
) -> None:
    line = next(line for line in told["call-back-at-peak"].happened if line.startswith("Worth"))
    _, _, said = _of(record, "call-back-at-peak")
    amount = _numbers(line)[0]
    assert 0.9 * said["inputs"]["money"]["expected"] < amount <= said["inputs"]["money"]["expected"]


@given(
    effect=st.floats(min_value=0.001, max_value=1e6),
    noise=st.floats(min_value=0.01, max_value=3),
    mwe=st.floats(min_value=0.05, max_value=3),
    share=st.booleans(),
)
def test_the_words_of_an_effect_never_say_more_than_the_estimate(
    effect: float, noise: float, mwe: float, share: bool
) -> None:
    if share:
        effect = min(effect, 0.9)
    spec = MetricSpec(kind="share" if share else "mean", column="x")
    metric = PlannedMetric(
        key="x", name="X", spec=spec, role="SUCCESS", better="higher", unit="share" if share else "s", mwe=mwe * effect
    )
    found = cautious(metric, {}, {"effect": effect, "std_error": noise * effect}, Prior())
    assert found is not None
    most = shrink(effect, noise * effect, mwe * effect, Prior()).mean
    (said,) = _numbers(found.words)
    # One part in 10^9 for the float of a share times 100.
    assert said <= most * (100 if share else 1) * (1 + 1e-9)
    assert said >= most * (100 if share else 1) * 0.9 - 1e-9
    assert found.least < found.most


def test_where_earlier_pilots_would_enlarge_an_effect_the_measured_one_stands() -> None:
    metric = PlannedMetric(
        key="x", name="X", spec=MetricSpec(kind="mean", column="x"), role="SUCCESS", better="higher", unit="s", mwe=5.0
    )
    said = {"inputs": {"money": {"shrunken": {"x": {"mean": 12.0, "sd": 1.0, "weight": 0.5}}}}}
    found = cautious(metric, said, {"effect": 9.0, "std_error": 2.0}, Prior())
    assert found is not None
    assert found.most == 9.0


@pytest.mark.parametrize("value", [0.0199, 0.29 * 100, 1.0, 9.99, 744531.7, 123456789.0])
def test_rounding_goes_down(value: float) -> None:
    assert 0.9 * value <= rounded_down(value) <= value * (1 + 1e-12)
    assert _numbers(money_down(744531.7, "EUR")) == [740000.0]


def test_scope_objections_and_chosen_sites_are_said(told: dict[str, Story]) -> None:
    assert "elsewhere it may help less" in " ".join(told["call-back-at-peak"].caution)
    assert "Sofia Lindgren has a concern" in " ".join(told["shorter-phone-menu"].caution)
    for story in told.values():
        if story.kind == "scaled":
            assert any("1 chance in 20" in line for line in story.caution), story.key


def test_a_staged_approval_is_told_as_one(own: Registry) -> None:
    desk = Desk(registry=own)
    commitments = {"budget": "EUR 1", "owner": "Jonas Weber", "targets": "none", "date": "spring"}
    with desk.read() as session:
        executives = [p.name for p in find.people(session) if "executive" in find.roles(session, p.id)]
    for name in executives:
        try:
            decide(
                desk.as_person(name),
                "parts-list-before-the-visit",
                Choice(verdict="SCALE", scope="staged", commitments=commitments),
            )
            break
        except Refused:
            continue
    (story,) = [story for story in stories(desk) if story.key == "parts-list-before-the-visit"]
    assert "approved in stages only" in " ".join(story.caution)
    assert "Too few customers answered" in " ".join(story.caution)


# --- whose work it is ------------------------------------------------------------------------------------------------


def test_team_partners_and_whose_suggestion_was_adopted_are_credited(told: dict[str, Story], own: Registry) -> None:
    credit = " ".join(told["call-back-at-peak"].credit)
    assert "Service innovation" in credit
    assert "Ana Lima" in credit
    assert "Quality and Workforce Planning" in credit
    found = adopted(Desk(registry=own), "check-in-at-the-shop-v3")
    assert found == {"Ana Lima": ("Put the terminal where the queue ends, not where it begins",)}


# --- words and files -------------------------------------------------------------------------------------------------


def test_stories_are_in_plain_words_and_labelled_where_made_up(told: dict[str, Story]) -> None:
    for story in told.values():
        text = text_of(story)
        assert forbidden_words(text) == [], story.key
        assert jargon_words(text) == [], story.key
        assert "Simulated data" in text


def test_the_word_document_holds_the_same_text(told: dict[str, Story], tmp_path: Path) -> None:
    (tmp_path / "story.docx").write_bytes(file_of([told["call-back-at-peak"]], "story.docx"))
    paragraphs = {paragraph.text for paragraph in Document(str(tmp_path / "story.docx")).paragraphs}
    story = told["call-back-at-peak"]
    assert {story.title, story.lead, *story.happened, *story.caution, *story.credit, *story.next} <= paragraphs


def test_another_file_is_refused(told: dict[str, Story]) -> None:
    with pytest.raises(Refused):
        file_of(list(told.values()), "story.exe")


# --- reactions -------------------------------------------------------------------------------------------------------


def test_a_reaction_is_said_once_and_taken_back_by_saying_it_again(own: Registry) -> None:
    desk = Desk(registry=own).as_person("Tom Berg")
    assert react(desk, "call-back-at-peak", "want_it")
    assert react(Desk(registry=own).as_person("Ana Lima"), "call-back-at-peak", "want_it")
    said = reactions(desk)["call-back-at-peak"]["want_it"]
    assert said.names == ("Tom Berg", "Ana Lima")
    assert said.mine
    assert not react(desk, "call-back-at-peak", "want_it")
    assert reactions(desk)["call-back-at-peak"]["want_it"].names == ("Ana Lima",)
    with own.read() as session:
        assert [event.act for event in find.events(session) if event.act.startswith("reaction.")] == [
            "reaction.given",
            "reaction.given",
            "reaction.taken_back",
        ]


@pytest.mark.parametrize(
    ("pilot", "kind", "code"),
    [("welcome-desk", "want_it", "not_in_showcase"), ("call-back-at-peak", "boo", "reaction_kind")],
)
def test_a_reaction_to_nothing_is_refused(own: Registry, pilot: str, kind: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        react(Desk(registry=own).as_person("Tom Berg"), pilot, kind)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_nobody_reacts_without_a_name(record: Registry) -> None:
    with pytest.raises(Refused) as refused:
        react(Desk(registry=record), "call-back-at-peak", "want_it")
    assert refused.value.problems[0].facts["act"] == Act.REACT.value


def _of(record: Registry, key: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Plan, results and recommendation as stored, read without the code under test."""
    with record.read() as session:
        pilot = find.pilot(session, key)
        evidence: EvidenceRecord | None = find.latest_evidence(session, pilot.id)
        assert evidence is not None
        advice = find.recommendation(session, evidence.id)
        assert advice is not None
        plan = next(row for row in find.plans(session, pilot.id) if row.id == evidence.plan_id)
        metrics = json.loads(evidence.canonical)["metrics"]
        return (
            Plan.model_validate_json(plan.canonical),
            {name: metric.get("result") or {} for name, metric in metrics.items()},
            json.loads(advice.canonical),
        )


def test_dates_of_decisions_order_the_stories(told: dict[str, Story]) -> None:
    days = [story.decided_on or date.min for story in told.values()]
    assert days == sorted(days, reverse=True)
