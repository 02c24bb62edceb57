"""Half-hours that fall short of what was promised, in words: "Mondays 09:00–10:30: 62 % against 80 % promised"."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.documents.why import Stored, unit_of
from experiments.words import say
from experiments.words.catalogue import listed
from experiments.words.numbers import Unit, level
from stats.assessing.promised import target_spec
from stats.plan import Plan, PlannedMetric

NAMED = 4
"""Stretches that are named one by one; of the rest the number is told."""


def short_sentences(plan: Plan, metric: PlannedMetric, found: Stored | None) -> tuple[str, ...]:
    """What falls short with the change, how sure that is, and what holds too few to say; nothing without a promise."""
    if not found:
        return ()
    unit = unit_promised(metric)
    promise = say("short.promise", metric=metric.name, promise=promise_words(found, unit))
    looked = found["looked_at"]
    if not looked:
        return (promise, say("short.nothing_to_say"))
    said = [promise, *(stretch_words(run, found, unit) for run in found["short"][:NAMED])]
    more = found["stretches"] - len(found["short"][:NAMED])
    if more > 0:
        said.append(say("short.more", count=more))
    if not found["short"]:
        said.append(say("short.none", count=looked))
    said.append(say("short.how_sure", count=looked, unsure=found["unsure"], few=found["too_few"], unit=plan.unit_word))
    return tuple(said)


def stretch_words(run: Stored, found: Stored, unit: Unit) -> str:
    """One stretch: when, how much, what was promised, how sure, and the same half-hours without the change."""
    facts = {
        "when": when_words(run),
        "level": level(run["level"], unit),
        "promise": level(found["target"], unit),
        "control": "" if run["control"] is None else level(run["control"], unit),
    }
    said = say("short.stretch" if run["control"] is not None else "short.stretch_alone", **facts)
    if run["ci_lower"] is None:
        return said
    ends = {"lower": level(run["ci_lower"], unit), "upper": level(run["ci_upper"], unit)}
    return " ".join([said, say("short.between", **ends)])


def unit_promised(metric: PlannedMetric) -> Unit:
    """The unit of what is held against the target: of a share of half-hours on target, that within the half-hour."""
    spec = target_spec(metric)
    inside = metric.spec.kind == "interval_share" and spec is not None and spec.kind in ("mean", "ratio")
    return Unit.of("", "mean") if inside else unit_of(metric)


def promise_words(found: Stored, unit: Unit) -> str:
    """ "at least 80 %", "at most 200"."""
    said = level(found["target"], unit)
    return say("short.at_least" if found["above"] else "short.at_most", level=said)


def when_words(run: Stored) -> str:
    """ "Mondays 09:00–10:30", "Monday to Friday 09:00–09:30", "every day 09:00"."""
    first, last = run["from"], run["to"]
    times = slot_words(first) if first == last else say("short.times", first=slot_words(first), last=slot_words(last))
    return say("short.when", days=days_words(run["days"]), times=times)


def days_words(days: Sequence[int | None]) -> str:
    """Days that follow one another as from-to, three or more of them; others as a list."""
    known = [day for day in days if day is not None]
    if not known or len(known) == 7:
        return say("short.every_day")
    if len(known) > 2 and known[-1] - known[0] == len(known) - 1:
        return say("short.day_to_day", first=say(f"short.day.{known[0]}"), last=say(f"short.day.{known[-1]}"))
    return listed([say(f"short.days.{day}") for day in known])


def slot_words(slot: int | str) -> str:
    """Minutes since midnight as a time of day; a label of the data's own as it is."""
    return f"{slot // 60:02d}:{slot % 60:02d}" if isinstance(slot, int) else slot
