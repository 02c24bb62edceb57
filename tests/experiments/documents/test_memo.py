"""The one page: what it says for each verdict, and that it never says more than was stored."""

from __future__ import annotations

import dataclasses
import re
from typing import get_args

import pytest

from experiments import words
from experiments.documents.html import memo_html
from experiments.documents.model import build_memo
from experiments.documents.rows import metric_line
from experiments.pictures import theme
from experiments.words import forbidden_words, jargon_words, say
from stats.evidence import as_json
from stats.spec import Design
from stats.verdict import rules
from stats.verdict.next_step import LEVERS
from stats.verdict.states import GUARDRAIL_ORDER, SUCCESS_ORDER

VERDICTS = ("SCALE", "STAGED", "ITERATE", "MISSING", "STOP", "NOT_YET", "INVALID")
APPENDIX = ("method", "method_notes", "provenance", "headings", "key")


def first_page(memo):
    """Every text before the method, joined."""

    def texts(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for name, item in value.items():
                if name not in APPENDIX:
                    yield from texts(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                yield from texts(item)

    return "\n".join(texts(dataclasses.asdict(memo)))


@pytest.mark.parametrize("name", VERDICTS)
def test_exactly_one_sentence_says_why(pilot, name):
    why = pilot(name).memo().why
    assert why.endswith(".")
    assert len(re.findall(r"[.!?](?:\s|$)", why)) == 1
    assert why[0].isupper()


def test_the_sentences_name_what_decided(pilot):
    assert pilot("SCALE").memo().why == (
        "Speed of answer got better by 22 s, and everything that must not get worse is shown safe."
    )
    assert pilot("ITERATE").memo().why == (
        "Speed of answer got better by 22 s, but Deliveries on time (Logistics) is not shown safe; "
        "5 more weeks would probably settle it."
    )
    assert pilot("MISSING").memo().why == (
        "Speed of answer got better by 22 s, but there are no usable data on Deliveries on time."
    )
    assert pilot("STOP").memo().why == (
        "Even at best, Speed of answer and Satisfied callers improved by less than is worth having."
    )
    assert "Customers met both ways of working" in pilot("INVALID").memo().why
    assert "50 %" in pilot("NOT_YET").memo().why


@pytest.mark.parametrize("name", VERDICTS)
def test_the_first_page_has_no_word_of_the_code_and_no_jargon(pilot, name):
    page = first_page(pilot(name).memo()).replace("INVALID", "")  # the badge's key, not shown
    assert forbidden_words(page) == []
    assert jargon_words(page.replace("NOT_YET", "")) == []


@pytest.mark.parametrize("name", VERDICTS)
def test_the_whole_page_has_no_word_of_the_code(pilot, name):
    visible = re.sub(r"<style>.*?</style>|<[^>]+>", " ", memo_html(pilot(name).memo()), flags=re.S)
    assert forbidden_words(visible) == []


@pytest.mark.parametrize("name", ["NOT_YET", "INVALID"])
def test_between_checks_and_when_invalid_no_result_is_shown(pilot, name):
    made = pilot(name)
    memo = made.memo()
    assert all(line.plot is None and line.effect == line.interval == line.levels == "" for line in memo.metrics)
    assert memo.method == ()
    assert memo.sites == ()
    page, stored = memo_html(memo), as_json(made.evidence)
    opened = [metric_line(metric, stored, {"hidden": False}) for metric in made.plan.metrics]
    assert all(line.effect and line.levels for line in opened)
    assert [text for line in opened for text in (line.effect, line.interval, line.levels) if text in page] == []


def test_the_interval_shown_lies_between_the_limits_that_decided(pilot):
    made = pilot("SCALE")
    state = made.recommendation.states["wait"]
    row = made.memo().metrics[0].plot
    assert (row.lower, row.upper) == (-state.upper, -state.lower)
    assert row.line == -15
    assert row.lower < row.effect < row.upper


@pytest.mark.parametrize("name", ["SCALE", "STAGED", "ITERATE", "STOP"])
def test_words_and_picture_never_disagree(pilot, name):
    for line in pilot(name).memo().metrics:
        sign = 1 if line.plot.better == "higher" else -1
        worst = min(sign * line.plot.lower, sign * line.plot.upper)
        assert (line.state in (say("state.WIN"), say("state.SMALL"))) == (worst > 0 and line.plot.beyond == "gain")
        if line.plot.beyond == "loss":
            assert (line.state == say("state.PASS")) == (worst > sign * line.plot.line)


def test_shares_are_shown_in_points(pilot):
    line = pilot("SCALE").memo().metrics[1]
    assert line.effect == "+4.1 points"
    assert line.levels == "82.1 % with the change, 78 % as before"
    assert line.plot.line == pytest.approx(3)


def test_a_metric_without_data_says_why_and_shows_no_number(pilot):
    line = next(line for line in pilot("MISSING").memo().metrics if line.key == "on_time")
    assert (line.state, line.effect, line.interval) == ("no data", "", "")
    assert line.note
    assert line.plot.effect is None


def test_each_partner_has_its_row_and_its_word(pilot):
    logistics, finance = pilot("ITERATE").memo().partners
    assert (logistics.partner, logistics.state) == ("Logistics", "not shown safe")
    assert logistics.said.startswith("has a concern: Call-backs land")
    assert finance.said == "endorses it"


def test_silence_is_not_consent(pilot):
    memo = pilot("SCALE").memo(reviews=())
    assert memo.dissent == (
        "Nobody has objected or raised a concern.",
        "Not heard yet: Logistics and Finance. Silence is not consent.",
    )
    assert memo.partners[0].said == "has not said anything yet"


def test_a_partner_without_a_number_of_its_own_is_not_forgotten(pilot):
    charter = {"partners": [{"department": "Legal", "benefit": "fewer letters"}]}
    legal = pilot("SCALE").memo(charter=charter).partners[-1]
    assert (legal.partner, legal.metric, legal.benefit) == (
        "Legal",
        "No number of its own was named",
        "Expects: fewer letters",
    )


def test_dissent_is_quoted(pilot):
    assert pilot("SCALE").memo().dissent[0].startswith("Logistics has a concern: “Call-backs land in our busiest hour")


def test_money_is_said_to_be_off_without_values(pilot):
    made = pilot("SCALE")
    plan = made.plan.model_copy(update={"finance": None})
    assert dataclasses.replace(made, plan=plan).memo().money == (say("memo.money.off"),)


def test_money_has_currency_period_and_chance(pilot):
    first, back, costs, enough, tipping = pilot("SCALE").memo().money
    assert first.startswith("Expected gain after costs: EUR ")
    assert "over 3 years (cautious estimate)" in first
    assert back.startswith("That is ")
    assert "times" in back
    assert "EUR 120,000 to run it and EUR 40,000 once" in costs
    assert enough.startswith("The costs are covered once ")
    assert "we count on 75 %" in tipping


def test_another_round_is_worth_so_much_before_and_after_its_cost(pilot):
    made = pilot("ITERATE")
    assert "and after its own cost EUR" in made.memo().money[-1]
    without = dataclasses.replace(made.recommendation, inputs={**made.recommendation.inputs, "round_net": None})
    assert made.memo().money[-1] != dataclasses.replace(made, recommendation=without).memo().money[-1]
    assert "before its cost" in dataclasses.replace(made, recommendation=without).memo().money[-1]


def test_the_rehearsal_kept_with_the_plan_is_cited_in_the_method(pilot):
    made = pilot("SCALE")
    truths = {"nothing": {"SCALE": 0.013}, "strong": {"SCALE": 0.78}, "harm": {"STOP": 0.997}}
    said = build_memo(
        made.plan, made.evidence, made.recommendation, rehearsal={"pilots": 2000, "truths": truths}
    ).method_notes[-1]
    assert "if nothing were true this plan would have scaled 1.3 times in 100" in said
    assert "if it worked as hoped 78, and if it harmed it would have stopped more than 99 times" in said
    assert not any("Rehearsed" in note for note in made.memo().method_notes)


def test_failed_checks_come_first_and_each_check_once(pilot):
    checks = pilot("INVALID").memo().checks
    assert checks[0].passed is False
    assert checks[0].sentence.startswith("23 % of the customers met both ways of working")
    assert len(set(checks)) == len(checks)


def test_what_is_promised_stands_beside_what_was_done(pilot):
    planned = {line.what: (line.planned, line.done) for line in pilot("SCALE").memo().planned}
    assert planned["Branches"] == ("6 with the change, 6 as before", "6 with the change, 6 as before")
    assert planned["Time"] == ("2 Mar 2026 to 10 May 2026 (70 days)", "data over 70 days")
    assert planned["Delivery"][1] == "delivered 93 %"
    assert planned["Changes to the plan"][1] == "none"


def test_a_change_of_the_plan_is_named(pilot):
    memo = pilot("SCALE").memo(amendments=({"kind": "major", "reason": "two branches closed"},))
    assert memo.planned[4].done == "major: two branches closed"


def test_an_overrule_shows_reason_and_second_approver(pilot):
    decision = {
        "kind": "decided", "verdict": "SCALE", "scope": "staged", "recommended": "ITERATE", "overrules": True,
        "reason": "The contract ends in June.", "decided_by": "Ruth Vogel", "second_approver": "Ivo Brandt",
        "decided_at": "2026-05-14T10:00:00+00:00", "conditions": ["Two more people on the desk"],
    }  # fmt: skip
    memo = pilot("ITERATE").memo(decision=decision)
    assert memo.decision == (
        "Scale in stages, decided by Ruth Vogel on 14 May 2026.",
        "Against the recommendation (Iterate).",
        "Reason: The contract ends in June.",
        "Second approver: Ivo Brandt.",
        "Condition: Two more people on the desk",
    )
    assert memo.asked == (say("asked.decided"),)


def test_possible_harm_is_told_even_where_results_are_closed(pilot):
    made = pilot("INVALID")
    alarmed = dataclasses.replace(made.recommendation, possible_harm=True)
    assert say("asked.possible_harm") in dataclasses.replace(made, recommendation=alarmed).memo().asked


def test_the_memo_is_the_same_from_objects_and_from_stored_json(pilot):
    made = pilot("SCALE")
    assert build_memo(made.plan, made.evidence, made.recommendation) == made.memo(
        charter=None, reviews=(), log_head="", made_at=None
    )


def test_provenance_leads_back_to_plan_data_and_evidence(pilot):
    made = pilot("SCALE")
    values = dict(made.memo().provenance)
    assert values["Plan (sha256)"] == made.evidence.plan_sha256
    assert values["Data (sha256)"] == made.evidence.snapshot_sha256
    assert values["Evidence (sha256)"] == made.recommendation.evidence_sha256
    assert values["Engine and rule"] == "engine 0.1.0, rule 1, row 6"


def test_whatever_the_rule_can_say_has_its_sentence():
    keys = words.sentences_in("en")
    said_otherwise = {"GATE_FAILED", "NOT_YET", "EARLY_WIN", "SHOWN"}
    codes = {row.reason for row in rules.ROWS if row.reason} - said_otherwise | set(LEVERS)
    wanted = [
        *(f"why.clause.{code}" for code in codes),
        *(f"lever.{code}" for code in LEVERS),
        *(f"state.{label}" for label in (*SUCCESS_ORDER, *GUARDRAIL_ORDER)),
        *(f"design.{design}" for design in get_args(Design)),
        *(f"verdict.{verdict}" for verdict in theme.VERDICT_COLOURS),
        *(f"why.because.{cap}" for cap in SCOPE_CAPS),
    ]
    assert [key for key in wanted if key not in keys] == []


SCOPE_CAPS = ("grade_b", "grade_c", "permutation", "watch_unproven", "delivery_not_recorded", "partner_unsigned")
