"""Rehearsal, money and forecasts as stages, through the real registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from experiments.charters.check import read_charter
from experiments.errors import Refused
from experiments.pictures.rehearsal_view import change_sentences, headline, premise_sentences, with_error
from experiments.planning.money import break_even, break_even_sentences, break_even_so_far
from experiments.planning.plan import plan, planned
from experiments.planning.rehearse import kept, plan_to_rehearse, rehearse, rehearse_charter
from experiments.record.history import history
from experiments.register import register
from experiments.signing.sign import sign
from experiments.words import forbidden_words, jargon_words
from experiments.words.numbers import in_hundred
from stats.rehearsing import rehearsal as rehearsing
from stats.rehearsing.operating import Share

Charters = Callable[..., dict[str, Any]]
FINANCE = {
    "currency": "EUR",
    "value_per_unit": {"wait": 0.01},
    "volume": 1_000_000,
    "horizon": 2,
    "run_cost": 90_000,
    "one_off_cost": 60_000,
}


def test_a_charter_is_rehearsed_without_a_registry(waiting: Charters) -> None:
    made = rehearse_charter(waiting(), pilots=100, seed=1)
    said = headline(made.plan, made.rehearsal)
    assert said[0].startswith("If nothing works, this plan would scale ")
    assert said[2].startswith("If it harms, it stops ")
    assert "Deliveries on time loses as much as was accepted" in said[3]
    assert not made.kept


def test_every_sentence_of_a_rehearsal_is_plain(waiting: Charters) -> None:
    made = rehearse_charter(waiting(history={"on_time": {"spread": 0.03}}), pilots=100, seed=1)
    parts = (headline, change_sentences, premise_sentences)
    text = "\n".join(line for part in parts for line in part(made.plan, made.rehearsal))
    assert "Give the history of Waiting time" in text
    assert not forbidden_words(text)
    assert not jargon_words(text)


def test_a_rehearsal_is_kept_with_the_plan_once_and_found_by_the_signed_plan(desk: Any, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    for _ in range(2):
        assert rehearse(owner, key, pilots=1000, seed=1).kept
    assert [event.act for event in history(desk, key)].count("plan.rehearsed") == 1
    sign(desk.as_person("Tom Berg"), key)
    sign(owner, key)
    found = kept(desk, desk.pilot(key), planned(desk, key).plan)
    assert found is not None
    assert found["pilots"] == 1000
    assert set(found["truths"]) >= {"nothing", "strong", "harm"}


def test_too_few_pilots_or_no_plan_are_shown_and_not_kept(desk: Any, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    assert not rehearse(owner, key, pilots=1000, seed=1).kept
    plan(owner, key)
    assert not rehearse(owner, key, pilots=100, seed=1).kept
    assert kept(desk, desk.pilot(key), plan_to_rehearse(desk, desk.pilot(key))) is None


def test_the_rehearsal_of_another_plan_is_not_kept_with_this_one(desk: Any, waiting: Charters) -> None:
    from experiments.planning.rehearse import keep

    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    made = rehearsing.rehearse(plan_to_rehearse(desk, desk.pilot(key)), pilots=2)
    assert not keep(owner, key, replace(made, pilots=2000, fingerprint="0" * 64))


def test_nobody_rehearses_for_the_record_without_a_name(desk: Any, waiting: Charters) -> None:
    key = register(desk, waiting()).key
    with pytest.raises(Refused):
        rehearse(desk, key, pilots=100, seed=1)


def test_shares_are_never_said_to_be_none_or_all() -> None:
    assert [in_hundred(share) for share in (0.0, 0.013, 0.0949, 0.78, 0.996, 1.0)] == [
        "fewer than 0.1", "1.3", "9.5", "78", "more than 99", "more than 99",
    ]  # fmt: skip


# -- money -------------------------------------------------------------------------------------------------------------


def test_break_even_is_the_gain_at_which_the_discounted_value_pays_the_costs(waiting: Charters) -> None:
    """150,000 / (.75 x .01 x 1,000,000 x 2) = 10 s."""
    (found,) = break_even(read_charter(waiting(finance=FINANCE)))
    assert found.effect == pytest.approx(10.0)
    assert found.suggested == pytest.approx(10.0)
    assert found.pays
    said = break_even_sentences(read_charter(waiting(finance=FINANCE)))
    assert said == break_even_so_far(waiting(finance=FINANCE))
    assert "EUR 150,000 over 2 years" in said[0]
    assert "15 s, is enough" in said[0]


def test_a_gain_called_worth_having_that_would_not_pay_is_said(waiting: Charters) -> None:
    charter = read_charter(waiting(finance={**FINANCE, "run_cost": 200_000}))
    assert not break_even(charter)[0].pays
    assert "15 s, would not pay: 18 s would" in break_even_sentences(charter)[0]


def test_money_is_said_to_have_no_say_without_values(waiting: Charters) -> None:
    assert break_even(read_charter(waiting())) == ()
    assert "no say" in break_even_sentences(read_charter(waiting()))[0]
    assert break_even_so_far({"finance": {"currency": "EUR"}}) == ()


@pytest.mark.parametrize(
    ("value", "pilots", "said"),
    [
        (0.0, 1000, "fewer than 0.3"),
        (0.0, 2000, "fewer than 0.2"),
        (1.0, 1000, "more than 99.7"),
        (0.013, 2000, "1.3 ± 0.3"),
    ],
)
def test_none_of_so_many_is_told_as_what_they_can_rule_out(value: float, pilots: int, said: str) -> None:
    error = max(value * (1 - value), 1 / pilots) ** 0.5 / pilots**0.5
    assert with_error(Share(value=value, error=error)) == said
