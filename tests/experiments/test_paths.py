"""Pictures over time, of placebos and through the day: better up or to the right, the start marked, nothing cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from experiments.pictures import half_hours, paths, theme
from experiments.views import (
    CoursePoint,
    CourseView,
    HalfHour,
    HalfHoursView,
    PathPoint,
    PathView,
    Placebo,
    PlaceboView,
)

PATH = PathView(
    points=tuple(
        PathPoint(
            at=at, label=f"week {at}", effect=-10.0 * (at >= 0), lower=-10.0 * (at >= 0) - 4,
            upper=-10.0 * (at >= 0) + 4,
            effect_text="−10 s", interval_text="between −14 s and −6 s",
        )
        for at in range(-4, 6)
    ),
    period="week",
    sentence="",
)  # fmt: skip
PLACEBO = PlaceboView(
    kind="sites",
    found=(
        Placebo(name="own", effect=-9.0, own=True, effect_text="−9 s", gaps=((-1, 0.0), (0, -9.0), (1, -9.0))),
        *(
            Placebo(
                name=f"B{n}", effect=float(n), effect_text=f"+{n} s", gaps=((-1, 0.0), (0, float(n)), (1, float(n)))
            )
            for n in range(4)
        ),
    ),
    period="week",
    sentence="",
)
SQUARES = HalfHoursView(
    cells=tuple(
        HalfHour(
            day=day, slot=f"{8 + order // 2:02d}:{order % 2 * 30:02d}", order=order, better_by=float(order - 2),
            change_text=f"{2 - order} s", treatment_text="10 s", control_text="12 s",
        )
        for day in range(5)
        for order in range(6)
    ),
    sentence="",
)  # fmt: skip


def parts(chart: Any, kind: str) -> list[dict[str, Any]]:
    return [layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == kind]


@pytest.mark.parametrize(("better", "reverse"), [("lower", True), ("higher", False)])
def test_better_is_up_for_effects_and_to_the_right_for_placebos(better, reverse):
    path = paths.event_study(PATH, unit="s", better=better)
    assert {layer["encoding"]["y"]["scale"]["reverse"] for layer in parts(path, "point")} == {reverse}
    assert path.to_dict()["title"]["text"] == "Change, s (better ↑)"
    strip = paths.placebo_strip(PLACEBO, unit="s", better=better)
    assert {layer["encoding"]["x"]["scale"]["reverse"] for layer in parts(strip, "tick")} == {reverse}
    assert "better →" in theme.svg(strip)


def test_the_start_lies_between_the_last_period_before_and_the_first_after():
    drawn = paths.event_study(PATH, unit="s", better="lower")
    rule = parts(drawn, "rule")[0]
    assert rule["data"]["values"] == [{"at": -0.5, "text": "start"}]
    assert {"start", "weeks since the start"} <= set(_texts(theme.svg(drawn)))


def test_zero_and_every_interval_are_inside():
    y = parts(paths.event_study(PATH, unit="s", better="lower"), "point")[0]["encoding"]["y"]
    low, high = y["scale"]["domain"]
    assert low < -14
    assert high > 4


def test_one_interval_out_of_all_proportion_does_not_squeeze_the_others():
    wild = replace(PATH.points[-1], lower=-5000.0, upper=5000.0)
    view = replace(PATH, points=(*PATH.points[:-1], wild))
    low, high = parts(paths.event_study(view, unit="s", better="lower"), "point")[0]["encoding"]["y"]["scale"]["domain"]
    assert low > -40
    assert high < 20
    assert "NaN" not in theme.svg(paths.event_study(view, unit="s", better="lower"))


def test_a_period_without_an_interval_and_the_reference_are_drawn():
    bare = replace(PATH.points[0], lower=None, upper=None)
    reference = replace(PATH.points[3], reference=True, lower=None, upper=None)
    view = replace(PATH, points=(bare, *PATH.points[1:3], reference, *PATH.points[4:]))
    drawn = theme.svg(paths.event_study(view, unit="s", better="lower"))
    assert "NaN" not in drawn
    assert "null" not in drawn


def test_the_true_site_has_the_colour_of_the_change():
    for order in (PLACEBO.found, PLACEBO.found[::-1]):
        view = replace(PLACEBO, found=order)
        for chart in (paths.gaps(view, unit="s", better="lower"), paths.placebo_strip(view, unit="s", better="lower")):
            scales = [
                layer["encoding"]["color"]["scale"]
                for layer in chart.to_dict()["layer"]
                if "color" in layer["encoding"]
            ]
            assert all(scale["range"] == [theme.TREATMENT, theme.CONTROL] for scale in scales)
            assert theme.TREATMENT in theme.svg(chart)


def test_a_course_names_its_unit_and_what_is_better():
    points = tuple(CoursePoint(at=at, label=str(at), value=200.0 - at, expected=200.0) for at in range(-5, 5))
    drawn = theme.svg(paths.course(CourseView(points=points, period="week", sentence=""), unit="s", better="lower"))
    assert "s (lower is better)" in drawn
    assert "measured" in drawn
    assert "the earlier course, carried on" in drawn


def test_squares_are_green_where_better_and_write_the_change_in_the_metrics_own_sign():
    chart = half_hours.half_hour_squares(SQUARES, unit="s", better="lower")
    colour = parts(chart, "rect")[0]["encoding"]["color"]
    assert colour["scale"]["range"] == [theme.VERDICT_COLOURS["STOP"], half_hours.EVEN, theme.VERDICT_COLOURS["SCALE"]]
    assert colour["scale"]["domain"] == [-3.0, 0, 3.0]
    [text] = parts(chart, "text")
    values = (
        text.get("data", chart.to_dict().get("data", {})).get("values") or parts(chart, "rect")[0]["data"]["values"]
    )
    best = max(values, key=lambda row: row["better_by"])
    assert best["written"].startswith("−")
    drawn = theme.svg(chart)
    assert {"Mon", "Fri", "08:00", "10:30", "With the change less as before, s"} <= set(_texts(drawn))


def test_half_hours_without_a_weekday_make_one_column():
    view = HalfHoursView(cells=tuple(replace(cell, day=None) for cell in SQUARES.cells[:6]), sentence="")
    assert "Every day" in theme.svg(half_hours.half_hour_squares(view, unit="s", better="lower"))


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_titles_and_legends_can_be_read_on_both_grounds(ground):
    for chart in (
        paths.event_study(PATH, unit="s", better="lower", theme=ground),
        paths.gaps(PLACEBO, unit="s", better="lower", theme=ground),
        half_hours.half_hour_squares(SQUARES, unit="s", better="lower", theme=ground),
    ):
        drawn = theme.svg(chart)
        assert theme.INK[ground] in drawn
        assert 'fill="#000"' not in drawn


def test_the_same_picture_gives_the_same_bytes():
    one, other = (theme.svg(paths.event_study(PATH, unit="s", better="lower")) for _ in range(2))
    assert one == other


def _texts(drawn: str) -> list[str]:
    import re

    return re.findall(r">([^<>]+)</text>", drawn)
