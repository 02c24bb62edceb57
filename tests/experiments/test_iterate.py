"""The next version: on whose leave, on what terms, and what it keeps from the one before."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from experiments.deciding.decide import Choice, decide
from experiments.deciding.overrule import confirm_overrule
from experiments.deciding.review import review
from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.planning.plan import plan
from experiments.record.verify import verify
from experiments.register import register
from experiments.running.changes import note
from experiments.running.ingest import ingest
from experiments.signing.amend import amend
from experiments.signing.sign import sign
from experiments.versions.iterate import child_of, iterate, may_iterate, next_version
from experiments.versions.iterate import sentences as said_of
from experiments.versions.lineage import lineage

Lead = Callable[..., Any]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def losing(lead: Lead) -> Any:
    """A pilot that works while a partner loses: decided to iterate."""
    led = lead("reviewed", on_time=-0.12)
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="ITERATE"))
    return led


def test_the_draft_says_why_what_for_how_sure_and_until_when(losing: Any, calendar: Any) -> None:
    owner = losing.desk.as_person("Ana Lima")
    made = iterate(owner, losing.key)
    assert (made.key, made.version, made.max_versions) == ("call-back-at-peak-v2", 2, 3)
    assert (made.cause, made.lever, made.consumes_version) == ("PARTNER_LOSES", "redesign_for_partner", True)
    assert made.alpha == 0.025
    assert made.expires == calendar.today + timedelta(days=90)
    assert made.start.weekday() == 0
    assert made.start > max(date(2026, 5, 10), calendar.today + timedelta(days=27))
    assert (made.end - made.start).days == (date(2026, 5, 10) - date(2026, 3, 2)).days
    assert "change" in made.must_change
    assert all("version." not in sentence for sentence in said_of(made))
    child = child_of(losing.desk, losing.desk.pilot(losing.key))
    assert child is not None
    assert (child.version, child.stage.value) == (2, "draft")
    assert child.draft["where"]["columns"]["post"]["from"] == made.start.isoformat()
    assert child.draft["where"]["assignment"]["seed"] != 7
    assert verify(losing.desk).whole


def test_a_lineage_does_not_branch_and_takes_a_decision(lead: Lead, losing: Any) -> None:
    owner = losing.desk.as_person("Ana Lima")
    iterate(owner, losing.key)
    assert _refused(lambda: iterate(owner, losing.key)) == ["already_iterated"]
    assert not may_iterate(losing.desk, losing.desk.pilot(losing.key))


def test_without_the_decision_to_iterate_there_is_no_next_version(lead: Lead, committed: Any) -> None:
    led = lead("reviewed")
    assert _refused(lambda: next_version(led.desk, led.key)) == ["not_to_iterate"]
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    assert _refused(lambda: next_version(led.desk, led.key)) == ["not_to_iterate"]


def test_the_child_is_registered_only_on_the_terms_it_was_drafted_with(losing: Any, calendar: Any) -> None:
    owner = losing.desk.as_person("Ana Lima")
    made = iterate(owner, losing.key)
    document = copy.deepcopy(dict(made.charter))
    assert _refused(lambda: register(owner, document)) == ["version_unchanged"]
    document["hypothesis"]["change"] = "offer a call-back, planned together with logistics"
    greedy = copy.deepcopy(document)
    greedy["errors"]["alpha"] = 0.05
    greedy["lineage"]["alpha"] = 0.05
    assert _refused(lambda: register(owner, greedy)) == ["version_alpha"]
    early = copy.deepcopy(document)
    early["where"] |= {"start": "2026-05-04", "end": "2026-07-05", "baseline_from": "2026-03-02"}
    early["where"]["columns"]["post"]["from"] = "2026-05-04"
    assert _refused(lambda: register(owner, early)) == ["version_overlaps"]
    calendar.today = made.expires + timedelta(days=1)
    assert _refused(lambda: register(owner, document)) == ["version_expired"]
    calendar.today = made.expires
    key = register(owner, document).key
    planned = plan(owner, key).plan
    assert (planned.version, planned.errors.alpha, planned.pilot) == (2, 0.025, "call-back-at-peak-v2")
    sign(losing.desk.as_person("Tom Berg"), key)
    sign(owner, key)
    view = lineage(losing.desk, key)
    assert [(v.key, v.version) for v in view.versions] == [("call-back-at-peak", 1), ("call-back-at-peak-v2", 2)]
    assert view.alpha_promised == pytest.approx(0.075)
    assert view.versions[1].effect is None
    assert verify(losing.desk).whole


def test_the_same_treatment_again_uses_no_version_but_half_of_the_alpha(lead: Lead, waiting: Any) -> None:
    document = waiting(looks={"fractions": [1.0], "extension": None})
    document["metrics"]["success"][0]["worst"] = {"without_because": "too few contacts for a tail"}
    document["where"]["sites"] = [f"B{number:02d}" for number in range(1, 9)]
    document["where"]["assignment"]["n_treatment"] = 4
    document["metrics"]["success"][0]["mwe"] = document["hypothesis"]["by"] = 14
    led = lead("reviewed", document=document, wait=-14)
    said = recommend(led.desk.as_person("Ana Lima"), led.key)
    assert (said["mode"], said["next_step"]["lever"]) == ("REDESIGN", "more_sites_or_weeks")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="ITERATE"))
    made = next_version(led.desk, led.key)
    assert (made.version, made.consumes_version, made.alpha) == (1, False, 0.025)
    assert made.sites is not None
    assert made.sites > 0
    assert made.chance is not None
    assert 0.7 < made.chance < 1
    assert (made.end - made.start).days > 69  # longer, as weeks were lacking


def test_no_fourth_version_of_three(lead: Lead, waiting: Any, executive: Any) -> None:
    led = lead("assigned", document=waiting(max_versions=1, looks={"fractions": [1.0], "extension": None}))
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    recommend(owner, led.key)
    review(led.desk.as_person("Tom Berg"), led.key, "endorse")
    second = executive(led.desk)
    overruled = Choice(verdict="ITERATE", reason="one more", second_approver="Karin Holm")
    decide(led.desk.as_person("Ruth Vogel"), led.key, overruled)
    confirm_overrule(second, led.key)
    assert _refused(lambda: iterate(owner, led.key)) == ["no_version_left"]


def test_a_version_closed_by_an_alteration_leads_to_the_next_without_a_verdict(lead: Lead) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    note(owner, led.key, "Agents now also text the caller", alters_treatment=True)
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    recommend(owner, led.key)
    made = iterate(owner, led.key, "text and call-back together")
    assert (made.lever, made.version) == ("new_version", 2)
    assert led.desk.pilot(led.key).stage.value == "closed"
    view = lineage(led.desk, led.key)
    assert view.versions[0].effect is None  # its numbers stay closed
    assert view.versions[1].changed == "text and call-back together"
    assert _refused(lambda: amend(owner, led.key, {"title": "x"}, "y")) == ["already_decided"]
