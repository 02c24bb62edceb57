"""How often each design's default claims an effect where there is none; writes docs/methods/false-positives.md.

    python benchmarks/false_positives.py [--pilots 1000]

Every pilot goes through the design's own default, checks and permutations included (99 draws: the p that decides here
does not come from them, but for synthetic control, where every placebo is used).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stats.designs import choose
from stats.moments import ArmMoments, Moments
from stats.panel_worlds import World, growing, in_steps, one_start, study_of
from stats.results import Estimate
from stats.spec import ArmSpec, EstimateSpec, MetricSpec
from stats.study import Study

OUTPUT = Path(__file__).parents[1] / "docs" / "methods" / "false-positives.md"
SITES = (6, 8, 12, 20)
UNITS = (20, 50, 200, 1000)
MONTHS = 12
FIRST = 8
SEED = 20260101
Draw = Callable[[np.random.Generator], Study]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. draw: a pilot without any effect, by number of sites."""

    design: str
    world: str
    draw: Callable[[int], Draw]
    estimator: str = "default"


def of_panel(
    design: str, starts: Callable[[int], NDArray[np.int64]], rho: float, periods: int = MONTHS
) -> Callable[[int], Draw]:
    def of_sites(sites: int) -> Draw:
        world, start = World(sites=sites, periods=periods, rho=rho), starts(sites)
        return lambda rng: study_of(design, world.values(rng), start)

    return of_sites


def half(sites: int) -> NDArray[np.int64]:
    return one_start(sites, sites // 2, FIRST, MONTHS)


def two(sites: int) -> NDArray[np.int64]:
    return one_start(sites, 2, FIRST, MONTHS)


def steps(sites: int) -> NDArray[np.int64]:
    return in_steps(sites, 4, MONTHS, steps=3, never=sites // 2)


def waves(sites: int) -> NDArray[np.int64]:
    return in_steps(sites, 2, 10, steps=3 if sites < 12 else 4, never=0)


def two_starts(sites: int) -> NDArray[np.int64]:
    return np.array([6, 8] + [MONTHS] * (sites - 2), dtype=np.int64)


def one(sites: int) -> NDArray[np.int64]:
    return one_start(sites, 1, FIRST, MONTHS)


def chosen_by_level(sites: int) -> Draw:
    """A third of the sites, those with the highest level before the start but for some luck."""
    world = World(sites=sites, periods=MONTHS)

    def draw(rng: np.random.Generator) -> Study:
        value = world.values(rng)
        rank = value[:, :FIRST].mean(axis=1) + rng.normal(0, 1, sites)
        return study_of("matched_sites", value[np.argsort(-rank)], one_start(sites, sites // 3, FIRST, MONTHS))

    return draw


def series(before: int, after: int, rho: float) -> Draw:
    world = World(sites=1, periods=before + after, rho=rho, common=0.0)
    start = np.array([before], dtype=np.int64)
    return lambda rng: study_of("interrupted_time_series", world.values(rng), start, first_after=before)


def units(n: int) -> Draw:
    """n customers, half of them treated, waiting times as skewed as they come (lognormal, sd of logs 1)."""

    def draw(rng: np.random.Generator) -> Study:
        sides = [np.exp(rng.normal(0, 1, n // 2)) for _ in range(2)]

        def moments() -> ArmMoments:
            nothing = np.full(2, np.nan)
            known = {
                "n": np.full(2, n / 2),
                "missing": np.zeros(2),
                "mean_y": np.array([side.mean() for side in sides]),
                "var_y": np.array([side.var(ddof=1) for side in sides]),
                "sum_y": np.array([side.sum() for side in sides]),
                "n_x": np.zeros(2),
            }
            others = (
                "mean_d",
                "var_d",
                "sum_d",
                "cov_yd",
                "mean_x",
                "var_x",
                "cov_xy",
                "mean_y_x",
                "var_y_x",
                "cov_xd",
            )
            return ArmMoments(arms=Moments(**known, **dict.fromkeys(others, nothing)))

        spec = EstimateSpec(
            data="simulated",
            design="randomised_units",
            arm=ArmSpec(column="arm", treatment=1, control=0),
            metric=MetricSpec(kind="mean", column="y"),
        )
        return Study(spec=spec, read_site_periods=_nothing, read_records=_nothing, read_arm_moments=moments)

    return draw


def _nothing() -> None:
    raise LookupError("only moments are simulated")


ROWS = (
    Row(design="randomised_sites", world="half the sites", draw=of_panel("randomised_sites", half, 0.8)),
    Row(design="randomised_sites", world="two sites treated", draw=of_panel("randomised_sites", two, 0.8)),
    Row(design="matched_sites", world="a third, chosen for their level", draw=chosen_by_level),
    Row(design="before_after_control", world="half the sites", draw=of_panel("before_after_control", half, 0.8)),
    Row(design="before_after_control", world="two sites treated", draw=of_panel("before_after_control", two, 0.8)),
    Row(design="staggered", world="three starts, half never", draw=of_panel("staggered", steps, 0.8)),
    Row(design="staggered", world="two sites treated", draw=of_panel("staggered", two_starts, 0.8)),
    Row(
        design="stepped_wedge", world="three or four waves, 10 periods", draw=of_panel("stepped_wedge", waves, 0.8, 10)
    ),
    Row(design="synthetic_control", world="one site treated", draw=of_panel("synthetic_control", one, 0.8)),
)
FOR_CONTRAST = (
    Row(
        design="staggered",
        world="two sites treated, two-way effects with CR1S",
        draw=of_panel("staggered", two_starts, 0.8),
        estimator="twfe_cr1s",
    ),
)


def claims(draw: Draw, design: str, estimator: str, pilots: int) -> tuple[float, int]:
    """(share of pilots with p <= .05, pilots without an answer)."""
    rng = np.random.default_rng(SEED)
    run = choose(design, "default" if estimator == "default" else "twfe").run
    found = without = 0
    for _ in range(pilots):
        study = draw(rng)
        if estimator == "twfe_cr1s":
            options = {"se": "cr1s"}
            spec = study.spec.model_copy(update={"options": options})
            study = Study(spec=spec, read_site_periods=study.read_site_periods, read_records=study.read_records)
        result = run(study)
        if isinstance(result, Estimate) and result.p_value is not None:
            found += result.p_value <= 0.05 + 1e-12
        else:
            without += 1
    return found / pilots, without


def table(pilots: int) -> Iterator[str]:
    yield "| design | setting | " + " | ".join(f"{sites} sites" for sites in SITES) + " |"
    yield "|---|---|" + "---|" * len(SITES)
    for row in (*ROWS, *FOR_CONTRAST):
        cells = []
        for sites in SITES:
            rate, without = claims(row.draw(sites), row.design, row.estimator, pilots)
            cells.append(f"{rate:.3f}" + (f" ({without} without an answer)" if without else ""))
        yield f"| `{row.design}` | {row.world} | " + " | ".join(cells) + " |"


def units_table(pilots: int) -> Iterator[str]:
    yield "| design | " + " | ".join(f"{n} customers" for n in UNITS) + " |"
    yield "|---|" + "---|" * len(UNITS)
    rates = [claims(units(n), "randomised_units", "default", pilots)[0] for n in UNITS]
    yield "| `randomised_units`, skewed times | " + " | ".join(f"{rate:.3f}" for rate in rates) + " |"


def series_table(pilots: int) -> Iterator[str]:
    lengths = ((12, 8), (24, 12), (36, 24), (60, 40))
    yield "| autocorrelation | " + " | ".join(f"{before} before, {after} after" for before, after in lengths) + " |"
    yield "|---|" + "---|" * len(lengths)
    for rho in (0.0, 0.2, 0.4, 0.6, 0.8):
        rates = [
            claims(series(before, after, rho), "interrupted_time_series", "default", pilots)[0]
            for before, after in lengths
        ]
        yield f"| {rho} | " + " | ".join(f"{rate:.3f}" for rate in rates) + " |"


def selection_table(pilots: int) -> Iterator[str]:
    """The worst half on the last quarter, no effect: one-sided claims of a gain at .05."""
    yield "| sites | months before | autocorrelation | before/after alone | change alone | the default | warned |"
    yield "|---|---|---|---|---|---|---|"
    run = choose("before_after_control", "default").run
    for sites in (6, 10, 20):
        for months, rho in ((3, 0.0), (3, 0.8), (12, 0.0), (12, 0.5), (12, 0.8)):
            rng = np.random.default_rng(SEED)
            world = World(sites=sites, periods=months + 3, rho=rho, steady=0.7)
            start = one_start(sites, sites // 2, months, months + 3)
            naive = change = default = warned = 0
            for _ in range(pilots):
                value = world.values(rng)
                value = value[np.argsort(value[:, months - 3 : months].mean(axis=1))]
                result = run(study_of("before_after_control", value, start, levels=(0.05,)))
                assert isinstance(result, Estimate)
                own = (value[:, months:].mean(axis=1) - value[:, months - 3 : months].mean(axis=1))[: sites // 2]
                naive += own.mean() > 1.96 * own.std(ddof=1) / np.sqrt(len(own))
                alone = result.details["change"]
                change += alone["effect"] > 0 and alone["p_value"] <= 0.10
                lower = result.at_level(0.05).lower
                default += lower is not None and lower > 0
                warned += any(check.key == "selection" and check.status == "FAIL" for check in result.checks)
            shares = " | ".join(f"{count / pilots:.3f}" for count in (naive, change, default, warned))
            yield f"| {sites} | {months} | {rho} | {shares} |"


def growing_table(pilots: int) -> Iterator[str]:
    """Effects that grow with time since the start: what each method finds, as a fraction of the truth."""
    yield "| method | estimate / truth | 95 % interval holds the truth |"
    yield "|---|---|---|"
    start = in_steps(20, 3, 24, steps=6, never=2)
    effect = growing(start, 24, 0.5)
    truth, world = float(effect[effect > 0].mean()), World(sites=20, periods=24)
    for name in ("imputation", "callaway_santanna", "twfe"):
        rng = np.random.default_rng(SEED)
        found = [
            choose("staggered", name).run(study_of("staggered", world.values(rng) + effect, start))
            for _ in range(pilots)
        ]
        answers = [each for each in found if isinstance(each, Estimate)]
        level = float(np.mean([each.effect for each in answers])) / truth
        held = float(np.mean([(each.ci_lower or 0) <= truth <= (each.ci_upper or 0) for each in answers]))
        yield f"| `{name}` | {level:.2f} | {held:.2f} |"


HEAD = """# How often the defaults claim what is not there

Written by `python benchmarks/false_positives.py`: do not edit. {pilots} simulated pilots a cell, seed {seed}; the
Monte Carlo error of a rate of .05 is {error:.3f}. Nominal rate 5 %, two-sided, of the p that each design's default
prints.

Sites differ by a lasting level (sd 1), move together (sd .5 a period), and have passing ups and downs of sd 1 with
autocorrelation .8 from month to month, beside sampling noise (sd .5). Twelve months, the start in the ninth
(staggered: from the fifth on), unless said otherwise. Nothing has any effect.
"""
SERIES = """
## One series without a comparison

The same rate for `interrupted_time_series`, by length and autocorrelation. It is already held at half the rate asked
for. **With strong autocorrelation it does not hold in series of this length.** Therefore its grade is D, whatever it
shows, and a check says when the autocorrelation found is above .4.
"""
SELECTION = """
## The worst sites, chosen on their last quarter

No true effect; the worse half of the sites on the last three months gets the change, three months follow. How often a
gain is claimed (one-sided .05): by comparing the treated sites with their own last quarter, by the change in site
means alone, and by the default, which needs both readings of the bracket; and how often it warns that the groups were
unlike before.
"""
GROWING = """
## Effects that grow

Twenty sites, six starts two periods apart, two sites never; the effect grows by the same amount in every period since
the start.
"""
UNIT_TEXT = """
## Customers drawn at random

Two equal groups, lognormal times (sd of logs 1): with few customers the skew makes the test a little too careful.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=1000)
    pilots = parser.parse_args().pilots
    began = time.perf_counter()
    head = HEAD.format(pilots=pilots, seed=SEED, error=(0.05 * 0.95 / pilots) ** 0.5)
    parts = [head, "\n".join(table(pilots))]
    parts += [UNIT_TEXT, "\n".join(units_table(10 * pilots))]
    parts += [SERIES, "\n".join(series_table(pilots))]
    parts += [SELECTION, "\n".join(selection_table(pilots))]
    parts += [GROWING, "\n".join(growing_table(min(pilots, 200)))]
    OUTPUT.write_text("\n".join(part.strip("\n") + "\n" for part in parts), encoding="utf-8")
    print(f"{OUTPUT} in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
