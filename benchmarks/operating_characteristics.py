"""How often the rule scales, iterates and stops under known truths; writes docs/methods/operating-characteristics.md.

    python benchmarks/operating_characteristics.py [--pilots 10000]

Two settings: the one of the reference table (every guardrail to prove, no extension) and the full default rule (one
guardrail to prove, two watched, an extension in reserve). Success metrics are sized so that SE = MWE / 2.12 and the
margin is 3.29 SE at 20 sites; one unit is one MWE. The first success metric has a value: break-even .4 MWE, round
cost .08.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from math import sqrt
from pathlib import Path

from stats.plan import Finance, Looks, Plan, PlannedMetric
from stats.rehearsing.operating import Operating, Share, SiteModel, Truth, lineages, operate, standard_truths
from stats.spec import MetricSpec
from stats.verdict.registration import MARGIN_PER_SE, MWE_PER_SE

OUTPUT = Path(__file__).parents[1] / "docs" / "methods" / "operating-characteristics.md"
SITES = (6, 8, 12, 20, 40)
PLANNED_SITES = 20
SEED = 20260101
ENDS = ("SCALE", "ITERATE", "STOP")
TITLES = {
    "nothing": "nothing works",
    "harm": "success metrics at -MWE",
    "small": ".3 MWE (one)",
    "mwe": "MWE (one)",
    "strong": "1.8 MWE (one)",
    "guardrail_at_margin": "win, guardrail exactly at margin",
    "guardrail_beyond_margin": "win, guardrail at 1.5 margin",
}
REFERENCE: Mapping[str, Mapping[int, tuple[float, float, float]]] = {
    "nothing": {8: (0.01, 0.47, 0.52), 12: (0.02, 0.41, 0.57), 20: (0.013, 0.28, 0.71), 40: (0.002, 0.08, 0.92)},
    "harm": {8: (0, 0.08, 0.92), 12: (0, 0.03, 0.97), 20: (0, 0.003, 0.997), 40: (0, 0, 1)},
    "small": {8: (0.03, 0.61, 0.37), 12: (0.05, 0.57, 0.39), 20: (0.055, 0.455, 0.49), 40: (0.02, 0.22, 0.76)},
    "mwe": {8: (0.08, 0.81, 0.11), 12: (0.20, 0.71, 0.09), 20: (0.40, 0.50, 0.095), 40: (0.50, 0.40, 0.10)},
    "strong": {8: (0.17, 0.82, 0.02), 12: (0.41, 0.58, 0.01), 20: (0.78, 0.21, 0.006), 40: (0.97, 0.03, 0.003)},
    "guardrail_at_margin": {
        8: (0.02, 0.96, 0.02),
        12: (0.04, 0.95, 0.01),
        20: (0.047, 0.95, 0.005),
        40: (0.03, 0.97, 0),
    },
    "guardrail_beyond_margin": {8: (0, 0.98, 0.02), 12: (0, 0.99, 0.01), 20: (0.001, 0.995, 0.005), 40: (0, 1, 0)},
}
"""SCALE, ITERATE, STOP of the reference simulation, as printed in the specification of the rule."""

FALSE_SCALE = tuple((key, s) for key in ("nothing", "harm", "guardrail_at_margin") for s in SITES)
AT_PLAN = PLANNED_SITES
TARGETS = (
    ("false SCALE", FALSE_SCALE, "SCALE", "at most", 0.05),
    ("false STOP at MWE", tuple(("mwe", s) for s in SITES), "STOP", "at most", 0.13),
    ("STOP under harm", (("harm", AT_PLAN),), "STOP", "at least", 0.95),
    ("SCALE at 1.8 MWE", (("strong", AT_PLAN),), "SCALE", "at least", 0.75),
    ("STOP if nothing works", (("nothing", AT_PLAN),), "STOP", "at least", 0.60),
    ("ITERATE if nothing works", (("nothing", AT_PLAN),), "ITERATE", "at most", 0.40),
    ("SCALE at .3 MWE", tuple(("small", s) for s in SITES), "SCALE", "at most", 0.10),
)

PAGE = """# How often the rule is right

Written by `benchmarks/operating_characteristics.py`; not typed. Each cell is {pilots:,} simulated pilots through
the rule itself (`stats/verdict`), as SCALE/ITERATE/STOP. The Monte Carlo error of a cell is at most {error:.4f},
and {error_05:.4f} at .05.

Two success metrics, three guardrails, one monitor, correlation .3, looks at .5 and 1 of the information; SE = MWE /
2.12 and margin = 3.29 SE at 20 sites; effects shrunk with sd 1 MWE; the first success metric has a value,
break-even .4 MWE, another round costs .08. Estimates are pooled t on site means. Any scope of SCALE counts.

## The setting of the reference table: every guardrail to prove, no extension

{table}

## Beside others, 20 sites, the same pilots

Naive: a success metric better at two-sided p < .05 at any look. GrowthBook (clear signals) and Spotify at the
planned end.

{comparators}

## Against the reference

{against}

## The full default rule: one guardrail to prove, two watched, an extension at 1.5 in reserve

The guardrail at or beyond its margin is the one to prove.

{full}

Share that went through the extension, 20 sites: {extended}.

## A *watched* guardrail at its margin, full default rule

Watching is not proving: this is the price, and why such a SCALE goes out in stages with the metric measured again
first.

{watched}

## Targets

The worst cell of each target; met means within two Monte Carlo errors of the line.

{targets}

## The same useless idea retried as three versions: SCALE in all

At most .05 is promised. Each version is a new pilot with its own data; a lineage goes on while the rule says ITERATE.
From the second version on half the alpha is promised (`stats/verdict/next_step.py`).
Where no values in money are given nothing ends a useless idea early but its own data, so that it comes back more often.

{retried}

## Looking in between

A look that the plan does not name has no level: nothing can be shown there, and the verdict is NOT_YET with its
numbers closed. Weekly looks therefore leave every figure above as it is (`tests/stats/verdict/test_truth_table.py`).
"""

Results = Mapping[tuple[str, int], Operating]


def the_plan(*, default_rule: bool) -> Plan:
    """S = 2, three guardrails, one monitor, looks at .5 and 1."""
    margin = MARGIN_PER_SE / MWE_PER_SE
    metrics = [_metric(f"success {i}", role="SUCCESS", mwe=1.0) for i in (1, 2)]
    for i in (1, 2, 3):
        held = "WATCH" if default_rule and i > 1 else "PROVE"
        metrics.append(_metric(f"guardrail {i}", role="GUARDRAIL", margin=margin, guardrail_class=held))
    metrics.append(_metric("monitor", role="SECONDARY"))
    finance = Finance(
        currency="MWE",
        value_per_unit={"success 1": 1.0},
        volume=1.0,
        horizon=1.0,
        transport_discount=1.0,
        run_cost=0.4,
        round_cost=0.08,
    )
    return Plan(
        pilot="simulated",
        title="Simulated",
        design="randomised_sites",
        metrics=metrics,
        looks=Looks(fractions=[0.5, 1.0], extension=1.5 if default_rule else None),
        finance=finance,
    )


def _metric(key: str, **rest: object) -> PlannedMetric:
    return PlannedMetric.model_validate({"key": key, "name": key, "spec": MetricSpec(column="x"), **rest})


def the_sites(plan: Plan, sites: int) -> SiteModel:
    spread = 1 / MWE_PER_SE / sqrt(4 / PLANNED_SITES)
    half = sites // 2
    return SiteModel(n_control=half, n_treatment=sites - half, sd={metric.key: spread for metric in plan.metrics})


def run(plan: Plan, truths: tuple[Truth, ...], pilots: int) -> Results:
    found = {}
    for sites in SITES:
        for truth in truths:
            started = time.perf_counter()
            found[truth.key, sites] = operate(plan, the_sites(plan, sites), truth, pilots=pilots, seed=SEED + sites)
            print(f"{sites:3} sites  {truth.key:24} {time.perf_counter() - started:5.1f} s", file=sys.stderr)
    return found


def watched_at_margin(plan: Plan) -> tuple[Truth, ...]:
    margin = plan.metric("guardrail 2").margin or 0.0
    return tuple(
        Truth(key=f"{times:g} x margin", effects={"success 1": 1.8, "guardrail 2": -times * margin})
        for times in (1.0, 1.5)
    )


def figure(value: float) -> str:
    """.013 as in the reference table: three decimals within .1 of 0 and 1, two between; 0 and 1 where none or all."""
    if value in (0, 1):
        return f"{value:.0f}"
    text = f"{value:.2f}" if 0.0995 <= value < 0.9905 else f"{value:.3f}"
    return text.removeprefix("0")


def triple(shares: Mapping[str, Share]) -> str:
    return "/".join(figure(shares[name].value) for name in ENDS)


def table(results: Results, titles: Mapping[str, str]) -> Iterator[str]:
    yield "| truth | " + " | ".join(f"{sites} sites" for sites in SITES) + " |"
    yield "|---|" + "---|" * len(SITES)
    for key, title in titles.items():
        yield f"| {title} | " + " | ".join(triple(results[key, sites].verdicts) for sites in SITES) + " |"


def comparators(results: Results) -> Iterator[str]:
    yield "| truth | this rule | naive: ships | GrowthBook | Spotify: ships |"
    yield "|---|---|---|---|---|"
    for key, title in TITLES.items():
        found = results[key, PLANNED_SITES]
        ships = figure(found.naive["SCALE"].value), figure(found.spotify["SCALE"].value)
        yield f"| {title} | {triple(found.verdicts)} | {ships[0]} | {triple(found.growthbook)} | {ships[1]} |"


def against_reference(results: Results) -> Iterator[str]:
    yield "| truth | sites | here | reference | largest difference |"
    yield "|---|---|---|---|---|"
    for key, title in TITLES.items():
        for sites, expected in REFERENCE[key].items():
            got = results[key, sites].verdicts
            largest = max(abs(got[name].value - value) for name, value in zip(ENDS, expected, strict=True))
            said = "/".join(figure(value) for value in expected)
            yield f"| {title} | {sites} | {triple(got)} | {said} | {figure(largest)} |"


def targets(results: Results, default: Results) -> Iterator[str]:
    yield "| target | setting | worst case | is | line | met |"
    yield "|---|---|---|---|---|---|"
    for title, cells, verdict, sign, line in TARGETS:
        for setting, found in (("reference", results), ("full default", default)):
            highest = sign == "at most"
            shares = {cell: found[cell].verdicts[verdict] for cell in cells}
            worst = (max if highest else min)(shares, key=lambda cell: shares[cell].value)
            share = shares[worst]
            slack = 2 * share.error
            met = "yes" if (share.value <= line + slack if highest else share.value >= line - slack) else "NO"
            where = f"{TITLES[worst[0]]}, {worst[1]} sites"
            size = f"{share.value:.4f} ± {share.error:.4f}"
            yield f"| {title} | {setting} | {where} | {size} | {sign} {figure(line)} | {met} |"


def retried(plans: tuple[Plan, ...], pilots: int) -> Iterator[str]:
    yield "| sites | reference setting | full default rule | full default rule, no values in money |"
    yield "|---|---|---|---|"
    nothing = Truth(key="nothing", effects={})
    for sites in SITES:
        ends = [lineages(plan, the_sites(plan, sites), nothing, pilots=pilots, seed=SEED + sites) for plan in plans]
        said = (f"{end['SCALE'].value:.4f} ± {end['SCALE'].error:.4f}" for end in ends)
        yield f"| {sites} | " + " | ".join(said) + " |"


def page(pilots: int) -> str:
    plan, default = the_plan(default_rule=False), the_plan(default_rule=True)
    without_values = default.model_copy(update={"finance": None})
    results, full = run(plan, standard_truths(plan), pilots), run(default, standard_truths(default), pilots)
    watched_truths = watched_at_margin(default)
    watched = run(default, watched_truths, pilots)
    extended = ", ".join(f"{TITLES[key]} {figure(full[key, PLANNED_SITES].extended.value)}" for key in TITLES)
    return PAGE.format(
        pilots=pilots,
        error=sqrt(0.25 / pilots),
        error_05=sqrt(0.05 * 0.95 / pilots),
        table="\n".join(table(results, TITLES)),
        comparators="\n".join(comparators(results)),
        against="\n".join(against_reference(results)),
        full="\n".join(table(full, TITLES)),
        extended=extended,
        watched="\n".join(table(watched, {truth.key: f"win, watched at {truth.key}" for truth in watched_truths})),
        targets="\n".join(targets(results, full)),
        retried="\n".join(retried((plan, default, without_values), pilots)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=10_000)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(page(parser.parse_args().pilots), encoding="utf-8")


if __name__ == "__main__":
    main()
