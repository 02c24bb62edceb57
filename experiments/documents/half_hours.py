"""Through the day and the week, from stored cells: with the change against without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.documents.promises import short_sentences, slot_words
from experiments.documents.why import Stored, unit_of
from experiments.views import HalfHour, HalfHoursView
from experiments.words import say
from experiments.words.numbers import Unit, effect, effect_between, level
from stats.assessing.squares import FEWEST_RECORDS, FEWEST_SITES
from stats.plan import Plan, PlannedMetric

BY_LOT = ("randomised_units", "randomised_sites")


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """Raw levels of one half-hour of one day; difference: treatment minus control, in the metric's unit, and its
    interval, None where there are too few to say; told: whether the evidence knows intervals at all."""

    day: int | None
    slot: int | str
    treatment: float
    control: float
    difference: float
    weight: float
    lower: float | None = None
    upper: float | None = None
    told: bool = True


def half_hours_view(plan: Plan, metric: PlannedMetric, stored: Stored | None) -> HalfHoursView | None:
    """Where a lot decided: levels after the start; else how they changed since before it, where that is known."""
    if not stored:
        return None
    before = plan.design not in BY_LOT and any(value is not None for value in stored["treatment_before"])
    changes = bool(stored.get("changes", before))
    cells = [cell for cell in _cells(stored, changes=changes) if cell is not None]
    if len(cells) < 2:
        return None
    unit, sign = unit_of(metric), 1.0 if metric.better == "higher" else -1.0
    order = {slot: place for place, slot in enumerate(sorted({cell.slot for cell in cells}, key=_by_number))}
    shown = tuple(
        HalfHour(
            day=cell.day,
            slot=slot_words(cell.slot),
            order=order[cell.slot],
            better_by=cell.difference * sign * unit.factor,
            change_text=effect(cell.difference, unit),
            treatment_text=level(cell.treatment, unit),
            control_text=level(cell.control, unit),
            sure=sure(cell.lower, cell.upper) if cell.told else True,
            interval_text=_interval(cell, unit),
        )
        for cell in cells
    )
    told = " ".join([_sentence(cells, unit, sign, changes=changes), *_how_sure(cells)])
    return HalfHoursView(cells=shown, sentence=told, short=short_sentences(plan, metric, stored.get("promised")))


def sure(lower: float | None, upper: float | None) -> bool | None:
    """Whether an interval lies on one side of zero; None where there is none."""
    return None if lower is None or upper is None else bool(lower > 0 or upper < 0)


def _interval(cell: _Cell, unit: Unit) -> str:
    if not cell.told:
        return ""
    if cell.lower is None:
        return say("half_hours.too_few")
    return effect_between(cell.lower, cell.upper, unit, beside=(cell.difference,))


def _how_sure(cells: Sequence[_Cell]) -> list[str]:
    """How many squares are clear of zero, how many would be by chance, and how many hold too few to say."""
    if not all(cell.told for cell in cells):
        return []
    known = [cell for cell in cells if cell.lower is not None]
    clear = sum(bool(sure(cell.lower, cell.upper)) for cell in known)
    said = [say("half_hours.clear", clear=clear, count=len(known), chance=round(0.05 * len(known)))] if known else []
    few = len(cells) - len(known)
    return [*said, say("half_hours.few", few=few, records=FEWEST_RECORDS, sites=FEWEST_SITES)] if few else said


def _cells(stored: Stored, *, changes: bool) -> Sequence[_Cell | None]:
    names = ("day", "slot", "treatment", "control", "treatment_before", "control_before", "n_treatment", "n_control")
    nothing = [None] * len(stored["day"])
    ends = [stored.get(name, nothing) for name in ("ci_lower", "ci_upper")]
    told = "ci_lower" in stored
    return [
        _cell(*values, changes=changes, told=told)
        for values in zip(*(stored[name] for name in names), *ends, strict=True)
    ]


def _cell(
    day: int | None,
    slot: int | str,
    treatment: float | None,
    control: float | None,
    treatment_before: float | None,
    control_before: float | None,
    n_treatment: float,
    n_control: float,
    lower: float | None,
    upper: float | None,
    *,
    changes: bool,
    told: bool,
) -> _Cell | None:
    if treatment is None or control is None:
        return None
    difference = treatment - control
    if changes:
        if treatment_before is None or control_before is None:
            return None
        difference -= treatment_before - control_before
    weight = n_treatment * n_control / (n_treatment + n_control)
    return _Cell(
        day=day,
        slot=slot,
        treatment=treatment,
        control=control,
        difference=difference,
        weight=weight,
        lower=lower,
        upper=upper,
        told=told,
    )


def _by_number(slot: int | str) -> tuple[int, float, str]:
    """Numbers by size, labels as text."""
    try:
        return 0, float(slot), ""
    except ValueError:
        return 1, 0.0, str(slot)


def _sentence(cells: Sequence[_Cell], unit: Unit, sign: float, *, changes: bool) -> str:
    """The half-hours over all days: how many were better, and the best and the least good of them."""
    by_slot: dict[int | str, list[_Cell]] = {}
    for cell in cells:
        by_slot.setdefault(cell.slot, []).append(cell)
    means = {
        slot: sum(cell.difference * cell.weight for cell in own) / sum(cell.weight for cell in own)
        for slot, own in by_slot.items()
    }
    best = max(means, key=lambda slot: means[slot] * sign)
    worst = min(means, key=lambda slot: means[slot] * sign)
    facts = {
        "count": len(means),
        "better": sum(value * sign > 0 for value in means.values()),
        "best": slot_words(best),
        "best_effect": effect(means[best], unit),
        "worst": slot_words(worst),
        "worst_effect": effect(means[worst], unit),
    }
    return " ".join([say("half_hours.changes" if changes else "half_hours.levels"), say("half_hours.read", **facts)])
