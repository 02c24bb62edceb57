"""How often the weekly harm check cries wolf, and how often it finds a real harm; writes docs/methods/harm-check.md.

    python benchmarks/harm_check.py [--pilots 20000]

Every pilot is looked at in every week that its plan can have, on all data so far, at the level that the plan leaves
for one week (``stats.verdict.harm``). Two success metrics and three guardrails, correlation .3; success metrics are
sized so that SE = MWE / 2.12 and margin = 3.29 SE at 20 sites and the planned end, after twelve weeks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from stats.plan import Looks, Plan, PlannedMetric
from stats.spec import MetricSpec
from stats.verdict.harm import harm_plan, weeks_of
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE

OUTPUT = Path(__file__).parents[1] / "docs" / "methods" / "harm-check.md"
SITES = (6, 8, 12, 20, 40)
PLANNED_SITES, PLANNED_WEEKS = 20, 12
CORRELATION = 0.3
STEADY = 0.5
"""Share of a site's variance at the planned end that is the site's own and does not average out over weeks."""
SEED = 20260301
CHUNK = 1000
START = date(2026, 3, 2)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PAGE = """# How often the weekly harm check is right

Written by `benchmarks/harm_check.py`; not typed. Each cell is {pilots:,} simulated pilots, looked at in every week on
all data so far; the Monte Carlo error is at most {error:.4f}, and {error_05:.4f} at .05.

The check spends the plan's harm rate (.05 in all) over its metrics and all weeks that the plan can have, the extension
included: {level} for each of five metrics in each of {weeks} weeks. It says alarm where a success metric is shown
worse, or a guardrail is shown worse and its estimate lies at or beyond its margin. Two success metrics, three
guardrails, correlation .3; SE = MWE / 2.12 and margin = 3.29 SE at 20 sites at the planned end ({planned} weeks);
half of what sites differ in is their own and stays, half is the week's. Estimates are pooled t on site means.

## False alarms: nothing does any harm

Share of pilots with at least one alarm in all {weeks} weeks. At most .05 is promised. *Skewed*: weekly values with a
long tail (log-normal, sigma 1). *Unspent*: what the same check would do if every week had the whole .05 over again.

{false}

The bound is not reached because weeks look at mostly the same data, and because a guardrail's alarm also asks for an
estimate as large as its margin.

## Real harms: how often, and when

Share of pilots with an alarm within the {planned} planned weeks, and the week in which half of those alarms had come.

{found}

So at {sites} sites a harm of one margin is found by the weekly check in a share of {at_margin} only: at its level a
loss is shown where it is clearly larger than what the plan was sized for. That is the price of looking every week
without crying wolf. No alarm never means no harm: the planned checks judge with their own, larger level, partners can
raise a safety concern at any time, and a guardrail that must be proven safe has to be shown safe before anything is
scaled.
"""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """title: as the page says it; success, guardrail: effect on the first of each, in its MWE or margin."""

    title: str
    success: float = 0.0
    guardrail: float = 0.0


HARMS = (
    Truth(title="a guardrail worse by half its margin", guardrail=-0.5),
    Truth(title="a guardrail worse by its margin", guardrail=-1.0),
    Truth(title="a guardrail worse by 1.5 margins", guardrail=-1.5),
    Truth(title="a guardrail worse by two margins", guardrail=-2.0),
    Truth(title="a success metric worse by its MWE", success=-1.0),
    Truth(title="a success metric worse by two MWE", success=-2.0),
)


def the_plan() -> Plan:
    margin = MARGIN_PER_SE / MWE_PER_SE
    metrics = [_metric(f"success {i}", role="SUCCESS", mwe=1.0) for i in (1, 2)]
    metrics += [_metric(f"guardrail {i}", role="GUARDRAIL", margin=margin, guardrail_class="WATCH") for i in (1, 2, 3)]
    return Plan(
        pilot="simulated",
        title="Simulated",
        design="randomised_sites",
        metrics=metrics,
        looks=Looks(fractions=[0.5, 1.0], extension=1.5),
        start=START,
        end=START + timedelta(weeks=PLANNED_WEEKS, days=-1),
    )


def _metric(key: str, **rest: object) -> PlannedMetric:
    return PlannedMetric.model_validate({"key": key, "name": key, "spec": MetricSpec(column="x"), **rest})


def weekly_level(plan: Plan) -> float:
    """One-sided level of one metric in one week, as the check itself takes it."""
    return harm_plan(plan, START).errors.alpha_harm / len(plan.metrics)


def estimates(
    plan: Plan, sites: int, truth: Truth, pilots: int, rng: np.random.Generator, *, skewed: bool = False
) -> tuple[Floats, Floats]:
    """(effects, standard errors) of (pilots, weeks, metrics), on all data up to each week, + is better."""
    weeks, count = weeks_of(plan), len(plan.metrics)
    spread = 1 / MWE_PER_SE / sqrt(4 / PLANNED_SITES)
    mixing = np.linalg.cholesky(np.full((count, count), CORRELATION) + np.eye(count) * (1 - CORRELATION)).T
    own = rng.normal(size=(pilots, sites, 1, count)) @ mixing * spread * sqrt(STEADY)
    noise = rng.normal(size=(pilots, sites, weeks, count)) @ mixing
    if skewed:
        noise = (np.exp(noise) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)
    noise *= spread * sqrt((1 - STEADY) * PLANNED_WEEKS)
    values = own + np.cumsum(noise, axis=2) / np.arange(1, weeks + 1)[:, None]
    control, treated = values[:, : sites // 2], values[:, sites // 2 :]
    squares = sum(((arm - arm.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for arm in (control, treated))
    error = np.sqrt(squares / (sites - 2) * (1 / control.shape[1] + 1 / treated.shape[1]))
    shift = np.array([_effect(metric, truth) for metric in plan.metrics])
    return treated.mean(axis=1) - control.mean(axis=1) + shift, error


def _effect(metric: PlannedMetric, truth: Truth) -> float:
    if metric.key == "success 1":
        return truth.success * (metric.mwe or 0.0)
    return truth.guardrail * (metric.margin or 0.0) if metric.key == "guardrail 1" else 0.0


def alarms(plan: Plan, effect: Floats, error: Floats, df: float, level: float) -> Flags:
    """(pilots, weeks): what the check says (held against ``stats.verdict.harm`` by a test)."""
    worse = effect + float(stdtrit(df, 1 - level)) * error < 0
    margins = np.array([0.0 if metric.role == "SUCCESS" else metric.margin or 0.0 for metric in plan.metrics])
    return np.asarray((worse & (effect <= -margins)).any(axis=2))


def alarmed(plan: Plan, sites: int, truth: Truth, pilots: int, level: float, *, skewed: bool = False) -> Flags:
    """(pilots, weeks) of one cell, made in pieces that fit into memory."""
    rng = np.random.default_rng([SEED, sites])
    pieces = []
    for start in range(0, pilots, CHUNK):
        effect, error = estimates(plan, sites, truth, min(CHUNK, pilots - start), rng, skewed=skewed)
        pieces.append(alarms(plan, effect, error, sites - 2, level))
    return np.concatenate(pieces)


def false_alarms(plan: Plan, pilots: int) -> Iterator[str]:
    nothing, level = Truth(title="nothing"), weekly_level(plan)
    settings = (
        ("as the plan spends it", level, False),
        ("as the plan spends it, skewed", level, True),
        ("unspent", level * weeks_of(plan), False),
    )
    yield "| setting | " + " | ".join(f"{sites} sites" for sites in SITES) + " |"
    yield "|---|" + "---|" * len(SITES)
    for title, each, skewed in settings:
        cells = (alarmed(plan, sites, nothing, pilots, each, skewed=skewed).any(axis=1).mean() for sites in SITES)
        yield f"| {title} | " + " | ".join(_share(float(cell)) for cell in cells) + " |"


def found_by_the_end(plan: Plan, sites: int, truth: Truth, pilots: int) -> Flags:
    """(pilots, planned weeks)."""
    return alarmed(plan, sites, truth, pilots, weekly_level(plan))[:, :PLANNED_WEEKS]


def found_harms(plan: Plan, pilots: int) -> Iterator[str]:
    yield "| truth | " + " | ".join(f"{sites} sites" for sites in SITES) + " |"
    yield "|---|" + "---|" * len(SITES)
    for truth in HARMS:
        cells = []
        for sites in SITES:
            found = found_by_the_end(plan, sites, truth, pilots)
            at_all = found.any(axis=1)
            week = f", week {int(np.median(found[at_all].argmax(axis=1))) + 1}" if at_all.any() else ""
            cells.append(_share(float(at_all.mean())) + week)
        yield f"| {truth.title} | " + " | ".join(cells) + " |"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def page(pilots: int) -> str:
    plan = the_plan()
    at_margin = found_by_the_end(plan, PLANNED_SITES, HARMS[1], pilots).any(axis=1).mean()
    return PAGE.format(
        pilots=pilots,
        error=0.5 / sqrt(pilots),
        error_05=sqrt(0.05 * 0.95 / pilots),
        level=f"{weekly_level(plan):.5f}".removeprefix("0"),
        weeks=weeks_of(plan),
        planned=PLANNED_WEEKS,
        sites=PLANNED_SITES,
        at_margin=_share(float(at_margin)),
        false="\n".join(false_alarms(plan, pilots)),
        found="\n".join(found_harms(plan, pilots)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=20_000)
    OUTPUT.write_text(page(parser.parse_args().pilots), encoding="utf-8")


if __name__ == "__main__":
    main()
