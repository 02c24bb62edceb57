"""Means of the worst cases: the edge comes with the scan, what lies beyond it with one further pass for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells.moments import CellMoments, Floats, Objects
from stats.cells.sums import Slot, known
from stats.spec import MetricSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir


def tails(slots: Sequence[Slot]) -> list[Slot]:
    return [slot for slot in slots if slot.request.spec.kind == "tail_mean"]


def worse(y: Any, spec: MetricSpec) -> Any:
    """Turned so that high is worse: as it is where lower is better, negated where higher is. NaN as missing."""
    return known(y if spec.better == "lower" else -y)


def tail_edge(y: Any, spec: MetricSpec) -> Any:
    """The row at the edge of the worst ``tail``: the smallest value with at least 1 - tail of the rows at or below."""
    return _exact_quantile(worse(y, spec), 1 - spec.tail)


def _exact_quantile(y: Any, q: float) -> Any:
    """A value of the data, where ``quantile`` would lie between two."""
    import ibis

    @ibis.udf.agg.builtin(name="quantile_disc", signature=(("float64", "float64"), "float64"))
    def quantile_disc(y, q):  # type: ignore[no-untyped-def]
        ...

    return quantile_disc(y, q)


def worst_tails(
    rows: ir.Table, keys: Mapping[str, Objects], slots: Sequence[Slot], moments: Mapping[int, CellMoments]
) -> dict[int, CellMoments]:
    """Mean of the worst ``tail`` of the rows (5 %) of each cell, exact, whatever the ties.

    The expected shortfall of the sample (Rockafellar & Uryasev 2002, eq. 11): with k = tail n, the k worst rows, the
    one at the edge counted by its part; never less than the worst one alone. T being that row at the edge (as
    ``value`` in ``moments``), it is T + sum of (y - T) beyond T, divided by k.
    """
    import ibis
    import pyarrow as pa

    cells = len(moments[slots[0].index].n)
    edges = {f"edge_{slot.index}": moments[slot.index].value for slot in slots}
    columns = {f"k_{name}": pa.array(values.tolist()) for name, values in keys.items()}
    cell = ibis.memtable(pa.table({**columns, **edges, "cell": np.arange(cells)}))
    joined = rows.join(cell, [f"k_{name}" for name in keys]) if keys else rows.cross_join(cell)
    named = {
        f"beyond_{slot.index}": ibis.greatest(
            worse(joined[f"y{slot.index}"], slot.request.spec) - joined[f"edge_{slot.index}"], 0.0
        ).sum()
        for slot in slots
    }
    answer = joined.group_by("cell").aggregate(**named).to_pyarrow()
    place = answer.column("cell").to_numpy()
    found = {}
    for slot in slots:
        excess = np.full(cells, np.nan)
        excess[place] = np.asarray(answer.column(f"beyond_{slot.index}").to_numpy(), dtype=float)
        found[slot.index] = replace(
            moments[slot.index], value=_mean_beyond(slot.request.spec, moments[slot.index], excess)
        )
    return found


def _mean_beyond(spec: MetricSpec, moments: CellMoments, excess: Floats) -> Floats:
    assert moments.value is not None
    worst = moments.value + excess / np.maximum(spec.tail * moments.n, 1.0)
    return worst if spec.better == "lower" else -worst
