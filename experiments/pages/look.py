"""How our own pieces of page look: tables that people can read, copy and hear, on a desk and on a phone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import streamlit as st

from experiments.pictures.theme import TONES
from experiments.words import say
from experiments.words.meanings import glossary, of_word

_STYLE = """
<style>
.pg-table {width: 100%; border-collapse: collapse; font-size: .95rem; line-height: 1.4}
.pg-table th {text-align: left; font-weight: 600; opacity: .72; font-size: .85rem; padding: .3rem .7rem .3rem 0;
  border-bottom: 1px solid rgba(128, 128, 128, .45); vertical-align: bottom}
.pg-table td {padding: .5rem .7rem .5rem 0; border-bottom: 1px solid rgba(128, 128, 128, .22); vertical-align: top;
  overflow-wrap: break-word}
.pg-scroll {max-height: 26rem; overflow: auto; border: 1px solid rgba(128, 128, 128, .35); border-radius: .4rem;
  padding: 0 .7rem; box-shadow: inset 0 -1rem .9rem -1rem rgba(128, 128, 128, .9)}
.pg-table tr:last-child td {border-bottom: none}
.pg-table td.pg-first {font-weight: 600}
.pg-table a {color: var(--pg-chosen)}
.pg-table td.pg-picture {min-width: 14rem; overflow-wrap: normal}
.pg-table img {max-width: 100%; height: auto; display: block}
.pg-table .pg-cell-title {display: none}
.pg-lines {margin: 0; padding-left: 1.1rem; line-height: 1.5}
.pg-lines li {margin: .25rem 0}
.pg-plain {margin: .15rem 0 .5rem; line-height: 1.5; overflow-wrap: anywhere}
.pg-checks {list-style: none; padding-left: 0}
.pg-checks li {display: flex; gap: .55rem; align-items: flex-start}
.pg-checks img {flex: none; margin-top: .25rem}
.stMainBlockContainer {padding-top: 4.5rem; padding-bottom: 4rem}
.pg-badge {display: inline-flex; gap: .4rem; align-items: center; border-radius: .35rem; padding: .15rem .55rem;
  font-weight: 700; color: #000; line-height: 1.35}
.pg-badge img {display: block}
.pg-card {line-height: 1.4}
[class*="st-key-pilot-"] [data-testid="stPageLink-NavLink"],
[class*="st-key-card-"] [data-testid="stPageLink-NavLink"] {padding-left: 0}
.pg-card p {margin: .3rem 0}
.pg-large {font-size: 1.7rem; font-weight: 700; line-height: 1.25; margin: .1rem 0 .4rem}
.pg-word {text-decoration: underline dotted; text-underline-offset: .2em; cursor: help; position: relative}
.pg-word:focus::after {content: attr(data-meaning); position: absolute; z-index: 9; left: 0; top: 1.6em; width: 15rem;
  padding: .5rem .7rem; border-radius: .4rem; background: #1B1F24; color: #FFF; font-size: .85rem; font-weight: 400;
  line-height: 1.4}
.pg-faint {opacity: .72; font-size: .85rem}
[data-testid="stCaptionContainer"] {opacity: 1} [data-testid="stCaptionContainer"] p {color: var(--pg-quiet)}
button[data-selected="true"] p, [data-testid="stSliderThumbValue"] p {color: var(--pg-chosen)}
[data-testid="stElementToolbarButton"]:has(button[aria-label^="Download as CSV"]) {display: none}
[data-testid="stPageLink-NavLink"] * {white-space: normal; overflow: visible}
h1 {overflow-wrap: break-word}
.stMain h2 {font-size: 1.6rem} .stMain h3 {font-size: 1.3rem}
@media (min-width: 701px) {td:last-child .pg-word:focus::after {left: auto; right: 0}}
@media (max-width: 700px) {
  .pg-table thead {position: absolute; left: -9999px}
  .pg-table tr {display: block; padding: .6rem 0; border-bottom: 1px solid rgba(128, 128, 128, .35)}
  .pg-table td {display: block; border: none; padding: .12rem 0}
  .pg-table td:empty, .pg-table td.pg-empty {display: none}
  .pg-table .pg-cell-title {display: inline; opacity: .72; font-size: .85rem}
  .stMain h1 {font-size: 1.7rem} .stMain h2 {font-size: 1.35rem} .stMain h3 {font-size: 1.15rem}
  .stMain .block-container, .stMainBlockContainer {padding-left: 1rem; padding-right: 1rem}
}
</style>
"""

_READABLE = {"light": ("#5B6168", "#0065A0"), "dark": ("#B4B9BF", "#7CC4EE")}
"""Quiet text, and the word of what is chosen: Streamlit's own are too faint to read (below 4.5 to 1)."""

_SIGN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="{{colour}}" stroke-width="2.2" '
    'stroke-linecap="round" stroke-linejoin="round"><path d="{path}"/></svg>'
)
_SIGNS = {
    "good": _SIGN.format(path="M3 8.5 6.5 12 13 4.5"),
    "bad": _SIGN.format(path="M4 4l8 8M12 4l-8 8"),
    "open": _SIGN.format(path="M8 3v6M8 12.4v.2"),
    "none": _SIGN.format(path="M4 8h8"),
}


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """An SVG in a table's cell, with the words that say the same."""

    svg: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Toned:
    """A word that also carries a tone: good, bad, open or none."""

    text: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """A text that leads to another page; href: from the pages' own folder, so that it holds wherever the app lies."""

    text: str
    href: str


Cell = str | Drawing | Toned | Link


def inline(svg: str) -> str:
    """A drawing as the address of an image: markup of its own would be taken out."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def style() -> None:
    """Once a page: the looks of what is below."""
    quiet, chosen = _READABLE[theme()]
    st.html(f"<style>:root {{--pg-quiet: {quiet}; --pg-chosen: {chosen}}}</style>{_STYLE}")


def theme() -> Literal["light", "dark"]:
    """The ground that the page lies on."""
    return "dark" if st.context.theme.type == "dark" else "light"


def table(columns: Mapping[str, Sequence[Cell]], *, label: str = "", scrolls: bool = False) -> None:
    """Columns by the key of their title (``column.<key>``). On a phone each row becomes a card.

    scrolls: in a frame of its own, which the keyboard reaches, too.
    """
    titles = [say(f"column.{key}") for key in columns]
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(_cell(cell, place, titles[place]) for place, cell in enumerate(row)) + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    named = f" aria-label='{escape(label, quote=True)}'" if label else ""
    drawn = f"<table class='pg-table'{named}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    st.html(f"<div class='pg-scroll' tabindex='0' role='region'{named}>{drawn}</div>" if scrolls else drawn)


def lines(texts: Sequence[str]) -> None:
    """Sentences as a list; one alone as a paragraph. Whatever people wrote is escaped."""
    if len(texts) == 1:
        st.html(f"<p class='pg-plain'>{escape(texts[0])}</p>")
    elif texts:
        st.html("<ul class='pg-lines'>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>")


def words() -> None:
    """What the words on this page mean, as a list: for a phone, and for the first day."""
    with st.expander(say("words.title"), icon=":material/dictionary:"):
        known = glossary()
        table({"term": [word for word, _ in known], "meaning": [meaning for _, meaning in known]})


def checks(sentences: Sequence[str], *, said: str, tone: str) -> None:
    """Sentences with one drawn sign: passed (good), failed (bad), to look at (open) or not run (none)."""
    colour = TONES[theme()][tone]
    source = inline(_SIGNS[tone].format(colour=colour))
    sign = f"<img src='{source}' alt='{escape(said, quote=True)}' width='16' height='16'>"
    rows = "".join(f"<li>{sign}<span>{escape(sentence)}</span></li>" for sentence in sentences)
    st.html(f"<ul class='pg-lines pg-checks'>{rows}</ul>")


def _cell(cell: Cell, place: int, title: str) -> str:
    if isinstance(cell, Drawing):
        picture = f"<img src='{inline(cell.svg)}' alt='{escape(cell.alt, quote=True)}'>"
        return f"<td class='pg-picture'>{picture}</td>"
    if isinstance(cell, Toned):
        colour = TONES[theme()][cell.tone]
        return f"<td style='color:{colour};font-weight:600'>{_titled(title, explained(cell.text))}</td>"
    if isinstance(cell, Link):
        shown = f"<a href='{escape(cell.href, quote=True)}'>{escape(cell.text)}</a>"
        return f"<td class='pg-first'>{shown}</td>" if place == 0 else f"<td>{shown}</td>"
    if place == 0:
        return f"<td class='pg-first'>{escape(cell)}</td>"
    return f"<td>{_titled(title, escape(cell))}</td>" if cell else "<td class='pg-empty'></td>"


def _titled(title: str, markup: str) -> str:
    return f"<span class='pg-cell-title'>{escape(title)}: </span>{markup}"


def explained(word: str, meaning: str | None = None) -> str:
    """A word as markup, with its meaning where it is pointed at, touched or reached with the keyboard."""
    said = of_word(word) if meaning is None else meaning
    if not said:
        return escape(word)
    told = escape(said, quote=True)
    return f"<span class='pg-word' tabindex='0' title='{told}' data-meaning='{told}'>{escape(word)}</span>"
