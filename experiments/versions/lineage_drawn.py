"""The versions of a pilot as a picture needs them: in the numbers of its axis, in the order of time."""

from __future__ import annotations

from datetime import timedelta

from experiments.pictures.lineage_picture import Dot, LineagePicture, Stretch
from experiments.versions.lineage import LineageView, Version, changed
from experiments.words.numbers import Unit

HALF_OF_95 = 1.959964
"""Standard errors from the middle to the end of an interval that covers 95 %."""


def drawn(view: LineageView) -> LineagePicture | None:
    """None where no version has dates."""
    unit = Unit.of(view.unit, view.kind)
    stretches = [_stretch(version, unit.factor) for version in view.versions]
    known = tuple(stretch for stretch in stretches if stretch is not None)
    if not known:
        return None
    lower = view.better == "lower"
    return LineagePicture(
        metric=view.metric_name,
        unit=unit.of_effect,
        better="lower" if lower else "higher",
        mwe=None if view.mwe is None else (-view.mwe if lower else view.mwe) * unit.factor,
        stretches=known,
    )


def _stretch(version: Version, factor: float) -> Stretch | None:
    if version.start is None:
        return None
    own = version.effect
    alone = together = None
    if own is not None:
        ends = [None if end is None else end * factor for end in (own.ci_lower, own.ci_upper)]
        alone = Dot(effect=own.effect * factor, lower=ends[0], upper=ends[1], text=own.effect_text)
    if own is not None and own.filtered_effect is not None and own.filtered_std_error is not None:
        middle, half = own.filtered_effect * factor, HALF_OF_95 * own.filtered_std_error * factor
        together = Dot(effect=middle, lower=middle - half, upper=middle + half, text=own.filtered_text)
    return Stretch(
        number=version.number,
        start=version.start,
        end=version.end or version.start + timedelta(weeks=1),
        verdict=version.verdict,
        changed=changed(version),
        own=alone,
        filtered=together,
    )
