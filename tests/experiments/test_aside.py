"""What stops or worries a pilot: pauses, safety concerns, the weekly look for harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from experiments.errors import REFUSALS, Refused, sentences
from experiments.memo import memo
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.running.ingest import ingest
from experiments.safety.concerns import answer_concern, concerns, raise_concern
from experiments.safety.harm_check import harm_check, harm_checks
from experiments.safety.pauses import pause, resume, withdraw
from experiments.safety.worries import worries
from registry.kinds import Stage
from stats.plan import Errors, Looks, Plan
from stats.verdict.harm import harm_plan, weeks_of

Lead = Callable[..., Any]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


def test_a_paused_pilot_stands_still_and_goes_on_where_it_stood(lead: Lead) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    assert _refused(lambda: pause(owner, led.key, " ")) == ["reason_missing"]
    assert _refused(lambda: pause(led.desk.as_person("Tom Berg"), led.key, "x")) == ["may_not"]
    assert _refused(lambda: resume(owner, led.key, "x")) == ["not_paused"]
    pause(owner, led.key, "The phones are down.")
    assert led.desk.pilot(led.key).stage == Stage.PAUSED
    assert _refused(lambda: ingest(owner, led.key, led.data)) == ["stage_paused"]
    assert worries(led.desk, led.desk.pilot(led.key)) == ("Paused: The phones are down.",)
    assert resume(led.desk.as_person("Ruth Vogel"), led.key, "They ring again.") == Stage.RUNNING
    assert worries(led.desk, led.desk.pilot(led.key)) == ()
    told = [event.sentence for event in history(led.desk, led.key)][-2:]
    assert told == ["Ana Lima paused the pilot.", "Ruth Vogel had the pilot go on."]
    assert verify(led.desk).whole


def test_a_withdrawn_pilot_is_over(lead: Lead) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    withdraw(owner, led.key, "The branch was closed.")
    assert _refused(lambda: resume(owner, led.key, "x")) == ["stage_withdrawn"]
    assert _refused(lambda: ingest(owner, led.key, led.data)) == ["stage_withdrawn"]
    assert worries(led.desk, led.desk.pilot(led.key)) == ("Withdrawn: The branch was closed.",)


def test_a_safety_concern_stays_in_sight_until_owner_or_sponsor_answers(lead: Lead) -> None:
    led = lead("recommended")
    partner, sponsor = led.desk.as_person("Tom Berg"), led.desk.as_person("Ruth Vogel")
    assert _refused(lambda: raise_concern(partner, led.key, "")) == ["concern_empty"]
    raised = raise_concern(partner, led.key, "Drivers phone while driving.")
    assert (raised.number, raised.department, raised.open) == (1, "Logistics", True)
    assert "Drivers phone while driving." in worries(led.desk, led.desk.pilot(led.key))[0]
    assert any("Not answered yet." in line for line in memo(led.desk, led.key).dissent)
    assert _refused(lambda: answer_concern(partner, led.key, 1, "x")) == ["may_not"]
    assert _refused(lambda: answer_concern(sponsor, led.key, 2, "x")) == ["no_such_concern"]
    assert _refused(lambda: answer_concern(sponsor, led.key, 1, " ")) == ["answer_missing"]
    answer_concern(sponsor, led.key, 1, "Calls are held until the van stands.")
    assert _refused(lambda: answer_concern(sponsor, led.key, 1, "x")) == ["concern_answered"]
    assert worries(led.desk, led.desk.pilot(led.key)) == ()
    assert any("held until the van stands" in line for line in memo(led.desk, led.key).dissent)
    (kept,) = concerns(led.desk, led.desk.pilot(led.key))
    assert kept.answered_by == "Ruth Vogel"
    assert all("Drivers" not in str((event.before, event.after)) for event in history(led.desk, led.key))


@pytest.mark.parametrize(("wait", "alarm"), [(150.0, True), (-40.0, False), (0.0, False)])
def test_the_weekly_look_for_harm_says_alarm_or_no_alarm_once_a_week(
    lead: Lead, calendar: Any, wait: float, alarm: bool
) -> None:
    led = lead("ingested", wait=wait)
    owner = led.desk.as_person("Ana Lima")
    calendar.today = date(2026, 3, 24)
    made = harm_check(owner, led.key)
    assert (made.week, made.alarm, made.unchecked) == (4, alarm, ())
    assert harm_check(led.desk.as_person("Ruth Vogel"), led.key) == made
    assert len(harm_checks(led.desk, led.desk.pilot(led.key))) == 1
    said = " ".join(worries(led.desk, led.desk.pilot(led.key)))
    assert ("alarm" in said) is alarm
    event = history(led.desk, led.key)[-1]
    assert set(event.after) == {"week", "alarm", "unchecked", "snapshot"}  # no effect, no p-value
    calendar.today = date(2026, 4, 1)
    assert harm_check(owner, led.key).week == 5


def test_outside_its_weeks_nobody_looks_for_harm(lead: Lead, calendar: Any) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    calendar.today = date(2026, 2, 27)
    assert _refused(lambda: harm_check(owner, led.key)) == ["harm_outside"]
    calendar.today = date(2026, 8, 1)
    assert _refused(lambda: harm_check(owner, led.key)) == ["harm_outside"]


def test_before_there_are_data_no_alarm_is_not_claimed(lead: Lead, calendar: Any) -> None:
    led = lead("ingested")
    calendar.today = date(2026, 3, 2)  # nothing lies between the start and yesterday
    with pytest.raises(REFUSALS):
        harm_check(led.desk.as_person("Ana Lima"), led.key)
    assert harm_checks(led.desk, led.desk.pilot(led.key)) == ()


def test_all_weekly_looks_together_spend_the_plan_s_harm_rate_and_no_more() -> None:
    looks = Looks(fractions=[0.5, 1.0], extension=1.5)
    plan = Plan(
        pilot="p", title="P", design="randomised_sites", metrics=[], looks=looks, errors=Errors(alpha_harm=0.05),
        start=date(2026, 3, 2), end=date(2026, 5, 10),
    )  # fmt: skip
    assert weeks_of(plan) == 15
    each = harm_plan(plan, date(2026, 3, 15))
    assert each.errors.alpha_harm * weeks_of(plan) == pytest.approx(0.05)
    assert (each.looks.fractions, each.looks.extension) == ([1.0], None)
