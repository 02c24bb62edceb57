"""Pairs (the same person under both arms, or matched units): differences within pairs."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.methods.hypotheses import t_estimate
from stats.methods.levels import is_constant
from stats.methods.relative import fieller
from stats.results import NotEstimable, Result


def paired_t(
    control: NDArray[np.float64], treatment: NDArray[np.float64], *, confidence: float, dropped: int = 0
) -> Result:
    """Mean difference within pairs, t with pairs - 1 degrees of freedom (Student 1908).

    control, treatment: (P,) values of the same pairs in the same order; dropped: pairs left out as incomplete.
    """
    pairs = len(control)
    if pairs < 2:
        return NotEstimable(code="too_few_pairs", facts={"pairs": pairs, "incomplete": dropped})
    gaps = treatment - control
    effect = float(gaps.mean())
    variance = float(gaps.var(ddof=1))
    if is_constant(variance, max(abs(effect), float(np.abs(control).max()))):
        return NotEstimable(
            code="same_value", facts={"control": float(control.mean()), "treatment": float(treatment.mean())}
        )
    std_error = sqrt(variance / pairs)
    df = pairs - 1
    cov = np.cov(treatment, control) / pairs
    mean_t, mean_c = float(treatment.mean()), float(control.mean())
    return t_estimate(
        effect,
        std_error,
        df,
        n_control=pairs,
        n_treatment=pairs,
        confidence=confidence,
        method="paired_t",
        relative=fieller(
            (mean_t, float(cov[0, 0])),
            (mean_c, float(cov[1, 1])),
            confidence=confidence,
            df=df,
            covariance=float(cov[0, 1]),
        ),
        mean_control=mean_c,
        mean_treatment=mean_t,
        details={"statistic": effect / std_error, "pairs": pairs, "incomplete_pairs": dropped},
    )
