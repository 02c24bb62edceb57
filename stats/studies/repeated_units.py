"""Units that were drawn one by one and stand in several rows: ten calls of one customer are not ten draws.

Their rows then count as one cluster each, so that errors are those of the units that were drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stats.expressions import resolve
from stats.outcomes.layout import arm_code, is_post
from stats.spec import ArmSpec, EstimateSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, kw_only=True)
class UnitCounts:
    """units: distinct units by arm (0 control, 1.. treatments); repeated: some unit has several rows in its arm."""

    units: Mapping[int, float]
    repeated: bool


def count_units(unit: str, arm: ArmSpec, table: ir.Table) -> UnitCounts:
    """Distinct units of the rows in some arm; rows without a unit are left out."""
    coded = table.select(arm=arm_code(arm, table), unit=resolve(unit, table))
    counted = coded.group_by("arm").aggregate(units=coded["unit"].nunique(), rows=coded["unit"].count())
    found = [line for line in counted.to_pyarrow().to_pylist() if line["arm"] is not None]
    return UnitCounts(
        units={int(line["arm"]): float(line["units"]) for line in found},
        repeated=any(line["rows"] > line["units"] for line in found),
    )


def clustered_by_unit(spec: EstimateSpec, table: ir.Table) -> EstimateSpec:
    """The specification with its unit as cluster, where units stand in several rows after the start.

    Pairs stay as they are: what several rows say of one side is averaged there.
    """
    if spec.unit is None or spec.arm is None or spec.cluster is not None or spec.pair is not None:
        return spec
    after = table if spec.post is None else table.filter(is_post(spec.post, table))
    if not count_units(spec.unit, spec.arm, after).repeated:
        return spec
    return spec.model_copy(update={"cluster": spec.unit})
