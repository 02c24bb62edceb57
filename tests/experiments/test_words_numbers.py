"""Numbers as people read them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.words import digits
from experiments.words.numbers import Unit, day_and_distance, effect, effect_between, level, money, relative, size

SECONDS = Unit.of("s")
SHARE = Unit.of("", kind="share")


def test_an_effect_has_sign_and_unit():
    assert effect(-17.96, SECONDS) == "−18 s"
    assert effect(0.0413, SHARE) == "+4.1 points"
    assert effect(0.0, SECONDS) == "0 s"


def test_an_effect_has_as_many_decimals_as_its_interval():
    assert effect(-6.4, SECONDS, beside=(-31.2, 18.0)) == "−6 s"
    assert effect_between(-31.2, -6.4, SECONDS) == "between −31 s and −6 s"


def test_an_end_of_an_interval_beside_zero_is_not_written_as_zero():
    assert effect_between(0.2, 31.0, SECONDS) == "between +0.2 s and +31 s"


def test_an_open_interval_is_said():
    assert effect_between(None, 3.2, SECONDS) == "+3.2 s or less"
    assert effect_between(3.2, None, SECONDS) == "+3.2 s or more"
    assert effect_between(None, None, SECONDS) == "can't be bounded"


def test_levels_sizes_and_relative_changes():
    assert level(0.8142, SHARE) == "81.4 %"
    assert size(-15.0, SECONDS) == "15 s"
    assert relative(-0.1234) == "−12 %"
    assert effect(4.1, Unit.of("%")) == "+4.1 points"


def test_large_numbers_keep_three_digits():
    assert effect(-123456.0, Unit.of("EUR")) == "−123,000 EUR"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1_234_567, "EUR 1.23 million a year"),
        (-42_000, "EUR −42,000 a year"),
        (999_999, "EUR 1 million a year"),
        (0, "EUR 0 a year"),
        (2.5e9, "EUR 2.5 billion a year"),
    ],
)
def test_money_has_currency_and_period(amount, text):
    assert money(amount, "EUR", "year") == text


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (date(2026, 3, 12), "12 Mar 2026 (in 3 weeks)"),
        (date(2026, 2, 19), "19 Feb 2026 (today)"),
        (date(2026, 2, 20), "20 Feb 2026 (tomorrow)"),
        (date(2026, 2, 17), "17 Feb 2026 (2 days ago)"),
        (date(2025, 12, 19), "19 Dec 2025 (2 months ago)"),
        (date(2029, 2, 19), "19 Feb 2029 (in 3 years)"),
    ],
)
def test_a_date_says_how_far_it_is(when, text):
    assert day_and_distance(when, date(2026, 2, 19)) == text


@given(st.integers(min_value=-4000, max_value=4000))
def test_every_distance_can_be_said(days):
    today = date(2026, 2, 19)
    assert "{" not in day_and_distance(date.fromordinal(today.toordinal() + days), today)


@given(st.floats(min_value=-1e12, max_value=1e12, allow_subnormal=False))
def test_no_number_is_written_with_an_ascii_minus_or_as_minus_zero(value):
    for text in (digits.plain(value), digits.fixed(value, 1), digits.percent(value), effect(value, SECONDS)):
        assert "-" not in text
        assert not text.startswith((digits.MINUS + "0 ", "+0 ", digits.MINUS + "0.0 "))
        assert (digits.MINUS in text) == (value < 0)


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_three_digits_are_within_half_a_percent(value):
    assert float(digits.plain(value).replace(",", "")) == pytest.approx(value, rel=0.005)
