"""A specification and a table made into a Study: everything lazy, each reading at most once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stats.cells import Cells, MetricRequest, read_cells
from stats.cells.moments import CellMoments, codes
from stats.cells.request import metric_values
from stats.cells.scan import one_thread
from stats.designs.spellings import meant
from stats.errors import Problem, RefusedData, RefusedSpec
from stats.expressions import condition, resolve, shortened
from stats.moments import ArmMoments, Moments
from stats.outcomes.layout import Layout, arm_problems, is_number, is_post, part_problems, post_problems, treatments
from stats.spec import EstimateSpec
from stats.studies.repeated_units import clustered_by_unit
from stats.studies.site_periods import COVARIATE, grid_of, site_periods
from stats.study import SitePeriods, Study

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

UNIT_DESIGNS = ("randomised_units",)
# One number per site and window, made from all its rows: the mean of weekly quantiles is not the window's quantile.
WINDOW_DESIGNS = ("randomised_sites",)
SWITCHING_DESIGNS = ("stepped_wedge", "staggered")
# Where no start is named, the arm column tells it: the first period in which it says treatment.
STARTING_DESIGNS = ("synthetic_control",)
BY_ONE_FIGURE = ("cuped", "ancova_by_arm")
LARGEST = 1e60
"""Squares of squares of larger numbers leave the range of a double."""
METRIC = "metric"

NEEDED_PARTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "randomised_units": (("arm",),),
    "randomised_sites": (("site", "cluster"), ("arm",)),
    "matched_sites": (("arm",),),
    "before_after_control": (("arm",), ("post",)),
    "staggered": (("site",), ("starts", "arm"), ("period",)),
    "stepped_wedge": (("site", "cluster"), ("starts", "arm"), ("period",)),
    "synthetic_control": (("site",), ("arm", "starts"), ("period",)),
    "interrupted_time_series": (("period",), ("post", "starts", "arm")),
}
"""What a design can't do without: one of each group."""


def table_of(spec: EstimateSpec, base: Path) -> ir.Table:
    """The data that the specification names, its ``filter`` applied. ``data`` is relative to ``base``.

    Raises RefusedData for single cells that are no numbers among numbers, with their rows.
    """
    from stats import outcomes
    from stats.outcomes.spoilt import refuse_spoilt

    reading = None
    connected = "://" in spec.data and spec.connection is None
    if connected and spec.table is None:
        raise RefusedSpec(Problem(code="no_table_named"))
    if connected or spec.connection is not None:
        connection = spec.data if spec.connection is None else spec.connection
        table = outcomes.open_connection(beside(connection, base), spec.table or spec.data)
    else:
        path = base / spec.data
        if not _is_file(path):
            raise RefusedSpec(Problem(code="no_data_file", facts={"file": shortened(spec.data)}))
        from stats.outcomes.guess import guess_reading

        reading = guess_reading(path, path.name)
        table = outcomes.open_table(path, reading)
    numbers = [name for name in (spec.pre, spec.weight_column, spec.exposure) if name is not None]
    refuse_spoilt(table, spec.metric, numbers=numbers, covariates=spec.covariates, reading=reading)
    return table if spec.filter is None else table.filter(condition(spec.filter, table))


def beside(connection: str, base: Path) -> str:
    """The connection; the file of an embedded database counts from ``base``, like any other data."""
    scheme, mark, place = connection.partition("://")
    from stats.outcomes.tables import EMBEDDED

    relative = scheme in EMBEDDED and place and not place.startswith("/")
    return f"{scheme}{mark}{base.resolve() / place}" if relative else connection


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's
        return False


def layout_of(spec: EstimateSpec) -> Layout:
    return Layout(
        site=spec.site or spec.cluster or _group_as_site(spec),
        arm=spec.arm,
        period=spec.period,
        post=spec.post,
        starts=spec.starts,
        strata=tuple(spec.strata),
        pair=spec.pair,
        covariates=tuple(spec.covariates),
        windows=spec.design in WINDOW_DESIGNS,
    )


def _group_as_site(spec: EstimateSpec) -> str | None:
    """Two series need no sites: each group is one."""
    return spec.arm.column if spec.design == "interrupted_time_series" and spec.arm is not None else None


def request_of(spec: EstimateSpec) -> MetricRequest:
    return MetricRequest(
        key=METRIC, spec=spec.metric, pre=own_pre(spec), weight=spec.weight_column, exposure=spec.exposure
    )


def own_pre(spec: EstimateSpec) -> str | None:
    """The pre-value's column. Methods that adjust by arm for one figure take a single covariate as that."""
    alone = spec.pre is None and len(spec.covariates) == 1 and not spec.strata
    return spec.covariates[0] if alone and meant(spec.estimator)[-1] in BY_ONE_FIGURE else spec.pre


def refuse_unusable(spec: EstimateSpec, table: ir.Table) -> None:
    """Raise RefusedSpec with everything that is wrong with the specification on this table."""
    problems = [
        Problem(code="design_needs", facts={"design": spec.design, "parts": " / ".join(group)})
        for group in NEEDED_PARTS[spec.design]
        if not any(getattr(spec, name) for name in group) and not (spec.dose and {"arm", "post"} & set(group))
    ]
    named = [spec.site, spec.unit, spec.cluster, spec.period, spec.pre, spec.pair, spec.weight_column, spec.instrument]
    named += [*spec.covariates, *spec.strata, spec.exposure]
    named += [part.column for part in (spec.arm, spec.post, spec.starts) if part is not None]
    problems += arm_problems(spec.arm)
    problems += post_problems(spec.post)
    problems += part_problems(table, {f"{place}": text for place, text in enumerate(named)})
    try:
        metric_values(replace(request_of(spec), pre=None, weight=None), table)
    except RefusedSpec as refused:
        problems += [problem for problem in refused.problems if problem not in problems]
    if problems:
        raise RefusedSpec(problems)


def open_studies(spec: EstimateSpec, table: ir.Table) -> list[Study]:
    """One study a treatment arm, in the order given; they share one reading of the data. Raises RefusedSpec."""
    refuse_unusable(spec, table)
    if spec.design in UNIT_DESIGNS:
        spec = clustered_by_unit(spec, table)
    layout = layout_of(spec)
    periods = cache(lambda: read_site_periods(spec, table, layout))
    records = cache(lambda: read_records(spec, table))
    moments = cache(lambda: read_arm_moments(spec, table, layout))
    return [
        Study(spec=spec, read_site_periods=periods, read_records=records, read_arm_moments=moments, arm=arm)
        for arm in range(1, len(treatments(spec.arm)) + 1)
    ]


def read_site_periods(spec: EstimateSpec, table: ir.Table, layout: Layout) -> SitePeriods:
    """One scan, one number per site and period."""
    request = request_of(spec)
    cells = read_cells(
        table,
        keys=layout.keys(table),
        metrics=[request, *covariate_requests(layout, table)],
        extras=layout.extras(table),
    )
    cells = in_some_arm(cells)
    if spec.donors is not None:
        cells = only_donors(cells, spec.donors)
    switching = spec.design in SWITCHING_DESIGNS or (spec.design in STARTING_DESIGNS and not (spec.post or spec.starts))
    grid = grid_of(cells, layout, switching=switching)
    refuse_too_large(cells.metrics[METRIC], spec)
    return site_periods(cells, METRIC, spec.metric, grid)


def refuse_too_large(moments: CellMoments, spec: EstimateSpec) -> None:
    """Raise RefusedData where the figures are too large for their squares to be numbers."""
    with np.errstate(invalid="ignore"):
        sizes = [np.abs(values) for values in (moments.mean_y, moments.mean_d, moments.mean_x) if values is not None]
        spread = [np.sqrt(values) for values in (moments.m2_y, moments.m2_d, moments.m2_x) if values is not None]
        if any((found > LARGEST).any() for found in (*sizes, *spread)):
            named = spec.metric.column or spec.metric.numerator or METRIC
            raise RefusedData(Problem(code="numbers_too_large", column=str(named)))


def covariate_requests(layout: Layout, table: ir.Table) -> list[MetricRequest]:
    """Number covariates are averaged by site, like metrics."""
    from stats.spec import MetricSpec

    return [
        MetricRequest(key=f"{COVARIATE}{index}", spec=MetricSpec(kind="mean", column=name))
        for index, name in enumerate(layout.covariates)
        if is_number(name, table)
    ]


def in_some_arm(cells: Cells) -> Cells:
    """Without the rows of arms that nobody asked about."""
    if "arm" not in cells.keys:
        return cells
    known = np.array([arm is not None for arm in cells.keys["arm"]], dtype=bool)
    return cells if known.all() else cells.take(known)


def only_donors(cells: Cells, donors: Sequence[Any]) -> Cells:
    """Comparison sites are those of the list; treated sites stay."""
    wanted = {str(donor) for donor in donors}
    sites = cells.keys["site"]
    treated = {str(site) for site, arm in zip(sites, cells.keys.get("arm", sites), strict=True) if arm not in (0, None)}
    if "arm" not in cells.keys:
        treated = set()
    keep = np.array([str(site) in wanted or str(site) in treated for site in sites], dtype=bool)
    return cells.take(keep)


def read_arm_moments(spec: EstimateSpec, table: ir.Table, layout: Layout) -> ArmMoments:
    """One scan of the rows after the start: moments by arm, and by arm and cluster."""
    if spec.post is not None:
        table = table.filter(is_post(spec.post, table))
    keys = {"arm": layout.keys(table)["arm"]}
    cluster = spec.cluster or spec.site
    if cluster is not None:
        keys["cluster"] = resolve(cluster, table)
    cells = in_some_arm(read_cells(table, keys=keys, metrics=[request_of(spec)], detail="moments"))
    if cells.rows.sum() == 0:
        raise RefusedData(Problem(code="no_rows"))
    refuse_too_large(cells.metrics[METRIC], spec)
    return arm_moments(cells, METRIC, arms=len(treatments(spec.arm)) + 1)


def arm_moments(cells: Cells, key: str, arms: int) -> ArmMoments:
    """Moments of one metric from cells by arm (and cluster)."""
    found, arm = cells.metrics[key], cells.keys["arm"].astype(np.int64)
    by_arm = moments_from(found.merge(arm, arms))
    if "cluster" not in cells.keys:
        return ArmMoments(arms=by_arm)
    labels, index = codes(cells.keys["cluster"])
    order = np.lexsort([index, arm])
    return ArmMoments(
        arms=by_arm,
        clusters=moments_from(found.take(order)),
        cluster_arm=arm[order],
        cluster_label=tuple(str(labels[place]) for place in index[order]),
    )


def moments_from(cells: CellMoments) -> Moments:
    """Means, variances and covariances from centred sums."""
    unknown = np.full(len(cells.n), np.nan)
    n_x = cells.n_x if cells.n_x is not None else np.zeros(len(cells.n))

    def per_degree(centred: np.ndarray | None, n: np.ndarray) -> np.ndarray:
        if centred is None:
            return unknown
        return np.divide(centred, n - 1, out=unknown.copy(), where=n > 1)

    def given(values: np.ndarray | None) -> np.ndarray:
        return unknown if values is None else values

    return Moments(
        n=cells.n,
        missing=cells.missing,
        mean_y=cells.mean_y,
        var_y=per_degree(cells.m2_y, cells.n),
        sum_y=np.where(cells.n > 0, cells.n * cells.mean_y, 0.0),
        mean_d=given(cells.mean_d),
        var_d=per_degree(cells.m2_d, cells.n),
        sum_d=unknown if cells.mean_d is None else np.where(cells.n > 0, cells.n * cells.mean_d, 0.0),
        cov_yd=per_degree(cells.c_yd, cells.n),
        n_x=n_x,
        mean_x=given(cells.mean_x),
        var_x=per_degree(cells.m2_x, n_x),
        cov_xy=per_degree(cells.c_xy, n_x),
        mean_y_x=given(cells.mean_yx),
        var_y_x=per_degree(cells.m2_yx, n_x),
        cov_xd=per_degree(cells.c_xd, n_x),
    )


def read_records(spec: EstimateSpec, table: ir.Table) -> pd.DataFrame:
    """The rows of the arms asked about, with the columns that the specification names (see Study)."""
    value = metric_values(request_of(spec), table)
    columns: dict[str, Any] = {"__y": value.y}
    if value.d is not None:
        columns["__denominator"] = value.d
    if spec.metric.kind == "survival":
        from stats.cells.durations import duration

        columns["__event"] = duration(spec.metric, table)[1]
    keys = layout_of(spec).keys(table)
    columns |= {f"__{name}": keys[name] for name in ("arm", "post") if name in keys}
    for text in _named_columns(spec):
        columns[text] = resolve(text, table)
    rows = table.select(**columns)
    if "__arm" in columns:
        rows = rows.filter(rows["__arm"].notnull())
    with one_thread(table):
        read = rows.to_pyarrow().to_pandas()
    if (read["__y"].abs() > LARGEST).any():
        raise RefusedData(Problem(code="numbers_too_large", column=str(spec.metric.column or METRIC)))
    return read


def _named_columns(spec: EstimateSpec) -> list[str]:
    names = [spec.site, spec.unit, spec.cluster, spec.period, spec.pre, spec.pair, spec.weight_column]
    names += [spec.exposure, spec.instrument, *spec.strata, *spec.covariates, *option_columns(spec)]
    names += [part.column for part in (spec.post, spec.starts) if part is not None]
    return list(dict.fromkeys(name for name in names if name is not None))


def option_columns(spec: EstimateSpec) -> list[str]:
    """Columns that an estimator's own options name.

    ``columns: [...]``; ``treatment``: the amount of treatment; ``predictors``: columns, or mappings with ``column``;
    ``placebo_outcome``: a figure that the change can't have moved.
    """
    found = [] if spec.dose is None else [spec.dose]
    for key in ("columns", "predictors", "placebo_outcome"):
        named = spec.options.get(key, [])
        found += [
            str(name["column"] if isinstance(name, Mapping) else name)
            for name in (named if isinstance(named, list) else [named])
        ]
    return found
