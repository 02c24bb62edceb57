"""A study's site-periods as arrays for panel methods: outcome, weights, treatment, covariates that change over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stats.errors import Problem, RefusedSpec
from stats.study import SitePeriods, Study

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """S sites by P periods. y: (S, P), 0 where unknown; weight: (S, P), 0 where unknown; n: (S, P) records.

    dose: (S, P) treatment, 0/1 or an amount; covariates: (K, S, P) by the ``names``; start: (S,) index of the first
    treated period, P = never; strata: (S,) labels or None.
    """

    sites: tuple[str, ...]
    periods: tuple[object, ...]
    y: Floats
    weight: Floats
    n: Floats
    dose: Floats
    start: Ints
    covariates: Floats
    names: tuple[str, ...] = ()
    strata: NDArray[np.str_] | None = None

    @property
    def known(self) -> Bools:
        return self.weight > 0

    @property
    def ever(self) -> Bools:
        """(S,) True where the site is treated in some period of the data."""
        return self.start < len(self.periods)

    def take(self, keep: Bools) -> Panel:
        """The sites where ``keep``."""
        return replace(
            self,
            sites=tuple(site for site, kept in zip(self.sites, keep, strict=True) if kept),
            y=self.y[keep],
            weight=self.weight[keep],
            n=self.n[keep],
            dose=self.dose[keep],
            start=self.start[keep],
            covariates=self.covariates[:, keep],
            strata=None if self.strata is None else self.strata[keep],
        )


def take_sites(data: SitePeriods, keep: Bools) -> SitePeriods:
    """Site-periods of the sites where ``keep``."""

    def rows(values: Any) -> Any:
        return None if values is None else values[keep]

    return replace(
        data,
        sites=tuple(site for site, kept in zip(data.sites, keep, strict=True) if kept),
        value=data.value[keep],
        n=data.n[keep],
        missing=data.missing[keep],
        arm=data.arm[keep],
        treated=data.treated[keep],
        start=data.start[keep],
        pre=rows(data.pre),
        strata=rows(data.strata),
        pair=rows(data.pair),
        covariates=rows(data.covariates),
        weight=rows(data.weight),
    )


def needs_sites(study: Study) -> None:
    """Raise RefusedSpec where the specification names no site."""
    spec = study.spec
    if spec.site is None and spec.cluster is None:
        raise RefusedSpec(Problem(code="design_needs", facts={"design": spec.design, "parts": "site / cluster"}))


def panel_of(study: Study, *, covariates: Sequence[str] | None = None) -> Panel:
    """Control sites and those of the study's arm.

    Weights: the column that the specification names, else the records of a cell where weights are by volume, else 1.
    Option ``treatment``: a column with the amount of treatment takes the place of treated / not treated. Covariates
    (by default those of the specification) are averaged by site and period; a cell without one of them is unknown.
    """
    needs_sites(study)
    spec, data = study.spec, study.site_periods
    concerned = (data.arm == 0) | (data.arm == study.arm)
    names = list(spec.covariates if covariates is None else covariates)
    dose_column = spec.dose
    further = (
        by_site_and_period(study, [*names, *([str(dose_column)] if dose_column else [])])
        if (names or dose_column)
        else {}
    )
    weight = np.ones_like(data.value)
    if spec.weight_column is not None and data.weight is not None:
        weight = data.weight
    elif spec.weights == "volume":
        weight = data.n
    dose = further[str(dose_column)][0] if dose_column else data.treated.astype(float)
    columns = [column for name in names for column in further[name]]
    stacked = np.stack(columns) if columns else np.empty((0, *data.value.shape))
    known = np.isfinite(data.value) & (weight > 0) & np.isfinite(dose) & np.isfinite(stacked).all(axis=0)
    panel = Panel(
        sites=data.sites,
        periods=data.periods,
        y=np.where(known, data.value, 0.0),
        weight=np.where(known, weight, 0.0),
        n=np.where(known, data.n, 0.0),
        dose=np.where(known, dose, 0.0),
        start=data.start,
        covariates=np.where(known, stacked, 0.0),
        names=tuple(names),
        strata=data.strata,
    )
    return panel.take(concerned) if not concerned.all() else panel


def by_site_and_period(study: Study, names: Sequence[str]) -> dict[str, list[Floats]]:
    """Columns of the records by site and period, (S, P) averages; words as one 0/1 column a label but the first."""
    data, spec, records = study.site_periods, study.spec, study.records
    if absent := [name for name in names if name not in records.columns]:
        raise RefusedSpec(
            [Problem(code="missing_column", column=name, facts=lacking(records.columns)) for name in absent]
        )
    size = data.value.shape
    site, period = record_places(study)
    inside = (site >= 0) & (period >= 0)
    place = (site * size[1] + period)[inside]
    declared = set(spec.options.get("factors", ()))

    def averaged(values: Floats) -> Floats:
        values = values[inside]
        known = np.isfinite(values)
        count = np.bincount(place[known], minlength=size[0] * size[1])
        total = np.bincount(place[known], weights=values[known], minlength=size[0] * size[1])
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(size)

    found: dict[str, list[Floats]] = {}
    for name in names:
        column = records[name]
        if column.dtype.kind in "biuf" and name not in declared:
            found[name] = [averaged(np.asarray(column, dtype=float))]
        else:
            missing = np.asarray(column.isna(), dtype=bool)
            text = np.asarray(column).astype(str)
            labels = np.unique(text[~missing])
            found[name] = [averaged(np.where(missing, np.nan, text == label)) for label in labels[1:]]
    return found


def lacking(columns: Iterable[object]) -> dict[str, str]:
    """Facts of the problem that a column is not there."""
    return {"used_for": "the comparison", "offered": ", ".join(str(name) for name in columns)}


def record_places(study: Study) -> tuple[Ints, Ints]:
    """(site, period) of each record as places in the site-periods, -1 where it has none."""
    spec, data, records = study.spec, study.site_periods, study.records
    return (
        _codes(records[spec.site or spec.cluster], data.sites),
        _codes(records[spec.period or "__post"], [_label(each) for each in data.periods]),
    )


def _codes(column: Any, labels: Sequence[str]) -> Ints:
    """(N,) place of each record's value among the labels, -1 where it is none of them."""
    place = {label: index for index, label in enumerate(labels)}
    codes, values = column.factorize()
    return np.append(np.array([place.get(_label(value), -1) for value in values], dtype=np.int64), -1)[codes]


def _label(value: Any) -> str:
    """A site or period as text: 7, 7.0 and "7" are one name, and so are a day and its midnight."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)
