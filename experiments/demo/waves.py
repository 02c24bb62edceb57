"""What the sites of a made-up roll-out leave behind: each wave begins on its day, some sites never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from experiments.rollouts.calendar import WEEK, Calendar
from stats.rollout.measuring import WEEKS_BEFORE
from stats.rollout.rings import Rings
from stats.simulate import SimulatedMetric, World, simulate

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class WaveWorld:
    """What is true outside the pilot. contacts: records per site and week; delivered, used: as in ``World``."""

    metrics: tuple[SimulatedMetric, ...]
    seed: int
    contacts: float = 12.0
    delivered: float | None = None
    used: float | None = None


def wave_records(
    rings: Rings, calendar: Calendar, world: WaveWorld, *, until: date, site: str = "site", period: str = "week"
) -> pa.Table:
    """One row per contact of the roll-out's new sites, from eight weeks before the first wave up to ``until``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first = calendar.starts[0] - WEEKS_BEFORE * WEEK
    weeks = max((calendar.measured[-1] - first).days, (until - first).days) // 7 + 1
    groups: Sequence[tuple[tuple[str, ...], date | None]] = [
        *zip(rings.rings, calendar.starts, strict=True),
        (rings.held_back, None),
    ]
    parts = []
    for number, (sites, start) in enumerate(groups):
        before = weeks - 1 if start is None else (start - first).days // 7
        drawn = simulate(
            World(
                sites=dict.fromkeys(sites, int(start is not None)),
                metrics=world.metrics,
                start=first + before * WEEK,
                seed=world.seed + number,
                weeks_before=before,
                weeks_after=weeks - before,
                contacts=world.contacts,
                delivered=world.delivered,
                used=world.used,
            )
        )
        parts.append(drawn.table.drop_columns(["arm"]))
    table = pa.concat_tables(parts)
    table = table.filter(pc.less_equal(table["week"], until))
    return table.rename_columns([{"site": site, "week": period}.get(name, name) for name in table.column_names])
