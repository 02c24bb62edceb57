"""How the data are, in lights: up to when, from where, how full, how far the change arrived; never what it did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.evidence.health import Light, _arrived, _full, _reach, _sites
from experiments.words import say
from stats.assessing.delivered import SiteWeek
from stats.outcomes import Accepted
from stats.plan import Gates

TODAY = date(2026, 6, 15)


def plan(**changes: Any) -> Any:
    """Only what the lights ask of a plan."""
    wait = SimpleNamespace(name="Wait", survey=False, spec=_spec("wait_s"))
    facts: Mapping[str, Any] = {
        "start": date(2026, 5, 4), "end": date(2026, 7, 12), "unit_word": "team", "gates": Gates(), "success": (wait,),
        "sites": [SimpleNamespace(key=name) for name in ("Alder", "Brook", "Cedar")],
        "columns": SimpleNamespace(delivered=None, used=None, timestamp=None, eligible=None),
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **changes})


def _spec(column: str) -> Any:
    return SimpleNamespace(column=column, numerator=None, denominator=None, start=None)


def held(**changes: Any) -> Accepted:
    facts: dict[str, Any] = {"rows": 1000, "good_rows": 1000, "missing": {}, "sites": ("Alder", "Brook", "Cedar")}
    return Accepted(**{**facts, **changes})


def seen(found: Any) -> list[tuple[str, str]]:
    """Code and tone; each has its sentence, which its facts fill."""
    shown: list[Light] = list(found)
    assert all("{" not in say(f"health.{light.code}", **light.facts) for light in shown)
    return [(light.code, light.tone) for light in shown]


@pytest.mark.parametrize(
    ("last", "light"),
    [
        (date(2026, 7, 12), ("to_the_end", "good")),
        (date(2026, 6, 1), ("fresh", "good")),
        (date(2026, 5, 31), ("old", "open")),
    ],
)
def test_data_older_than_two_weeks_are_to_be_looked_at(last: date, light: tuple[str, str]) -> None:
    assert seen(_reach(plan(), held(last=last), TODAY)) == [light]


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 5, 4), date(2026, 7, 6), "to_the_end"),
        (date(2026, 5, 5), date(2026, 7, 6), "fresh"),
        (date(2026, 4, 1), date(2026, 7, 1), "to_the_end"),
    ],
)
def test_weeks_and_months_are_named_by_their_first_day(first: date, last: date, code: str) -> None:
    assert seen(_reach(plan(), held(first=first, last=last), date(2026, 7, 13))) == [(code, "good")]


def test_a_row_a_day_reaches_to_its_last_day() -> None:
    fortnight = held(first=date(2026, 6, 22), last=date(2026, 7, 6), days=15)
    (light,) = _reach(plan(), fortnight, date(2026, 7, 13))
    assert (light.code, light.facts["last"]) == ("fresh", date(2026, 7, 6))


def test_a_file_without_dates_has_no_light_on_how_far_it_reaches() -> None:
    assert seen(_reach(plan(), held(), TODAY)) == []


def test_a_site_that_is_not_in_the_data_is_named() -> None:
    assert seen(_sites(plan(), held())) == [("sites_there", "good")]
    (light,) = _sites(plan(), held(sites=("Alder", "Cedar")))
    assert (light.tone, light.facts["silent"]) == ("bad", ["Brook"])
    assert say("health.sites_silent", **light.facts).startswith("Nothing came from Brook: 1 of 3 teams")


@pytest.mark.parametrize(("empty", "tone"), [(0, "good"), (20, "good"), (21, "open"), (100, "open"), (101, "bad")])
def test_empty_values_of_what_must_get_better_are_wrong_beyond_the_verdicts_own_line(empty: int, tone: str) -> None:
    (light,) = _full(plan(), held(missing={"wait_s": empty}))
    assert light.tone == tone


def test_a_survey_that_most_do_not_answer_is_no_fault() -> None:
    survey = SimpleNamespace(name="Content", survey=True, spec=_spec("rating"))
    assert seen(_full(plan(success=(survey,)), held(missing={"rating": 800}))) == []


def test_delivery_is_judged_by_the_words_of_the_sites_with_the_change_only() -> None:
    said = tuple(
        SiteWeek(site=site, week=date(2026, 6, 8), delivered=share) for site, share in (("Alder", 0.4), ("Brook", 1.0))
    )
    assert seen(_arrived(plan(), said, ("Alder",), TODAY)) == [("delivered", "bad")]
    assert seen(_arrived(plan(), said, ("Alder", "Brook"), TODAY)) == [("delivered", "open")]
    assert seen(_arrived(plan(), said, ("Brook",), TODAY)) == [("delivered", "good")]


def test_sites_that_fell_silent_are_asked_while_the_pilot_runs_and_no_longer() -> None:
    said = (SiteWeek(site="Alder", week=date(2026, 5, 25), used=0.9),)
    assert seen(_arrived(plan(), said, ("Alder",), TODAY))[-1] == ("words_old", "open")
    assert seen(_arrived(plan(end=date(2026, 6, 14)), said, ("Alder",), TODAY)) == [("used", "good")]


def test_where_nobody_records_delivery_it_is_said() -> None:
    assert seen(_arrived(plan(), (), (), TODAY)) == [("arrival_not_said", "open")]
    recorded = plan(columns=SimpleNamespace(delivered="done", used=None))
    assert seen(_arrived(recorded, (), (), TODAY)) == [("arrival_in_data", "good")]
