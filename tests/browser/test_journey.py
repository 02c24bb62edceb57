"""A pilot's whole life in real browsers: three people on one portfolio, from a template to an approved roll-out."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SITES = [f"Team {letter}" for letter in "ABCDEFGHIJKL"]
TODAY = date.today()
DAYS_BEFORE = 14
CONTACTS = 60
KEY = "call-back-at-peak"


def write_charter(at: Any) -> None:
    """From a template to a registered pilot, in five steps."""
    at.open("register")
    at.page.get_by_text("Start from a template").click()
    at.press_until("Start from this", "r-title", "Call-back at peak")
    at.key("hypothesis-sentence").get_by_text("If we offer a call-back within the hour").wait_for()
    at.write("r-owner", "Ana Lima")
    at.write("r-owner-department", "Contact Centre")
    at.write("r-sponsor", "Ruth Vogel")
    at.write("r-sponsor-department", "Operations")
    at.write("r-team", "Service innovation")
    at.press("Save and go on")

    at.sees("What must get better")
    at.holds("r-s1-name", "Speed of answer")
    at.picture("journey-02-what-must-get-better")
    at.press("Save and go on")

    at.write("r-p1-department", "Logistics")
    at.write("r-p1-contact", "Tom Berg")
    at.write("r-p1-benefit", "fewer calls about late parcels")
    at.write("r-p1-own-name", "Deliveries on time")
    at.pick("r-p1-own-kind", "share of yes")
    at.pick("r-p1-own-better", "more of it")
    at.write("r-p1-own-column", "on_time")
    at.write("r-p1-own-loss", "10")
    at.write("r-p2-department", "")
    at.press("Save and go on")

    at.write("r-unit-word", "team")
    at.write("r-sites", "\n".join(SITES))
    at.write("r-treated", "6")
    at.write("r-how-chosen", "all twelve teams")
    at.date("r-start", TODAY.isoformat())
    at.date("r-end", TODAY.isoformat())
    at.date("r-baseline", (TODAY - timedelta(days=DAYS_BEFORE)).isoformat())
    at.write("r-column-site", "team")
    at.write("r-column-period", "day")
    at.write("r-spread-speed_of_answer", "8")
    at.write("r-steady-speed_of_answer", "0.6")
    at.write("r-spread-abandonment", "0.9")
    at.sees("Sized to decide")
    at.picture("journey-03-where-and-how")
    at.press("Save and go on")
    at.press("Register the pilot")


def bring(path: Path, treated: set[str]) -> None:
    """A row per contact: the wait falls by 40 s where the change was made, nothing else by more than a contact."""
    chance = random.Random(5)

    def some(count: int) -> list[bool]:
        """About ``count`` of a site's 60 contacts of a day."""
        return [number < count + chance.choice((-1, 0, 1)) for number in range(CONTACTS)]

    with path.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["team", "day", "answer_wait", "hung_up_in_queue", "repeat_contact", "on_time"])
        for before in range(DAYS_BEFORE, -1, -1):
            day = TODAY - timedelta(days=before)
            for site in SITES:
                gain = 40 if site in treated and before == 0 else 0
                for long, gone, again, late in zip(some(2), some(4), some(6), some(6), strict=True):
                    wait = 500 if long else max(1, round(chance.gauss(200 - gain, 25)))
                    rows.writerow([site, day, wait, int(gone), int(again), int(not late)])


def treated_sites(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {row["Site"] for row in csv.DictReader(lines) if row["Group"] == "with the change"}


@pytest.fixture
def window(empty_app: str, screen_on: Callable[..., Any]) -> Callable[..., Any]:
    """A window of one person on the same portfolio, who acts under that name; narrow for who decides on a phone."""

    def opened(name: str, page: str, *, width: int = 1280) -> Any:
        at = screen_on(empty_app, width=width)
        at.open(page, pilot=KEY)
        at.act_as(name)
        return at

    return opened


def test_innovator_partner_and_executive_take_a_pilot_from_a_template_to_an_approved_roll_out(
    empty_app: str, screen_on: Callable[..., Any], window: Callable[..., Any], tmp_path: Path
) -> None:
    from pypdf import PdfReader

    at = screen_on(empty_app)
    at.open()
    at.sees("Nothing here yet")
    at.picture("journey-01-empty")
    write_charter(at)
    at.sees("is registered")
    at.act_as("Ana Lima")
    at.press("Make the plan")
    at.sees("Sized to decide")
    at.picture("journey-04-plan")

    partner = window("Tom Berg", "plan")
    partner.sees("the largest loss we accept is 10 points")
    partner.fill("sign-pulls", "our van is to be full each day")
    partner.fill("sign-relief", "none")
    partner.picture("journey-05-partner-signs")
    partner.press("Sign for my department")
    partner.sees("Signed for your department")

    at.open("plan", pilot=KEY)
    at.act_as("Ana Lima")
    at.press("Sign and freeze the plan")
    at.sees("can't be changed")
    at.open("assign", pilot=KEY)
    at.act_as("Ana Lima")
    at.press("Draw now")
    at.sees("With the change (6)")
    at.picture("journey-06-drawn")
    treated = treated_sites(at.download("arms-csv"))
    assert len(treated) == 6

    at.open("data", pilot=KEY)
    at.act_as("Ana Lima")
    spoilt = tmp_path / "spoilt.csv"
    bring(spoilt, treated)
    spoilt.write_text(spoilt.read_text().replace("answer_wait", "wait_min", 1))
    at.upload(spoilt)
    at.press("Check and keep this file")
    at.sees("Nothing was kept")
    at.sees("None yet")
    at.picture("journey-07-spoilt-file")
    good = tmp_path / "contacts.csv"
    bring(good, treated)
    at.upload(good)
    at.press("Check and keep this file")
    at.sees("Kept: 10,800 rows of contacts.csv")
    at.picture("journey-08-kept")
    at.open("evidence", pilot=KEY)
    at.act_as("Ana Lima")
    at.press("Assess now")
    at.sees("Speed of answer got better by")
    at.picture("journey-09-evidence")
    at.unbroken()

    partner = window("Tom Berg", "review")
    partner.sees("Deliveries on time")
    partner.picture("journey-10-review")
    partner.press("Say it, on record")
    partner.sees("Recorded, on the evidence that you saw")
    partner.unbroken()

    at.open("decide", pilot=KEY)
    at.act_as("Ana Lima")
    at.sees("is the owner of this pilot and can't decide on it")
    at.picture("journey-11-owner-cannot")

    executive = window("Ruth Vogel", "decide", width=390)
    executive.press("Record the decision")
    executive.sees("Nothing was changed")
    executive.picture("journey-12-what-is-missing")
    executive.fill("budget", "EUR 40,000 a year")
    executive.fill("rollout_owner", "Ana Lima")
    executive.fill("targets", "none")
    executive.fill("begins", (TODAY + timedelta(days=30)).isoformat())
    executive.press("Record the decision")
    executive.sees("The decision is on record")
    executive.picture("journey-13-decided")
    memo = PdfReader(executive.download("memo-pdf"))
    told = " ".join(page.extract_text() for page in memo.pages).replace("\n", " ")
    assert "Call-back at peak" in told
    assert "decided by Ruth Vogel" in told

    at.open("history", pilot=KEY)
    at.press("Check that the record is whole")
    at.sees("Whole:")
    at.picture("journey-14-history")
    at.unbroken()
