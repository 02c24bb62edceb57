"""What was promised beside what was done: sites, time, planned checks, delivery, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from experiments.documents.why import Stored, sentence_case
from experiments.views import PlannedLine
from experiments.words import say
from experiments.words.catalogue import listed
from experiments.words.numbers import day
from stats.plan import Plan
from stats.planning.of_plan import planned_arms


def promised_and_done(plan: Plan, found: Stored, amendments: Sequence[Stored]) -> Iterable[PlannedLine]:
    def line(key: str, planned: str, done: str) -> PlannedLine:
        return PlannedLine(what=sentence_case(say(f"planned.{key}", unit=plan.unit_word)), planned=planned, done=done)

    done = say("planned.units.done", treatment=found["n_treatment"], control=found["n_control"])
    yield line("units", _planned_units(plan), done)
    yield line("duration", _planned_time(plan), _time_done(found))
    yield line("checks", say("planned.checks.planned", count=found["looks_planned"]), _look(found))
    yield line("delivery", say("planned.delivery.planned", unit=plan.unit_word), _delivered(found))
    yield line("changes", say("planned.changes.planned"), _changes(amendments))
    if plan.recorded_afterwards:
        yield line("registered", say("planned.registered.planned"), say("planned.registered.done"))


def _planned_units(plan: Plan) -> str:
    treated, control = planned_arms(plan)
    if treated + control == 0:
        return say("planned.units.one_by_one" if plan.design == "randomised_units" else "planned.units.open")
    if plan.assignment.n_treatment is None:
        return say("planned.units.planned", count=treated + control)
    return say("planned.units.planned_arms", treatment=treated, control=control)


def _planned_time(plan: Plan) -> str:
    if plan.start is None or plan.end is None:
        return say("planned.duration.open")
    days = (plan.end - plan.start).days + 1
    return say("planned.duration.planned", start=day(plan.start), end=day(plan.end), days=days)


def _time_done(found: Stored) -> str:
    days = found.get("days_observed")
    return say("planned.duration.not_recorded") if days is None else say("planned.duration.done", days=days)


def _look(found: Stored) -> str:
    key = "planned.checks.extension" if found.get("is_extension") else "planned.checks.done"
    return say(key, look=found["look"], information=found["information"])


def _delivered(found: Stored) -> str:
    parts = [say(f"planned.delivery.{part['component']}", share=part["share"]) for part in found.get("delivery") or ()]
    return listed(parts) or say("planned.delivery.not_recorded")


def _changes(amendments: Sequence[Stored]) -> str:
    if not amendments:
        return say("planned.changes.none")
    return listed(
        [
            say("planned.changes.one", kind=say(f"planned.changes.{change['kind']}"), reason=change["reason"])
            for change in amendments
        ]
    )
