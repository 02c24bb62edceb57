"""Every text of a memo may be hostile: HTML, PDF, Word and the drawings set it as text."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from experiments.documents.docx import memo_docx
from experiments.documents.html import memo_html
from experiments.documents.pdf import memo_pdf
from experiments.documents.pictures import metric_pictures, sites_picture
from registry.validation import unstorable

OURS = frozenset({"key", "verdict", "tone", "better", "beyond", "kind", "language", "headings", "fonts", "made_at"})
"""Fields of the views that hold words of ours, which renderings look up."""
SETS, LONGEST_TITLE = 8, 200


def with_texts(value: Any, texts: list[str], name: str = "") -> Any:
    """The same view with the next hostile text in each field that shows one."""
    if name in OURS:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: with_texts(getattr(value, f.name), texts, f.name) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(with_texts(item, texts, name) for item in value)
    if isinstance(value, str) and value:
        texts.append(texts.pop(0))
        return texts[-1][:LONGEST_TITLE] if name == "title" else texts[-1]
    return value


class Shape(HTMLParser):
    """The elements of a page with their attributes' names: what may not change with the texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(re.sub(r"<svg.*?</svg>", "", page, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("place", range(SETS))
def test_hostile_texts_change_no_rendering_but_its_texts(pilot: Any, hostile: Any, place: int) -> None:
    storable = [text for text in hostile.STRINGS if len(text) < 6_000 and not unstorable({"text": text})]
    plain = pilot("SCALE").memo()
    memo = with_texts(plain, storable[place * len(storable) // SETS :] + storable[: place * len(storable) // SETS])
    page = memo_html(memo)
    assert Shape(page).found <= Shape(memo_html(plain)).found
    pictures = [*metric_pictures(memo).values(), *filter(None, [sites_picture(memo)])]
    for drawn in (*re.findall(r"<svg.*?</svg>", page, flags=re.S), *(picture.svg for picture in pictures)):
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn).iter()}
        assert tags.isdisjoint({"script", "image", "foreignObject", "a", "iframe"}), tags
    assert memo_pdf(memo).startswith(b"%PDF")
    assert memo_docx(memo).startswith(b"PK")
