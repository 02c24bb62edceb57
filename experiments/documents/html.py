"""The memo as one self-contained HTML page: drawings inside, light and dark, for screens and for paper."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.documents.journey import further
from experiments.documents.pictures import Picture, badge_picture, metric_pictures, plot_pictures, sites_picture
from experiments.pictures import theme
from experiments.views import Memo

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = Path(__file__).parent / "memo.html"


def memo_html(memo: Memo) -> str:
    """The page as text. Whatever people wrote is escaped; only our own drawings are markup."""
    sites = sites_picture(memo)
    return _template().render(
        memo=memo,
        words=memo.headings,
        badge=badge_picture(memo).svg,
        colour=theme.VERDICT_COLOURS[memo.badge.verdict],
        on_badge=theme.ON_BADGE,
        tones=theme.TONES,
        pictures={key: _inline(picture) for key, picture in metric_pictures(memo).items()},
        sites=_inline(sites) if sites else None,
        further=further(memo),
        plots=[(heading, _inline(picture), sentence) for heading, picture, sentence in plot_pictures(memo)],
    )


def _inline(picture: Picture) -> Picture:
    """In a page a drawing takes its ink from the text around it, so that it is readable on dark ground too."""
    svg = picture.svg
    for ink in (theme.INK["light"], theme.FAINT["light"]):
        svg = svg.replace(f'"{ink}"', '"currentColor"')
    return Picture(svg=svg.replace("<svg ", '<svg aria-hidden="true" ', 1), alt=picture.alt)


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
