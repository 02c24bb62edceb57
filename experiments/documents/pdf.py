"""The memo as PDF by Typst: A4, one page for whoever decides, then the method. Tagged (PDF/UA-1) where fonts allow.

What people wrote reaches Typst as JSON strings and is set as text: it can't be markup. The bytes depend on the memo
and on the fonts of the machine only: the creation date is that of the evidence.
"""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from experiments.documents.journey import further
from experiments.documents.pictures import Picture, badge_picture, metric_pictures, sites_picture
from experiments.pictures import theme
from experiments.views import Memo
from experiments.words import say

TEMPLATE = Path(__file__).parent / "memo.typ"
TEXT_FONTS = ("Noto Sans", "Liberation Sans", "DejaVu Sans", "Libertinus Serif")
"""In this order, whichever are installed; the last comes with Typst itself."""
CHART_FONTS = ("Liberation Sans", "DejaVu Sans", "Libertinus Serif")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def memo_pdf(memo: Memo) -> bytes:
    """The memo as PDF."""
    return pdf_and_warnings(memo)[0]


def pdf_and_warnings(memo: Memo) -> tuple[bytes, tuple[str, ...]]:
    """The PDF and, in sentences, what of its text the fonts of this machine can't show."""
    import typst

    try:
        return _compiled(memo, standard="ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        pdf, warnings = _compiled(memo, standard=None)
        return pdf, (*warnings, say("memo.font.glyph", said=str(error).partition("error: ")[2]))


def font_warnings() -> tuple[str, ...]:
    """What this machine lacks for the memo to look as meant; empty where it has everything."""
    missing = TEXT_FONTS[0] not in _installed()
    return (say("memo.font.missing", font=TEXT_FONTS[0], used=_first(TEXT_FONTS)),) if missing else ()


def _compiled(memo: Memo, *, standard: Literal["ua-1"] | None) -> tuple[bytes, tuple[str, ...]]:
    import typst

    made_at = memo.made_at or NO_DATE
    stamp = made_at if made_at.tzinfo else made_at.replace(tzinfo=UTC)
    compiler = typst.Compiler(str(TEMPLATE), sys_inputs={"memo": json.dumps(_data(memo), ensure_ascii=False)})
    pdf, warnings = compiler.compile_with_warnings(
        format="pdf", pdf_standards=standard, timestamp=int(stamp.timestamp())
    )
    return cast(bytes, pdf), tuple(warning.message for warning in warnings)


def _data(memo: Memo) -> dict[str, Any]:
    """The memo with its pictures, as JSON for the template."""
    stamp = memo.made_at or NO_DATE
    sites = sites_picture(memo)
    return {
        **dataclasses.asdict(dataclasses.replace(memo, sites=(), made_at=None)),
        "words": dict(memo.headings),
        "further": further(memo),
        "made": [stamp.year, stamp.month, stamp.day],
        "fonts": text_fonts(),
        "units": sorted({"%", *(re.escape(line.plot.unit) for line in memo.metrics if line.plot and line.plot.unit)}),
        "colour": theme.VERDICT_COLOURS[memo.badge.verdict],
        "on_badge": theme.ON_BADGE,
        "tones": theme.TONES["light"],
        "badge_picture": dataclasses.asdict(badge_picture(memo)),
        "pictures": {key: _for_paper(picture) for key, picture in metric_pictures(memo).items()},
        "sites_picture": _for_paper(sites) if sites else None,
    }


def text_fonts() -> list[str]:
    """The fonts for text that this machine has, the best first."""
    return [font for font in TEXT_FONTS if font in _installed()]


def _for_paper(picture: Picture) -> dict[str, str]:
    return {"svg": picture.svg.replace(theme.FONT, _first(CHART_FONTS)), "alt": picture.alt}


def _first(fonts: tuple[str, ...]) -> str:
    return next(font for font in fonts if font in _installed())


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    import typst

    return frozenset(typst.Fonts().families())
