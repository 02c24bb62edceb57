"""What is learned is kept, drafted from the record, found again, and said of more than one pilot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from experiments.deciding.close import close, takeaway
from experiments.deciding.decide import Choice, decide
from experiments.desk import Desk
from experiments.errors import REFUSALS, problems_of
from experiments.library.cards import card, to_take_away
from experiments.library.drafted import drafted
from experiments.library.learnings import add_learning, bear_out, learnings, reword, take_back, witness_words
from experiments.library.shelf import Wanted, choices, every_card, library
from experiments.library.similar import sentence, similar
from experiments.library.takeaways import LONGEST, Lesson, correct, every, newest
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register
from experiments.running import changes, check_ins
from experiments.words import knows
from registry.open import Registry

LESSON = Lesson(
    lesson="Call back within the hour.",
    why="Nobody had to hold the line.",
    differently="Tell callers when the phone will ring.",
    holds_where="Branches with a phone team.",
)


def refused(act: Callable[[], object]) -> set[str]:
    with pytest.raises(REFUSALS) as error:
        act()
    return {problem.code for problem in problems_of(error.value)}


@pytest.fixture
def settled(lead: Any, committed: Any) -> Any:
    """A pilot that was approved for scaling."""
    led = lead("reviewed")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    return led


@pytest.fixture
def closed(settled: Any) -> Any:
    close(settled.desk.as_person("Ana Lima"), settled.key, LESSON)
    return settled


def test_a_takeaway_is_drafted_from_what_stands_in_the_record(settled: Any) -> None:
    draft = drafted(settled.desk, settled.key)
    assert draft.lesson.startswith("Offer a call-back within the hour, for callers at peak: Waiting time −")
    assert "callers at peak" in draft.holds_where
    assert "12 × branch" in draft.holds_where
    assert "Logistics" in draft.holds_where
    assert draft.why


def test_a_draft_tells_what_got_in_the_way_and_names_nobody(lead: Any, committed: Any) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    changes.note(owner, led.key, "A second number on the poster", kind="suggestion", credited_to="Marie Curie")
    entry = changes.changes(led.desk, led.key)[-1]
    changes.settle(owner, led.key, entry.id, "adopted")
    site = check_ins.treated_sites(led.desk, led.desk.pilot(led.key))[0]
    said = check_ins.Said(site=site, week=date(2026, 3, 9), delivered=0.5, used=0.4, trouble="The phone was dead.")
    check_ins.check_in(owner, led.key, [said])
    draft = drafted_after(led, committed)
    assert "A second number on the poster" in draft.differently
    assert f"{site}: The phone was dead." in draft.differently
    assert "40 %" in draft.why
    assert "Marie" not in str(draft)


def drafted_after(led: Any, committed: Any) -> Lesson:
    from experiments.evidence.assess import assess
    from experiments.evidence.recommend import recommend

    owner = led.desk.as_person("Ana Lima")
    assess(owner, led.key)
    recommend(owner, led.key)
    return drafted(led.desk, led.key)


def test_closing_keeps_the_whole_takeaway(closed: Any) -> None:
    said = newest(closed.desk, closed.desk.pilot(closed.key))
    assert (said.lesson, said.why, said.differently, said.holds_where) == tuple(vars(LESSON).values())
    assert (said.number, said.person) == (1, "Ana Lima")
    assert takeaway(closed.desk, closed.key) == LESSON.lesson


def test_a_pilot_is_not_closed_without_a_sentence_or_with_an_essay(settled: Any) -> None:
    owner = settled.desk.as_person("Ana Lima")
    essay = Lesson(lesson="  ", why="x" * (LONGEST + 1))
    assert refused(lambda: close(owner, settled.key, essay)) == {"takeaway_missing", "takeaway_long_why"}
    assert newest(settled.desk, settled.desk.pilot(settled.key)) is None


def test_a_better_takeaway_stands_beside_the_first(closed: Any) -> None:
    owner = closed.desk.as_person("Ana Lima")
    assert refused(lambda: correct(owner, closed.key, LESSON)) == {"takeaway_same"}
    made = correct(owner, closed.key, Lesson(lesson="Call back within ten minutes."))
    assert made.number == 2
    assert [said.lesson for said in every(closed.desk, closed.desk.pilot(closed.key))] == [LESSON.lesson, made.lesson]
    assert card(closed.desk, closed.key).lesson == made.lesson
    assert history(closed.desk, closed.key)[-1].sentence == "Ana Lima put a better takeaway beside the first."
    assert verify(closed.desk).whole


def test_a_takeaway_is_bettered_by_its_own_team_and_after_the_end(settled: Any) -> None:
    better = Lesson(lesson="Better.")
    assert refused(lambda: correct(settled.desk.as_person("Ana Lima"), settled.key, better)) == {"first_closed"}
    close(settled.desk.as_person("Ana Lima"), settled.key, LESSON)
    assert refused(lambda: correct(settled.desk.as_person("Tom Berg"), settled.key, better)) == {"may_not"}


def test_a_card_says_what_it_did_and_what_the_team_would_do_differently(closed: Any) -> None:
    shown = card(closed.desk, closed.key)
    assert (shown.closed, shown.decided, shown.verdict) == (True, "SCALE", "SCALE")
    assert (shown.change, shown.for_whom) == ("offer a call-back within the hour", "callers at peak")
    assert shown.differently == LESSON.differently
    assert shown.where == "12 × branch"
    assert shown.metric == "Waiting time"
    assert shown.effect.startswith("−")
    assert shown.cautious.startswith("−")
    assert shown.cautious != shown.effect
    assert shown.team == "Service innovation"


def test_the_shelf_holds_decided_pilots_and_says_which_are_not_closed(settled: Any, waiting: Any) -> None:
    register(settled.desk, waiting(title="A draft that nobody decided"))
    (shown,) = library(settled.desk, Wanted()).cards
    assert (shown.key, shown.closed, shown.lesson) == (settled.key, False, "")


def test_the_library_is_searched_and_narrowed(closed: Any) -> None:
    desk: Desk = closed.desk

    def keys(**wanted: Any) -> list[str]:
        return [one.key for one in library(desk, Wanted(**wanted)).cards]

    here, nowhere = [closed.key], []
    assert keys(words="ring phon") == here
    assert keys(words="zebra") == nowhere
    assert keys(departments=["Logistics"]) == here
    assert keys(departments=["Contact centre"], verdicts=["SCALE"], years=[2026], metrics=["wait"]) == here
    assert keys(verdicts=["STOP"]) == nowhere
    assert keys(words='"; -- OR *') == nowhere
    some = library(desk, Wanted(words="callers zebra"))
    assert (some.any_word, [one.key for one in some.cards]) == (True, here)
    offered = choices(desk)
    assert offered["metrics"] == {"wait": "Waiting time"}
    assert [*offered["verdicts"]] == ["SCALE"]
    assert [*offered["departments"]] == ["Contact centre", "Logistics"]


def test_a_page_beyond_the_last_is_the_last(closed: Any) -> None:
    shown = library(closed.desk, Wanted(), page=99)
    assert (shown.page, shown.pages, len(shown.cards)) == (1, 1, 1)
    assert refused(lambda: library(closed.desk, Wanted(), order="luck")) == {"library_order"}


def test_cards_are_taken_away_as_a_table(closed: Any) -> None:
    columns = to_take_away(every_card(closed.desk, Wanted()))
    assert columns["key"] == [closed.key]
    assert columns["partners"] == ["Logistics"]
    assert {len(cells) for cells in columns.values()} == {1}


def test_a_learning_stands_on_pilots_that_support_and_contradict_it(closed: Any) -> None:
    tom = closed.desk.as_person("Tom Berg")
    made = add_learning(tom, "  People gladly hang up when\nthe call-back comes. ")
    assert made.statement == "People gladly hang up when the call-back comes."
    bear_out(tom, made.key, closed.key, "supports", "A third fewer gave up")
    (shown,) = learnings(closed.desk)
    assert (shown.supporting, shown.contradicting, shown.entered_by) == (1, 0, "Tom Berg")
    said = witness_words(shown.witnesses[0])
    assert "Call-back at peak (Scale): Waiting time −" in said
    assert said.endswith("A third fewer gave up, says Tom Berg")
    bear_out(tom, made.key, closed.key, "contradicts")
    assert [one.bearing for one in learnings(closed.desk)[0].witnesses] == ["contradicts"]
    assert [(one.bearing, one.statement) for one in card(closed.desk, closed.key).learnings] == [
        ("contradicts", made.statement)
    ]
    reword(tom, made.key, "A call-back is worth hanging up for.")
    assert [taught.statement for taught in learnings(closed.desk, "worth CALL-back")] == [
        "A call-back is worth hanging up for."
    ]
    assert take_back(tom, made.key, closed.key).witnesses == ()
    assert [event.act for event in history(closed.desk, closed.key)][-3:] == [
        *("learning.borne_out", "learning.bearing_changed", "learning.taken_back"),
    ]
    assert "other" not in history(closed.desk, closed.key)[-1].sentence
    assert verify(closed.desk).whole


def test_what_a_learning_says_is_checked(lead: Any, waiting: Any) -> None:
    led = lead("ingested")
    tom = led.desk.as_person("Tom Berg")
    assert refused(lambda: add_learning(tom, " ")) == {"learning_empty"}
    assert refused(lambda: add_learning(tom, "x" * 501)) == {"learning_long"}
    made = add_learning(tom, "Waiting is worse than no.")
    assert refused(lambda: add_learning(tom, "waiting is worse than NO")) == {"learning_there"}
    assert refused(lambda: bear_out(tom, made.key, led.key, "supports")) == {"learning_pilot_early"}
    assert refused(lambda: bear_out(tom, made.key, led.key, "maybe", "x" * 501)) == {
        "learning_bearing",
        "learning_long",
    }
    assert refused(lambda: bear_out(tom, "nothing", led.key, "supports")) == {"learning_not_found"}
    assert refused(lambda: take_back(tom, made.key, led.key)) == {"learning_pilot_unknown"}


def test_an_earlier_pilot_is_found_by_what_is_written_so_far(closed: Any, waiting: Any) -> None:
    draft = {"title": "Calling back callers at the peak", "hypothesis": {"change": "call back in an hour"}}
    (found,) = similar(closed.desk, draft)
    assert (found.key, found.verdict, found.takeaway) == (closed.key, "SCALE", LESSON.lesson)
    assert sentence(found) == "“Call-back at peak” (Scale): Call back within the hour."
    assert similar(closed.desk, {"title": "Drones over the depot at night"}) == ()
    assert similar(closed.desk, {}) == ()
    assert similar(closed.desk, waiting(), pilot=closed.desk.pilot(closed.key)) == ()


def test_every_word_of_a_card_and_a_draft_is_in_the_catalogue() -> None:
    parts = [name for part in ("lesson", "why", "differently", "holds_where") for name in (part, f"{part}_help")]
    assert all(knows(f"takeaway.{name}") for name in parts)
    for bearing in ("supports", "contradicts"):
        assert all(knows(f"{place}.{bearing}") for place in ("library.teaches", "learnings", "learnings.bearing"))


@pytest.mark.postgres
def test_the_library_is_the_same_on_postgresql(closed: Any, postgres_url: str, tmp_path: Any) -> None:
    from registry import backup

    backup.dump(closed.desk.registry, tmp_path / "all.zip")
    with Registry.open(tmp_path / "there", postgres_url) as registry:
        backup.load(registry, tmp_path / "all.zip")
        there = Desk(registry=registry)
        for wanted in (Wanted(), Wanted(words="hour ring"), Wanted(departments=["Logistics"], years=[2026])):
            assert library(there, wanted) == library(closed.desk, wanted)
        assert library(there, Wanted(words="zebra")).total == 0
        assert similar(there, {"title": "Call back callers at peak"})[0].key == closed.key
        assert choices(there) == choices(closed.desk)
