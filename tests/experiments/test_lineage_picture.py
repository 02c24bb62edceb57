"""Versions over time: better is up, what is worth having on the better side, closed numbers not drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from experiments.pictures.lineage_picture import LineagePicture, lineage_chart, picture_words
from experiments.pictures.theme import VERDICT_COLOURS, svg
from experiments.versions.lineage import LineageView, Version, VersionEffect
from experiments.versions.lineage_drawn import drawn


def version(number: int, own: VersionEffect | None, verdict: str | None) -> Version:
    return Version(
        key=f"v{number}", number=number, version=number, stage="decided", change="a terminal", changed="larger letters",
        cause="", lever="", start=date(2026, 3 * number, 2), end=date(2026, 3 * number + 1, 30), verdict=verdict,
        decided=None, grade="A", alpha=0.05, alpha_used=0.05, effect=own,
    )  # fmt: skip


def effect_of(value: float) -> VersionEffect:
    return VersionEffect(
        effect=value, std_error=0.01, ci_lower=value - 0.02, ci_upper=value + 0.02, filtered_effect=value / 2,
        filtered_std_error=0.008, effect_text=f"{100 * value:g} points", filtered_text="half",
    )  # fmt: skip


VIEW = LineageView(
    origin="v1", metric="late", metric_name="Late parcels", better="lower", mwe=0.03, max_versions=3,
    alpha_promised=0.1, alpha_used=0.1, unit="share", kind="share",
    versions=(version(1, effect_of(-0.01), "ITERATE"), version(2, effect_of(-0.05), "SCALE"), version(3, None, None)),
)  # fmt: skip


@pytest.fixture
def shown() -> LineagePicture:
    picture = drawn(VIEW)
    assert picture is not None
    return picture


def test_shares_are_drawn_in_points_and_what_is_worth_having_lies_on_the_better_side(shown: LineagePicture) -> None:
    assert shown.unit == "points"
    assert shown.mwe == pytest.approx(-3.0)
    first, second, third = shown.stretches
    assert first.own is not None
    assert second.own is not None
    assert second.filtered is not None
    assert (first.own.effect, second.own.effect) == (pytest.approx(-1.0), pytest.approx(-5.0))
    assert second.filtered.effect == pytest.approx(-2.5)
    assert second.filtered.upper == pytest.approx(-2.5 + 1.96 * 0.8, abs=1e-3)  # 1.96: of a normal, to three digits
    assert (third.own, third.filtered) == (None, None)


def test_better_is_up_whichever_way_the_metric_counts(shown: LineagePicture) -> None:
    def reversed_(picture: LineagePicture) -> bool:
        layers = lineage_chart(picture).to_dict(validate=False)["layer"]
        scales = [layer["encoding"]["y"]["scale"] for layer in layers if "scale" in layer["encoding"].get("y", {})]
        assert scales
        return all(scale["reverse"] for scale in scales)

    assert reversed_(shown)
    assert not reversed_(replace(shown, better="higher"))


def test_each_version_has_sign_word_and_colour_of_its_verdict(shown: LineagePicture) -> None:
    rows = _rows(lineage_chart(shown).to_dict(validate=False))
    assert [row["head"] for row in rows] == ["1\n↻ Iterate", "2\n↗ Scale", "3"]
    assert rows[1]["ground"] == VERDICT_COLOURS["SCALE"]
    assert rows[2]["effect"] is None, "closed numbers are not drawn"


def test_it_is_drawn_in_both_themes_and_said_in_words(shown: LineagePicture) -> None:
    for theme in ("light", "dark"):
        assert "smallest gain worth having" in svg(lineage_chart(shown, theme=theme))
    said = picture_words(shown)
    assert "Version 2: -5 points, Scale." in said
    assert "Version 3: no result yet." in said


def test_without_dates_there_is_no_picture() -> None:
    assert drawn(replace(VIEW, versions=(replace(version(1, None, None), start=None),))) is None
    alone = drawn(replace(VIEW, versions=(version(1, None, "NOT_YET"),)))
    assert alone is not None
    assert not alone.shows


def _rows(chart: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        layer["data"]["values"] for layer in chart["layer"] if "head" in layer.get("data", {}).get("values", [{}])[0]
    ]
    return found[0] if found else chart["data"]["values"]
