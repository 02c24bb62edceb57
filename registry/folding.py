"""Words as a search compares them: without case, accents and signs. The same on every database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_WORD = 64
"""Letters of a word that count."""
_WORD = re.compile(r"[^\W_]+")
_SINGLE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that are written without spaces (Thai, Lao, Burmese, Khmer, Japanese, Chinese): each is a word."""
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded.

    >>> words_of("Rückruf, «zur» Spitzen-ZEIT")
    ['ruckruf', 'zur', 'spitzen', 'zeit']
    """
    return [word for run in _WORD.findall(_folded(text)) for word in _split(run)]


def spelt_out(text: str) -> list[str]:
    """Other spellings of the words that have an umlaut, for those who type it out.

    >>> spelt_out("Rückruf für alle")
    ['rueckruf', 'fuer']
    """
    known = {*words_of(text)}
    return [word for word in words_of(other_spelling(text)) if word not in known]


def other_spelling(text: str) -> str:
    """The text with its umlauts typed out: a search finds either."""
    return _composed(text).translate(_SPELT_OUT)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] != "M").translate(_LETTERS)


def _split(run: str) -> Iterator[str]:
    start = 0
    for single in _SINGLE.finditer(run):
        if single.start() > start:
            yield run[start : single.start()][:LONGEST_WORD]
        yield single.group()
        start = single.end()
    if start < len(run):
        yield run[start:][:LONGEST_WORD]
