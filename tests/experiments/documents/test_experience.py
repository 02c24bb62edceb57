"""The worst beside the average, what the average hides, promised half-hours, channels, journey and waste in words."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from experiments.documents.docx import memo_docx
from experiments.documents.half_hours import half_hours_view
from experiments.documents.hides import hides_sentence
from experiments.documents.html import memo_html
from experiments.documents.parts import part_lines
from experiments.documents.pdf import memo_pdf
from experiments.documents.promises import days_words, short_sentences
from experiments.pictures.half_hours import half_hour_squares
from experiments.pictures.journey_strip import journey_strip
from experiments.words import forbidden_words, jargon_words, say
from stats.assessing.site_agreement import left_behind
from stats.evidence import as_json
from stats.plan import PlannedMetric, plan_json
from stats.spec import MetricSpec

Make = Callable[[str], Any]

IN_TIME = PlannedMetric(
    key="in_time", name="Half-hours on target", role="GUARDRAIL", unit="share", margin=0.1,
    spec=MetricSpec(kind="interval_share", column="wait", interval="at", threshold=30, beyond="below", target=0.8),
)  # fmt: skip
STRETCH = {
    "days": [0], "from": 540, "to": 630, "level": 0.62, "ci_lower": 0.55, "ci_upper": 0.69, "n": 400.0, "control": 0.5,
}  # fmt: skip
PROMISED = {
    "target": 0.8, "above": True, "looked_at": 80, "too_few": 3, "shown": 3, "unsure": 2, "stretches": 1,
    "short": [STRETCH], "level": 0.86, "control": 0.7,
}  # fmt: skip


def with_effect(stored: dict[str, Any], key: str, effect: float, reach: float) -> dict[str, Any]:
    """The stored evidence with another effect of one metric."""
    found = {
        **stored["metrics"][key]["result"],
        "effect": effect,
        "ci_lower": effect - reach,
        "ci_upper": effect + reach,
    }
    metrics = {**stored["metrics"], key: {**stored["metrics"][key], "result": found}}
    return {**stored, "metrics": metrics}


def with_details(stored: dict[str, Any], key: str, details: Mapping[str, Any]) -> dict[str, Any]:
    owner = stored["metrics"].get(key) or {"key": key, "result": {"not_estimable": "no_data"}}
    return {**stored, "metrics": {**stored["metrics"], key: {**owner, "details": details}}}


def test_each_average_stands_beside_the_worst_experience_behind_it(pilot: Make) -> None:
    [line] = pilot("SCALE").memo().worst_lines
    assert (line.average, line.worst) == ("Speed of answer", "Speed of answer: the worst 5 in 100")
    assert line.average_change.startswith("−22")
    assert line.levels == "557 s with the change, 588 s as before"
    assert line.reading == say("worst.behind")  # between -62 s and +0.2 s: not shown


def test_an_average_whose_worst_nobody_measured_says_so(pilot: Make) -> None:
    worked = pilot("SCALE")
    plan = worked.plan.model_copy(update={"metrics": [m for m in worked.plan.metrics if m.key != "wait_worst"]})
    [line] = replace(worked, plan=plan).memo().worst_lines
    assert (line.worst, line.reading) == ("", say("worst.nobody"))


def test_nothing_is_said_to_be_hidden_where_the_worst_moved_along(pilot: Make) -> None:
    worked = pilot("SCALE")
    assert hides_sentence(worked.plan, as_json(worked.evidence), hidden=False) == ""


@pytest.mark.parametrize(
    ("effect", "reach", "said"),
    [(30.0, 10.0, "the worst got worse"), (4.0, 20.0, "did not get better with it"), (-4.0, 20.0, "")],
)
def test_a_tail_is_told_where_it_got_worse_or_stayed_while_the_mean_got_better(
    pilot: Make, effect: float, reach: float, said: str
) -> None:
    worked = pilot("SCALE")
    stored = with_effect(as_json(worked.evidence), "wait_worst", effect, reach)
    sentence = hides_sentence(worked.plan, stored, hidden=False)
    assert said in sentence
    assert bool(sentence) == bool(said)
    assert hides_sentence(worked.plan, stored, hidden=True) == ""


def test_a_promise_that_the_average_keeps_and_half_hours_do_not_is_told(pilot: Make) -> None:
    worked = pilot("SCALE")
    plan = worked.plan.model_copy(update={"metrics": [*worked.plan.metrics, IN_TIME]})
    stored = with_details(as_json(worked.evidence), "in_time", {"half_hours": {"promised": PROMISED}})
    said = hides_sentence(plan, stored, hidden=False)
    assert "86 % over all half-hours keeps the promise of 80 %" in said
    assert "Mondays 09:00–10:30 it was 62 %" in said
    broken = with_details(stored, "in_time", {"half_hours": {"promised": {**PROMISED, "level": 0.7}}})
    assert hides_sentence(plan, broken, hidden=False) == ""  # the average hides nothing: it is short itself


@pytest.mark.parametrize(("level", "told"), [(240.0, True), (195.0, False)])
def test_a_half_hour_is_told_where_it_is_further_from_the_mean_than_a_gain_worth_having(
    pilot: Make, level: float, told: bool
) -> None:
    worked = pilot("SCALE")
    beneath = {"slot": 540, "level": level, "mean": 190.0, "n": 900.0, "looked_at": 20}
    stored = with_details(as_json(worked.evidence), "wait", {"half_hours": {"beneath": beneath}})
    said = hides_sentence(worked.plan, stored, hidden=False)
    assert ("240 s in the half-hour from 09:00" in said) == told


def sites(last: float) -> list[dict[str, Any]]:
    """Six sites without the change that moved by about nothing, three with it by -20, the last by ``last``."""
    moves = [(0, move) for move in (-2.0, 1.0, 2.0, -1.0, 0.5, -0.5)] + [(1, -20.0), (1, -21.0), (1, last)]
    return [
        {"site": f"s{number}", "arm": arm, "value": 200 + move, "pre": 200.0, "n": 50.0}
        for number, (arm, move) in enumerate(moves)
    ]


def test_a_site_left_behind_is_told_and_one_within_chance_is_not(pilot: Make) -> None:
    found = left_behind(sites(12), better="lower")
    assert found is not None
    assert (found.site, found.value, found.others, found.changes) == ("s8", 12.0, 0.0, True)
    assert left_behind(sites(3), better="lower") is None  # chance: 1.5 a site, and three were looked at
    assert left_behind(sites(12), better="higher").site == "s7"  # type: ignore[union-attr]
    assert left_behind(sites(12)[2:], better="lower") is None  # four to compare with: nobody knows
    worked = pilot("SCALE")
    stored = as_json(worked.evidence)
    stored = {**stored, "metrics": {**stored["metrics"], "wait": {**stored["metrics"]["wait"], "sites": sites(12)}}}
    assert "but at s8 by +12 s since the start" in hides_sentence(worked.plan, stored, hidden=False)


def test_what_falls_short_is_named_by_day_and_time_with_what_was_promised(pilot: Make) -> None:
    said = short_sentences(pilot("SCALE").plan, IN_TIME, PROMISED)
    assert said[1].startswith(
        "Mondays 09:00–10:30 fall short: 62 % with the change against 80 % promised; 50 % as before."
    )
    assert said[1].endswith("Likely between 55 % and 69 %.")
    assert "80 half-hours were looked at" in said[-1]
    assert "3 hold too few records" in said[-1]
    none = short_sentences(pilot("SCALE").plan, IN_TIME, {**PROMISED, "short": [], "stretches": 0})
    assert "None of the 80 half-hours" in none[1]
    assert short_sentences(pilot("SCALE").plan, IN_TIME, None) == ()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([0], "Mondays"), ([0, 1], "Mondays and Tuesdays"), ([0, 1, 2, 3, 4], "Monday to Friday"),
        ([0, 2, 4], "Mondays, Wednesdays and Fridays"), (list(range(7)), "Every day"), ([None], "Every day"),
    ],
)  # fmt: skip
def test_days_are_written_as_people_say_them(days: list[int | None], words: str) -> None:
    assert days_words(days) == words


SQUARES = {
    "day": [0, 0, 0], "slot": [540, 570, 600], "changes": False, "treatment": [180.0, 190.0, 200.0],
    "control": [200.0, 200.0, 200.0], "treatment_before": [None] * 3, "control_before": [None] * 3,
    "n_treatment": [90.0, 90.0, 4.0], "n_control": [90.0, 90.0, 90.0],
    "ci_lower": [-30.0, -25.0, None], "ci_upper": [-10.0, 5.0, None],
}  # fmt: skip


def test_squares_say_how_sure_they_are_without_colour(pilot: Make) -> None:
    plan = pilot("SCALE").plan
    view = half_hours_view(plan, plan.metric("wait"), SQUARES)
    assert view is not None
    assert [cell.sure for cell in view.cells] == [True, False, None]
    assert [cell.interval_text for cell in view.cells][1:] == ["between −25 s and +5 s", "too few to say"]
    assert "In 1 of 2 squares the difference is clear of zero" in view.sentence
    assert "1 square holds too few to say" in view.sentence
    chart = half_hour_squares(view, unit="s", better="lower").to_dict()
    written = [row["written"] for row in chart["layer"][0]["data"]["values"]] if "data" in chart["layer"][0] else [
        row["written"] for row in chart["data"]["values"]
    ]  # fmt: skip
    assert written == ["−20", "(−10)", "?"]


def test_older_evidence_without_intervals_is_read_as_before(pilot: Make) -> None:
    plan = pilot("SCALE").plan
    older = {name: column for name, column in SQUARES.items() if name not in ("ci_lower", "ci_upper", "changes")}
    view = half_hours_view(plan, plan.metric("wait"), older)
    assert view is not None
    assert {cell.interval_text for cell in view.cells} == {""}
    assert "clear of zero" not in view.sentence


def test_channels_are_described_with_where_the_difference_lies(pilot: Make) -> None:
    metric = pilot("SCALE").plan.metric("wait")
    stored = {"segment": ["phone", "chat", "mail"], **SQUARES}
    phone, _, mail = part_lines(metric, stored)
    assert (phone.effect, phone.interval) == ("−20 s", "between −30 s and −10 s")
    assert mail.interval == "too few to say"


def test_journey_and_waste_follow_the_plan_and_name_the_gaps(pilot: Make) -> None:
    worked = pilot("SCALE")
    placed = {"wait": ("wait", "waiting"), "wait_worst": ("wait", "waiting"), "on_time": ("receive", None)}
    metrics = [
        metric.model_copy(
            update=dict(zip(("journey_step", "waste"), placed.get(metric.key, (None, None)), strict=True))
        )
        for metric in worked.plan.metrics
    ]
    memo = replace(worked, plan=worked.plan.model_copy(update={"metrics": metrics})).memo()
    assert [(line.place, line.metric) for line in memo.journey] == [
        ("Wait", "Speed of answer"), ("Wait", "Speed of answer: the worst 5 in 100"), ("Receive", "Deliveries on time"),
    ]  # fmt: skip
    assert memo.journey[0].state == "shown better"
    assert "Nobody measured this step: Reach us, Be served, Get it solved, Pay and Stay." in memo.journey_note
    assert "Not placed along the journey: Satisfied callers and Credits for missed calls." in memo.journey_note
    assert {line.place for line in memo.waste} == {"Waiting"}
    assert "over-production" in memo.waste_note


def test_metrics_of_the_catalogue_have_their_place_without_being_told(pilot: Make) -> None:
    worked = pilot("SCALE")
    metrics = [worked.plan.metrics[0].model_copy(update={"key": "speed_of_answer"})]
    plan = worked.plan.model_copy(update={"metrics": metrics})
    from experiments.metrics.placing import step_of, waste_of

    assert (step_of(plan.metrics[0]), waste_of(plan.metrics[0])) == ("wait", "waiting")


def test_a_plan_from_before_these_fields_keeps_its_bytes(pilot: Make) -> None:
    text = plan_json(pilot("SCALE").plan)
    assert "journey_step" not in text
    assert '"waste"' not in text
    named = pilot("SCALE").plan.metrics[0].model_copy(update={"journey_step": "wait"})
    assert named.model_dump(mode="json")["journey_step"] == "wait"


def test_page_pdf_and_word_say_the_same(pilot: Make) -> None:
    worked = pilot("SCALE")
    stored = with_effect(as_json(worked.evidence), "wait_worst", 30.0, 10.0)
    plan = worked.plan.model_copy(
        update={"metrics": [metric.model_copy(update={"journey_step": "wait"}) for metric in worked.plan.metrics]}
    )
    from experiments.documents.model import build_memo

    memo = build_memo(plan, stored, as_json(worked.recommendation))
    document = Document(io.BytesIO(memo_docx(memo)))
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    texts = {
        "html": re.sub(r"<[^>]+>", " ", memo_html(memo)),
        "pdf": " ".join(page.extract_text() for page in PdfReader(io.BytesIO(memo_pdf(memo))).pages),
        "docx": " ".join([*(cell.text for cell in cells), *(paragraph.text for paragraph in document.paragraphs)]),
    }
    wanted = [memo.hides, memo.journey_note, say("memo.heading.journey"), say("memo.heading.waste")]
    for form, text in texts.items():
        spaced = re.sub(r"\s+", " ", text).replace("&#39;", "'")
        assert [each for each in wanted if re.sub(r"\s+", " ", each) not in spaced] == [], form
    assert memo.worst[0] == memo.hides
    assert memo.hides.startswith("What the average hides")


def test_closed_numbers_hide_the_experience_too(pilot: Make) -> None:
    for name in ("INVALID", "NOT_YET"):
        memo = pilot(name).memo()
        assert (memo.hides, memo.worst_lines, memo.short, memo.parts) == ("", (), (), ())
        assert all(line.change == "" for line in (*memo.journey, *memo.waste))


def test_the_words_are_plain() -> None:
    import tomllib
    from pathlib import Path

    from experiments import words

    path = Path(words.__file__).parent / "en" / "journey.toml"
    for key, sentence in tomllib.loads(path.read_text(encoding="utf-8")).items():
        assert not forbidden_words(sentence), key
        assert not jargon_words(sentence), key


def test_the_strip_of_the_journey_writes_sign_and_number_and_names_the_gap() -> None:
    counts = {
        "Wait": {"better": 2, "safe": 1, "worse": 1, "open": 0},
        "Pay": dict.fromkeys(("better", "safe", "worse", "open"), 0),
    }
    chart = str(journey_strip(counts).to_dict())
    assert all(part in chart for part in ("▲ 2", "✓ 1", "▼ 1", "nobody measures"))
