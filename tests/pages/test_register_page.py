"""A charter is written step by step, kept at each step, and refused with everything that is open."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.charters.to_plan import to_plan
from experiments.demo.portfolio import CHARTERS
from registry import find
from registry.kinds import Stage

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]


def write(at: Any, **fields: str) -> Any:
    """Into fields by their key without its prefix (``for_whom`` is ``r-for-whom``)."""
    for name, text in fields.items():
        at.text_input(key=f"r-{name.replace('_', '-')}").set_value(text)
    return at


def template(show: Show, press: Press) -> Any:
    return press(show("register"), "Start from this")


def test_a_template_becomes_a_draft_with_its_own_address(show: Show, press: Press, desk: Any, read: Read) -> None:
    at = template(show, press)
    assert at.query_params["pilot"] in ("call-back-at-peak", ["call-back-at-peak"])
    assert desk.pilot("call-back-at-peak").stage == Stage.DRAFT
    assert "then Speed of answer will go down by at least 15 s" in read(at)


def test_a_template_is_described_and_previewed_before_it_is_used(show: Show, read: Read, run: Any, desk: Any) -> None:
    at = show("register")
    at.selectbox(key="template-name").select("coaching")
    text = read(run(at))
    assert "Team leaders listen in and coach each agent" in text
    assert "Satisfied customers: more is better" in text  # the preview
    assert "Coaching falls out whenever it is busy" in text  # what goes wrong
    with desk.read() as session:
        assert find.pilots(session) == []


def test_a_template_asks_before_it_replaces_what_was_typed(show: Show, press: Press, read: Read, desk: Any) -> None:
    at = write(show("register"), title="Ring me back", change="ring them back").run()
    assert "Written already, and otherwise in the template: title and hypothesis." in read(at)
    at = press(at, "Start from this")
    kept = desk.pilot("ring-me-back").draft
    assert (kept["title"], kept["hypothesis"]) == ("Ring me back", {"change": "ring them back"})
    assert kept["problem"].startswith("At peak hours")
    at.radio(key="template-over").set_value("replace")
    press(at, "Start from this")
    assert desk.pilot("ring-me-back").draft["title"] == "Call-back at peak"


def test_the_hypothesis_is_assembled_while_it_is_written(show: Show, run: Callable[[Any], Any], read: Read) -> None:
    at = run(
        write(show("register"), title="Chat", change="answer by chat", for_whom="students", because="they like it")
    )
    assert "If we answer by chat for students" in read(at)


def test_nothing_is_kept_without_a_title(show: Show, press: Press, desk: Any, read: Read) -> None:
    at = press(write(show("register"), change="answer by chat"), "Save and go on")
    assert "needs a title" in read(at)
    with desk.read() as session:
        assert find.pilots(session) == []


def test_a_draft_is_resumed_at_the_step_after_the_one_saved_last(show: Show, press: Press, read: Read) -> None:
    press(template(show, press), "Save and go on")
    again = show("register", pilot="call-back-at-peak")
    assert again.text_input(key="r-s1-name").value == "Speed of answer"
    assert "Step 2 of 5" in read(again)
    back = press(again, "Save and go back")
    assert back.text_input(key="r-title").value == "Call-back at peak"


def test_what_is_open_is_said_by_step_and_the_draft_is_kept(show: Show, press: Press, desk: Any, read: Read) -> None:
    at = template(show, press)
    for _ in range(4):
        at = press(at, "Save and go on")
    at = press(at, "Register the pilot")
    text = read(at)
    assert "this is still open" in text
    assert "owner: still empty" in text
    assert "how they were chosen: still empty" in text
    assert desk.pilot("call-back-at-peak").stage == Stage.DRAFT
    with desk.read() as session:
        assert find.hypothesis(session, desk.pilot("call-back-at-peak").id) is None


def test_a_charter_file_is_registered_at_once(show: Show, press: Press, desk: Any) -> None:
    content = (CHARTERS / "shared-delivery-calendar.yaml").read_bytes()
    at = show("register")
    at.file_uploader(key="charter-upload").set_value(("charter.yaml", content, "application/yaml"))
    press(at, "Register this file")
    with desk.read() as session:
        assert find.hypothesis(session, desk.pilot("shared-delivery-calendar").id) is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"title: [", "can't be read"), (b"- a\n- b\n", "named parts"), (b"title: Only a title\n", "this is missing")],
)
def test_a_charter_file_with_faults_is_refused_in_words(
    content: bytes, words: str, show: Show, press: Press, read: Read, desk: Any
) -> None:
    at = show("register")
    at.file_uploader(key="charter-upload").set_value(("charter.yaml", content, "application/yaml"))
    assert words in read(press(at, "Register this file"))
    with desk.read() as session:
        assert find.pilots(session) == []


def test_a_registered_pilot_is_not_written_again(worked: Path, show: Show, read: Read) -> None:
    assert "registered already" in read(show("register", pilot="call-back-at-peak"))


@pytest.mark.parametrize("name", sorted(path.stem for path in CHARTERS.glob("*.yaml")))
def test_every_worked_charter_passes_through_the_form_unchanged(name: str, show: Show, press: Press, desk: Any) -> None:
    """Saved at each step without touching anything, a charter promises what it promised before."""
    from experiments.charters.check import read_charter
    from experiments.forms.register_steps import document, still_open
    from experiments.register import save_draft

    charter = read_charter(yaml.safe_load((CHARTERS / f"{name}.yaml").read_text(encoding="utf-8")))
    written = charter.model_dump(mode="json", by_alias=True)
    kept = save_draft(desk, copy.deepcopy(written), "template")
    at = show("register", pilot=kept.key)
    for _ in range(4):
        at = press(at, "Save and go on")
    press(at, "Save and go back")
    draft = desk.pilot(kept.key).draft
    assert still_open(draft) == ()
    again = read_charter(document(draft))
    assert again.where.columns == charter.where.columns
    assert to_plan(again).model_dump() == to_plan(charter).model_dump()


def last_year() -> bytes:
    """Six schools, a year of weeks, five tickets each."""
    lines = ["school,week,days,again"]
    for school in range(6):
        for week in range(52):
            monday = date(2025, 1, 6) + timedelta(days=7 * week)
            lines += [f"School {school},{monday},{3 + school + (ticket + week) % 3},0" for ticket in range(5)]
    return "\n".join(lines).encode()


def draft_for_history(desk: Any) -> str:
    from experiments.register import save_draft

    success = {"key": "days", "name": "Days", "measure": {"kind": "mean", "column": "days"}, "unit": "days",
               "better": "lower", "mwe": 1}  # fmt: skip
    where = {"design": "randomised_sites", "sites": [f"School {number}" for number in range(6)],
             "columns": {"site": "school", "period": "week"}, "start": "2026-03-02",
             "end": "2026-05-10"}  # fmt: skip
    draft = {"title": "Own help desk", "metrics": {"success": [success]}, "where": where}
    return str(save_draft(desk, draft, "partners").key)


def test_last_years_data_fill_in_what_is_known_and_stay_editable(
    show: Show, press: Press, desk: Any, read: Read
) -> None:
    key = draft_for_history(desk)
    at = show("register", pilot=key)
    at.file_uploader(key="past-upload").set_value(("last.csv", last_year(), "text/csv"))
    at = press(at, "Read it and fill in")
    text = read(at)
    assert "6 of the 6" in text
    assert "12 months" in text
    # Six schools one day apart: a standard deviation of 1.87.
    assert at.number_input(key="r-spread-days").value == pytest.approx(1.871, abs=0.01)
    press(at, "Save and go on")
    kept = desk.pilot(key).draft["history"]["days"]
    assert kept["spread"] == pytest.approx(1.871, abs=0.01)
    assert kept["drift"]["records"] == 5
    again = press(show("register", pilot=key), "Save and go back")
    again.number_input(key="r-spread-days").set_value(3.0)
    press(again, "Save and go on")
    assert "drift" not in desk.pilot(key).draft["history"]["days"]
    assert desk.pilot(key).draft["history"]["days"]["spread"] == 3.0


def test_last_years_data_with_faults_are_refused_with_all_of_them(
    show: Show, press: Press, desk: Any, read: Read
) -> None:
    at = show("register", pilot=draft_for_history(desk))
    faulty = last_year().replace(b"School 0,2025-01-06,3", b",2025-01-06,3", 1).replace(b",4,0", b",abc,0", 1)
    at.file_uploader(key="past-upload").set_value(("last.csv", faulty, "text/csv"))
    text = read(press(at, "Read it and fill in"))
    assert "do not say which site" in text
    assert "abc" in text
    assert at.number_input(key="r-spread-days").value is None


def test_the_gain_from_which_it_pays_is_shown_while_money_is_filled_in_and_taken_with_one_click(
    show: Show, press: Press, desk: Any, read: Read, run: Callable[[Any], Any]
) -> None:
    from experiments.register import save_draft

    key = draft_for_history(desk)
    pilot = desk.pilot(key)
    save_draft(desk, pilot.draft, "where", pilot=pilot)
    at = show("register", pilot=key)
    assert "With a value for one number" in read(at)
    at.number_input(key="r-volume").set_value(1000)
    at.number_input(key="r-value-days").set_value(10)
    at.number_input(key="r-horizon").set_value(2)
    at.number_input(key="r-one-off").set_value(20000)
    at = run(at)
    # By hand: 20,000 / (10 x 1,000 x 2) = 1 day; three quarters carry over to other sites: 1.33 days, said as 1.4.
    text = read(at)
    assert "2 years" in text
    assert "Take 1.4 days as the smallest gain worth having: Days" in text
    at = press(at, "Take 1.4 days")
    assert "Take 1.4 days" not in read(at)
    assert "by at least 1.4 days" in read(at) or "Smallest gain worth having: 1.4 days" in read(at)
    press(at, "Save and go back")
    assert desk.pilot(key).draft["metrics"]["success"][0]["mwe"] == 1.4


def test_who_switches_the_person_on_an_untouched_charter_is_proposed_as_its_owner(
    worked: Path, show: Show, run: Callable[[Any], Any]
) -> None:
    """The name that was proposed to somebody else does not stay; a name that was typed does."""
    at = show("register", person="Ana Lima")
    assert at.text_input(key="r-owner").value == "Ana Lima"
    labels = at.selectbox(key="acting_as_choice").options
    at = run(at.selectbox(key="acting_as_choice").select(next(name for name in labels if name.startswith("Jonas"))))
    assert at.text_input(key="r-owner").value == "Jonas Weber"
    home = at.text_input(key="r-owner-department").value
    assert home in next(name for name in labels if name.startswith("Jonas"))
    assert at.text_input(key="r-team").value == home
    at = run(write(at, owner="Priya Nair"))
    at = run(at.selectbox(key="acting_as_choice").select(next(name for name in labels if name.startswith("Ana"))))
    assert at.text_input(key="r-owner").value == "Priya Nair"


def test_the_score_card_is_filled_from_pasted_lines_and_kept(show: Show, press: Press, desk: Any, read: Read) -> None:
    from experiments.register import save_draft

    where = {"design": "randomised_sites", "sites": ["North", "South"], "unit_word": "branch"}
    key = save_draft(desk, {"title": "Score card", "where": where}, "partners").key
    at = show("register", pilot=key)
    at.text_area(key="r-scores-lines").set_value("North;small;low;yes;yes;no\nSouth;tiny;;;;")
    at = at.button(key="take-scores").click().run()
    assert "Line 2, size: tiny is no answer" in read(at)
    at.text_area(key="r-scores-lines").set_value("North;small;low;yes;yes;no\nSouth;large;high;no;;yes")
    at = at.button(key="take-scores").click().run()
    assert "Think again about South" in read(at)
    press(at, "Save and go on")
    kept = desk.pilot(key).draft["where"]["scorecard"]
    assert [(score["site"], score["risk"]) for score in kept] == [("North", "low"), ("South", "high")]


PAST = (
    "title;department;owner;start;end;what was changed;for whom;metric;effect;unit;outcome;takeaway;source\n"
    "Late chat;Contact Centre;Ana Lima;2024-03-01;2024-06-30;answer by chat;evening customers;Speed of answer;-18;s;"
    "kept;The same people must stay.;final report\n"
)


def test_past_pilots_are_shown_before_they_are_kept(show: Show, press: Press, desk: Any, read: Read) -> None:
    at = show("register")
    at.file_uploader(key="past-upload").set_value(("past.csv", PAST.replace("kept;", "great;").encode(), "text/csv"))
    assert "great is not one of kept, stopped, changed and running" in read(at.run())
    at.file_uploader(key="past-upload").set_value(("past.csv", PAST.encode(), "text/csv"))
    text = read(at.run())
    assert "Speed of answer: −18 s, as reported" in text
    with desk.read() as session:
        assert find.pilots(session) == []
    text = read(press(at, "Keep these"))
    assert "Kept: 1 closed and recorded afterwards" in text
    assert desk.pilot("late-chat").stage == Stage.CLOSED
    text = read(show("register", pilot="late-chat"))
    assert "nothing is scaled on them" in text
    assert "What was learned: The same people must stay." in text
    assert "recorded afterwards" in read(show("portfolio"))


@pytest.mark.parametrize("page", ["plan", "evidence", "decide", "history", "along"])
def test_a_recorded_pilot_is_told_on_every_page_and_nothing_else_is_asked(
    page: str, show: Show, desk: Any, read: Read, tmp_path: Path
) -> None:
    from experiments.afterwards import keep, look

    (tmp_path / "past.csv").write_text(PAST, encoding="utf-8")
    keep(desk, look(desk, tmp_path / "past.csv"))
    text = read(show(page, pilot="late-chat", person="Ana Lima"))
    assert "nothing is scaled on them" in text
    assert ("Ana Lima recorded the pilot afterwards" in text) is (page == "history")


@pytest.mark.parametrize(
    ("saved", "words"),
    [("problem", "Every success metric is internal"), ("success", "Logistics sees no benefit of its own")],
)
def test_who_writes_the_charter_is_warned_while_writing(
    saved: str, words: str, show: Show, desk: Any, read: Read
) -> None:
    from experiments.register import save_draft

    inner = {"key": "calls", "name": "Calls an hour", "measure": {"kind": "mean", "column": "n"}, "unit": "calls",
             "better": "higher", "perspective": "internal", "mwe": 1}  # fmt: skip
    draft = {"title": "Faster", "metrics": {"success": [inner]}, "partners": [{"department": "Logistics"}]}
    key = save_draft(desk, draft, saved).key
    assert words in read(show("register", pilot=key))
    draft["metrics"]["success"][0]["perspective"] = "customer"
    draft["partners"][0] |= {"benefit": "fewer calls", "metric": "calls"}
    other = save_draft(desk, {**draft, "title": "Slower"}, saved).key
    assert words not in read(show("register", pilot=other))


@pytest.mark.parametrize("name", ["coaching", "triage_assistant", "skill_routing"])
def test_a_template_passes_through_the_form_unchanged(name: str, show: Show, press: Press, desk: Any) -> None:
    """A panel, customers by lot, and sites one after the other: what is not touched stays as the template has it."""
    from experiments.forms.register_templates import template
    from experiments.register import save_draft

    made = template(name)
    at = show("register", pilot=save_draft(desk, made, "template").key)
    for _ in range(4):
        at = press(at, "Save and go on")
    press(at, "Save and go back")
    (key,) = [pilot.key for pilot in _drafts(desk)]
    kept = desk.pilot(key).draft
    for role in ("success", "guardrails"):
        for before, after in zip(_by_key(made, role), _by_key(kept, role), strict=True):
            shown = ("key", "name", "unit", "better", "mwe", "margin", "partner", "survey", "perspective")
            assert {part: after.get(part) for part in shown} == {part: before.get(part) for part in shown}
            assert after["measure"]["kind"] == before["measure"]["kind"]
            assert after["measure"].get("column") == before["measure"].get("column")
    assert kept["partners"] == made["partners"]
    assert (kept["where"]["design"], kept["where"]["data"]) == (made["where"]["design"], made["where"]["data"])


def _drafts(desk: Any) -> list[Any]:
    with desk.read() as session:
        return find.pilots(session)


def _by_key(draft: Any, role: str) -> list[Any]:
    return sorted(draft["metrics"][role], key=lambda metric: metric["key"])
