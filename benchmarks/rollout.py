"""What a roll-out's measurement notices, and what it does not; writes docs/methods/rollout.md.

    python benchmarks/rollout.py [--pilots 160]

Chains of pilot and roll-out as in benchmarks/rollout_worlds.py, in three worlds and at three sizes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from rollout_worlds import DECIDING, FADES_OVER, PILOT_SITES, Course, World, course, scaled_pilots

OUTPUT = Path(__file__).parents[1] / "docs" / "methods" / "rollout.md"
SEED = 20260101
SITES = (20, 120, 300)
MOST_SITES = 600
"""For the last world alone."""
WORLDS = (
    World(
        name="first pilots",
        mean=0.0,
        sd=1.0,
        transport=0.75,
        transport_sd=0.125,
        drift=0.2,
        break_even=None,
        week_sd=1.2,
    ),
    World(
        name="a kind of change that is known",
        mean=1.2,
        sd=0.4,
        transport=0.9,
        transport_sd=0.05,
        drift=0.1,
        break_even=None,
        week_sd=1.2,
    ),
    World(
        name="known, a larger pilot, a clear case in money",
        mean=1.5,
        sd=0.3,
        transport=0.9,
        transport_sd=0.05,
        drift=0.1,
        break_even=1.0,
        week_sd=1.2,
        pilot_sites=2 * PILOT_SITES,
    ),
)
PAUSE_HEAD = (
    "world",
    "new sites",
    "plans: enough / too few / half still pays",
    "chance promised",
    "half from the start",
    "half fades",
    "of plans with *enough*: promised",
    "half from the start",
    "half fades",
    "no loss, pays",
    "no loss, all",
)
STATES = ("REPLICATED", "ATTENUATED", "FAILED", "WAITING")

PAGE = """# After SCALE: is the roll-out worth what the pilot promised?

Written by `benchmarks/rollout.py` ({pilots} scaled pilots a row); not typed.

## In plain words

A pilot is a promise. When it is scaled, the sites get the change in waves, in an order drawn by lot; some sites are
kept as before for a year. So the roll-out itself is a fair comparison: sites that have the change beside sites that do
not have it yet. After each wave we measure again, and say one of these:

- **as promised** (REPLICATED): the result lies where the pilot said it would, and a gain is shown;
- **weaker than promised** (ATTENUATED): there is less than was promised, or it is shown that it does not pay;
- **not confirmed** (FAILED): there is less than was promised, no gain can be shown, and what is there does not pay; or
  a loss is shown. Then we propose to take it back;
- **not known yet** (WAITING): too little data. A result that fits a vague promise, but would fit no effect as well, is
  no success.

We propose a **pause** when it is shown that the change, as it works now, no longer pays: people decide.

The promise is cautious. Pilots are scaled *because* their results were good, so good results are partly luck: the
promise is drawn towards what earlier pilots did, lowered for what gets lost on the way to other sites, and comes with a
range that is right 95 times in 100. The first weeks of a site do not count for the pause: people are learning, or
everything is new; what counts is how it works afterwards.

**What a roll-out can't see, we say before it starts.** Whether half of the gain was lost can only be noticed if
half of it lies clearly below the line where it stops paying, and if there are enough sites and weeks. The plan states
the chance. With 20 sites it is usually about one in three: then a pause will rarely be proposed, and silence is no
proof.

## How it is computed

- **Waves** (`stats/rollout/rings.py`): sites in random order within groups and bands of size, dealt in turn; 10-20 %,
  at least 4, are kept as before (with fewer than 20 sites up to 20 %, at least 1, and said so). Drawn again from its
  seed.
- **Promise** (`prediction.py`): effect in the roll-out = transport x effect at the pilot's sites + drift. The
  posterior of the effect has the portfolio's prior; transport is uncertain by half its distance from 1; drift (other
  weeks, other seasons) has a standard deviation of .2 smallest gains worth having, less than from version to version
  (.5), for the change stays the same. The measurement adds its own error. Both errors are Student's: the interval is
  that of the mixture, found on a grid. With a flat prior, transport 1 and no drift it is the interval of Patil, Peng &
  Leek. It is not corrected for the choice of the pilot by its own result: a posterior needs none (Dawid 1994).
- **Measurement** (`measuring.py`): imputation (Borusyak, Jaravel & Spiess) on site-weeks with the site jackknife, the
  product's estimator for stepped wedges (Hussey & Hughes), with the order of the waves dealt out anew beside it.
  Two-way regression is not used: it can turn around where effects grow or fade. Sites of the pilot that have the change
  already are left out: they are what the promise was made of, and they have no week without it. `settled.py`: the same
  average from week 4 since each site's start on (half a wave, if that is shorter).
- **Pause** (`judging.py`): the upper limit of the settled effect lies below the line. The line is where the change pays
  for itself *as measured in the roll-out*; without money, smallest gain worth having x transport. It is the rule by
  which the pilot itself would have been ended as not worth it: the same line, the same error rate (gamma = .10, one
  side), spent over the waves like there (power 2). A pause is cheap and can be taken back.
- **Looking after every wave** costs nothing: levels are spent over the waves, never faster than the calendar
  (Lan & DeMets). Where more information comes early than the calendar says, measurements are more alike than assumed,
  and the true error rate is below the promised one. For the interval it is lower still, for all waves share the
  error of one pilot.
- **Time to decide** (`experiments/rollouts/calendar.py`): a wave runs its weeks, is measured, and the next one starts a
  week later (0 to 4 weeks, as people choose): so that a pause comes before the next sites have the change. What sites
  show in that week is not part of the measurement that is being decided on; it counts in those of all later waves, and
  plans are computed so.
- **Planning** (`verifying.py`): the standard error of each wave from the weights that the estimator gives every
  site-week, and from the pilot's standard error: sites are taken to be so noisy from week to week that the pilot,
  measured like one wave, would have had it, with a correlation of .6 from one week to the next; its variance counts
  df / (df - 2) times, for it is itself estimated. Reading noise and correlation off the pilot's own weeks was tried
  and left: with 20 sites and 20 weeks what came of it scattered twice as widely, and it needs data that may be
  forgotten. Then the chance of a pause if half of the effect fades away within {fades} weeks of each site's start,
  averaged over what the pilot leaves open (assurance). A plan says
  `enough` (at least 80 %), `too_few_sites`, or `half_still_pays`: then half of the effect would still be worth having,
  and no pause would be right.
- **Guardrails** are judged at each wave: safe shown (spent like the pilot's), not shown, breach.

## What was simulated

Whole chains: a true effect is drawn; a pilot of 20 sites (40 in the third world), 8 weeks before and 12 after, is
simulated week by week and measured by analysis of covariance; those that the rule scales go on. Sizes are chosen from
the pilot's estimate alone (2-4 waves of 6-12 weeks, {deciding} more to decide between them). The roll-out is
simulated week by week (effects differ between sites, weeks hang together) and measured and judged by the product after
every wave. The unit is the smallest gain worth having.

| world | true effects | kept on the way (sd) | drift | pause line |
|---|---|---|---|---|
{worlds}

Noise is such that the standard error of a pilot of 20 sites is about .40 (1/2.5) of the smallest gain worth having.

## Pause

"half from the start": half of the effect never arrives; "half fades": it is lost within {fades} weeks of each
site's start. "No loss, pays": the effect is what travelled, and above the line: each pause is a false one. "No loss,
all" includes effects that never were above the line, where a pause is right. In brackets the Monte Carlo error; none
in n cases leaves room for 3/n.

{pause_head}
|---|---|---|---|---|---|---|---|---|---|---|
{pauses}

## Prediction interval and states, nothing lost

"Raw": the interval around the pilot's estimate as it stands (Patil, Peng & Leek without shrinkage, transport or drift).
"Planned / found": the standard error that was planned for the last wave's settled effect, beside how far that effect
really lay from the truth (root mean squares). Below 1 the plan was too hopeful.

| world | new sites | 95 % interval covers | raw interval covers | {states} | planned / found |
|---|---|---|---|{state_lines}---|
{intervals}

## Against the targets

{targets}

## What can't be had

- In the first world even endless data could not bring both targets together for *all* scaled pilots: the pilot leaves
  the effect uncertain by a third of its size, so half of a large effect can't be told from the whole of a small one. A
  line that catches four of five halves also lies above many whole effects. Those are not false pauses: they do not pay.
  The third world shows what brings both together: a larger pilot of a known kind, and a clear case.
- With 20 new sites no plan reaches 80 %. The plan says so, and measuring goes on while the sites kept as before stay
  so.
- Sites that stayed as before in the pilot are part of the roll-out. Where its weeks before the first wave reach back
  into the pilot's, promise and measurement share a little of their chance; the interval takes them as independent.
- Measuring on after the last wave repeats its level: the error rates hold for the planned waves.
- A loss that comes later than the plan's weeks is only seen by measuring on.
- Plans know how noisy sites are from the pilot's standard error alone. They are a little too hopeful (*planned /
  found*): pilots with a small one are scaled sooner. And where a site's weeks hang together far more than is taken (.9
  rather than .6), the standard error of a long roll-out is about a third larger than planned.
- The chance that a plan promises leans on the portfolio's prior and on the transport discount. Where they are wrong, so
  is the promise; both are learned from roll-outs like these.

## Sources

Hussey & Hughes (2007), Contemp. Clin. Trials 28, 182-191 · Borusyak, Jaravel & Spiess (2024), Rev. Econ. Stud. 91,
3253-3285 · Patil, Peng & Leek (2016), Perspect. Psychol. Sci. 11, 539-544 · O'Hagan, Stevens & Campbell (2005), Pharm.
Stat. 4, 187-201 (assurance) · Lan & DeMets (1983), Biometrika 70, 659-663 · Dawid (1994), IMS Lecture Notes 24.
"""


SHARED = """\
Within Monte Carlo error: on the wrong side of the line by less than two of them. All sizes of a world share its
pilots, so that the error of figures over several sizes is up to twice what is printed."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One world at one size."""

    world: World
    sites: int
    courses: tuple[Course, ...]

    @property
    def enough(self) -> tuple[Course, ...]:
        return tuple(each for each in self.courses if each.power.enough)


def simulate(pilots: int) -> list[Row]:
    rows = []
    for number, world in enumerate(WORLDS):
        scaled = list(scaled_pilots(world, pilots, np.random.default_rng([SEED, number])))
        for sites in (*SITES, MOST_SITES) if world is WORLDS[-1] else SITES:
            rng = np.random.default_rng([SEED, number, sites])
            rows.append(
                Row(world=world, sites=sites, courses=tuple(course(world, each, sites, rng) for each in scaled))
            )
            print(f"{world.name}, {sites} sites: {time.process_time():.0f} CPU s so far", file=sys.stderr, flush=True)
    return rows


def rate(courses: Sequence[Course], holds: Callable[[Course], bool]) -> tuple[float, float, int]:
    """(share, its Monte Carlo error, of how many)."""
    share = sum(map(holds, courses)) / len(courses) if courses else float("nan")
    return share, sqrt(share * (1 - share) / len(courses)) if courses else float("nan"), len(courses)


def cell(courses: Sequence[Course], holds: Callable[[Course], bool]) -> str:
    share, error, count = rate(courses, holds)
    return f"{share:.3f} ({error:.3f})" if count >= 5 else "-"


def pause_line(row: Row) -> str:
    codes = Counter(each.power.code for each in row.courses)
    counts = " / ".join(str(codes[code]) for code in ("enough", "too_few_sites", "half_still_pays"))
    paying = [each for each in row.courses if each.truth >= each.line]
    cells = [
        f"{np.mean([each.power.pause_if_gone for each in row.courses]):.2f}",
        cell(row.courses, lambda each: each.paused["half"]),
        cell(row.courses, lambda each: each.paused["fading"]),
        f"{np.mean([each.power.pause_if_gone for each in row.enough]):.2f}" if len(row.enough) >= 5 else "-",
        cell(row.enough, lambda each: each.paused["half"]),
        cell(row.enough, lambda each: each.paused["fading"]),
        cell(paying, lambda each: each.paused["kept"]),
        cell(row.courses, lambda each: each.paused["kept"]),
    ]
    return f"| {row.world.name} | {row.sites} | {counts} | " + " | ".join(cells) + " |"


def interval_line(row: Row) -> str:
    states = Counter(each.last["kept"].state.value for each in row.courses)
    shares = " | ".join(f"{states[state] / len(row.courses):.2f}" for state in STATES)
    covered = cell(row.courses, lambda each: each.covered)
    raw = cell(row.courses, lambda each: each.covered_raw)
    return f"| {row.world.name} | {row.sites} | {covered} | {raw} | {shares} | {planned_over_found(row):.2f} |"


def planned_over_found(row: Row) -> float:
    """Standard error as planned for the last wave's settled effect, over its real distance from the truth."""
    planned = np.array([each.power.by_ring[-1].std_error for each in row.courses])
    found = np.array([each.last["kept"].settled - each.truth for each in row.courses])
    return float(np.sqrt((planned**2).mean() / (found**2).mean()))


def world_line(world: World) -> str:
    line = f"{world.line:g}" + (" (money)" if world.break_even is not None else " (no money)")
    return (
        f"| {world.name} | mean {world.mean:g}, sd {world.sd:g} | {world.transport:g} ({world.transport_sd:g}) "
        f"| {world.drift:g} | {line} |"
    )


def target_lines(rows: Sequence[Row]) -> str:
    every = [each for row in rows for each in row.courses]
    enough = [each for row in rows for each in row.enough]
    paying = [each for each in every if each.truth >= each.line]
    best = next(row for row in rows if row.world is WORLDS[-1] and row.sites == MOST_SITES)
    largest = f"third world, {MOST_SITES} sites, all pilots"
    lines = [
        ("half fades, plans with *enough*, all worlds", rate(enough, lambda c: c.paused["fading"]), 0.80, 1.0),
        ("half from the start, plans with *enough*, all worlds", rate(enough, lambda c: c.paused["half"]), 0.80, 1.0),
        ("no loss and it pays, all worlds: paused", rate(paying, lambda c: c.paused["kept"]), 0.0, 0.05),
        (f"{largest}: half fades", rate(best.courses, lambda c: c.paused["fading"]), 0.80, 1.0),
        (f"{largest}: half from the start", rate(best.courses, lambda c: c.paused["half"]), 0.80, 1.0),
        (f"{largest}: no loss", rate(best.courses, lambda c: c.paused["kept"]), 0.0, 0.05),
        ("95 % prediction interval covers, all worlds", rate(every, lambda c: c.covered), 0.93, 0.97),
    ]
    found = ["| target | wanted | found | of | met |", "|---|---|---|---|---|"]
    for name, (share, error, count), low, high in lines:
        wanted = (
            f"at least {low:.2f}" if high == 1.0 else (f"at most {high:.2f}" if low == 0 else f"{low:.2f}-{high:.2f}")
        )
        near = low - 2 * error <= share <= high + 2 * error
        met = "yes" if low <= share <= high else ("within Monte Carlo error" if near else "**no**")
        found.append(f"| {name} | {wanted} | {share:.3f} ({error:.3f}) | {count} | {met} |")
    return "\n".join([*found, "", SHARED])


def page(rows: Sequence[Row], pilots: int) -> str:
    return PAGE.format(
        pilots=pilots,
        fades=FADES_OVER,
        deciding="one week" if DECIDING == 1 else f"{DECIDING} weeks",
        worlds="\n".join(map(world_line, WORLDS)),
        pause_head=f"| {' | '.join(PAUSE_HEAD)} |",
        pauses="\n".join(map(pause_line, rows)),
        states=" | ".join(STATES),
        state_lines="---|" * len(STATES),
        intervals="\n".join(map(interval_line, rows)),
        targets=target_lines(rows),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pilots", type=int, default=160, help="scaled pilots a world")
    asked = parser.parse_args()
    OUTPUT.write_text(page(simulate(asked.pilots), asked.pilots), encoding="utf-8")


if __name__ == "__main__":
    main()
