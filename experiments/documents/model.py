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

from experiments.documents.plots import metric_plots, sites_sentence
from experiments.documents.rows import (
    method_line,
    metric_line,
    partner_lines,
    site_dots,
    worst_sentences,
)
from experiments.documents.signed import passed_sentence, signed_sentence
from experiments.documents.why import Stored, asked, sentence_case, unit_of, why_sentence
from experiments.documents.why_method import why_method
from experiments.hidden import TELLS_NO_EFFECT, closed
from experiments.money import break_even, horizon_words
from experiments.views import Badge, CheckLine, Memo, PartnerLine, PlannedLine
from experiments.words import check_sentence, digits, knows, language, say, sentences_in
from experiments.words.catalogue import listed
from experiments.words.numbers import Unit, chance, day, in_hundred, money, size
from stats.evidence import Evidence, as_json
from stats.plan import Plan
from stats.results import Check, Severity, Status
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
    checks = tuple(_checks(plan, found, rule))
    passed = sum(check.passed is True for check in checks)
    subtitle = _subtitle(plan, made_at)
    sites = () if hidden else site_dots(first, found)
    return Memo(
        key=plan.pilot,
        title=plan.title,
        subtitle=subtitle,
        simulated=say("memo.simulated") if plan.simulated else "",
        badge=badge(rule),
        why=why_sentence(plan, rule, found),
        tried=sentence_case(plan.change or plan.title),
        for_whom=_whom(charter),
        people=_people(charter),
        asked=asked(plan, rule, decided=decision is not None),
        metrics=metrics,
        metrics_note=_metrics_note(rule),
        partners=partners,
        worst=worst_sentences(plan, metrics, found, hidden=hidden),
        money=tuple(_money(plan, rule, hidden=hidden)),
        grade=grade,
        grade_reasons=tuple(_grade_reasons(plan, found, rule)),
        checks=checks,
        planned=tuple(_planned(plan, found, amendments)),
        dissent=(*concerns, *_dissent(partners, reviews, silent)),
        decision=tuple(_decision(decision)) if decision else (),
        method_notes=(*_method_notes(plan, found, rule), *_rehearsed(rehearsal)),
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
        plots=metric_plots(plan, found, hidden=hidden),
        made_at=made_at,
        language=language(),
        headings=_headings(first.name, grade),
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


def _money(plan: Plan, rule: Stored, *, hidden: bool) -> Iterable[str]:
    finance = plan.finance
    if finance is None:
        yield say("memo.money.off")
        return
    if hidden:
        yield say("memo.money.hidden")
        return
    found = (rule.get("inputs") or {}).get("money")
    if not found:
        yield say("memo.money.not_yet")
        return
    currency = finance.currency
    yield say(
        "memo.money.expected",
        amount=money(found["expected"], currency),
        horizon=horizon_words(finance),
        p=chance(found["p_positive"]),
    )
    costs = {"run": money(finance.run_cost, currency), "once": money(finance.one_off_cost, currency)}
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


def _grade_reasons(plan: Plan, found: Stored, rule: Stored) -> Iterable[str]:
    letter = rule.get("grade") or found["grade"]["grade"]
    if rule["verdict"] == "INVALID":
        yield say("memo.trust.INVALID")
    else:
        yield sentence_case(say(f"grade.letter.{letter}", unit=plan.unit_word)) + "."
    facts = {"unit": plan.unit_word, **(found["grade"].get("facts") or {})}
    for reason in found["grade"].get("reasons") or ():
        if knows(f"grade.{reason}"):
            yield say(f"grade.{reason}", **facts)


def _checks(plan: Plan, found: Stored, rule: Stored) -> Iterable[CheckLine]:
    """Every check in a sentence: failed ones first, then those not run. Each sentence once."""
    names = {metric.key: metric.name for metric in plan.metrics}
    units = {metric.key: Unit.of(metric.unit, metric.spec.kind) for metric in plan.metrics}
    order = {Status.FAIL: 0, Status.NOT_RUN: 1, Status.PASS: 2}
    gates = ((rule.get("inputs") or {}).get("gates") or {}).get("failed") or ()
    may_be_told = TELLS_NO_EFFECT | {gate["key"] for gate in gates}  # what the rule named is told
    known = [check for check in _all_checks(found, rule) if not closed(rule) or check.key in may_be_told]
    checks = sorted(known, key=lambda check: order[check.status])
    lines = [
        CheckLine(sentence=check_sentence(check, names=names, units=units), passed=_passed(check.status))
        for check in checks
    ]
    return dict.fromkeys(lines)


def _all_checks(found: Stored, rule: Stored) -> Iterable[Check]:
    """Checks of the pilot and of each metric, and the gates that only the rule could see (as the plan's hash)."""
    seen = set()
    for owner, known in [(None, found.get("checks") or ()), *_by_metric(found)]:
        for item in known:
            seen.add(item["key"])
            yield _check(item, item.get("metric") or owner)
    for item in ((rule.get("inputs") or {}).get("gates") or {}).get("failed") or ():
        if item["key"] not in seen:
            yield _check(item, item.get("metric"))


def _by_metric(found: Stored) -> Iterable[tuple[str, list[Stored]]]:
    for key, metric in found["metrics"].items():
        yield key, [*(metric.get("checks") or ()), *((metric.get("result") or {}).get("checks") or ())]


def _check(item: Stored, metric: str | None) -> Check:
    return Check(
        key=item["key"],
        status=Status(item["status"]),
        severity=Severity(item["severity"]),
        value=item.get("value"),
        threshold=item.get("threshold"),
        metric=metric,
        facts=item.get("facts") or {},
    )


def _passed(status: Status) -> bool | None:
    return None if status == Status.NOT_RUN else status == Status.PASS


def _planned(plan: Plan, found: Stored, amendments: Sequence[Stored]) -> Iterable[PlannedLine]:
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
    if not plan.sites:
        return say("fact.none")
    treated = plan.assignment.n_treatment
    if treated is None:
        return say("planned.units.planned", count=len(plan.sites))
    return say("planned.units.planned_arms", treatment=treated, control=len(plan.sites) - treated)


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


def _headings(sites_metric: str, grade: str) -> Mapping[str, str]:
    """The fixed words of the page, by the short name that the templates use."""
    fixed = [key for key in sentences_in(language()) if key.startswith(("memo.heading.", "memo.column."))]
    named = ("memo.recommended", "memo.passed", "memo.failed", "memo.not_run", "memo.of_page")
    words = {key.removeprefix("memo."): sentences_in(language())[key] for key in (*fixed, *named)}
    filled = {
        "heading.sites": say("memo.heading.sites", metric=sites_metric),
        "column.grade": say("memo.column.grade", grade=grade) if grade else "",
    }
    return {**words, **filled}
