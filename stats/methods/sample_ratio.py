"""Do the counts by arm agree with the split that was meant?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import chdtrc


@dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """Chi-square of the counts against the split; expected: counts that the split would give."""

    chi2: float
    df: int
    p_value: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def sample_ratio(observed: Sequence[float], ratio: Sequence[float]) -> SampleRatio:
    """Pearson's chi-square (1900). ratio: shares or odds > 0, any scale, in the order of ``observed``.

    >>> round(sample_ratio([821588, 815482], [1, 1]).p_value, 7)
    1.8e-06
    """
    total, parts = sum(observed), sum(ratio)
    expected = tuple(total * part / parts for part in ratio)
    chi2 = sum((seen - meant) ** 2 / meant for seen, meant in zip(observed, expected, strict=True))
    df = len(expected) - 1
    return SampleRatio(
        chi2=float(chi2), df=df, p_value=float(chdtrc(df, chi2)), observed=tuple(observed), expected=expected
    )
