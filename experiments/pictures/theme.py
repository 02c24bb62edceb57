"""What every picture shares: colours, signs, fonts; and a chart as SVG or PNG."""

from __future__ import annotations

import re
from typing import Any, Literal

import altair as alt

Theme = Literal["light", "dark"]

TREATMENT = "#0072B2"
CONTROL = "#7F7F7F"
VERDICT_COLOURS = {
    "SCALE": "#009E73",
    "ITERATE": "#E69F00",
    "STOP": "#D55E00",
    "NOT_YET": "#56B4E9",
    "INVALID": "#9A9A9A",
}
VERDICT_SIGNS = {"SCALE": "↗", "ITERATE": "↻", "STOP": "■", "NOT_YET": "⧖", "INVALID": "⊗"}
"""For places where only text can stand; elsewhere the drawn sign of ``badge_svg``."""
ON_BADGE = "#000000"
INK = {"light": "#31333F", "dark": "#E6E6E6"}
FAINT = {"light": "#6B6B6B", "dark": "#A3A3A3"}
TONES = {
    "light": {"good": "#00664A", "bad": "#A63D00", "open": "#6B4A00", "none": "#5A5A5A"},
    "dark": {"good": "#4CD3A8", "bad": "#FF9A5C", "open": "#F2B544", "none": "#B0B0B0"},
}
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""With a true minus sign and arrows, which Noto Sans lacks; bundled with the renderer."""

_SIGNS = {
    "SCALE": '<path d="M5 19 19 5M9 5h10v10" fill="none" stroke-width="2.6"/>',
    "ITERATE": '<path d="M19.5 12a7.5 7.5 0 1 1-2.6-5.7" fill="none" stroke-width="2.6"/>'
    '<path d="M20.5 2.5v6h-6z" stroke="none"/>',
    "STOP": '<rect x="5" y="5" width="14" height="14" stroke="none"/>',
    "NOT_YET": '<path d="M6 4h12M6 20h12M7.5 4c0 5 9 11 9 16M16.5 4c0 5-9 11-9 16" fill="none" stroke-width="2.2"/>',
    "INVALID": '<circle cx="12" cy="12" r="8.5" fill="none" stroke-width="2.4"/>'
    '<path d="M6 6l12 12M18 6 6 18" fill="none" stroke-width="2.4"/>',
}


def badge_svg(verdict: str) -> str:
    """The sign of a verdict, drawn: 24 by 24, in the colour that text has on the badge."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" '
        f'stroke="{ON_BADGE}" fill="{ON_BADGE}" stroke-linecap="round" stroke-linejoin="round">{_SIGNS[verdict]}</svg>'
    )


def svg(chart: alt.TopLevelMixin, *, name: str = "chart") -> str:
    """The chart as SVG text, the same bytes each time; what it shows must be said in words beside it.

    name: distinguishes its inner references from those of other drawings on the same page.
    """
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=_VEGALITE))
    return _own_ids(re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", drawn), name)


def png(svg_text: str, *, scale: float = 3) -> bytes:
    """An SVG as PNG, for documents that can't hold drawings."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg_text, scale=scale))


_VEGALITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def _own_ids(text: str, chart: str) -> str:
    """Clip paths are numbered through the life of the process: number them from the chart's own content instead."""
    ids = list(dict.fromkeys(re.findall(r'id="([^"]+)"', text)))
    for place, name in enumerate(ids):
        text = re.sub(rf'(id="|#){re.escape(name)}(?=["\')])', rf"\g<1>{chart}-{place}", text)
    return text


def dressed(chart: Any, theme: Theme) -> Any:
    """The chart with fonts, inks and no frame; set in one go, because each ``configure_*`` copies the whole chart."""
    ink, faint = INK[theme], FAINT[theme]
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "domainColor": faint,
        "tickColor": faint,
        "tickSize": 3,
        "gridColor": faint,
        "gridOpacity": 0.18,
    }
    chart["config"] = {
        "background": "transparent",
        "padding": 2,
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "legend": {"labelColor": ink, "labelFontSize": 11},
    }
    return chart
