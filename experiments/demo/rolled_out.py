"""Two roll-outs of the worked portfolio, each through the real stages: one holds outside the pilot, one does not.

What is true there is set here, apart from the pilots' own worlds (``worlds``): the call-backs keep three quarters of
their effect at the service partner's teams; the texts to customers are wrong where tours change during the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from experiments.charters.charter import Charter
from experiments.demo.times import HABITS, with_times
from experiments.demo.waves import WaveWorld, wave_records
from experiments.desk import Desk
from experiments.rollouts.acts import pause, roll_back
from experiments.rollouts.calendar import calendar_of
from experiments.rollouts.keep import keep_plan, standing, start
from experiments.rollouts.measure import measure
from experiments.rollouts.wanted import DECIDING, Wanted
from stats.rollout.rings import RolloutSite
from stats.simulate import SimulatedMetric

WEEKS, RINGS = 6, 3
BRING = timedelta(days=2)
"""After the end of a wave its data are there."""


@dataclass(frozen=True, kw_only=True)
class RolloutStory:
    """more: further sites; own: group of the pilot's own sites, other: of the further ones; waves: how many were
    measured; paused, rolled_back: why, after the last one (empty: it was not)."""

    more: tuple[str, ...]
    own: str
    other: str
    world: WaveWorld
    waves: int = RINGS
    paused: str = ""
    rolled_back: str = ""


PARTNER_TEAMS = (
    *("Avon", "Birch", "Camden", "Dover", "Elmwood", "Forest", "Grange", "Hillside", "Ivory"),
    *("Jasper", "Kestrel", "Linden", "Maple", "Norwich", "Orchard", "Poplar", "Rowan", "Sorrel"),
)
FRANCHISE_DEPOTS = (
    *("Anchor", "Bridge", "Castle", "Dockside", "Elm", "Ferry", "Garden"),
    *("Hill", "Island", "Jetty", "Kiln", "Lock", "Mill", "North Gate"),
)
ROLLOUTS: Mapping[str, RolloutStory] = {
    "call-back-at-peak": RolloutStory(
        more=PARTNER_TEAMS,
        own="own teams",
        other="partner teams",
        world=WaveWorld(
            metrics=(
                SimulatedMetric(
                    column="wait_s", family="duration", level=205, effect=-31, spread=150, icc=0.004, decimals=0
                ),
                SimulatedMetric(
                    column="handle_s", family="duration", level=338, effect=-3, spread=240, icc=0.004, decimals=0
                ),
                SimulatedMetric(column="again", family="share", level=0.12, effect=-0.008, icc=0.002),
            ),
            seed=41,
            contacts=25,
            delivered=0.91,
            used=0.9,
        ),
    ),
    "technician-on-the-way": RolloutStory(
        more=FRANCHISE_DEPOTS,
        own="own depots",
        other="franchise depots",
        world=WaveWorld(
            metrics=(
                SimulatedMetric(column="called", family="share", level=0.33, effect=0.05, icc=0.003),
                SimulatedMetric(
                    column="between_min", family="duration", level=24, effect=0.3, spread=9, icc=0.005, decimals=0
                ),
            ),
            seed=42,
            contacts=25,
            delivered=0.94,
        ),
        waves=2,
        paused="Franchise depots change their tours during the day; the text then names the wrong hour.",
        rolled_back="Customers call more often than before, because the hour in the text is wrong.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class RolledOut:
    """The acts of one roll-out with their days."""

    desk: Desk
    charter: Charter
    decided_by: str
    decided_on: date
    folder: Path

    @property
    def key(self) -> str:
        return self.charter.key

    @property
    def story(self) -> RolloutStory:
        return ROLLOUTS[self.key]

    def acts(self) -> Iterator[tuple[date, Callable[[], object]]]:
        """In the order of time."""
        first = self.decided_on + timedelta(days=14 - self.decided_on.weekday())
        calendar = calendar_of(first, RINGS, WEEKS, 12, deciding=DECIDING)
        yield self.decided_on + timedelta(days=3), lambda: keep_plan(self._owner, self.key, self._wanted(first))
        yield first, lambda: start(self._owner, self.key)
        for end in calendar.measured[: self.story.waves]:
            yield end + BRING, self._measured(end)
        last = calendar.measured[self.story.waves - 1] + BRING
        if self.story.paused:
            yield last + timedelta(days=1), lambda: pause(self._owner, self.key, self.story.paused)
        if self.story.rolled_back:
            yield last + timedelta(days=8), self._roll_back

    def _roll_back(self) -> object:
        return roll_back(self.desk.as_person(self.decided_by), self.key, self.story.rolled_back)

    @property
    def _owner(self) -> Desk:
        return self.desk.as_person(self.charter.owner.name)

    def _wanted(self, first: date) -> Wanted:
        own = [RolloutSite(key=site.key, stratum=self.story.own) for site in self.charter.where.sites]
        other = [RolloutSite(key=key, stratum=self.story.other) for key in self.story.more]
        return Wanted(sites=(*own, *other), rings=RINGS, weeks=WEEKS, start=first)

    def _measured(self, end: date) -> Callable[[], object]:
        def act() -> object:
            import pyarrow.csv

            promise = standing(self.desk, self.desk.pilot(self.key)).promise
            columns = self.charter.where.columns
            table = wave_records(
                promise.rings,
                promise.calendar,
                self.story.world,
                until=end,
                site=str(columns.site),
                period=str(columns.period),
            )
            if self.key in HABITS:
                table = with_times(table, HABITS[self.key], week=str(columns.period))
            path = self.folder / f"{self.key}-roll-out-{end}.csv"
            pyarrow.csv.write_csv(table, path)
            return measure(self._owner, self.key, path)

        return act
