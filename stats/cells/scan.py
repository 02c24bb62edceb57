"""The one scan: many metrics at once, grouped, with sums that keep their digits.

Arithmetic. Raw sums of squares lose everything where a metric's level is large beside its spread, so such a metric is
shifted by its mean. Every answer is checked, and a metric that lost digits, or that holds NaN (which poisons sums), is
scanned once more, shifted or with NaN as missing; where parts are multiplied with one another, the first rows tell at
once. Integers are double before they are multiplied. The sums become centred moments at once.

Same bytes. DuckDB adds the partial sums of its threads in the order in which they finish, which changes the last bits
from run to run. Evidence must be the same byte for byte, and rounding does not help (a value near a rounding boundary
still flips), so the scan runs on one thread: it costs the same CPU, and rows are added in the order of the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells.moments import CellMoments, Cells, Floats, Objects, codes
from stats.cells.request import OWN_PASS, MetricRequest, MetricValues, metric_values
from stats.cells.sums import Detail, Slot, aggregates, better_shift, first_way, fits, known, moments_of
from stats.cells.tails import tail_edge, tails, worst_tails
from stats.cells.values import truthy
from stats.errors import Problem, RefusedData

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

SAMPLE_ROWS = 4096


def read_cells(
    table: ir.Table,
    *,
    keys: Mapping[str, ir.Value],
    metrics: Sequence[MetricRequest],
    detail: Detail = "means",
    eligible: str | None = None,
    extras: Mapping[str, ir.Value] | None = None,
) -> Cells:
    """All ``metrics`` over the groups of ``keys``; rows without one of the keys are left out; cells sorted by keys.

    detail: 'means' where sites were assigned (counts, means, spread of the metric), 'moments' with all cross-products,
    where units were. eligible: column saying in which rows a missing metric counts as missing (default: all).
    extras: values of which each cell's smallest and largest come back as ``name`` and ``name__last``.
    Raises RefusedSpec and RefusedData.
    """
    values = [metric_values(request, table) for request in metrics]
    scan = _Scan(
        rows=_projected(table, keys, values, eligible, extras or {}),
        keys=tuple(keys),
        extras=tuple(extras or {}),
        has_eligible=eligible is not None,
    )
    with one_thread(table):
        slots = _slots(scan.rows, values, detail)
        cells = _corrected(scan, slots, _run(scan, slots, first=True))
        return _with_own_passes(table, keys, values, cells)


@contextmanager
def one_thread(table: ir.Table) -> Iterator[None]:
    """DuckDB on one thread inside the block (see the head of this file); other engines as they are."""
    backend = table.get_backend()
    if backend.name != "duckdb":
        yield
        return
    before = backend.con.execute("SELECT current_setting('threads')").fetchone()[0]
    backend.con.execute("SET threads = 1")
    try:
        yield
    finally:
        backend.con.execute(f"SET threads = {int(before)}")


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """The projected rows with names of our own: keys ``k_``, extras ``e_``, metric parts ``y0, d0, x0, w0, y1 ...``."""

    rows: ir.Table
    keys: tuple[str, ...]
    extras: tuple[str, ...]
    has_eligible: bool

    @property
    def eligible(self) -> Any:
        return self.rows["eligible"] if self.has_eligible else None


def _projected(
    table: ir.Table,
    keys: Mapping[str, Any],
    values: Sequence[MetricValues],
    eligible: str | None,
    extras: Mapping[str, Any],
) -> ir.Table:
    named = {f"k_{name}": _key(value) for name, value in keys.items()}
    named |= {f"e_{name}": value for name, value in extras.items()}
    for index, value in enumerate(values):
        named |= {f"{part}{index}": expression for part, expression in value.parts.items()}
    if eligible is not None:
        named["eligible"] = truthy(eligible, table)
    rows = table.select(**(named or {"one": table[table.columns[0]]}))
    missing = [rows[f"k_{name}"].notnull() for name in keys]
    return rows.filter(*missing) if missing else rows


def _key(value: Any) -> Any:
    return known(value) if value.type().is_floating() else value


def _slots(rows: ir.Table, values: Sequence[MetricValues], detail: Detail) -> list[Slot]:
    """One slot a metric. Where parts are multiplied, shift and care are as the first rows suggest."""
    slots = [
        Slot(index=index, request=value.request, parts=tuple(value.parts), detail=detail)
        for index, value in enumerate(values)
    ]
    doubtful = [slot for slot in slots if slot.multiplies]
    if not doubtful:
        return slots
    names = [f"{part}{slot.index}" for slot in doubtful for part in slot.parts]
    head = rows.select(*names).limit(SAMPLE_ROWS).to_pyarrow()
    for slot in doubtful:
        shift, careful = first_way({part: _floats(head, f"{part}{slot.index}") for part in slot.parts})
        slots[slot.index] = replace(slot, shift=shift, careful=careful)
    return slots


def _floats(answer: pa.Table, name: str) -> Floats:
    """A column as double, NULL as NaN."""
    return np.asarray(answer.column(name).to_numpy(), dtype=float)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One aggregation's result, sorted by keys; sums by slot index."""

    keys: dict[str, Objects]
    rows: Floats
    extras: dict[str, Objects]
    eligible: Floats | None
    sums: dict[int, dict[str, Floats]]
    quantiles: dict[int, Floats]
    edges: dict[int, Floats]


def _run(scan: _Scan, slots: Sequence[Slot], *, first: bool) -> _Answer:
    """One aggregation. The first brings extras, quantiles and the edges of the worst tails too."""
    rows = scan.rows
    named: dict[str, Any] = {"rows": rows.count()}
    if scan.eligible is not None:
        named["eligible"] = scan.eligible.sum()
    if first:
        named |= {f"e_{name}": rows[f"e_{name}"].min() for name in scan.extras}
        named |= {f"l_{name}": rows[f"e_{name}"].max() for name in scan.extras}
    for slot in slots:
        named |= {f"m{slot.index}_{name}": sums for name, sums in aggregates(rows, slot, scan.eligible).items()}
    quantiles = _quantiles_asked(slots) if first else {}
    for (index, *_), qs in quantiles.items():
        named[f"q_{index}"] = known(rows[f"y{index}"]).quantile(list(qs))
    if first:
        named |= {f"edge_{slot.index}": tail_edge(rows[f"y{slot.index}"], slot.request.spec) for slot in tails(slots)}
    grouped = rows.group_by([f"k_{name}" for name in scan.keys]) if scan.keys else rows
    return _read(grouped.aggregate(**named).to_pyarrow(), scan, slots, quantiles if first else {}, first)


def _quantiles_asked(slots: Sequence[Slot]) -> dict[tuple[int, ...], list[float]]:
    """Quantiles of the same column are asked for together: by the slots that want them, in the same order."""
    by_column: dict[str, list[Slot]] = {}
    for slot in slots:
        if slot.request.spec.kind == "quantile":
            by_column.setdefault(repr(slot.request.spec.column), []).append(slot)
    return {
        tuple(slot.index for slot in same): [slot.request.spec.q or 0.5 for slot in same] for same in by_column.values()
    }


def _read(
    answer: pa.Table, scan: _Scan, slots: Sequence[Slot], quantiles: Mapping[tuple[int, ...], Any], first: bool
) -> _Answer:
    keys = {name: _objects(answer, f"k_{name}") for name in scan.keys}
    order = np.lexsort([codes(values)[1] for values in reversed(keys.values())]) if keys else np.arange(len(answer))
    answer = answer.take(order)
    sums = {
        slot.index: {
            name.removeprefix(f"m{slot.index}_"): _floats(answer, name)
            for name in answer.column_names
            if name.startswith(f"m{slot.index}_")
        }
        for slot in slots
    }
    found: dict[int, Floats] = {}
    for together, qs in quantiles.items():
        lists = answer.column(f"q_{together[0]}").to_pylist()
        table = np.array([values if values is not None else [np.nan] * len(qs) for values in lists], dtype=float)
        table = table.reshape(len(lists), len(qs))  # also where there is no cell at all
        found |= {index: table[:, place] for place, index in enumerate(together)}
    return _Answer(
        keys={name: values[order] for name, values in keys.items()},
        rows=_floats(answer, "rows"),
        extras=_extras(answer, scan) if first else {},
        eligible=np.nan_to_num(_floats(answer, "eligible")) if scan.has_eligible else None,
        sums=sums,
        quantiles=found,
        edges={slot.index: _floats(answer, f"edge_{slot.index}") for slot in tails(slots)} if first else {},
    )


def _extras(answer: pa.Table, scan: _Scan) -> dict[str, Objects]:
    firsts = {name: _objects(answer, f"e_{name}") for name in scan.extras}
    return firsts | {f"{name}__last": _objects(answer, f"l_{name}") for name in scan.extras}


def _objects(answer: pa.Table, name: str) -> Objects:
    """A column as Python values; whole numbers kept as double (a column with gaps, say) become integers."""
    values = answer.column(name).to_pylist()
    if all(isinstance(value, float) and value.is_integer() for value in values):
        values = [int(value) for value in values]
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _corrected(scan: _Scan, slots: Sequence[Slot], answer: _Answer) -> Cells:
    """Moments of all metrics; those that the first way of scanning did not suit are scanned once more."""
    _refuse_impossible_shares(slots, answer)
    moments: dict[int, CellMoments] = {}
    again = []
    for slot in slots:
        if not fits(slot, answer.sums[slot.index], answer.rows):
            again.append(replace(slot, careful=True))
            continue
        moments[slot.index] = moments_of(slot, answer.sums[slot.index], answer.rows, answer.eligible)
        if shift := better_shift(slot, moments[slot.index]):
            again.append(replace(slot, shift={**slot.shift, **shift}))
    if again:
        second = _run(scan, again, first=False)
        for slot in again:
            moments[slot.index] = moments_of(slot, second.sums[slot.index], second.rows, second.eligible)
    for index, value in answer.quantiles.items():
        moments[index] = replace(moments[index], value=value)
    for slot in tails(slots):
        moments[slot.index] = replace(moments[slot.index], value=answer.edges[slot.index])
    if tails(slots):
        moments |= worst_tails(scan.rows, answer.keys, tails(slots), moments)
    metrics = {slot.request.key: moments[slot.index] for slot in slots}
    return Cells(keys=answer.keys, rows=answer.rows, metrics=metrics, extras=answer.extras)


def _with_own_passes(table: ir.Table, keys: Mapping[str, Any], values: Sequence[MetricValues], cells: Cells) -> Cells:
    """Half-hour shares and survival: each reads only its own columns once more."""
    special = [value for value in values if value.request.spec.kind in OWN_PASS]
    if not special:
        return cells
    from stats.cells.passes import own_pass

    named = {name: _key(value) for name, value in keys.items()}
    metrics = dict(cells.metrics)
    for value in special:
        metrics[value.request.key] = own_pass(table, named, value, cells)
    return replace(cells, metrics=metrics)


def _refuse_impossible_shares(slots: Sequence[Slot], answer: _Answer) -> None:
    """A share lies between 0 and 1: a count or a percentage named as one is refused, with what to write instead."""
    problems = []
    for slot in slots:
        sums = answer.sums[slot.index]
        if "low" not in sums:
            continue
        low, high = (sums[name][np.isfinite(sums[name])] + slot.shifted("y") for name in ("low", "high"))
        if len(low) and (low.min() < 0 or high.max() > 1):
            facts = {"metric": slot.request.key, "low": float(low.min()), "high": float(high.max())}
            problems.append(Problem(code="share_range", column=str(slot.request.spec.column), facts=facts))
    if problems:
        raise RefusedData(problems)
