"""When in the week, and how, the customers of a made-up pilot came in.

Times and channels are given to records whose numbers are drawn already, the longest waits mostly to the busiest
half-hours: whatever is measured over the whole time stays what it is, to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

DAYS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.35, 0.35)
"""How many come in on each day, from Monday on."""
OPENS, CLOSES, HALF_HOUR = 8 * 60, 18 * 60, 30
"""Minutes since midnight; the length of a half-hour."""
PEAK, MORNING = (9 * 60, 11 * 60), (9 * 60, 10 * 60 + 30)
MONDAY = 0


@dataclass(frozen=True, kw_only=True)
class Habits:
    """column: what runs high when it is busy; timestamp, segment: columns that are added.

    at_peak: by how many standard deviations it is busier from nine to eleven, as before and with the change; on_monday:
    with the change on Monday mornings; channels: share of the contacts and how much busier they are with the change.
    """

    column: str
    timestamp: str
    segment: str
    at_peak: tuple[float, float]
    on_monday: float
    channels: Mapping[str, tuple[float, float]]
    seed: int


HABITS: Mapping[str, Habits] = {
    # The peak is spread, except on Monday mornings: those who were promised a call at the weekend get it first.
    "call-back-at-peak": Habits(
        column="wait_s",
        timestamp="called_at",
        segment="channel",
        at_peak=(0.9, 0.25),
        on_monday=1.0,
        channels={"phone": (0.65, 0.05), "app": (0.35, -0.1)},
        seed=7,
    ),
}


def with_times(table: pa.Table, habits: Habits, *, week: str = "week", changed: str = "delivered") -> pa.Table:
    """The same records with the time and the channel of each. week: column of the Mondays; changed: column that is
    empty wherever the change was not to be had."""
    import pyarrow as pa

    rng = np.random.default_rng(habits.seed)
    day, minute, channel, volume = _places(habits)
    exposed = np.asarray(table[changed].is_valid())
    values = np.asarray(table[habits.column], dtype=np.float64)
    place = np.zeros(len(values), dtype=np.int64)
    for group, busy in ((exposed, _busy(habits, day, minute, channel)), (~exposed, _busy_before(habits, minute))):
        rows = np.flatnonzero(group)
        drawn = rng.choice(len(volume), size=len(rows), p=volume)
        order = np.argsort(busy[drawn] + rng.standard_normal(len(rows)), kind="stable")
        place[rows[np.argsort(values[rows], kind="stable")]] = drawn[order]
    mondays = np.asarray(table[week]).astype("datetime64[s]")
    seconds = 60 * (day * 24 * 60 + minute)[place] + rng.integers(0, 60 * HALF_HOUR, len(place))
    names = np.array(list(habits.channels), dtype=object)
    moments = pa.array(mondays + seconds.astype("timedelta64[s]"))
    return table.append_column(habits.timestamp, moments).append_column(habits.segment, pa.array(names[channel[place]]))


def _places(habits: Habits) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Weekday, minute since midnight, channel and share of the contacts of each half-hour and channel."""
    slots = np.arange(OPENS, CLOSES, HALF_HOUR)
    day, minute, channel = (
        part.ravel()
        for part in np.meshgrid(np.arange(len(DAYS)), slots, np.arange(len(habits.channels)), indexing="ij")
    )
    shares = np.array([share for share, _ in habits.channels.values()])
    volume = np.array(DAYS)[day] * shares[channel] * np.where(_during(minute, PEAK), 2.0, 1.0)
    return day, minute, channel, volume / volume.sum()


def _busy(
    habits: Habits, day: NDArray[np.int64], minute: NDArray[np.int64], channel: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How busy each place is with the change."""
    more = np.array([busier for _, busier in habits.channels.values()])
    usual = np.where(_during(minute, PEAK), habits.at_peak[1], 0.0)
    return np.where((day == MONDAY) & _during(minute, MORNING), habits.on_monday, usual) + more[channel]


def _busy_before(habits: Habits, minute: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(_during(minute, PEAK), habits.at_peak[0], 0.0)


def _during(minute: NDArray[np.int64], span: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray((minute >= span[0]) & (minute < span[1]))
