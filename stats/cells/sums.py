"""Sums of one metric as Ibis aggregates, and the centred moments that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stats.cells.moments import CellMoments, Floats
from stats.cells.request import MetricRequest

if TYPE_CHECKING:
    import ibis.expr.types as ir

Detail = Literal["means", "moments"]
# A level above 30 standard deviations costs three of the sixteen digits of a raw sum of squares: shift from there on.
SHIFT_FROM = 30.0
# Spread below this share of the squared distance to the shift leaves fewer than eight digits: shift better.
DIGITS_LOST = 1e-8


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One metric's place in a scan: its columns are ``y<index>``, ``d`` (denominator), ``x`` (pre), ``w`` (weight).

    shift: by part, 0 where nothing is subtracted; careful False supposes that no part is NaN and, where parts are
    multiplied with one another, that each is there in every row. What comes back proves it or not (``fits``).
    """

    index: int
    request: MetricRequest
    parts: tuple[str, ...]
    detail: Detail
    shift: Mapping[str, float] = field(default_factory=dict)
    careful: bool = False

    def shifted(self, part: str) -> float:
        return self.shift.get(part, 0.0)

    @property
    def multiplies(self) -> bool:
        """Parts meet in products, so that a row counts only if it has all of them."""
        return "d" in self.parts or ("x" in self.parts and self.detail == "moments")


def first_way(sample: Mapping[str, Floats]) -> tuple[dict[str, float], bool]:
    """Shift by part and whether to be careful, from the values of the first rows."""
    shift, complete = {}, True
    for part, values in sample.items():
        known = values[np.isfinite(values)]
        complete &= len(known) == len(values)
        if part != "w" and len(known):
            mean, spread = float(known.mean()), float(known.std())
            shift[part] = mean if abs(mean) > SHIFT_FROM * spread else 0.0
    return shift, not complete


def known(value: Any) -> Any:
    """NaN and infinity as missing."""
    import ibis

    return ibis.ifelse(value.isnan() | value.isinf(), ibis.null("float64"), value)


def aggregates(rows: ir.Table, slot: Slot, eligible: Any) -> dict[str, Any]:
    """Named aggregates of one metric over ``rows`` (see ``moments_of`` for what they become)."""
    y, d, x, w = _columns(rows, slot)
    named = {"n": y.count(), "y": y.sum(), "yy": (y * y).sum()}
    if eligible is not None:
        named["n_eligible"] = y.count(where=eligible)
    if slot.request.spec.kind == "share" and d is None:
        named |= {"low": y.min(), "high": y.max()}
    if d is not None:
        named |= {"nd": d.count(), "d": d.sum(), "dd": (d * d).sum(), "yd": (y * d).sum()}
    if x is not None:
        named |= {"nx": x.count(), "x": x.sum()}
        if slot.detail == "moments":
            named |= _crossed(y, d, x, slot.careful)
    if w is not None:
        named |= _weighted(y, d, w)
    return named


def _columns(rows: ir.Table, slot: Slot) -> tuple[Any, Any, Any, Any]:
    """The metric's parts, NaN as missing and aligned where careful, shifted."""
    parts = {part: rows[f"{part}{slot.index}"] for part in slot.parts}
    if slot.careful:
        parts = {part: known(value) for part, value in parts.items()}
        if "d" in parts:
            parts["y"], parts["d"] = _where(parts["d"], parts["y"]), _where(parts["y"], parts["d"])
        if "x" in parts and slot.detail == "moments":
            parts["x"] = _where(parts["y"], parts["x"])
    for part in ("y", "d", "x"):
        if slot.shifted(part):
            parts[part] = parts[part] - slot.shifted(part)
    return parts["y"], parts.get("d"), parts.get("x"), parts.get("w")


def _where(there: Any, value: Any) -> Any:
    import ibis

    return ibis.ifelse(there.notnull(), value, ibis.null("float64"))


def _crossed(y: Any, d: Any, x: Any, careful: bool) -> dict[str, Any]:
    named = {"xx": (x * x).sum(), "xy": (x * y).sum()}
    if d is not None:
        named["xd"] = (x * d).sum()
    if careful:
        y_x = _where(x, y)
        named |= {"y_x": y_x.sum(), "yy_x": (y_x * y_x).sum()}
        if d is not None:
            named["d_x"] = _where(x, d).sum()
    return named


def _weighted(y: Any, d: Any, w: Any) -> dict[str, Any]:
    w = _where(y, w)
    named = {"w": w.sum(), "wy": (w * y).sum()}
    return named if d is None else named | {"wd": (w * d).sum()}


def fits(slot: Slot, sums: Mapping[str, Floats], rows: Floats) -> bool:
    """True where a scan that was not careful turns out to have needed no care."""
    if slot.careful:
        return True
    finite = all(np.isfinite(values[sums[_count_behind(name)] > 0]).all() for name, values in sums.items())
    complete = all((sums[name] == rows).all() for name in ("n", "nd", "nx") if name in sums)
    return finite and (complete or not slot.multiplies)


def _count_behind(name: str) -> str:
    return "nx" if name.startswith("x") else "nd" if name in ("d", "dd") else "n"


def moments_of(slot: Slot, sums: Mapping[str, Floats], rows: Floats, eligible: Floats | None) -> CellMoments:
    """Counts, means and centred sums from shifted sums."""
    n = sums["n"]
    parts: dict[str, Any] = {
        "n": n,
        "missing": rows - n if eligible is None else eligible - sums["n_eligible"],
        "mean_y": _mean(sums["y"], n) + slot.shifted("y"),
        "m2_y": _centred(sums["yy"], sums["y"], sums["y"], n, positive=True),
    }
    if "d" in sums:
        parts |= {
            "mean_d": _mean(sums["d"], n) + slot.shifted("d"),
            "m2_d": _centred(sums["dd"], sums["d"], sums["d"], n, positive=True),
            "c_yd": _centred(sums["yd"], sums["y"], sums["d"], n),
        }
    if "x" in sums:
        parts |= {"n_x": sums["nx"], "mean_x": _mean(sums["x"], sums["nx"]) + slot.shifted("x")}
        if "xx" in sums:
            parts |= _moments_with_pre(slot, sums)
    if "w" in sums:
        parts |= {"weight": sums["w"], "weighted": _mean(sums["wy"], sums["w"]) + slot.shifted("y")}
        if "wd" in sums:
            parts["weighted_d"] = _mean(sums["wd"], sums["w"]) + slot.shifted("d")
    return CellMoments(**parts)


def _moments_with_pre(slot: Slot, sums: Mapping[str, Floats]) -> dict[str, Floats]:
    n, x = sums["nx"], sums["x"]
    y, yy = (sums["y_x"], sums["yy_x"]) if "y_x" in sums else (sums["y"], sums["yy"])
    parts = {
        "m2_x": _centred(sums["xx"], x, x, n, positive=True),
        "mean_yx": _mean(y, n) + slot.shifted("y"),
        "m2_yx": _centred(yy, y, y, n, positive=True),
        "c_xy": _centred(sums["xy"], x, y, n),
    }
    if "xd" in sums:
        d = sums.get("d_x", sums["d"])
        parts |= {"mean_dx": _mean(d, n) + slot.shifted("d"), "c_xd": _centred(sums["xd"], x, d, n)}
    return parts


def _mean(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)


def _centred(products: Floats, a: Floats, b: Floats, n: Floats, positive: bool = False) -> Floats:
    known = n > 0
    centred = np.zeros(len(n))
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large for a square is refused by whoever asked
        centred[known] = products[known] - a[known] * b[known] / n[known]
    return np.maximum(centred, 0.0) if positive else centred


def better_shift(slot: Slot, moments: CellMoments) -> dict[str, float]:
    """Shift by part where the one used lost too many digits; empty where all is well."""
    whole = moments.merge(np.zeros(len(moments.n), dtype=np.int64), 1)
    found = {}
    for part, n, mean, m2 in (
        ("y", whole.n, whole.mean_y, whole.m2_y),
        ("d", whole.n, whole.mean_d, whole.m2_d),
        ("x", whole.n_x, whole.mean_x, whole.m2_x),
    ):
        if n is None or mean is None or m2 is None or not n[0] > 1:
            continue
        distance = n[0] * (mean[0] - slot.shifted(part)) ** 2
        if m2[0] < DIGITS_LOST * distance:
            found[part] = float(mean[0])
    return found
