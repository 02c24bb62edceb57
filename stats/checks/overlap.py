"""Are the chosen comparison sites like the treated ones, and are there enough of them."""

from __future__ import annotations

from stats.methods.matching import Floats
from stats.results import Check, Status

SMD_LINE = 0.25
"""Rubin (2001): beyond a quarter of a standard deviation adjustment starts to lean on the model."""


def overlap(differences: Floats, names: tuple[str, ...], effective: float) -> Check:
    """Standardised differences after matching. value: the largest; facts: which trait, and the effective number."""
    if not len(names):
        return Check(key="overlap", status=Status.NOT_RUN)
    worst = max(range(len(names)), key=lambda k: abs(float(differences[k])))
    value = abs(float(differences[worst]))
    return Check(
        key="overlap",
        status=Status.FAIL if value > SMD_LINE else Status.PASS,
        value=value,
        threshold=SMD_LINE,
        facts={
            "trait": names[worst],
            "difference": float(differences[worst]),
            "effective": effective,
            **{f"smd {name}": float(each) for name, each in zip(names, differences, strict=True)},
        },
    )
