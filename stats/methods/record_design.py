"""Records as a regression: outcome, design matrix with named columns, and the groups that records belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stats.errors import Problem, RefusedSpec
from stats.results import NotEstimable
from stats.study import Study

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SWITCHING_DESIGNS = ("stepped_wedge", "staggered")
"""Designs whose records before a site's start are control records."""


@dataclass(frozen=True, kw_only=True)
class RecordDesign:
    """N complete records as a regression.

    y: (N,); centre: its mean, to be taken off where sums of squares are made, so that a level of 1e9 costs no digits;
    x: (N, K) full column rank: intercept, one indicator per treatment arm, then the rest, centred, so that the
    intercept is the control level at the average record;
    names: of the K columns; arm: (N,) 0 control, 1.. treatments; dropped: incomplete records left out;
    weights: (N,) or None; columns: further columns of the complete records by name, as codes 0..
    """

    y: Floats
    centre: float
    x: Floats
    names: tuple[str, ...]
    arm: Ints
    dropped: int
    weights: Floats | None
    codes: Mapping[str, Ints]

    def position(self, arm: int) -> int:
        """Column of the indicator of treatment ``arm``."""
        return self.names.index(f"arm {arm}")


def record_design(
    study: Study,
    *,
    all_arms: bool = False,
    factors: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> RecordDesign | NotEstimable:
    """The records as a regression on arm, ``covariates``, ``pre`` and ``factors``; complete cases after the start only.

    all_arms: every treatment arm has its indicator, else only control and the study's arm are kept; option
    ``pool_treatments`` takes all treatments as one. factors: further columns as indicators. A covariate is taken as
    categorical if it holds text or is named in option ``factors``. groups: columns wanted as ``codes``.
    Raises RefusedSpec where a column is not there.
    """
    spec, records = study.spec, study.records
    covariates = [*spec.covariates, *([spec.pre] if spec.pre else [])]
    named = list(dict.fromkeys([*covariates, *factors, *groups]))
    if absent := [name for name in named if name not in records.columns]:
        raise RefusedSpec([Problem(code="missing_column", column=name) for name in absent])
    arm = _arms(study, all_arms)
    y = np.asarray(records["__y"], dtype=float)
    weights = None if spec.weight_column is None else np.asarray(records[spec.weight_column], dtype=float)
    whole = np.isfinite(y) & (arm >= 0) & _complete(records, named)
    if weights is not None:
        whole &= weights > 0
    records, y, arms = records[whole], y[whole], arm[whole].astype(np.int64)
    counts = {"n_control": int((arms == 0).sum()), "n_treatment": int((arms == study.arm).sum())}
    if min(counts.values()) < 1:
        return NotEstimable(code="no_records_in_an_arm", facts=counts)
    x, names = _columns(records, arms, covariates, factors, set(spec.options.get("factors", ())))
    fixed = [name == "intercept" or name.startswith("arm ") for name in names]
    # The arms are judged last, so that a treatment that coincides with strata is seen.
    last = sorted(range(len(names)), key=lambda index: names[index].startswith("arm "))
    kept = sorted(last[place] for place in independent_columns(x[:, last]))
    if not all(index in kept for index, is_fixed in enumerate(fixed) if is_fixed):
        return NotEstimable(code="arms_not_separable", facts=counts)
    return RecordDesign(
        y=y,
        centre=float(y.mean()),
        x=(x - np.where(fixed, 0.0, x.mean(axis=0)))[:, kept],
        names=tuple(names[index] for index in kept),
        arm=arms,
        dropped=int((~whole & (arm >= 0)).sum()),
        weights=None if weights is None else weights[whole],
        codes={name: codes(records[name]) for name in groups},
    )


def _complete(records: pd.DataFrame, named: Sequence[str]) -> NDArray[np.bool_]:
    """(N,) True where every one of these columns is known; no number is infinite."""
    known = ~np.asarray(records[list(named)].isna().any(axis=1), dtype=bool)
    for name in named:
        if records[name].dtype.kind == "f":
            known &= np.isfinite(np.asarray(records[name], dtype=float))
    return known


def _arms(study: Study, all_arms: bool) -> Floats:
    """(N,) arm of each record, NaN for those that take no part."""
    arm = np.asarray(study.records["__arm"], dtype=float)
    if "__post" in study.records.columns and study.spec.design not in SWITCHING_DESIGNS:
        arm = np.where(np.asarray(study.records["__post"], dtype=bool), arm, np.nan)
    if study.spec.options.get("pool_treatments"):
        arm = np.where(arm > 0, study.arm, arm)
    return arm if all_arms else np.where((arm == 0) | (arm == study.arm), arm, np.nan)


def _columns(
    records: pd.DataFrame, arms: Ints, covariates: Sequence[str], factors: Sequence[str], declared: set[str]
) -> tuple[Floats, list[str]]:
    treatments = [int(arm) for arm in np.unique(arms) if arm > 0]
    columns: list[Floats] = [np.ones(len(arms)), *[(arms == arm).astype(float) for arm in treatments]]
    names = ["intercept", *[f"arm {arm}" for arm in treatments]]
    for name in dict.fromkeys([*covariates, *factors]):
        if name in factors or name in declared or not _is_numeric(records[name]):
            labels, index = np.unique(np.asarray(records[name]).astype(str), return_inverse=True)
            columns += [(index == level).astype(float) for level in range(1, len(labels))]
            names += [f"{name}: {label}" for label in labels[1:]]
        else:
            columns.append(np.asarray(records[name], dtype=float))
            names.append(name)
    return np.column_stack(columns), names


def _is_numeric(column: pd.Series[Any]) -> bool:
    return str(column.dtype.kind) in "biuf"


def codes(column: Any) -> Ints:
    """(N,) group number of each record, 0.. in the order of the labels."""
    return np.unique(np.asarray(column).astype(str), return_inverse=True)[1].astype(np.int64)


def independent_columns(x: Floats) -> list[int]:
    """Columns of x (N, K) that are no combination of those before them."""
    scaled = x / np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300)
    scaled = scaled / np.maximum(np.sqrt((scaled**2).sum(axis=0)), 1e-300)
    if len(x) > x.shape[1]:
        scaled = np.asarray(np.linalg.qr(scaled, mode="r"))
    keep: list[int] = []
    basis = np.empty((len(scaled), 0))
    for index in range(x.shape[1]):
        own = scaled[:, index] - basis @ (basis.T @ scaled[:, index])
        own -= basis @ (basis.T @ own)
        size = float(np.sqrt((own**2).sum()))
        if size > 1e-9:
            keep.append(index)
            basis = np.column_stack([basis, own / size])
    return keep
