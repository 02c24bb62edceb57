"""Portfolio: every pilot in a row, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from experiments.afterwards import ACT, is_recorded
from experiments.desk import Desk
from experiments.documents.beside import Peer, peer_sentence
from experiments.peers import peers_in
from experiments.portfolio.headlines import Headline, headlines
from experiments.portfolio.rows import PilotRow, Survey
from experiments.portfolio.seen import as_of, told_otherwise, whole
from experiments.portfolio.site_calendar import Span
from experiments.rollouts.words import rolling_words
from experiments.words.numbers import Unit, effect
from registry import find
from registry.kinds import Stage
from registry.overview import Overview, overview
from registry.pilots import Pilot


def portfolio(desk: Desk, **filters: Any) -> tuple[PilotRow, ...]:
    """All pilots that fit the filters of ``registry.find.pilots``, the one that moved last first."""
    return survey(desk, **filters).rows


def survey(desk: Desk, **filters: Any) -> Survey:
    """As ``portfolio``, with what the calendar of sites needs. All pilots are read once, then those that moved."""
    every = whole(desk, _survey)
    if not filters:
        return every
    with desk.read() as session:
        fit = {pilot.key for pilot in find.pilots(session, drafts=False, **filters)}
    return Survey(
        rows=tuple(row for row in every.rows if row.key in fit),
        spans=tuple(span for span in every.spans if span.key in fit),
        touches={key: touches for key, touches in every.touches.items() if key in fit},
    )


def rows_of(session: Any, pilots: Sequence[Pilot], today: date) -> tuple[PilotRow, ...]:
    """These pilots in rows, in the order given."""
    return tuple(as_of(row, today) for row in _survey(session, pilots).rows)


def false_rows(desk: Desk) -> list[str]:
    """Keys of pilots of which lists would have shown something else than the record says; they no longer do."""
    return told_otherwise(desk, _survey)


def pilot_row(desk: Desk, key: str) -> PilotRow:
    with desk.read() as session:
        return rows_of(session, [find.pilot(session, key)], desk.registry.clock().date())[0]


def _survey(session: Any, pilots: Sequence[Pilot]) -> Survey:
    """Rows without what depends on the day."""
    known = overview(session, pilots)
    told, reported, kept = headlines(session, known), _reported(session, pilots), peers_in(session)
    spans = (_span(pilot, told[pilot.id]) for pilot in pilots if pilot.id in told)
    return Survey(
        rows=tuple(_row(pilot, known, told.get(pilot.id), reported.get(pilot.id, {}), kept) for pilot in pilots),
        spans=tuple(span for span in spans if span is not None),
        touches={pilot.key: told[pilot.id].touches for pilot in pilots if pilot.id in told},
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
) -> PilotRow:
    decision = known.decisions.get(pilot.id)
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
        next_date=_next_date(pilot, known, headline),
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


def _next_date(pilot: Pilot, known: Overview, headline: Headline | None) -> date | None:
    if headline is None:
        return None
    if pilot.stage in {Stage.ASSESSED, Stage.IN_REVIEW}:
        return known.rounds.get(pilot.id)
    if pilot.stage in {Stage.ASSIGNED, Stage.RUNNING}:
        return headline.end
    return headline.start if pilot.stage in {Stage.PLAN, Stage.SIGNED} else None
