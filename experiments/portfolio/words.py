"""A portfolio in sentences: funnel, rates, what is overdue, who is at whose sites. The same on screen and on paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from experiments.portfolio.rates import Rates, counted, rates
from experiments.portfolio.rows import PilotRow
from experiments.portfolio.site_calendar import Clash, Span
from experiments.words import say
from experiments.words.catalogue import listed
from experiments.words.numbers import day, money
from experiments.words.titles import titled

STEPS = ("registered", "signed", "running", "assessed", "decided")
NAMED = 5
"""So many titles in a sentence."""


def funnel(found: Rates) -> tuple[tuple[str, int], ...]:
    """How many came at least so far, by the step's name."""
    return tuple((say(f"rates.{step}"), int(getattr(found, step))) for step in STEPS)


def standing(rows: Sequence[PilotRow]) -> tuple[str, ...]:
    """What these pilots taught, what was scaled, what may disappoint, what is overdue; and which of them count."""
    recorded = sum(row.imported for row in rows)
    rows = [row for row in rows if not row.imported]
    beside = (say("portfolio.recorded_not_counted", count=recorded),) if recorded else ()
    return (*_standing(rows), *beside)


def _standing(rows: Sequence[PilotRow]) -> tuple[str, ...]:
    which = counted(rows)
    said = rate_sentences(rates(which), [row.title for row in which if row.overdue])
    if len(which) < len(rows):
        return (*said, say("rates.made_up"))
    return (*said, say("rates.only_made_up")) if which and which[0].simulated else said


def rate_sentences(found: Rates, overdue: Sequence[str]) -> tuple[str, ...]:
    """overdue: titles."""
    return (_learned(found), *_disappointing(found), _overdue(overdue))


def _learned(found: Rates) -> str:
    if found.learning_rate is None or found.scale_rate is None:
        return say("rates.none_ended")
    return say(
        "rates.learning",
        ended=found.ended,
        learned=found.learned,
        learning=found.learning_rate,
        scaled=found.scaled,
        scale=found.scale_rate,
        scaled_word=say("rates.was" if found.scaled == 1 else "rates.were"),
    )


def _disappointing(found: Rates) -> tuple[str, ...]:
    told = found.scaled - found.unknown
    said = []
    if told:
        number = round(found.disappointing)
        if number == 0 and found.disappointing < 0.5:
            said.append(say("rates.disappoint.none", count=told))
        else:
            verb = say("rates.is" if max(1, number) == 1 else "rates.are")
            said.append(say("rates.disappoint", count=told, number=max(1, number), verb=verb))
    if found.unknown:
        said.append(say("rates.disappoint.unknown", count=found.unknown))
    return tuple(said)


def _overdue(titles: Sequence[str]) -> str:
    if not titles:
        return say("rates.overdue.none")
    return say("rates.overdue", count=len(titles), titles=few_named(titles))


def few_named(titles: Sequence[str]) -> str:
    """``a, b and c``; of many, the first few and how many more."""
    more = len(titles) - NAMED
    if more > 0:
        return say("portfolio.and_more", titles=", ".join(titles[:NAMED]), count=more)
    return listed([*titles])


def money_words(row: PilotRow) -> str:
    """The cautious net benefit with currency and horizon; empty where there is none."""
    if row.expected is None:
        return ""
    return say("portfolio.money", amount=money(row.expected, row.currency), horizon=row.horizon)


def shared_with(found: Sequence[Clash]) -> dict[str, tuple[str, ...]]:
    """By pilot: the titles of those at its sites at the same time, each once."""
    with_whom: dict[str, dict[str, Span]] = defaultdict(dict)
    for clash in found:
        with_whom[clash.first.key][clash.second.key] = clash.second
        with_whom[clash.second.key][clash.first.key] = clash.first
    spans = {key: span for others in with_whom.values() for key, span in others.items()}
    titles = {key: titled(span) for key, span in spans.items()}
    return {key: tuple(dict.fromkeys(titles[other] for other in others)) for key, others in with_whom.items()}


def clash_sentence(found: Sequence[Clash], today: date) -> str:
    """One sentence or two: whether pilots are in each other's way, and whether that still matters."""
    if not found:
        return say("timeline.no_clash")
    if len(found) == 1:
        (clash,) = found
        first, second = titled(clash.first), titled(clash.second)
        facts = {"count": len(clash.sites), "start": day(clash.start), "end": day(clash.end)}
        return say("timeline.one_clash", first=first, second=second, **facts)
    ahead = sum(clash.end >= today for clash in found)
    verb = say("rates.is" if ahead == 1 else "rates.are")
    still = say("timeline.ahead", count=ahead, verb=verb) if ahead else say("timeline.ahead.none")
    return say("timeline.clashes", count=len(found), ahead=still)
