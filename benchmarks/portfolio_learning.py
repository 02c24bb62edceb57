"""What many pilots teach, put to the test; writes docs/methods/learning.md.

    python benchmarks/portfolio_learning.py [--pilots 15000] [--asos FILE.csv.gz]

First made-up portfolios with known truth: do the ranges of cautious estimates hold the truth among scaled pilots? Then
78 real online experiments, split in time: do shrunken early effects foretell what came later better than raw ones?
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from stats.learning.prior import WEIGHT, LearnedPrior, PilotEffect, cautious, interval, learn_prior

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "docs" / "methods" / "learning.md"
ASOS = ROOT.parent / "shared" / "data" / "asos_digital_experiments.csv.gz"
SEED = 20260101
SIZES = (10, 30, 100)
DF = 18
"""20 sites, half of them with the change."""
PLANNED_ERROR = 1 / 2.12
"""Standard error, in smallest gains worth having (MWE), of a pilot that can decide."""
Floats = NDArray[np.float64]
Truth = Callable[[np.random.Generator, int], Floats]
DEFAULT = LearnedPrior(mean=0.0, sd=1.0, mean_se=0.0, pilots=0, weight=WEIGHT)


def normal(mean: float, sd: float) -> Truth:
    return lambda rng, count: rng.normal(mean, sd, count)


def heavy(rng: np.random.Generator, count: int) -> Floats:
    return 0.7 * rng.standard_t(4, count)


def mostly_nothing(rng: np.random.Generator, count: int) -> Floats:
    return np.where(rng.random(count) < 0.6, 0.0, rng.normal(1.0, 0.5, count))


WORLDS: tuple[tuple[str, Truth], ...] = (
    ("as the default says: mean 0, spread 1", normal(0, 1)),
    ("mean 0.2, spread 0.7", normal(0.2, 0.7)),
    ("mean -0.2, spread 1", normal(-0.2, 1)),
    ("mean 0, spread 0.5", normal(0, 0.5)),
    ("mean 0, spread 0.3: hardly anything is worth having", normal(0, 0.3)),
    ("heavy tails: 0.7 times Student's with 4 df", heavy),
    ("six in ten do nothing, the others mean 1, spread 0.5", mostly_nothing),
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Among scaled pilots: shares of intervals that hold the truth, and sums of effects over the sum of truths."""

    scaled: int
    raw: float
    default: float
    learned: float
    raw_ratio: float
    learned_ratio: float


def portfolios(truth: Truth, size: int, pilots: int, seed: int = SEED) -> Seen:
    """``pilots`` made-up pilots in portfolios of ``size``; a pilot scales where the rule's WIN holds."""
    rng = np.random.default_rng(seed)
    held = np.zeros(3)
    sums = np.zeros(3)
    scaled = 0
    for _ in range(pilots // size):
        theta = truth(rng, size)
        error = PLANNED_ERROR * np.exp(rng.normal(0, 0.3, size))
        estimate = theta + error * rng.standard_normal(size)
        known = error * np.sqrt(rng.chisquare(DF, size) / DF)
        effects = [
            PilotEffect(pilot=str(place), effect=float(y), std_error=float(s), df=DF)
            for place, (y, s) in enumerate(zip(estimate, known, strict=True))
        ]
        won = np.flatnonzero((estimate - stdtrit(DF, 0.95) * known > 0) & (estimate >= 1))
        if not won.size:
            continue
        learned = learn_prior(effects)
        for place in won:
            reach = stdtrit(DF, 0.975) * known[place]
            ranges = [(estimate[place] - reach, estimate[place] + reach)]
            ranges += [interval(cautious(effects[place], prior)) for prior in (DEFAULT, learned)]
            held += [low <= theta[place] <= high for low, high in ranges]
            sums += (estimate[place], cautious(effects[place], learned).mean, theta[place])
            scaled += 1
    return Seen(
        scaled=scaled,
        raw=held[0] / scaled,
        default=held[1] / scaled,
        learned=held[2] / scaled,
        raw_ratio=sums[0] / sums[2],
        learned_ratio=sums[1] / sums[2],
    )


@dataclass(frozen=True, kw_only=True)
class Halves:
    """Log ratio of treatment to control in one experiment: early with its standard error, and later on alone."""

    experiment: str
    early: float
    early_se: float
    late: float
    smallest: float


def halves(path: Path, cut: float) -> dict[int, list[Halves]]:
    """By metric: what had been counted by ``cut`` (0-1) of an experiment's days, and what was added after that."""
    table = pd.read_csv(path).dropna().sort_values("time_since_start")
    found: dict[int, list[Halves]] = {}
    for (experiment, _, metric), rows in table.groupby(["experiment_id", "variant_id", "metric_id"]):
        last = rows.iloc[-1]
        before = rows[rows["time_since_start"] <= cut * last["time_since_start"]]
        if before.empty:
            continue
        first = before.iloc[-1]
        added = [_added(first, last, arm) for arm in ("c", "t")]
        if min(*added, first["mean_c"], first["mean_t"]) <= 0:
            continue
        variance = sum(first[f"variance_{arm}"] / first[f"count_{arm}"] / first[f"mean_{arm}"] ** 2 for arm in "ct")
        one = Halves(
            experiment=str(experiment),
            early=float(np.log(first["mean_t"] / first["mean_c"])),
            early_se=float(np.sqrt(variance)),
            late=float(np.log(added[1] / added[0])),
            smallest=float(min(first["count_c"], first["count_t"])),
        )
        found.setdefault(int(metric), []).append(one)
    return found


def _added(first: pd.Series, last: pd.Series, arm: str) -> float:
    """What an arm's records added to its sum after the cut, per record of that arm at the end."""
    total = last[f"count_{arm}"] * last[f"mean_{arm}"] - first[f"count_{arm}"] * first[f"mean_{arm}"]
    return float(total / last[f"count_{arm}"])


@dataclass(frozen=True, kw_only=True)
class Foretold:
    """Mean squared errors of foretelling the late effect, in units of the metric's ``unit`` (a log ratio): by the early
    one as it is, shrunken, or by 0; top_*: means among the fifth that looked best early."""

    count: int
    unit: float
    raw: float
    shrunken: float
    zero: float
    top_raw: float
    top_shrunken: float
    top_late: float


def foretell(experiments: Sequence[Halves]) -> Foretold:
    """The prior of each is learned from the other experiments only. unit: 2.12 typical standard errors, as if each had
    been planned to be able to decide."""
    unit = float(np.median([one.early_se for one in experiments])) / PLANNED_ERROR
    effects = [
        PilotEffect(pilot=one.experiment, effect=one.early / unit, std_error=one.early_se / unit) for one in experiments
    ]
    priors = {
        name: learn_prior([other for other in effects if other.pilot != name])
        for name in {one.experiment for one in experiments}
    }
    raw = np.array([one.effect for one in effects])
    shrunken = np.array([cautious(one, priors[one.pilot]).mean for one in effects])
    late = np.array([one.late / unit for one in experiments])
    best = np.argsort(-raw)[: max(1, round(0.2 * len(raw)))]
    return Foretold(
        count=len(raw),
        unit=unit,
        raw=float(np.mean((raw - late) ** 2)),
        shrunken=float(np.mean((shrunken - late) ** 2)),
        zero=float(np.mean(late**2)),
        top_raw=float(raw[best].mean()),
        top_shrunken=float(shrunken[best].mean()),
        top_late=float(late[best].mean()),
    )


CUTS = (0.10, 0.25, 0.50)
LARGE = 10_000
"""Records an arm by the cut, for the second look at the larger ones alone."""


def simulated_table(pilots: int) -> str:
    head = (
        "| true effects | pilots | scaled ones | raw | default | learned | raw, times the truth "
        "| cautious, times the truth |\n|---|---|---|---|---|---|---|---|\n"
    )
    rows = []
    for name, truth in WORLDS:
        for size in SIZES:
            seen = portfolios(truth, size, pilots)
            rows.append(
                f"| {name} | {size} | {seen.scaled:,} | {seen.raw:.3f} | {seen.default:.3f} | **{seen.learned:.3f}** "
                f"| {seen.raw_ratio:.2f} | {seen.learned_ratio:.2f} |"
            )
    return head + "\n".join(rows)


def real_table(path: Path) -> str:
    head = (
        "| cut | metric | effects | raw | shrunken | no effect at all | best fifth: raw | shrunken | later |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    rows = []
    for cut in CUTS:
        for which, least in (("", 0), (f", over {LARGE:,}", LARGE)):
            if cut == CUTS[0] and least:
                continue  # by then only large ones had any visitors
            for metric, found in sorted(halves(path, cut).items()):
                kept = [one for one in found if one.smallest >= least]
                seen = foretell(kept)
                rows.append(
                    f"| {cut:.0%}{which} | {metric} | {seen.count} | {seen.raw:.2f} | **{seen.shrunken:.2f}** "
                    f"| {seen.zero:.2f} | {seen.top_raw:.2f} | {seen.top_shrunken:.2f} | {seen.top_late:.2f} |"
                )
    return head + "\n".join(rows)


PAGE = """# What many pilots teach about the next one

Code: `stats/learning/`; from the record: `experiments/learned/`; figures: `python benchmarks/portfolio_learning.py`.

**Unit.** Effects are counted in smallest gains worth having (MWE) of each pilot's first success metric, oriented so
that + is better. That is what makes seconds and per cents comparable. Which pilots: decided ones with valid evidence
that has a comparison (grades A to C), promised before their data; made-up pilots only where there are no others, and
those teach no real plan. Versions of a lineage count one each.

**Prior.** y ~ N(theta, v), theta ~ N(m, t²). The spread t maximises the restricted likelihood; a weak prior counts
like {weight:.0f} pilots whose true effects had mean 0 and spread 1, in mean and in spread. Without pilots that is the
default N(0, 1); as the weight goes to 0 it is REML, checked against `stats/combining/pooling.py` (itself against
metafor's examples) and, for the likelihood, against the joint normal density. Standard
errors of few sites are widened to what their Student's t says. Few pilots hardly know their spread: the cautious
estimate of one of them is averaged over all spreads by how likely each is, and owns up to the mean being learned
(Morris 1983, JASA 78:47). Into a plan go the likeliest mean and spread.

**Versions.** A learned prior is a row that is never changed, with the numbers and hashes it was made from. A plan
takes the version in force into its own text when it is frozen (`assumptions`, keys `learned.*`); older plans carry no
such key and keep N(0, 1), to the byte. Sums over all pilots use the version in force.

**Winner's curse.** What is approved was picked by its own estimate. Exaggeration is the sum of raw over the sum of
cautious effects among approved pilots (Efron 2011, JASA 106:1602). "Likely to disappoint" is the sum of the posterior
chances that the true effect lies below 1 MWE; "does not pay", below the break-even effect.

**Kinds of change.** Random effects by REML with Hartung and Knapp's interval and the interval for the next pilot of
that kind (t with k - 2 df; Higgins, Thompson and Spiegelhalter 2009). Below three pilots there is none, and the page
says so.

**Transport.** How much of an effect is kept outside the pilot's sites: measured roll-outs regressed on the *cautious*
effects at the pilots' sites, which are expectations given the data, so that picking winners does not bend the slope
(Berkson 1950, JASA 45:164). The share scatters from pilot to pilot with a standard deviation of .5, so that no single
roll-out, however large, says more than that; a weak prior at 75 % counts like four of them. The result is cut to
0-100 %.

**Forecast and reality.** What was foretold of each roll-out with its 95 % interval beside what was measured; interval
score (Gneiting and Raftery 2007). Owners' bets: Brier score and 80 % intervals. Nothing is said below ten, and nobody
is ranked.

**Hindsight.** Twelve months after a decision against the recommendation the record suggests right, wrong or unclear:
a roll-out that replicated speaks for having scaled, one that failed or was taken back against it; a later version
that scaled speaks against having stopped. Key results are shown and never decide: they move for many reasons. A
person judges, with a reason. No score below five clear cases.

## Seen in simulation

Portfolios of made-up pilots, {pilots:,} pilots a row (seed {seed}): standard error 1/2.12 MWE, as planned, times
e^N(0, .3), estimated with 18 degrees of freedom; scaled where the rule says WIN (lower limit at .05 above 0, estimate
at least 1 MWE). Share of 95 % intervals that hold the truth *among scaled pilots*: of the estimate as it is, of the
cautious one with the default prior, with the prior learned from the same portfolio. Monte Carlo error of a share
near .94: .005 where 2,000 were scaled, .01 at 500.

{simulated}

Raw intervals hold the truth in .61 to .93, and the estimates exaggerate 1.2 to 4.4 times. Cautious ones hold it in
.93 to .97 wherever true effects are normal with a spread of half a smallest gain worth having or more, and from 30
pilots on for the smallest of these spreads (ten pilots: .92). Outside that they are told apart here, not hidden.
Where hardly anything is worth having (spread .3) few pilots can't know it: .83 with ten, .89 with thirty, .93 with a
hundred; the default would stay at .78. Heavy tails cost two to four points, for normal shrinkage pulls the few very
large effects in too far; and where most ideas do nothing and a few work well, a hundred pilots shrink those few too
much (.90; their cautious sum is a tenth too small, the raw one a quarter too large).

## Seen in real experiments
{real}
"""
REAL = """
78 online experiments of one shop (ASOS; 99 comparisons, four metrics, cumulative counts by half day). Early and late
figures of a cumulative table overlap, so the split is by *what was added*: the early effect is the log ratio of means
at the cut (10, 25 or 50 % of an experiment's days), the late one the log ratio of what each arm's sum gained after
the cut. Visitors who came early go on adding later; where the same heavy users sit in one arm both halves err alike,
which favours the raw early figure: the comparison is hard on shrinkage, not kind to it. The prior of an experiment is
learned from the other experiments alone (variants of one share a control). The unit is 2.12 typical standard errors
of the metric's early effects, as if each had been planned to be able to decide. Mean squared error of foretelling the
late effect, and means among the fifth of the effects that looked best early:

{table}

Shrunken early effects foretell late ones better than raw ones in every row. With all experiments, a few that had
hardly any visitors by the cut dominate the raw error; the rows of those with over 10,000 records an arm are the
fairer ones. The fifth that looked best early kept a third to two thirds of it; shrunken it is nearer, though still
too high at the later cuts: effects of those experiments also faded, which no shrinkage knows (roll-outs are what
teaches that: transport).
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pilots", type=int, default=15_000)
    parser.add_argument("--asos", type=Path, default=ASOS)
    asked = parser.parse_args()
    real = "\nNot run: the table of experiments was not there.\n"
    if asked.asos.exists():
        real = REAL.format(table=real_table(asked.asos))
    text = PAGE.format(
        weight=WEIGHT,
        pilots=asked.pilots,
        seed=SEED,
        simulated=simulated_table(asked.pilots),
        real=real,
    )
    OUTPUT.write_text(text, encoding="utf-8")
    print(OUTPUT)


if __name__ == "__main__":
    main()
