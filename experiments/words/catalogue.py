"""The catalogue of sentences: one folder a language, any number of TOML files of flat quoted keys.

A sentence names its facts in braces, as in ``str.format``: ``"Column {column} is not in the file."``. Without a format
numbers are written as everywhere (``digits``), dates as 12 Mar 2026, lists as "a, b and c". Formats of our own beside
Python's: ``{share:percent}`` 12.3 %, ``{effect:signed}`` +4.1, ``{n:whole}`` 12,345, ``{n:row|rows}`` 1 row / 3 rows,
``{unit:plural}`` branches.

A missing sentence or fact never breaks a page: the key is shown, and ``MissingWords`` is warned of. Tests treat
warnings as errors, so that there it fails.
"""

from __future__ import annotations

import os
import string
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from experiments.words import digits

FOLDER = Path(__file__).parent
DEFAULT_LANGUAGE = "en"


class MissingWords(UserWarning):
    """A sentence or one of its facts is not there."""


def language() -> str:
    """The language of the product: ``PROVING_GROUND_LANGUAGE``, the name of a folder here; English if it is unset."""
    return os.environ.get("PROVING_GROUND_LANGUAGE", DEFAULT_LANGUAGE)


@lru_cache(maxsize=8)
def sentences_in(name: str) -> Mapping[str, str]:
    """All sentences of a language; what is not translated yet is there in English."""
    own = {key: sentence for path in files_of(name) for key, sentence in sentences_of(path).items()}
    return own if name == DEFAULT_LANGUAGE else {**sentences_in(DEFAULT_LANGUAGE), **own}


def files_of(name: str) -> list[Path]:
    """The files of a language, in the order in which they are read."""
    return sorted((FOLDER / name).glob("*.toml"))


def sentences_of(path: Path) -> dict[str, str]:
    """The sentences of one file, tables joined to their keys by dots."""
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))


def knows(key: str) -> bool:
    """Whether there is a sentence for ``key``."""
    return key in sentences_in(language())


def say(key: str, /, **facts: Any) -> str:
    """The sentence ``key`` with its facts filled in; the key itself (and a warning) where there is none."""
    sentence = sentences_in(language()).get(key)
    if sentence is None:
        warnings.warn(MissingWords(f"no sentence for {key!r} in {language()!r}"), stacklevel=2)
        return key
    try:
        return _FORMATTER.vformat(sentence, (), facts)
    except (KeyError, ValueError, TypeError) as error:
        warnings.warn(MissingWords(f"{key!r} can't be filled from {sorted(facts)}: {error!r}"), stacklevel=2)
        return sentence


def written(value: Any) -> str:
    """Any fact as people read it."""
    if value is None:
        return sentences_in(language())["fact.none"]
    if isinstance(value, bool):
        return sentences_in(language())["fact.true" if value else "fact.false"]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, int):
        return digits.whole(value) if abs(value) >= 10_000 else digits.fixed(value, 0).replace(digits.SEPARATOR, "")
    if isinstance(value, float):
        return digits.plain(value)
    if isinstance(value, date):
        return written_day(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return listed([written(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)])
    return str(value)


def written_day(value: date) -> str:
    """12 Mar 2026."""
    words = sentences_in(language())
    return words["date.day"].format(day=value.day, month=words[f"date.month.{value.month}"], year=value.year)


def listed(items: list[str]) -> str:
    """``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return sentences_in(language())["fact.list"].format(first=", ".join(items[:-1]), last=items[-1])


def one_of(items: list[str]) -> str:
    """``a, b or c``."""
    if len(items) < 2:
        return "".join(items)
    return sentences_in(language())["fact.choice"].format(first=", ".join(items[:-1]), last=items[-1])


def plural(word: str) -> str:
    """More than one of a thing that people named themselves ("branch"): by the endings of the language.

    >>> plural("branch"), plural("delivery depot"), plural("city")
    ('branches', 'delivery depots', 'cities')
    """
    words = sentences_in(language())
    lower = word.lower()
    if lower.endswith(tuple(words["plural.es.after"].split())):
        return word + words["plural.es"]
    if lower.endswith("y") and lower[-2:-1] not in set("aeiou"):
        return word[:-1] + words["plural.ies"]
    return word + words["plural.s"]


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec:
            return written(value)
        if "|" in format_spec:
            one, many = format_spec.split("|", 1)
            return f"{written(value)} {one if value == 1 else many}"
        if format_spec == "percent":
            return digits.percent(value)
        if format_spec == "signed":
            return digits.with_sign(digits.plain(value))
        if format_spec == "plural":
            return plural(str(value))
        if format_spec == "whole":
            return digits.whole(value)
        return (
            str(format(value, format_spec)).replace("-", digits.MINUS)
            if _is_number(value)
            else format(value, format_spec)
        )


_FORMATTER = _Formatter()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
