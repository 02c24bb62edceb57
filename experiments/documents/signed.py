"""What the partners who signed beforehand say now, in one sentence, and how many checks need no second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.words import say
from experiments.words.catalogue import listed
from stats.plan import Plan

STANCES = ("endorse", "concern", "object", "silent")


def signed_sentence(plan: Plan, reviews: Sequence[Mapping[str, Any]]) -> str:
    """Of the partners who signed their own number, who says what; empty where no partner has a number of its own.

    reviews: oldest first, as for the memo; the last word of each counts.
    """
    owned = [metric for metric in plan.metrics if metric.partner_name]
    unsigned = list(dict.fromkeys(str(metric.partner_name) for metric in owned if not metric.signed))
    signed = [name for name in dict.fromkeys(str(m.partner_name) for m in owned) if name not in unsigned]
    said = []
    if signed:
        said.append(say("memo.signed.lead", words=listed(_words(signed, reviews))))
    if unsigned:
        said.append(say("memo.signed.unsigned", partners=listed(unsigned)))
    return " ".join(said)


def _words(signed: Sequence[str], reviews: Sequence[Mapping[str, Any]]) -> list[str]:
    last = {str(review.get("partner")): str(review["stance"]) for review in reviews}
    by_stance = {stance: [name for name in signed if last.get(name, "silent") == stance] for stance in STANCES}
    return [
        say(f"memo.signed.{stance}{'' if len(names) == 1 else '.many'}", partners=listed(names))
        for stance, names in by_stance.items()
        if names
    ]


def passed_sentence(passed: int, others: int) -> str:
    """So many checks passed, listed at the end; empty where none did."""
    if not passed:
        return ""
    return say("memo.checks.rest" if others else "memo.checks.all", count=passed)
