"""The memo as a view, built from stored things only: plan, evidence, recommendation, and what people said and decided.

Evidence and recommendation come as objects or as their stored JSON; reviews, decision, amendments and charter as plain
mappings, so that nothing here knows a database:

- charter: as written down (``Charter.model_dump()``): hypothesis.for_whom, owner, sponsor, team, partners with benefit
- reviews: ``{"partner", "stance": endorse|concern|object, "reason"}``, oldest first
- decision: ``{"kind", "verdict", "scope", "overrules", "recommended", "reason", "decided_by", "decided_at",
  "second_approver", "conditions": [], "commitments": {}}``
- amendments: ``{"kind": minor|major, "reason"}``
- concerns: safety concerns that were raised, with their answers, as sentences
- silent: partners who were asked and did not answer in time
- rehearsal: as kept on record: ``{"pilots", "truths": {truth: {verdict: share}}}``
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from experiments.charters.site_choice import choice_of
from experiments.documents.beside import Peer, before_and_after, levels_now, peer_sentences
from experiments.documents.experience import worst_lines
from experiments.documents.hides import hides_sentence
from experiments.documents.journey import journey_lines, journey_note, waste_lines, waste_note
from experiments.documents.noted import PLACES, without_a_say, worth_knowing
from experiments.documents.parts import part_sentences
from experiments.documents.plots import metric_plots, sites_sentence
from experiments.documents.promised import promised_and_done
from experiments.documents.rows import (
    method_line,
    metric_line,
    partner_lines,
    site_dots,
    worst_sentences,
)
from experiments.documents.signed import passed_sentence, signed_sentence
from experiments.documents.trust import check_lines, grade_reasons
from experiments.documents.why import Stored, asked, sentence_case, unit_of, why_sentence
from experiments.documents.why_method import why_method
from experiments.forms.scorecard_form import choice_sentences
from experiments.planning.money import break_even, horizon_words
from experiments.views import Badge, Memo, PartnerLine
from experiments.words import digits, knows, language, say, sentences_in
from experiments.words.catalogue import listed
from experiments.words.numbers import chance, day, in_hundred, money, size
from stats.evidence import Evidence, as_json
from stats.plan import Plan
from stats.verdict.recommendation import Recommendation


def build_memo(
    plan: Plan,
    evidence: Evidence | Stored,
    recommendation: Recommendation | Stored,
    *,
    charter: Stored | None = None,
    reviews: Sequence[Stored] = (),
    decision: Stored | None = None,
    amendments: Sequence[Stored] = (),
    rehearsal: Stored | None = None,
    silent: Collection[str] = (),
    concerns: Sequence[str] = (),
    log_head: str = "",
    made_at: datetime | None = None,
    names_checked: bool | None = None,
    peers: Sequence[Peer] = (),
) -> Memo:
    """Everything that the one page shows. log_head: hash of the newest event; made_at: when the evidence was made;
    names_checked: whether a login checked who did every act on the pilot, None where nobody knows.
    """
    found = _stored(evidence)
    rule = _stored(recommendation)
    charter = charter or {}
    hidden = bool(rule.get("hidden"))
    metrics = tuple(metric_line(metric, found, rule) for metric in plan.metrics)
    partners = tuple(partner_lines(plan, metrics, charter, reviews, hidden=hidden))
    grade = "" if rule["verdict"] == "INVALID" else str(rule.get("grade") or found["grade"]["grade"])
    first = plan.success[0] if plan.success else plan.metrics[0]
    checks = tuple(check_lines(plan, found, rule))
    passed = sum(check.passed is True for check in checks)
    subtitle = _subtitle(plan, made_at)
    sites = () if hidden else site_dots(first, found)
    plots = metric_plots(plan, found, hidden=hidden)
    by_key = {line.key: line for line in metrics}
    hides = hides_sentence(plan, found, hidden=hidden)
    worst = worst_sentences(plan, metrics, found, hidden=hidden)
    return Memo(
        key=plan.pilot,
        title=plan.title,
        subtitle=subtitle,
        simulated=say(PLACES["simulated"]) if plan.simulated else "",
        badge=badge(rule),
        why=why_sentence(plan, rule, found),
        tried=sentence_case(plan.change or plan.title),
        for_whom=_whom(charter),
        people=_people(charter),
        asked=asked(plan, rule, decided=decision is not None),
        metrics=metrics,
        metrics_note=_metrics_note(rule) or _beside(plan, found, peers),
        partners=partners,
        worst=(hides, *worst) if hides else worst,
        money=tuple(_money(plan, rule, hidden=hidden)),
        grade=grade,
        grade_reasons=(*grade_reasons(plan, found, rule), *_site_choice(plan, charter), *worth_knowing(rule)),
        checks=checks,
        planned=tuple(promised_and_done(plan, found, amendments)),
        dissent=(*concerns, *_dissent(partners, reviews, silent)),
        decision=tuple(_decision(decision)) if decision else (),
        method_notes=(*_method_notes(plan, found, rule), *without_a_say(rule), *_rehearsed(rehearsal)),
        method=() if hidden else tuple(method_line(metric, found, rule) for metric in plan.metrics),
        provenance=(*_provenance(found, rule, log_head, made_at), *_names(names_checked)),
        sites=sites,
        sites_sentence=sites_sentence(plan, first, sites),
        sites_metric=first.name,
        sites_unit=unit_of(first).of_level,
        sites_better=first.better,
        unit_word=plan.unit_word,
        signed=signed_sentence(plan, reviews),
        passed=passed_sentence(passed, len(checks) - passed),
        foot=say("memo.foot", subtitle=subtitle, head=log_head[:12]) if log_head else subtitle,
        why_method=why_method(plan, n_control=found["n_control"], n_treatment=found["n_treatment"]),
        plots=plots,
        hides=hides,
        short=tuple(said for each in plots if each.half_hours for said in each.half_hours.short),
        worst_lines=worst_lines(plan, by_key, found, hidden=hidden),
        waste=waste_lines(plan, by_key),
        waste_note=waste_note(plan),
        journey=journey_lines(plan, by_key),
        journey_note=journey_note(plan),
        parts=tuple(part_sentences([each for each in plots if each.key in {metric.key for metric in plan.success}])),
        parts_column=plan.columns.segment or "",
        made_at=made_at,
        language=language(),
        headings=_headings(first.name, grade, plan.columns.segment or ""),
    )


def badge(recommendation: Stored) -> Badge:
    """Verdict as word; how far a SCALE reaches beside it."""
    verdict, scope = recommendation["verdict"], recommendation.get("scope")
    mode = say(f"mode.{recommendation['mode']}") if recommendation.get("mode") else ""
    return Badge(
        verdict=verdict, word=say(f"verdict.{verdict}"), addition=say(f"scope.{scope}") if verdict == "SCALE" else mode
    )


def design_words(plan: Plan) -> str:
    """How it was compared, in plain words."""
    return say(f"design.{plan.design}", unit=plan.unit_word)


def _subtitle(plan: Plan, made_at: datetime | None) -> str:
    text = say("memo.subtitle", pilot=plan.pilot, version=plan.version, design=design_words(plan))
    return text if made_at is None else say("memo.subtitle.dated", subtitle=text, day=made_at.date())


def _stored(value: Any) -> Stored:
    return dict(as_json(value)) if dataclasses.is_dataclass(value) else dict(value)


def _whom(charter: Stored) -> str:
    whom = (charter.get("hypothesis") or {}).get("for_whom")
    return say("memo.for_whom", whom=whom) if whom else ""


def _people(charter: Stored) -> str:
    people = [charter.get("owner"), charter.get("sponsor")]
    if not all(people):
        return ""
    owner, sponsor = (
        say("memo.person", **{**dict.fromkeys(("name", "department")), **dict(who)}) for who in people if who
    )
    return say("memo.people", owner=owner, sponsor=sponsor)


def _metrics_note(rule: Stored) -> str:
    if not rule.get("hidden"):
        return ""
    return say("memo.closed.NOT_YET" if rule["verdict"] == "NOT_YET" else "memo.closed.INVALID")


def _beside(plan: Plan, found: Stored, peers: Sequence[Peer]) -> str:
    """Before and after of churn and loyalty, and where the sites stand beside their peers."""
    return " ".join((*before_and_after(plan, found), *peer_sentences(plan, levels_now(found), peers)))


def _money(plan: Plan, rule: Stored, *, hidden: bool) -> Iterable[str]:
    finance = plan.finance
    if finance is None:
        yield say(PLACES["no_finance"])
        return
    if hidden:
        yield say("memo.money.hidden")
        return
    found = (rule.get("inputs") or {}).get("money")
    if not found:
        yield say("memo.money.not_yet")
        return
    currency, loses = finance.currency, found["expected"] < 0
    yield say(
        "memo.money.expected_loss" if loses else "memo.money.expected",
        amount=money(abs(found["expected"]), currency),
        horizon=horizon_words(finance),
        p=chance(found["p_positive"]),
    )
    costs = {"run": money(finance.run_cost, currency), "once": money(finance.one_off_cost, currency)}
    if not loses and found["costs"] > 0:
        yield say("memo.money.roi", times=round(found["expected"] / found["costs"], 1))
    yield say("memo.money.costs", costs=money(found["costs"], currency), **costs)
    for enough in break_even(plan):
        metric = plan.metric(enough.metric)
        yield say("memo.money.break_even", effect=size(enough.effect, unit_of(metric)), metric=metric.name)
    tipping = found.get("tipping_discount")
    if tipping is not None and 0 < tipping <= 1:
        yield say("memo.money.tipping", tipping=round(tipping, 2), discount=round(found["discount"], 2))
    elif found["expected"] < 0:
        yield say("memo.money.never")
    if rule["verdict"] != "SCALE":
        worth = money(found["round_value"], currency)
        net = (rule.get("inputs") or {}).get("round_net")
        if net is None:
            yield say("memo.money.round", amount=worth)
        else:
            yield say("memo.money.round_net", amount=worth, net=money(net, currency))


def _dissent(partners: Sequence[PartnerLine], reviews: Sequence[Stored], silent: Collection[str]) -> Iterable[str]:
    """Concerns and objections in their own words, then who has not been heard."""
    last = {review.get("partner"): review for review in reviews}
    against = [review for review in last.values() if review["stance"] != "endorse"]
    for review in against:
        stance = say(f"memo.stance.{review['stance']}")
        yield say("memo.dissent.line", partner=review.get("partner"), stance=stance, reason=review.get("reason") or "")
    unheard = dict.fromkeys(line.partner for line in partners if line.partner not in last)
    late = [name for name in unheard if name in silent]
    waited_for = listed([name for name in unheard if name not in silent])
    if not against:
        yield say("memo.dissent.none")
    if late:
        yield say("review.silent" if len(late) == 1 else "review.silent.many", partners=late)
    if waited_for:
        yield say("memo.dissent.silent", partners=waited_for)


def _decision(decision: Stored) -> Iterable[str]:
    when = decision.get("decided_at")
    on = date.fromisoformat(str(when)[:10]) if when else None
    yield say(
        f"memo.decision.{decision.get('kind') or 'decided'}",
        verdict=_decided_verdict(decision),
        person=decision.get("decided_by"),
        day=on,
    )
    if decision.get("overrules"):
        yield say("memo.decision.overrules", recommended=say(f"verdict.{decision['recommended']}"))
    if decision.get("reason"):
        yield say("memo.decision.reason", reason=decision["reason"])
    if decision.get("second_approver"):
        yield say("memo.decision.second", person=decision["second_approver"])
    for condition in decision.get("conditions") or ():
        yield say("memo.decision.condition", condition=condition)
    for what, value in (decision.get("commitments") or {}).items():
        named = f"commitment.{what}"
        told = say(named) if knows(named) else sentence_case(str(what).replace("_", " "))
        yield say("memo.decision.commitment", what=told, value=value)


def _decided_verdict(decision: Stored) -> str:
    verdict = decision.get("verdict")
    if not verdict:
        return ""
    word, scope = say(f"verdict.{verdict}"), decision.get("scope")
    return say("memo.decision.scope", verdict=word, scope=say(f"scope.{scope}")) if scope else word


def _method_notes(plan: Plan, found: Stored, rule: Stored) -> Iterable[str]:
    reasons = "; ".join(say(f"reason.{reason['code']}") for reason in rule.get("reasons") or ())
    yield say("method.row", row=rule["row"], reasons=reasons)
    yield say("method.effects", unit=plan.unit_word, weights=say(f"method.weights.{plan.weights}"))
    results = [metric.get("result") or {} for metric in found["metrics"].values()]
    confidences = {result["confidence"] for result in results if "confidence" in result}
    if confidences and not rule.get("hidden"):
        yield say("method.intervals", confidence=max(confidences))
    levels = [
        say(f"method.level.{name}", level=digits.plain(value, significant=2))
        for name, value in (rule.get("levels") or {}).items()
        if knows(f"method.level.{name}")
    ]
    if levels:
        yield say("method.levels", levels=listed(levels))


def _site_choice(plan: Plan, charter: Stored) -> Iterable[str]:
    """That the places were easier than most, and what the score card knew of them, before anybody scales."""
    where = charter.get("where") or {}
    said = tuple(choice_sentences(choice_of(where), plan.unit_word))
    if plan.favourable_sites and not choice_of(where).mostly:
        yield say(PLACES["favourable_sites"])
    yield from said


def _rehearsed(rehearsal: Stored | None) -> Iterable[str]:
    """What this plan would have done to made-up pilots, if that was tried and kept."""
    if rehearsal is None:
        return
    truths = rehearsal["truths"]
    wanted = {"nothing": "SCALE", "strong": "SCALE", "harm": "STOP"}
    seen = 1 / rehearsal["pilots"]  # so few pilots can't tell of anything rarer
    shares = {truth: truths[truth][verdict] for truth, verdict in wanted.items()}
    said = {truth: in_hundred(share if share else seen, below=not share) for truth, share in shares.items()}
    yield say("method.rehearsed", pilots=rehearsal["pilots"], **said)


def _provenance(found: Stored, rule: Stored, log_head: str, made_at: datetime | None) -> Iterable[tuple[str, str]]:
    yield say("memo.provenance.plan"), found["plan_sha256"]
    yield say("memo.provenance.snapshot"), found["snapshot_sha256"]
    yield say("memo.provenance.evidence"), rule.get("evidence_sha256") or say("fact.none")
    yield say("memo.provenance.log"), log_head or say("fact.none")
    facts = {"engine": found["engine_version"], "rule": rule.get("rule_version"), "row": rule["row"]}
    yield say("memo.provenance.engine"), say("memo.provenance.engine_value", **facts)
    yield say("memo.provenance.records"), digits.whole(found["records"])
    if made_at is not None:
        yield say("memo.provenance.made"), day(made_at.date())


def _names(checked: bool | None) -> Iterable[tuple[str, str]]:
    """Whether the names in it can be relied on."""
    if checked is not None:
        yield say("memo.provenance.names"), say(f"memo.provenance.names_{'checked' if checked else 'unchecked'}")


def _headings(sites_metric: str, grade: str, segment: str) -> Mapping[str, str]:
    """The fixed words of the page, by the short name that the templates use."""
    fixed = [key for key in sentences_in(language()) if key.startswith(("memo.heading.", "memo.column."))]
    named = ("memo.recommended", "memo.passed", "memo.failed", "memo.not_run", "memo.of_page")
    words = {key.removeprefix("memo."): sentences_in(language())[key] for key in (*fixed, *named)}
    filled = {
        "heading.sites": say("memo.heading.sites", metric=sites_metric),
        "heading.parts": say("memo.heading.parts", column=segment),
        "column.grade": say("memo.column.grade", grade=grade) if grade else "",
    }
    return {**words, **filled}
