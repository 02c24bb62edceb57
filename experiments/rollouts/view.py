"""A roll-out as pages and the command line show it: final texts and plain numbers, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from experiments.deciding.choice import COMMITMENTS
from experiments.desk import Desk
from experiments.rollouts.bring import pilot_plan
from experiments.rollouts.calendar import Calendar
from experiments.rollouts.forecast import ForecastPicture, forecast_picture, raw
from experiments.rollouts.keep import Promise, Standing, standing_in
from experiments.rollouts.lines import pays_in_money, promise_lines, unit_of
from experiments.rollouts.moves import coming_wave, started_unmeasured
from experiments.rollouts.words import rolling_words
from experiments.views import Tone
from experiments.words import knows, say
from experiments.words.numbers import effect, effect_between, size
from registry import find
from registry.decisions import Decision
from registry.kinds import RolloutState
from registry.pilots import Pilot
from registry.rollouts import RolloutMeasure
from stats.plan import Plan, PlannedMetric

TONES: dict[str, Tone] = {"SAFE_SHOWN": "good", "NOT_SHOWN": "open", "BREACH": "bad", "MISSING": "none"}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A figure with its name and, where known, its interval; state, with its tone: of what must not get worse;
    department: that named the number."""

    name: str
    text: str
    interval: str = ""
    state: str = ""
    tone: Tone = "none"
    department: str = ""


@dataclass(frozen=True, kw_only=True)
class WaveRow:
    """One wave in the calendar; the sites kept as before are the last row."""

    wave: str
    sites: tuple[str, ...]
    begins: str
    measured_until: str
    state: str


@dataclass(frozen=True, kw_only=True)
class RolloutView:
    """state, replication: codes (replication "" before the first measurement); the rest as people read it."""

    pilot: str
    state: str
    stands: str
    owner: str
    number: int
    sha256: str
    replication: str
    headline: str
    reasons: tuple[str, ...]
    pause_proposed: bool
    roll_back_proposed: bool
    proposal: str
    next: str
    plan: tuple[str, ...]
    waves: tuple[WaveRow, ...]
    pictures: tuple[ForecastPicture, ...]
    guardrails: tuple[Told, ...]
    by_ring: tuple[Told, ...]
    by_site: tuple[Told, ...]
    by_stratum: tuple[Told, ...]
    over_time: tuple[Told, ...]


def rollout_view(desk: Desk, pilot: Pilot) -> RolloutView | None:
    """None before a roll-out is planned."""
    with desk.read() as session:
        here = standing_in(session, pilot)
        if here is None:
            return None
        measures = find.measures(session, pilot.id)
        owner = find.person(session, here.rollout.owner_id).name if here.rollout.owner_id else ""
        decision = next(row for row in find.decisions(session, pilot.id) if row.id == here.record.decision_id)
    plan = pilot_plan(desk, pilot, here)
    found = [json.loads(row.canonical) for row in measures]
    newest = found[-1] if found else None
    today = desk.registry.clock().date()
    judged = newest["judgement"] if newest else {}
    return RolloutView(
        pilot=pilot.key,
        state=here.rollout.state.value,
        stands=_stands(here),
        owner=say("rollout.owner", who=owner) if owner else "",
        number=here.record.number,
        sha256=here.record.sha256,
        replication=judged.get("state", ""),
        headline=_headline(here, newest),
        reasons=tuple(reason_words(plan, reason) for reason in judged.get("reasons", ())),
        pause_proposed=bool(judged.get("pause_proposed")),
        roll_back_proposed=bool(judged.get("roll_back_proposed")),
        proposal=_proposal(here, judged, today) if here.rollout.state != RolloutState.ROLLED_BACK else "",
        next=_next(plan, here, measures, today),
        plan=(*promise_lines(plan, here.promise), *_committed(decision)),
        waves=_waves(here, measures, today),
        pictures=_pictures(plan, here, found),
        guardrails=_guardrails(plan, newest),
        **_where(plan, here.promise, newest),
    )


def reason_words(plan: Plan, reason: Mapping[str, Any]) -> str:
    """One reason of a judgement as a sentence."""
    if reason["metric"] is None:
        return say(f"rollout_reason.{reason['code']}")
    metric = plan.metric(reason["metric"])
    facts = {name: _signed(metric, value) for name, value in reason["facts"].items()}
    key = f"rollout_reason.{reason['code']}"
    if not pays_in_money(plan, metric) and knows(f"{key}.gain"):
        key = f"{key}.gain"
    return say(key, metric=metric.name, **facts)


def _signed(metric: PlannedMetric, oriented: float) -> str:
    return effect(raw(metric, oriented), unit_of(metric))


def _committed(decision: Decision) -> Iterator[str]:
    """What was promised with the decision, and its conditions."""
    for name in COMMITMENTS:
        if text := decision.commitments.get(name):
            yield say("rollout.committed", what=say(f"commitment.{name}"), text=text)
    for condition in decision.conditions:
        yield say("rollout.condition", text=condition)


def _stands(here: Standing) -> str:
    word = say(f"rollout.state.{here.rollout.state.value}")
    why = here.rollout.reason
    return say("rollout.stands_why", state=word, why=why) if why else say("rollout.stands", state=word)


def _pictures(plan: Plan, here: Standing, found: Sequence[Mapping[str, Any]]) -> tuple[ForecastPicture, ...]:
    """Of each promised metric; after a roll-back without the waves that will never be measured."""
    last = max((each["ring"] for each in found), default=0)
    shown = last if here.rollout.state == RolloutState.ROLLED_BACK else len(here.promise.rings.rings)
    return tuple(
        forecast_picture(plan, plan.metric(key), here.promise, found, shown) for key in here.promise.predictions
    )


def _headline(here: Standing, newest: Mapping[str, Any] | None) -> str:
    if newest is None:
        return say("rollout.not_measured", day=here.promise.calendar.measured[0])
    judged = newest["judgement"]
    line = say(
        "rollout.state_line", wave=newest["ring"], waves=judged["rings"], until=date.fromisoformat(newest["until"])
    )
    what = say(f"replication.what.{judged['state']}")
    return f"{what} {line}"


def _proposal(here: Standing, judged: Mapping[str, Any], today: date) -> str:
    """What the newest measurement speaks for, and what happens unless somebody acts."""
    if not judged:
        return ""
    if not (judged["roll_back_proposed"] or judged["pause_proposed"]):
        return say("rollout.proposal.none")
    said = say("rollout.proposal.roll_back" if judged["roll_back_proposed"] else "rollout.proposal.pause")
    coming = coming_wave(here.promise.calendar, today)
    if here.rollout.state != RolloutState.RUNNING or coming is None:
        return said
    return f"{said} {say('rollout.proposal.unless', wave=coming[0], day=coming[1])}"


def _next(plan: Plan, here: Standing, measures: Sequence[RolloutMeasure], today: date) -> str:
    """What comes next, and how much it can show."""
    if here.rollout.state not in (RolloutState.PLANNED, RolloutState.RUNNING):
        return ""
    calendar = here.promise.calendar
    said = []
    measured = max((row.ring for row in measures), default=0)
    late = started_unmeasured(calendar, measured, today)
    if late is not None:
        said.append(say("rollout.unmeasured", wave=late, before=late - 1))
    coming = coming_wave(calendar, today)
    if coming is not None:
        wave, day = coming
        show = can_show(plan, here.promise, wave)
        said.append(say("rollout.next" if show else "rollout.next_plain", wave=wave, day=day, size=show))
    if measured < calendar.begun(today):
        said.append(_measure_next(calendar, measured + 1, today))
    return " ".join(said)


def _measure_next(calendar: Calendar, wave: int, today: date) -> str:
    """Up to which day, and by when: before the next wave starts, as long as it has not."""
    until = calendar.measured[wave - 1]
    if wave == len(calendar.starts) or not calendar.deciding or calendar.starts[wave] <= today:
        return say("rollout.next_measure", wave=wave, day=until)
    return say("rollout.next_in_time", wave=wave, until=until, next=wave + 1, day=calendar.starts[wave])


def can_show(plan: Plan, promise: Promise, ring: int) -> str:
    """How large a change the data up to that wave can tell from none, for the first promised metric; "" if unknown."""
    for key, power in promise.power.items():
        std_error = power["by_ring"][ring - 1]["std_error"]
        if std_error is not None:
            return size(2 * std_error, unit_of(plan.metric(key)))
    return ""


def _waves(here: Standing, measures: Sequence[RolloutMeasure], today: date) -> tuple[WaveRow, ...]:
    calendar, rings = here.promise.calendar, here.promise.rings
    measured = max((row.ring for row in measures), default=0)
    stopped = here.rollout.state in (RolloutState.PAUSED, RolloutState.ROLLED_BACK)
    back = here.rollout.state == RolloutState.ROLLED_BACK
    begun = calendar.begun(here.rollout.since.date() if stopped else today)
    if here.rollout.state == RolloutState.PLANNED:
        begun = 0
    rows = []
    for number, (sites, start, end) in enumerate(zip(rings.rings, calendar.starts, calendar.measured, strict=True), 1):
        state = "done" if number <= measured else "begun" if number <= begun else "off" if stopped else "open"
        if state == "begun" and end < today:
            state = "over"
        if back:
            state = "back_done" if number <= measured else "back"
        rows.append(
            WaveRow(
                wave=say("rollout.wave", wave=number),
                sites=sites,
                begins=say("rollout.day", day=start),
                measured_until=say("rollout.day", day=end),
                state=say(f"rollout.wave.{state}"),
            )
        )
    kept = say("rollout.kept_until", day=calendar.held_until)
    rows.append(WaveRow(wave=say("rollout.wave_kept"), sites=rings.held_back, begins="", measured_until="", state=kept))
    if rings.had_change:
        row = WaveRow(wave=say("rollout.wave_pilot"), sites=rings.had_change, begins="", measured_until="", state="")
        rows.append(row)
    return tuple(rows)


def _guardrails(plan: Plan, newest: Mapping[str, Any] | None) -> tuple[Told, ...]:
    """What must not get worse, with the department whose number it is."""
    if newest is None:
        return ()
    found = []
    for key, each in sorted(newest["judgement"]["guardrails"].items()):
        metric, result = plan.metric(key), newest["evidence"]["metrics"].get(key, {}).get("result", {})
        told = _told(metric, metric.name, result) if "effect" in result else Told(name=metric.name, text="")
        word = say(f"rollout_guard.{each['label']}")
        state = say("rollout.guard_watched", state=word) if each["watched"] else word
        found.append(replace(told, state=state, tone=TONES[each["label"]], department=metric.partner_name or ""))
    return tuple(found)


def _where(plan: Plan, promise: Promise, newest: Mapping[str, Any] | None) -> dict[str, tuple[Told, ...]]:
    """Of the first promised metric: by wave, by site, by group, over time."""
    nothing: dict[str, tuple[Told, ...]] = dict.fromkeys(("by_ring", "by_site", "by_stratum", "over_time"), ())
    key = next(iter(promise.predictions), None)
    if newest is None or key is None:
        return nothing
    metric, result = plan.metric(key), newest["evidence"]["metrics"][key]["result"]
    where = newest["where"].get(key) or {"sites": [], "strata": []}
    details = result.get("details", {})
    ordered = sorted(where["sites"], key=lambda site: site["effect"], reverse=metric.better == "higher")
    return {
        "by_ring": tuple(
            _told(metric, say("rollout.wave", wave=number), one)
            for number, one in enumerate(details.get("cohorts", ()), 1)
        ),
        "by_site": tuple(
            _told(metric, say("rollout.site_of_wave", site=one["site"], wave=one["ring"]), one) for one in ordered
        ),
        "by_stratum": tuple(_told(metric, one["stratum"], one) for one in where["strata"]),
        "over_time": tuple(_told(metric, _week(one["time"]), one) for one in details.get("event_study", ())),
    }


def _told(metric: PlannedMetric, name: str, one: Mapping[str, Any]) -> Told:
    unit = unit_of(metric)
    low, high = one.get("ci_lower"), one.get("ci_upper")
    between = "" if low is None or high is None else effect_between(low, high, unit)
    return Told(name=name, text=effect(one["effect"], unit, beside=(low, high)), interval=between)


def _week(time: int) -> str:
    return say("rollout.week", week=time + 1) if time >= 0 else say("rollout.week_before", weeks=-time)


def measured_heads(desk: Desk, pilot: Pilot) -> list[dict[str, Any]]:
    """What each measurement found, without its evidence; the newest last."""
    with desk.read() as session:
        rows = find.measures(session, pilot.id)
    found = []
    for row in rows:
        stored = json.loads(row.canonical)
        judged = stored["judgement"]
        names = ("state", "pause_proposed", "roll_back_proposed", "metrics", "guardrails")
        found.append({"ring": row.ring, "until": stored["until"], "sha256": row.sha256} | {n: judged[n] for n in names})
    return found


def standing_sentence(desk: Desk, pilot: Pilot) -> str:
    """How far the roll-out is and what was found so far; "" before one is planned."""
    with desk.read() as session:
        found = find.rolling(session, [pilot.id]).get(pilot.id)
    return "" if found is None else rolling_words(found)
