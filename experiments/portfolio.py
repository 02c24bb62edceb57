"""Portfolio: every pilot in a row, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from experiments.afterwards import ACT, is_recorded
from experiments.desk import Desk
from experiments.documents.beside import Peer, before_and_after, levels_now, peer_sentence
from experiments.money import horizon_words
from experiments.peers import peers_in
from experiments.portfolio_seen import whole
from experiments.rates import chance_of_falling_short
from experiments.rollouts.words import rolling_words
from experiments.site_calendar import Span
from experiments.words.numbers import Unit, effect
from registry import find
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.kinds import Stage
from registry.overview import Overview, overview, texts
from registry.pilots import Pilot
from registry.plans import PlanRecord
from stats.plan import Plan, PlannedMetric


@dataclass(frozen=True, kw_only=True)
class PilotRow:
    """One pilot as lists show it. effect: of the first success metric, in words ("" where hidden or none);
    cautious: the same, shrunk towards what pilots usually do.

    verdict, scope, mode, reason: of the newest recommendation; decided: the verdict of the newest decision;
    registered: False while the charter is a draft; next_date: the planned start, the planned end while it runs, the
    last day of the review; None in other stages; overdue: it is behind us; age_days: in this stage. expected: cautious
    net benefit of scaling over ``horizon``, in ``currency``, None where money has no say or nothing may be shown.
    roi: that benefit for one unit of money of its costs. loyalty, peers: before and after of churn and loyalty, and
    where those with the change stand beside their peers, in sentences ("" where there is nothing to say).
    imported: over before it was registered here; metric and effect are as reported.
    short: chance (0-1) that the effect is smaller than the smallest gain worth having, on the newest evidence, None
    where that can't be told.
    """

    key: str
    title: str
    team: str
    department: str
    owner: str
    partners: tuple[str, ...]
    stage: str
    stage_since: datetime
    version: int
    simulated: bool
    showcase: bool
    registered: bool
    verdict: str | None = None
    scope: str | None = None
    mode: str | None = None
    reason: str | None = None
    grade: str | None = None
    metric: str = ""
    effect: str = ""
    cautious: str = ""
    state: str | None = None
    decided: str | None = None
    overruled: bool = False
    next_date: date | None = None
    overdue: bool = False
    age_days: int = 0
    expected: float | None = None
    currency: str = ""
    horizon: str = ""
    rollout: str = ""
    short: float | None = None
    decided_on: date | None = None
    imported: bool = False
    roi: float | None = None
    loyalty: str = ""
    peers: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The pilots in rows, and where and when each that has a plan with dates is at work (withdrawn ones are not)."""

    rows: tuple[PilotRow, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What lists show of a plan and of what was said on its evidence; ``found`` is empty where nothing may be shown.

    levels: metrics with where those with the change stand now, none where nothing may be shown.
    """

    start: date | None
    end: date | None
    unit_word: str
    sites: frozenset[str]
    found: Mapping[str, Any]
    levels: tuple[tuple[PlannedMetric, float], ...] = ()


_HEADLINES: dict[tuple[str, ...], Headline] = {}
"""By the hashes of plan, evidence and recommendation: whatever those say never changes."""
REMEMBERED = 20_000


def portfolio(desk: Desk, **filters: Any) -> tuple[PilotRow, ...]:
    """All pilots that fit the filters of ``registry.find.pilots``, the one that moved last first."""
    return survey(desk, **filters).rows


def survey(desk: Desk, **filters: Any) -> Survey:
    """As ``portfolio``, with what the calendar of sites needs. All pilots are read once, then those that moved."""
    if not filters:
        return whole(desk, _survey)
    with desk.read() as session:
        return _survey(session, find.pilots(session, drafts=False, **filters), desk.registry.clock().date())


def to_take_away(rows: Sequence[PilotRow]) -> dict[str, list[Any]]:
    """The rows as a table for programs: a column a field."""
    columns = {field.name: [getattr(row, field.name) for row in rows] for field in fields(PilotRow)}
    return {**columns, "partners": [", ".join(row.partners) for row in rows]}


def rows_of(session: Any, pilots: Sequence[Pilot], today: date) -> tuple[PilotRow, ...]:
    """These pilots in rows, in the order given."""
    return _survey(session, pilots, today).rows


def pilot_row(desk: Desk, key: str) -> PilotRow:
    with desk.read() as session:
        return _survey(session, [find.pilot(session, key)], desk.registry.clock().date()).rows[0]


def _survey(session: Any, pilots: Sequence[Pilot], today: date) -> Survey:
    known = overview(session, pilots)
    headlines, reported, kept = _headlines(session, known), _reported(session, pilots), peers_in(session)
    spans = (_span(pilot, headlines[pilot.id]) for pilot in pilots if pilot.id in headlines)
    return Survey(
        rows=tuple(
            _row(pilot, known, headlines.get(pilot.id), reported.get(pilot.id, {}), kept, today) for pilot in pilots
        ),
        spans=tuple(span for span in spans if span is not None),
    )


def _span(pilot: Pilot, headline: Headline) -> Span | None:
    if headline.start is None or headline.end is None or pilot.stage == Stage.WITHDRAWN:
        return None
    return Span(
        key=pilot.key,
        title=pilot.title,
        version=pilot.version,
        stage=pilot.stage.value,
        simulated=pilot.simulated,
        start=headline.start,
        end=headline.end,
        unit_word=headline.unit_word,
        sites=headline.sites,
    )


def _row(
    pilot: Pilot,
    known: Overview,
    headline: Headline | None,
    reported: Mapping[str, Any],
    kept: Sequence[Peer],
    today: date,
) -> PilotRow:
    decision = known.decisions.get(pilot.id)
    next_date = _next_date(pilot, known, headline)
    return PilotRow(
        key=pilot.key,
        title=pilot.title,
        team=pilot.team,
        department=known.departments.get(pilot.department_id, "") if pilot.department_id else "",
        owner=known.people.get(pilot.owner_id, "") if pilot.owner_id else "",
        partners=known.partners.get(pilot.id, ()),
        stage=pilot.stage.value,
        stage_since=pilot.stage_since,
        version=pilot.version,
        simulated=pilot.simulated,
        showcase=pilot.showcase,
        registered=pilot.id in known.registered,
        decided=decision.verdict.value if decision and decision.verdict else None,
        overruled=bool(decision and decision.overrules),
        decided_on=decision.decided_at.date() if decision and decision.verdict else None,
        next_date=next_date,
        overdue=next_date is not None and next_date < today,
        age_days=max(0, (today - pilot.stage_since.date()).days),
        rollout=rolling_words(known.rollouts[pilot.id]) if pilot.id in known.rollouts else "",
        peers=_beside_peers(headline, kept) if kept and headline else "",
        **(headline.found if headline else {}),
        **reported,
    )


def _beside_peers(headline: Headline, kept: Sequence[Peer]) -> str:
    return " ".join(
        peer_sentence(metric, headline.unit_word, now, peer)
        for metric, now in headline.levels
        for peer in kept
        if peer.metric == metric.key
    )


def _reported(session: Any, pilots: Sequence[Pilot]) -> dict[UUID, dict[str, Any]]:
    """What a sheet said of those that were over before they came here, by pilot."""
    wanted = {pilot.id for pilot in pilots if is_recorded(pilot)}
    if not wanted:
        return {}
    events = [event for event in find.events(session, act=ACT) if event.pilot_id in wanted]
    return {event.pilot_id: _as_reported(event.after or {}) for event in events if event.pilot_id}


def _as_reported(facts: Mapping[str, Any]) -> dict[str, Any]:
    if facts.get("effect") is None:
        return {"imported": True}
    size = effect(facts["effect"], Unit.of(facts["unit"]), beside=(facts["lower"], facts["upper"]))
    return {"imported": True, "metric": facts["metric"], "effect": size}


def _headlines(session: Any, known: Overview) -> dict[UUID, Headline]:
    """By pilot; only what was never looked at before is read and taken apart."""
    marks = {pilot_id: _mark(known, pilot_id) for pilot_id in known.plans}
    fresh = [pilot_id for pilot_id, mark in marks.items() if mark not in _HEADLINES]
    plans = texts(session, PlanRecord, [known.plans[key].id for key in fresh])
    said = {key for key in fresh if key in known.recommendations}
    advice = texts(session, RecommendationRecord, [known.recommendations[key].id for key in said])
    evidence = texts(session, EvidenceRecord, [known.evidence[key].id for key in said])
    if len(_HEADLINES) + len(fresh) > REMEMBERED:
        _HEADLINES.clear()
    found = {key: _HEADLINES[mark] for key, mark in marks.items() if mark in _HEADLINES}
    for key in fresh:
        plan = Plan.model_validate_json(plans[known.plans[key].id])
        told, levels = {}, {}
        if key in said:
            stored, rule = (
                json.loads(evidence[known.evidence[key].id]),
                json.loads(advice[known.recommendations[key].id]),
            )
            told, levels = _found(plan, stored, rule), {} if rule["hidden"] else levels_now(stored)
        found[key] = _HEADLINES[marks[key]] = Headline(
            start=plan.start,
            end=plan.end,
            unit_word=plan.unit_word,
            sites=frozenset(site.key for site in plan.sites),
            found=told,
            levels=tuple((metric, levels[metric.key]) for metric in plan.metrics if metric.key in levels),
        )
    return found


def _mark(known: Overview, pilot_id: UUID) -> tuple[str, ...]:
    stored = (known.plans, known.evidence, known.recommendations)
    return tuple(part[pilot_id].sha256 if pilot_id in part else "" for part in stored)


def _found(plan: Plan, evidence: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What the newest evidence and recommendation say, as far as it may be shown."""
    found: dict[str, Any] = {
        "verdict": said["verdict"],
        "scope": said["scope"],
        "mode": said["mode"],
        "reason": said["reasons"][0]["code"] if said["reasons"] else None,
        "grade": said["grade"],
    }
    if said["hidden"]:
        return found
    results = {key: metric.get("result") or {} for key, metric in evidence["metrics"].items()}
    found["loyalty"] = " ".join(before_and_after(plan, evidence))
    benefit = said["inputs"].get("money")
    if benefit and plan.finance:
        found["expected"], found["currency"] = benefit["expected"], benefit["currency"]
        found["horizon"] = horizon_words(plan.finance)
        found["roi"] = benefit["expected"] / benefit["costs"] if benefit["costs"] > 0 else None
    found["short"] = chance_of_falling_short(plan, said["inputs"], results)
    first = plan.success[0]
    result = results.get(first.key, {})
    if "effect" in result:
        unit = Unit.of(first.unit, first.spec.kind)
        found["metric"] = first.name
        found["effect"] = effect(result["effect"], unit, beside=(result["ci_lower"], result["ci_upper"]))
        found["cautious"] = _cautious(plan, (benefit or {}).get("shrunken") or {}, result)
        found["state"] = (said["states"].get(first.key) or {}).get("label")
    return found


def _cautious(plan: Plan, stored: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Of the first success metric, in words, as treatment minus control; as it is stored, else made in the same way."""
    from stats.money import prior_of, shrink

    first = plan.success[0]
    sign = 1.0 if first.better == "higher" else -1.0
    if first.key in stored:
        mean = float(stored[first.key]["mean"])
    elif result.get("std_error"):
        mean = shrink(sign * result["effect"], result["std_error"], first.mwe, prior_of(plan)).mean
    else:
        return ""
    unit = Unit.of(first.unit, first.spec.kind)
    return effect(sign * mean, unit, beside=(result["ci_lower"], result["ci_upper"]))


def _next_date(pilot: Pilot, known: Overview, headline: Headline | None) -> date | None:
    if headline is None:
        return None
    if pilot.stage in {Stage.ASSESSED, Stage.IN_REVIEW}:
        return known.rounds.get(pilot.id)
    if pilot.stage in {Stage.ASSIGNED, Stage.RUNNING}:
        return headline.end
    return headline.start if pilot.stage in {Stage.PLAN, Stage.SIGNED} else None
