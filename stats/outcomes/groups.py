"""What can be wrong with sites, arms, units and periods taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stats.errors import Problem, RefusedSpec
from stats.expressions import nearest, resolve
from stats.outcomes.layout import OTHERS, arm_code, controls, treatments
from stats.outcomes.row_tests import RowTest
from stats.plan import Columns, PlannedSite
from stats.spec import ArmSpec

if TYPE_CHECKING:
    import ibis

NAMED = 5
MOSTLY_SINGLE = 0.05
"""A table whose sites and periods come together more than once in at most this share is meant as a panel."""


@dataclass
class Groups:
    """What the groupings say. tests: conditions whose rows are to be shown, with the number of rows as a fact."""

    sites: tuple[str, ...] = ()
    arms: dict[str, int] = field(default_factory=dict)
    units: int | None = None
    shape: Literal["records", "panel"] = "records"
    tests: list[RowTest] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class SiteArm:
    """Rows of one site in one value of the arm column; code: 0 control, 1.. treatments, None any other value."""

    site: str | None
    arm: str | None
    code: int | None
    rows: int


def group_tests(
    table: ibis.Table,
    columns: Columns,
    sites: Sequence[PlannedSite] | Mapping[str, int | None],
    found: set[str],
    assigned: Literal["site", "unit"] | None,
    accept_crossovers: bool,
) -> Groups:
    """Look at the groups that the columns found in the table allow."""
    groups = Groups()
    site = columns.site if columns.site in found else None
    arm = columns.arm.column if columns.arm and columns.arm.column in found else None
    planned = dict(sites) if isinstance(sites, Mapping) else {site.key: None for site in sites}
    if site or arm:
        pairs = _site_arms(table, columns, site, arm)
        groups.sites = tuple(sorted({pair.site for pair in pairs if pair.site is not None}))
        for pair in pairs:
            if pair.arm is not None:
                groups.arms[pair.arm] = groups.arms.get(pair.arm, 0) + pair.rows
        if arm:
            _unknown_arms(groups, pairs, table, columns)
        if site and planned:
            _unknown_sites(groups, pairs, table, site, planned)
        if site and arm and assigned == "site" and columns.starts is None:
            _crossovers(groups, pairs, table, site, planned, accept_crossovers)
    _repeated(groups, table, columns, found, assigned)
    if columns.unit in found and arm and columns.unit:
        _units_in_two_arms(groups, table, columns.unit, arm, warns=assigned != "unit")
    return groups


def _text(value: Any) -> Any:
    """A key as text; whole numbers without a point."""
    if value.type().is_floating():
        return (value == value.round()).ifelse(value.round().cast("int64").cast("string"), value.cast("string"))
    return value.cast("string")


def _site_arms(table: ibis.Table, columns: Columns, site: str | None, arm: str | None) -> list[SiteArm]:
    import ibis

    nothing = ibis.null("string")
    keyed = table.select(
        site=_text(resolve(site, table)) if site else nothing,
        arm=_text(resolve(arm, table)) if arm else nothing,
        code=_code(columns.arm, table) if arm and columns.arm else ibis.null("int64"),
    )
    answer = keyed.group_by(["site", "arm", "code"]).aggregate(rows=keyed.count()).to_pyarrow().to_pylist()
    pairs = [SiteArm(**row) for row in answer]
    return sorted(pairs, key=lambda pair: (pair.site or "", pair.arm or ""))


def _code(arm: ArmSpec, table: ibis.Table) -> Any:
    """Arm code; unknown throughout where the column's type can't hold the values that the plan names."""
    import ibis

    try:
        return arm_code(arm, table)
    except RefusedSpec:
        return ibis.null("int64")


def _unknown_arms(groups: Groups, pairs: Sequence[SiteArm], table: ibis.Table, columns: Columns) -> None:
    spec = columns.arm
    if spec is None or controls(spec) == [OTHERS]:
        return
    unknown: dict[str, int] = {}
    for pair in pairs:
        if pair.arm is not None and pair.code is None:
            unknown[pair.arm] = unknown.get(pair.arm, 0) + pair.rows
    if not unknown:
        return
    offered = [str(value) for value in (*controls(spec), *treatments(spec))]
    value = resolve(spec.column, table)
    facts = {"offered": ", ".join(offered), "suggestions": _suggestions(unknown, offered)}
    code = "unknown_arm_close" if facts["suggestions"] else "unknown_arm"
    bad = value.notnull() & _code(spec, table).isnull()
    groups.tests.append(_test(code, spec.column, bad, value, sum(unknown.values()), facts))


def _unknown_sites(
    groups: Groups, pairs: Sequence[SiteArm], table: ibis.Table, site: str, planned: Mapping[str, int | None]
) -> None:
    unknown: dict[str, int] = {}
    for pair in pairs:
        if pair.site is not None and pair.site not in planned:
            unknown[pair.site] = unknown.get(pair.site, 0) + pair.rows
    if unknown:
        value = _text(resolve(site, table))
        facts = {"names": _listed(list(unknown)), "sites": len(unknown), "suggestions": _suggestions(unknown, planned)}
        bad = value.isin(list(unknown)[:100])
        code = "unknown_site_close" if facts["suggestions"] else "unknown_site"
        groups.tests.append(_test(code, site, bad, value, sum(unknown.values()), facts))
    absent = [key for key in planned if key not in groups.sites]
    if absent:
        facts = {"names": _listed(absent)}
        groups.warnings.append(Problem(code="absent_site", column=site, count=len(absent), facts=facts))


def _crossovers(
    groups: Groups,
    pairs: Sequence[SiteArm],
    table: ibis.Table,
    site: str,
    planned: Mapping[str, int | None],
    accept: bool,
) -> None:
    """Sites with rows in two arms, and sites whose arm is another than the one they were given."""
    codes: dict[str, set[int]] = {}
    for pair in pairs:
        if pair.site is not None and pair.code is not None:
            codes.setdefault(pair.site, set()).add(pair.code)
    mixed = [key for key, arms in codes.items() if len(arms) > 1]
    swapped = [
        key for key, arms in codes.items() if len(arms) == 1 and planned.get(key) is not None and arms != {planned[key]}
    ]
    value = _text(resolve(site, table))
    for code, keys in (("site_in_two_arms", mixed), ("arm_not_as_assigned", swapped)):
        if keys:
            facts = {"names": _listed(keys)}
            bad = value.isin(keys[:100])
            groups.tests.append(_test(code, site, bad, value, len(keys), facts, warns=accept))


def _repeated(
    groups: Groups, table: ibis.Table, columns: Columns, found: set[str], assigned: Literal["site", "unit"] | None
) -> None:
    """The same unit (or site) twice in one period."""
    unit = columns.unit if columns.unit in found else None
    period = next((name for name in (columns.period, columns.timestamp) if name and name in found), None)
    if unit is not None:
        keys = [unit, period] if period else [unit]
        counted = _group_sizes(table, keys)
        groups.units = _distinct(table, unit)
        groups.shape = "panel" if columns.period in found else "records"
        if counted.repeated and (assigned == "unit" or columns.period in found):
            code = "duplicate_unit_period" if period else "duplicate_unit"
            _add_repeated(groups, table, keys, code, counted.surplus, period)
    elif columns.site in found and columns.period in found and columns.site and columns.period:
        keys = [columns.site, columns.period]
        keys += [name for name in (columns.segment,) if name and name in found]
        counted = _group_sizes(table, keys)
        if counted.groups > 1 and counted.repeated <= MOSTLY_SINGLE * counted.groups:
            groups.shape = "panel"
            if counted.repeated:
                _add_repeated(groups, table, keys, "duplicate_site_period", counted.surplus, columns.period)


@dataclass(frozen=True)
class _Sizes:
    groups: int
    repeated: int
    surplus: int


def _group_sizes(table: ibis.Table, keys: Sequence[str]) -> _Sizes:
    named = {f"key{place}": resolve(key, table) for place, key in enumerate(keys)}
    keyed = table.select(**named)
    keyed = keyed.filter(*(keyed[name].notnull() for name in named))
    sizes = keyed.group_by(list(named)).aggregate(rows=keyed.count())
    more = sizes["rows"] > 1
    answer = (
        sizes.aggregate(groups=sizes.count(), repeated=more.sum(), surplus=(sizes["rows"] - 1).sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return _Sizes(*(int(answer[name] or 0) for name in ("groups", "repeated", "surplus")))


def _distinct(table: ibis.Table, column: str) -> int:
    return int(resolve(column, table).nunique().to_pyarrow().as_py())


def _add_repeated(
    groups: Groups, table: ibis.Table, keys: Sequence[str], code: str, surplus: int, period: str | None
) -> None:
    import ibis

    values = [resolve(key, table) for key in keys]
    window = ibis.window(group_by=values, order_by=None)
    known = values[0].notnull()
    for value in values[1:]:
        known = known & value.notnull()
    bad = known & (table.count().over(window) > 1)
    shown = values[0].cast("string")
    for value in values[1:]:
        shown = shown + " / " + value.cast("string")
    groups.tests.append(_test(code, keys[0], bad, shown, surplus, {"period": period or ""}))


def _units_in_two_arms(groups: Groups, table: ibis.Table, unit: str, arm: str, *, warns: bool) -> None:
    keyed = table.select(unit=resolve(unit, table), arm=resolve(arm, table))
    arms = keyed.group_by("unit").aggregate(first=keyed["arm"].min(), last=keyed["arm"].max())
    mixed = arms.filter(arms["unit"].notnull() & (arms["first"] != arms["last"]))
    count = int(mixed.count().to_pyarrow().as_py())
    if count:
        names = [row["unit"] for row in mixed.select("unit").limit(100).to_pyarrow().to_pylist()]
        value = resolve(unit, table)
        facts = {"names": _listed([str(name) for name in names], count), "arm": arm}
        groups.tests.append(_test("unit_in_two_arms", unit, value.isin(names), value, count, facts, warns=warns))


def _test(
    code: str, column: str, bad: Any, shown: Any, count: int, facts: Mapping[str, Any], *, warns: bool = False
) -> RowTest:
    return RowTest(code=code, column=column, bad=bad, shown=shown, warns=warns, facts={**facts, "count": count})


def _listed(names: Sequence[str], count: int | None = None) -> str:
    more = (count or len(names)) - NAMED
    return ", ".join(names[:NAMED]) + (f" (+{more})" if more > 0 else "")


def _suggestions(unknown: Mapping[str, Any], offered: Mapping[str, Any] | Sequence[str]) -> str:
    """ "Nort -> North" for the unknown names that come close to a known one."""
    close = [(name, nearest(name, tuple(offered))) for name in list(unknown)[:NAMED]]
    return ", ".join(f"{name} → {known}" for name, known in close if known)
