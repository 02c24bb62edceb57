"""The score card of the sites: helps to choose carefully, and warns that a favourable choice is no random one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from experiments.charters.check import read_charter, warnings
from experiments.charters.site_choice import SiteScore, choice_of, site_choice
from experiments.charters.to_plan import to_plan
from experiments.errors import Refused, sentences
from experiments.forms.charter_page import charter_sections
from experiments.forms.scorecard_form import blank_lines, read_scores, scores_of, table_of
from experiments.memo import memo
from experiments.words import forbidden_words, problem_sentence

Charters = Callable[..., dict[str, Any]]
EASY = {"size": "small", "risk": "low", "ready": "yes", "partner": "yes", "flagship": "no"}
HARD = {"risk": "high", "ready": "no", "flagship": "yes"}


def scored(waiting: Charters, *scores: dict[str, str], **where: Any) -> dict[str, Any]:
    document = waiting()
    document["where"] |= {"scorecard": list(scores), **where}
    return document


def test_a_charter_without_a_score_card_reads_as_before(waiting: Charters) -> None:
    charter = read_charter(waiting())
    assert charter.where.scorecard == []
    assert not to_plan(charter).favourable_sites


def test_mostly_easy_sites_are_said_to_be_favourable_in_plan_and_warning(waiting: Charters) -> None:
    charter = read_charter(scored(waiting, *({"site": f"B0{n}", **EASY} for n in (1, 2, 3)), {"site": "B04", **HARD}))
    assert to_plan(charter).favourable_sites
    codes = {problem.code: problem_sentence(problem) for problem in warnings(charter)}
    assert "need not hold everywhere" in codes["warn_favourable_sites"]
    assert "B04" in codes["warn_careful_sites"]


@pytest.mark.parametrize(
    ("scores", "favourable"),
    [
        ([{"risk": "low", "ready": "yes"}], True),
        ([{"risk": "low", "ready": "yes", "partner": "no"}], False),
        ([{"risk": "low"}], False),
        ([{"size": "small", "flagship": "no"}], False),
        ([{**EASY}, {**HARD}], False),
        ([], False),
    ],
)
def test_what_counts_as_favourable(scores: list[dict[str, str]], favourable: bool) -> None:
    found = site_choice([SiteScore(site=str(n), **score) for n, score in enumerate(scores)])
    assert found.mostly is favourable


def test_all_sites_can_be_scored_together(waiting: Charters) -> None:
    charter = read_charter(scored(waiting, {"site": "", **HARD}))
    said = [problem_sentence(problem) for problem in warnings(charter)]
    assert any("all of them" in sentence for sentence in said)


def test_a_score_card_of_other_sites_is_refused(waiting: Charters) -> None:
    with pytest.raises(Refused) as refused:
        read_charter(scored(waiting, {"site": "B99", **EASY}, {"site": "B01", **EASY}, {"site": "B01", **EASY}))
    said = " ".join(sentences(refused.value))
    assert "B99" in said
    assert "B01 twice" in said


def test_pasted_lines_become_the_table_and_the_table_the_charter() -> None:
    text = "site;size;risk;ready;partner;flagship\nA;small;low;Yes;yes;no\nB;;high;;;\nall of them;;;partly;;\n"
    found = read_scores(text, ["A", "B", "C"])
    assert found == [
        {"site": "A", "size": "small", "risk": "low", "ready": "yes", "partner": "yes", "flagship": "no"},
        {"site": "B", "risk": "high"},
        {"site": "", "ready": "partly"},
    ]
    table = table_of(found, ["A", "B", "C"])
    assert table["site"] == ["all of them", "A", "B", "C"]
    assert sorted(map(str, scores_of(table, ["A", "B", "C"]))) == sorted(map(str, found))


def test_every_wrong_line_is_said_at_once_and_nothing_taken() -> None:
    with pytest.raises(Refused) as refused:
        read_scores("A,tiny,low\nQ,small\nA,,,maybe\n", ["A"])
    said = sentences(refused.value)
    assert [sentence.split(":")[0] for sentence in said] == ["Line 1, size", "Line 2", "Line 3", "Line 3, ready"]
    with pytest.raises(Refused, match="score_nothing"):
        read_scores("\n", ["A"])
    assert read_scores(blank_lines(["A"]), ["A"]) == [{"site": "A"}]


def test_the_charters_page_says_it_in_plain_words(waiting: Charters) -> None:
    document = scored(waiting, {"site": "B01", **EASY}, {"site": "B02", **EASY}, {"site": "B03", **HARD})
    where = next(part for part in charter_sections(document) if part.title == "charter.title.where")
    text = " ".join(where.lines)
    assert "2 of 3 branches are especially easy" in text
    assert "Think again about B03" in text
    assert not forbidden_words(text)


def test_who_decides_reads_in_the_memo_that_the_places_were_favourable(
    lead: Callable[..., Any], waiting: Charters
) -> None:
    document = scored(waiting, *({"site": f"B0{n}", **EASY} for n in (1, 2, 3)))
    document["looks"] = {"fractions": [1.0], "extension": None}
    led = lead("reviewed", document=document)
    told = " ".join(memo(led.desk, led.key).grade_reasons)
    assert "3 of 3 branches are especially easy" in told
    assert "need not hold everywhere" in told
    assert choice_of(led.desk.pilot(led.key).draft["where"]).mostly
