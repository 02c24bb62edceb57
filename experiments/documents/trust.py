"""Can we trust it: the grade's reasons and every check, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from experiments.documents.why import Stored, sentence_case
from experiments.hidden import TELLS_NO_EFFECT, closed
from experiments.views import CheckLine
from experiments.words import check_sentence, knows, say
from experiments.words.numbers import Unit
from stats.plan import Plan
from stats.results import Check, Severity, Status


def grade_reasons(plan: Plan, found: Stored, rule: Stored) -> Iterable[str]:
    letter = rule.get("grade") or found["grade"]["grade"]
    if rule["verdict"] == "INVALID":
        yield say("memo.trust.INVALID")
    else:
        yield sentence_case(say(f"grade.letter.{letter}", unit=plan.unit_word)) + "."
    facts = {"unit": plan.unit_word, **(found["grade"].get("facts") or {})}
    for reason in found["grade"].get("reasons") or ():
        if knows(f"grade.{reason}"):
            yield say(f"grade.{reason}", **facts)


def check_lines(plan: Plan, found: Stored, rule: Stored) -> Iterable[CheckLine]:
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
