"""A pilot's story, drafted from the record: problem, change, what happened, who made it, what is next.

Every effect in it is the cautious one (``experiments.showcase.cautious``); how far the approval reaches, what is not
shown and who objected are part of the story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from experiments.desk import Desk
from experiments.documents.why import labelled, sentence_case
from experiments.errors import Refused
from experiments.planning.money import horizon_words
from experiments.planning.plan import stored_plan
from experiments.showcase.cautious import Cautious, cautious, money_down
from experiments.showcase.chosen import Chosen, Kind, chosen
from experiments.showcase.credit import credits_of
from experiments.words import say
from experiments.words.catalogue import listed
from experiments.words.titles import titled
from registry import find
from registry.decisions import Decision
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.kinds import RolloutState
from registry.learning import Takeaway
from registry.rollouts import Rollout
from stats.errors import Problem
from stats.plan import Plan

SECTIONS = ("problem", "change", "happened", "caution", "credit", "next")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One story; all texts are final. effects: every effect that is told, with its number.

    lead: the story in one sentence; simulated: "" or that its data are made up.
    """

    key: str
    title: str
    kind: Kind
    verdict: str
    grade: str
    decided_on: date | None
    department: str
    team: str
    simulated: str
    lead: str
    problem: tuple[str, ...]
    change: tuple[str, ...]
    happened: tuple[str, ...]
    caution: tuple[str, ...]
    credit: tuple[str, ...]
    next: tuple[str, ...]
    effects: tuple[Cautious, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """What the record holds on the evidence that was decided on."""

    problem: str
    plan: Plan
    said: Mapping[str, Any]
    results: Mapping[str, Mapping[str, Any]]
    decision: Decision
    words: tuple[Mapping[str, str], ...]
    lesson: str
    rollout: Rollout | None
    version_after: str


def stories(desk: Desk, of: Sequence[Chosen] | None = None) -> tuple[Story, ...]:
    """The stories of these pilots, of all that have one where none are named: the one decided last first."""
    return tuple(_story(desk, one) for one in (chosen(desk) if of is None else of))


def one_story(desk: Desk, key: str) -> Story:
    """The story of one pilot; refused where it has none."""
    pilot = desk.pilot(key)
    for one in chosen(desk):
        if one.row.key == pilot.key:
            return _story(desk, one)
    raise Refused(Problem(code="not_in_showcase", facts={"pilot": key}))


def text_of(story: Story) -> str:
    """The draft as plain text, to copy and go on writing."""
    parts = [story.title, *([story.simulated] if story.simulated else []), story.lead]
    for name in SECTIONS:
        if lines := getattr(story, name):
            parts.append("\n".join([say(f"showcase.{name}").upper(), *lines]))
    return "\n\n".join(parts) + "\n"


def _story(desk: Desk, one: Chosen) -> Story:
    stored = _stored(desk, one.row.key)
    effects = tuple(_effects(stored, one.kind))
    return Story(
        key=one.row.key,
        title=one.row.title,
        kind=one.kind,
        verdict=str(one.row.decided),
        grade=str(stored.said.get("grade") or ""),
        decided_on=one.row.decided_on,
        department=one.row.department,
        team=one.row.team,
        simulated=say("memo.simulated") if one.row.simulated else "",
        lead=_lead(stored, one.kind, effects),
        problem=(stored.problem,) if stored.problem else (),
        change=(sentence_case(stored.plan.change or stored.plan.title) + ".",),
        happened=tuple(_happened(stored, one.kind, effects)),
        caution=tuple(_caution(stored, one, effects)),
        credit=credits_of(desk, one.row),
        next=tuple(_next(stored, one.kind)),
        effects=effects,
    )


def _effects(stored: _Stored, kind: Kind) -> Iterator[Cautious]:
    """Of what was shown better; of a pilot that stopped, of what was shown worse."""
    from stats.money import prior_of

    states, prior = stored.said.get("states") or {}, prior_of(stored.plan)
    wanted = {"HARM", "BREACH"} if kind == "stopped" else {"WIN"}
    for metric in stored.plan.metrics:
        if (states.get(metric.key) or {}).get("label") in wanted:
            found = cautious(metric, stored.said, stored.results.get(metric.key) or {}, prior)
            if found is not None and (found.most < 0) == (kind == "stopped"):
                yield found


def _lead(stored: _Stored, kind: Kind, effects: tuple[Cautious, ...]) -> str:
    if kind == "scaled":
        told = listed([say("showcase.gain", metric=one.metric, size=one.words) for one in effects])
        return say("showcase.lead.scaled", gains=told) if told else say("showcase.lead.scaled.plain")
    reason = (stored.said.get("reasons") or [{}])[0].get("code", "")
    return say("showcase.lead.rolled_back" if kind == "rolled_back" else f"showcase.saved.{reason}")


def _happened(stored: _Stored, kind: Kind, effects: tuple[Cautious, ...]) -> Iterator[str]:
    if kind == "stopped":
        for one in effects:
            yield say("showcase.worse", metric=one.metric, size=one.words)
        if costs := _not_spent(stored):
            yield costs
    else:
        for one in effects:
            yield say("showcase.better", metric=one.metric, size=one.words)
        kept = labelled(stored.plan, stored.said, "PASS")
        if kept:
            yield say("showcase.kept", metrics=kept)
        benefit = (stored.said.get("inputs") or {}).get("money")
        if benefit and stored.plan.finance and benefit["expected"] > 0 and kind == "scaled":
            amount = money_down(benefit["expected"], benefit["currency"])
            yield say("showcase.money", amount=amount, horizon=horizon_words(stored.plan.finance))
    if stored.lesson:
        yield say("showcase.lesson", lesson=stored.lesson)


def _not_spent(stored: _Stored) -> str:
    """What carrying it out was planned to cost; not where the pilot only ran out of rounds."""
    finance, reason = stored.plan.finance, (stored.said.get("reasons") or [{}])[0].get("code", "")
    if finance is None or reason == "OUT_OF_ROUNDS" or finance.run_cost + finance.one_off_cost <= 0:
        return ""
    amount = money_down(finance.run_cost + finance.one_off_cost, finance.currency)
    return say("showcase.not_spent", amount=amount, horizon=horizon_words(finance))


def _caution(stored: _Stored, one: Chosen, effects: tuple[Cautious, ...]) -> Iterator[str]:
    plan, said, decision = stored.plan, stored.said, stored.decision
    if one.kind != "stopped":
        for effect in effects:
            yield (
                say("showcase.least", metric=effect.metric, size=effect.least_words)
                if effect.least_words
                else say("showcase.least.nothing", metric=effect.metric)
            )
        scope = decision.scope.value if decision.scope else str(said.get("scope") or "full")
        unproven = labelled(plan, said, "UNPROVEN")
        if scope != "full":
            yield say(f"showcase.scope.{scope}")
        if unproven:
            yield say("showcase.unproven", metrics=unproven, be=say("word.is" if len(unproven) == 1 else "word.are"))
        if one.row.showcase or plan.assumptions.get("sites_drawn_at_random") is not True:
            yield say("showcase.chosen_sites", unit=plan.unit_word)
    elif (said.get("reasons") or [{}])[0].get("code") == "OUT_OF_ROUNDS":
        yield say("showcase.not_shown_to_fail")
    if plan.recorded_afterwards:
        yield say("showcase.recorded_afterwards")
    for word in stored.words:
        if word["stance"] != "endorse":
            yield say("showcase.dissent", who=word["who"], stance=say(f"memo.stance.{word['stance']}"), why=word["why"])
    if stored.rollout is not None and stored.rollout.state in {RolloutState.PAUSED, RolloutState.ROLLED_BACK}:
        yield say(f"showcase.rollout.{stored.rollout.state.value}", reason=stored.rollout.reason)


def _next(stored: _Stored, kind: Kind) -> Iterator[str]:
    decision = stored.decision
    if kind == "scaled":
        for condition in decision.conditions:
            yield say("memo.decision.condition", condition=condition)
        for what in ("owner", "date", "targets"):
            if decision.commitments.get(what):
                yield say("memo.decision.commitment", what=say(f"commitment.{what}"), value=decision.commitments[what])
        unproven = labelled(stored.plan, stored.said, "UNPROVEN")
        if unproven:
            yield say("showcase.measured_again", metrics=unproven)
    if stored.rollout is not None and stored.rollout.state == RolloutState.FINISHED:
        yield say("showcase.rollout.finished", reason=stored.rollout.reason)
    if stored.version_after:
        yield say("showcase.next_version", title=stored.version_after)


def _stored(desk: Desk, key: str) -> _Stored:
    with desk.read() as session:
        pilot = find.pilot(session, key)
        decision = next(row for row in reversed(find.decisions(session, pilot.id)) if row.verdict is not None)
        evidence = next(row for row in find.evidence(session, pilot.id) if row.id == decision.evidence_id)
        return _Stored(
            problem=pilot.problem,
            plan=stored_plan(next(row for row in find.plans(session, pilot.id) if row.id == evidence.plan_id)),
            said=_said(session, decision),
            results=_results(evidence),
            decision=decision,
            words=_words(session, decision),
            lesson=_lesson(session, pilot.id),
            rollout=next(iter(find.all_of(session, Rollout, Rollout.pilot_id == pilot.id)), None),
            version_after=next((titled(row) for row in find.lineage(session, pilot) if row.parent_id == pilot.id), ""),
        )


def _said(session: Any, decision: Decision) -> Mapping[str, Any]:
    rows = find.all_of(session, RecommendationRecord, RecommendationRecord.id == decision.recommendation_id)
    return dict(json.loads(rows[0].canonical))


def _results(evidence: EvidenceRecord) -> dict[str, Any]:
    return {key: metric.get("result") or {} for key, metric in json.loads(evidence.canonical)["metrics"].items()}


def _words(session: Any, decision: Decision) -> tuple[Mapping[str, str], ...]:
    """The last word of each who gave one on the evidence decided on."""
    last = {row.reviewer_id: row for row in find.reviews(session, decision.evidence_id)}
    return tuple(
        {"who": find.person(session, row.reviewer_id).name, "stance": row.stance.value, "why": row.reason}
        for row in last.values()
    )


def _lesson(session: Any, pilot_id: UUID) -> str:
    kept = sorted(find.all_of(session, Takeaway, Takeaway.pilot_id == pilot_id), key=lambda row: row.number)
    return kept[-1].lesson if kept else ""
