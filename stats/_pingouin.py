"""pingouin, and nothing else of the project may import it (docs/adr/0004-pingouin.md).

Used for what it does right and the other libraries do not offer: standardised effects with their small-sample
correction, internal consistency of a questionnaire, correlation within subjects. Its habits are kept out: inputs are
checked here (it validates by ``assert`` and drops gaps silently) and intervals are made here (it rounds its own, to two
or three decimals, partly without a switch).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from stats.results import NotEstimable, quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Association:
    """A number without a unit (Hedges' g, Cronbach's alpha, a correlation) with its interval; n: what it rests on."""

    value: float
    ci_lower: float
    ci_upper: float
    p_value: float | None
    df: float | None
    n: int
    confidence: float
    method: str


def pingouin() -> ModuleType:
    """The library, loaded when first asked for (3 s), with rounding off."""
    import pingouin as loaded

    loaded.options["round"] = None
    loaded.options["round.column.CI95"] = None
    return loaded


def hedges_g(
    control: Sequence[float], treatment: Sequence[float], *, paired: bool = False, confidence: float = 0.95
) -> Association | NotEstimable:
    """Treatment minus control in pooled standard deviations, corrected for small samples (Hedges 1981).

    Interval by pingouin's ``compute_esci``: g +- t x sqrt((n + m) / (n m) + g^2 / (2 (n + m))) (paired: over pairs).
    """
    x, y = _finite(treatment), _finite(control)
    if x is None or y is None:
        return NotEstimable(code="gaps_in_values", facts={})
    if paired and len(x) != len(y):
        return NotEstimable(code="pairs_incomplete", facts={"control": len(y), "treatment": len(x)})
    if min(len(x), len(y)) < 3:
        return NotEstimable(code="too_few_units", facts={"n_control": len(y), "n_treatment": len(x), "needed": 3})
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        return NotEstimable(code="same_value", facts={"control": float(y[0]), "treatment": float(x[0])})
    library = pingouin()
    g = float(library.compute_effsize(x, y, paired=paired, eftype="hedges"))
    lower, upper = library.compute_esci(
        stat=g, nx=len(x), ny=len(y), paired=paired, eftype="hedges", confidence=confidence, decimals=15
    )
    return Association(
        value=g,
        ci_lower=float(lower),
        ci_upper=float(upper),
        p_value=None,
        df=float(len(x) - 1 if paired else len(x) + len(y) - 2),
        n=len(x) if paired else len(x) + len(y),
        confidence=confidence,
        method="hedges_g",
    )


def cronbach_alpha(answers: Sequence[Sequence[float]], *, confidence: float = 0.95) -> Association | NotEstimable:
    """Internal consistency of a questionnaire: rows people, columns questions (Cronbach 1951; interval: Feldt 1965).

    Complete answers only; whoever hands them over says what was left out.
    """
    table = _table(answers)
    if table is None:
        return NotEstimable(code="gaps_in_values", facts={})
    people, questions = table.shape
    if people < 3 or questions < 2:
        return NotEstimable(code="too_few_answers", facts={"people": people, "questions": questions})
    if float(table.sum(axis=1).var(ddof=1)) <= 0:
        return NotEstimable(code="no_variation_in_answers", facts={"people": people})
    import pandas as pd

    alpha, _ = pingouin().cronbach_alpha(data=pd.DataFrame(table))
    within, tail = (people - 1) * (questions - 1), (1 - confidence) / 2
    lower, upper = (1 - (1 - float(alpha)) * float(fdtri(people - 1, within, p)) for p in (1 - tail, tail))
    return Association(
        value=float(alpha),
        ci_lower=lower,
        ci_upper=upper,
        p_value=None,
        df=None,
        n=people,
        confidence=confidence,
        method="cronbach_alpha",
    )


def repeated_correlation(
    subject: Sequence[Any], x: Sequence[float], y: Sequence[float], *, confidence: float = 0.95
) -> Association | NotEstimable:
    """Do x and y move together *within* subjects (sites over weeks)? (Bland and Altman 1995; Bakdash and Marusich 2017)

    Differences between subjects don't count. p: two-sided, t with df; interval by Fisher's z with df - 1.
    """
    import pandas as pd

    values = _table([x, y])
    if values is None or values.shape[1] != len(subject):
        return NotEstimable(code="gaps_in_values", facts={})
    frame = pd.DataFrame({"subject": [str(name) for name in subject], "x": values[0], "y": values[1]})
    sizes = frame.groupby("subject")["x"].transform("size")
    frame = frame[sizes > 1]
    subjects = frame["subject"].nunique()
    df = len(frame) - subjects - 1
    if subjects < 2 or df < 3:
        return NotEstimable(code="too_few_repeats", facts={"subjects": subjects, "rows": len(frame)})
    inside = frame[["x", "y"]] - frame.groupby("subject")[["x", "y"]].transform("mean")
    if min((inside**2).sum()) <= 0:
        return NotEstimable(code="no_variation_within", facts={"subjects": subjects})
    library = pingouin()
    with warnings.catch_warnings():
        # pingouin 0.7 still renames in place, which pandas 3 announces to drop; the answer is not touched by it.
        warnings.filterwarnings("ignore", category=pd.errors.Pandas4Warning)
        found = library.rm_corr(data=frame, x="x", y="y", subject="subject")
    r = float(found["r"].iloc[0])
    if abs(r) >= 1:
        return NotEstimable(code="no_variation_within", facts={"subjects": subjects})
    reach = quantile(0.5 + confidence / 2, None) / sqrt(df - 1)
    return Association(
        value=r,
        ci_lower=tanh(atanh(r) - reach),
        ci_upper=tanh(atanh(r) + reach),
        p_value=float(found["pval"].iloc[0]),
        df=float(df),
        n=len(frame),
        confidence=confidence,
        method="repeated_correlation",
    )


def _finite(values: Sequence[float]) -> Floats | None:
    array = np.asarray(values, dtype=float)
    return array if array.ndim == 1 and np.isfinite(array).all() else None


def _table(rows: Sequence[Sequence[float]]) -> Floats | None:
    if len({len(row) for row in rows}) != 1:
        return None
    table = np.asarray(rows, dtype=float)
    return table if np.isfinite(table).all() else None
