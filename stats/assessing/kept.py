"""A reading as plain values, so that evidence can be computed again when its data are gone.

Numbers keep every bit (Python writes the shortest decimal that reads back as the same double; NaN and infinities are
spelt out), and the order of cells is kept: what is computed from a kept reading is the same byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.assessing.cells import Reading
from stats.assessing.layout import PlanTable
from stats.cells import CellMoments, Cells
from stats.outcomes.layout import Layout
from stats.plan import Plan
from stats.results import NotEstimable
from stats.spec import PostSpec
from stats.studies.site_periods import Grid

FORMAT = 1


def as_kept(reading: Reading) -> dict[str, Any]:
    """Everything of the reading but its records, as plain JSON values. Raises TypeError for keys of unknown types."""
    by_time = list(reading.half_hours.items())
    shared = list({id(cells): cells for _, cells in by_time}.values())
    post = reading.rows.layout.post
    return {
        "format": FORMAT,
        "cells": _cells(reading.cells),
        "fine": None if reading.fine is None else _arrays(reading.fine),
        "by_window": None if reading.by_window is None else _cells(reading.by_window),
        "of_units": reading.unit_cells is not None,
        "without": {key: {"code": found.code, "facts": dict(found.facts)} for key, found in reading.without.items()},
        "arms": None if reading.arms is None else dict(reading.arms),
        "sites_seen": list(reading.sites_seen),
        "half_hours": [_cells(cells) for cells in shared],
        "half_hours_of": {key: next(i for i, one in enumerate(shared) if one is cells) for key, cells in by_time},
        "segments": None if reading.segments is None else _cells(reading.segments),
        "units": None if reading.units is None else {str(arm): _plain(n) for arm, n in reading.units.items()},
        "units_repeat": reading.units_repeat,
        "post": None if post is None else post.model_dump(mode="json", by_alias=True),
        "assigned": reading.rows.assigned,
    }


def from_kept(plan: Plan, kept: Mapping[str, Any]) -> Reading:
    """The reading again, without records. plan: as it was at that look (``at_look``)."""
    cells = _read_cells(kept["cells"])
    shared = [_read_cells(each) for each in kept["half_hours"]]
    post = None if kept["post"] is None else PostSpec.model_validate(kept["post"])
    return Reading(
        plan=plan,
        rows=PlanTable(table=None, layout=Layout(post=post), moment=None, assigned=kept["assigned"]),
        cells=cells,
        fine=None if kept["fine"] is None else Grid(**_read_arrays(kept["fine"])),
        by_window=None if kept["by_window"] is None else _read_cells(kept["by_window"]),
        unit_cells=cells if kept["of_units"] else None,
        without={key: NotEstimable(**found) for key, found in kept["without"].items()},
        arms=kept["arms"],
        sites_seen=tuple(kept["sites_seen"]),
        half_hours={key: shared[place] for key, place in kept["half_hours_of"].items()},
        segments=None if kept.get("segments") is None else _read_cells(kept["segments"]),
        units=None if kept["units"] is None else {int(arm): _value(n) for arm, n in kept["units"].items()},
        units_repeat=kept.get("units_repeat", False),
    )


def _cells(cells: Cells) -> dict[str, Any]:
    return {
        "keys": {name: _array(values) for name, values in cells.keys.items()},
        "rows": _array(cells.rows),
        "metrics": {key: _arrays(moments) for key, moments in cells.metrics.items()},
        "extras": {name: _array(values) for name, values in cells.extras.items()},
    }


def _read_cells(kept: Mapping[str, Any]) -> Cells:
    return Cells(
        keys={name: _read(values) for name, values in kept["keys"].items()},
        rows=_read(kept["rows"]),
        metrics={key: CellMoments(**_read_arrays(moments)) for key, moments in kept["metrics"].items()},
        extras={name: _read(values) for name, values in kept["extras"].items()},
    )


def _arrays(owner: CellMoments | Grid) -> dict[str, Any]:
    """A frozen dataclass of arrays and tuples."""
    found = {part.name: getattr(owner, part.name) for part in fields(owner)}
    return {name: None if value is None else _array(value) for name, value in found.items()}


def _read_arrays(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else _read(value) for name, value in kept.items()}


def _array(values: Any) -> dict[str, Any]:
    """An array (or tuple) with its type and shape."""
    if isinstance(values, tuple):
        return {"type": "tuple", "values": [_plain(value) for value in values]}
    array: NDArray[Any] = np.asarray(values)
    kind = "object" if array.dtype.kind == "O" else array.dtype.str
    return {"type": kind, "shape": list(array.shape), "values": [_plain(value) for value in array.reshape(-1)]}


def _read(kept: Mapping[str, Any]) -> Any:
    values = [_value(value) for value in kept["values"]]
    if kept["type"] == "tuple":
        return tuple(values)
    array: NDArray[Any] = np.empty(len(values), dtype=object if kept["type"] == "object" else np.dtype(kept["type"]))
    for place, value in enumerate(values):
        array[place] = value
    return array.reshape(kept["shape"])


def _plain(value: Any) -> Any:
    """A value of a cell or key; dates and unusual numbers as ``{type: text}``."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(f"{type(value).__name__} can't be kept")


_READERS: dict[str, Callable[[str], Any]] = {
    "float": float,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _value(kept: Any) -> Any:
    if not isinstance(kept, Mapping):
        return kept
    ((kind, text),) = kept.items()
    return _READERS[kind](text)
