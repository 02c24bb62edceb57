"""The calendar of sites where pilots are many: part of it says what the whole of it says about that part."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from experiments.portfolio.site_calendar import Span, clashes, half_years, within

DAY = date(2026, 1, 1)


def _span(number: int, start: int, days: int, sites: set[int], made_up: bool) -> Span:
    begins = DAY + timedelta(days=start)
    return Span(
        key=f"p{number}",
        title=f"Pilot {number}",
        version=1,
        stage="running",
        simulated=made_up,
        start=begins,
        end=begins + timedelta(days=days),
        unit_word="branch",
        sites=frozenset(f"B{site}" for site in sites),
    )


spans_of = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 90), st.sets(st.integers(0, 6), max_size=3), st.booleans()),
    max_size=14,
).map(lambda rows: [_span(number, *row) for number, row in enumerate(rows)])


@given(spans=spans_of, some=st.sets(st.integers(0, 13)))
def test_the_pairs_of_some_pilots_are_those_of_all_in_which_they_are(spans: list[Span], some: set[int]) -> None:
    keys = {f"p{number}" for number in some}
    wanted = tuple(clash for clash in clashes(spans) if {clash.first.key, clash.second.key} & keys)
    assert clashes(spans, of=keys) == wanted
    assert clashes(spans, of={span.key for span in spans}) == clashes(spans)


@given(spans=spans_of)
def test_every_pilot_is_in_a_half_year_that_is_offered(spans: list[Span]) -> None:
    offered = half_years(spans)
    assert all(within(spans, start, end) for start, end in offered)
    assert {span.key for start, end in offered for span in within(spans, start, end)} == {span.key for span in spans}
    assert list(offered) == sorted(offered, reverse=True)
    assert all((start.day, start.month) in {(1, 1), (1, 7)} for start, _ in offered)
