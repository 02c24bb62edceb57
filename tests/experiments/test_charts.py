"""Charts: better to the right, colours by explicit domain, contrast enough on both grounds."""

from __future__ import annotations

import re

import pytest

from experiments.pictures import axes, charts, theme
from experiments.views import ArmPoint, IntervalRow, PowerPoint, SiteDot

LOWER = IntervalRow(
    name="Wait", unit="s", better="lower", state="shown better", tone="good", effect=-18.0, lower=-31.0, upper=-6.0,
    line=-15.0, effect_text="−18 s", interval_text="between −31 s and −6 s",
)  # fmt: skip
GUARD = IntervalRow(
    name="On time", unit="points", better="higher", state="not shown safe", effect=-1.0, lower=-4.0, upper=2.0,
    line=-3.0, beyond="loss",
)  # fmt: skip
EMPTY = IntervalRow(
    name="Complaints", unit="points", better="lower", state="no data", tone="none", line=2.0, beyond="loss"
)


def contrast(one: str, other: str) -> float:
    """Ratio of relative luminances (WCAG 2.1)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def scales(chart) -> list[dict]:
    return [
        layer["encoding"]["x"]["scale"]
        for layer in chart.to_dict()["layer"]
        if "scale" in layer["encoding"].get("x", {})
    ]


def test_better_is_to_the_right():
    assert all(scale["reverse"] is True for scale in scales(charts.interval_row(LOWER)))
    assert all(scale["reverse"] is False for scale in scales(charts.interval_row(GUARD)))


def test_the_zone_lies_beyond_the_line():
    zone = next(layer for layer in charts.interval_row(LOWER).to_dict()["layer"] if layer["mark"]["type"] == "rect")
    [box] = (
        zone["data"]["values"]
        if "values" in zone["data"]
        else charts.interval_row(LOWER).to_dict()["datasets"][zone["data"]["name"]]
    )
    assert box["edge"] < box["line"] == -15
    zone = next(layer for layer in charts.interval_row(GUARD).to_dict()["layer"] if layer["mark"]["type"] == "rect")
    assert zone["data"]["values"][0]["edge"] < zone["data"]["values"][0]["line"] == -3
    assert zone["mark"]["color"] == theme.VERDICT_COLOURS["STOP"]


def test_the_axis_shows_signs_and_the_unit_at_the_better_end():
    drawn = theme.svg(charts.interval_plot([LOWER, GUARD]))
    assert "−30 s" in drawn
    assert "+2 points" in drawn


def test_zero_line_interval_and_domain_hold_everything():
    low, high = charts.interval_domain(LOWER)
    assert low < -31
    assert high > 0


def test_a_metric_without_data_still_has_its_row():
    drawn = theme.svg(charts.interval_plot([EMPTY]))
    assert "Complaints" in drawn
    assert "no data" in drawn
    assert theme.TREATMENT not in drawn


def test_an_open_interval_reaches_the_edge():
    row = IntervalRow(name="x", unit="s", better="higher", state="not shown yet", effect=1.0, lower=None, upper=3.0)
    low, _ = charts.interval_domain(row)
    interval = next(layer for layer in charts.interval_row(row).to_dict()["layer"] if "x2" in layer["encoding"])
    assert interval["data"]["values"][0]["low"] == low


def test_the_same_chart_gives_the_same_bytes():
    assert theme.svg(charts.interval_plot([LOWER, GUARD])) == theme.svg(charts.interval_plot([LOWER, GUARD]))


def test_arms_keep_their_colours_whatever_comes_first():
    dots = [SiteDot(site="A", treatment=False, value=3.0, before=2.0), SiteDot(site="B", treatment=True, value=1.0)]
    for order in (dots, dots[::-1]):
        drawn = theme.svg(charts.site_dots(order, unit="s", better="lower"))
        assert theme.TREATMENT in drawn
        assert theme.CONTROL in drawn
        colours = charts.site_dots(order, unit="s", better="lower").to_dict()["layer"][0]["encoding"]["color"]["scale"]
        assert colours == {"domain": ["with the change", "as before"], "range": [theme.TREATMENT, theme.CONTROL]}


def test_sites_are_ordered_best_on_top():
    dots = [SiteDot(site=name, treatment=True, value=value) for name, value in (("A", 3.0), ("B", 1.0), ("C", 2.0))]
    assert charts.site_dots(dots, unit="s", better="lower").to_dict()["layer"][0]["encoding"]["y"]["sort"] == [
        "B",
        "C",
        "A",
    ]
    assert charts.site_dots(dots, unit="s", better="higher").to_dict()["layer"][0]["encoding"]["y"]["sort"] == [
        "A",
        "C",
        "B",
    ]


def test_lines_by_arm_mark_the_start():
    points = [
        ArmPoint(treatment=arm, period=f"W{week}", order=week, value=float(week), after=week > 1)
        for week in range(4)
        for arm in (True, False)
    ]
    layers = charts.arm_lines(points, unit="s", better="lower").to_dict()["layer"]
    assert layers[0]["data"]["values"] == [{"period": "W2"}]
    assert "W3" in theme.svg(charts.arm_lines(points, unit="s", better="lower"))


def test_the_power_curve_names_the_plan_and_the_line():
    points = [PowerPoint(sites=sites, detectable=60 / sites**0.5) for sites in (4, 8, 16)]
    drawn = theme.svg(charts.power_curve(points, unit="s", worth_having=15.0, sites_planned=8))
    assert "this plan: 8 sites" in drawn
    assert "smallest gain worth having" in drawn


def test_the_power_curve_speaks_of_depots_where_the_sites_are_depots():
    points = [PowerPoint(sites=sites, detectable=60 / sites**0.5) for sites in (4, 8, 16)]
    drawn = theme.svg(charts.power_curve(points, unit="s", worth_having=15.0, sites_planned=8, unit_word="depot"))
    assert "this plan: 8 depots" in drawn
    assert "Number of depots" in drawn
    assert "Smallest gain, s" in drawn
    assert "sites" not in drawn


@pytest.mark.parametrize(("low", "high"), [(-31, 4), (0, 0.004), (-1e6, 3e6), (-0.3, 0.3), (99.99, 100.01)])
def test_ticks_are_few_round_and_inside(low, high):
    ticks = axes.nice_ticks(low, high)
    assert 1 <= len(ticks) <= 5
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


def test_words_on_badges_and_states_have_contrast_on_both_grounds():
    assert all(contrast(theme.ON_BADGE, colour) >= 4.5 for colour in theme.VERDICT_COLOURS.values())
    for kind, ground in (("light", "#FFFFFF"), ("dark", "#0E1117")):
        assert all(contrast(colour, ground) >= 4.5 for colour in theme.TONES[kind].values())
        assert contrast(theme.INK[kind], ground) >= 4.5
        assert contrast(theme.FAINT[kind], ground) >= 4.5


def test_every_verdict_has_colour_and_sign():
    for verdict in theme.VERDICT_COLOURS:
        assert theme.VERDICT_SIGNS[verdict]
        assert re.match(r"<svg .*</svg>$", theme.badge_svg(verdict))
        assert theme.png(theme.badge_svg(verdict)).startswith(b"\x89PNG")
