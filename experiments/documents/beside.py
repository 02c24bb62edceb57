"""What executives ask first: before and after of churn and loyalty, and where the sites with the change stand beside
their peers. From the stored evidence; said only where there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from experiments.documents.why import Stored, unit_of
from experiments.words import say
from experiments.words.numbers import level
from stats.plan import Plan, PlannedMetric

LOYALTY = frozenset(
    {"churn", "time_to_churn", "early_leavers", "repurchase", "orders_per_customer", "sales_per_customer"}
)
"""Keys of the catalogue whose before and after is told."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What others reach on a metric, in its unit (shares 0-1). source: who says so, for whom."""

    metric: str
    source: str
    value: float
    as_of: date


def before_and_after(plan: Plan, found: Stored) -> tuple[str, ...]:
    """A sentence for each metric of churn and loyalty whose sites were seen before the start, too."""
    return tuple(_before_and_after(plan, found))


def _before_and_after(plan: Plan, found: Stored) -> Iterator[str]:
    for metric in plan.metrics:
        if metric.key not in LOYALTY:
            continue
        sites = (found["metrics"].get(metric.key) or {}).get("sites") or ()
        seen = [site for site in sites if site.get("value") is not None and site.get("pre") is not None]
        arms = {arm: [site for site in seen if (site["arm"] > 0) == arm] for arm in (True, False)}
        if not arms[True]:
            continue
        facts = {
            f"{when}_{'with' if arm else 'without'}": _mean(metric, [site[key] for site in arms[arm]])
            for arm in (True, False)
            for when, key in (("before", "pre"), ("after", "value"))
        }
        key = "beside.before_after" if arms[False] else "beside.before_after.alone"
        yield say(key, metric=metric.name, unit=plan.unit_word, **facts)


def levels_now(found: Stored) -> dict[str, float]:
    """By metric, where those with the change stand now, in the metric's unit."""
    results = {key: metric.get("result") or {} for key, metric in found["metrics"].items()}
    return {
        key: result["mean_treatment"] for key, result in results.items() if result.get("mean_treatment") is not None
    }


def peer_sentences(plan: Plan, now: Mapping[str, float], peers: Sequence[Peer]) -> tuple[str, ...]:
    """Where those with the change stand beside each peer value of a metric of the plan."""
    named = {metric.key: metric for metric in plan.metrics}
    return tuple(peer_sentence(named[peer.metric], plan.unit_word, now[peer.metric], peer) for peer in peers
                 if peer.metric in named and peer.metric in now)  # fmt: skip


def peer_sentence(metric: PlannedMetric, unit_word: str, now: float, peer: Peer) -> str:
    """One of them, with the gap said in words: ahead, behind or level."""
    gap = (now - peer.value) * (1 if metric.better == "higher" else -1)
    shown = [level(value, unit_of(metric)) for value in (now, peer.value)]
    state = "level" if shown[0] == shown[1] else "ahead" if gap > 0 else "behind"
    return say(
        f"beside.peers.{state}",
        metric=metric.name,
        unit=unit_word,
        now=shown[0],
        peers=shown[1],
        source=peer.source,
        year=f"{peer.as_of:%Y}",
    )


def _mean(metric: PlannedMetric, values: Sequence[float]) -> str:
    return level(sum(values) / len(values), unit_of(metric)) if values else ""
