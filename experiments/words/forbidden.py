"""Guard: words of the code that people must never read, and words of statistics that managers must not need."""

from __future__ import annotations

import re

CODE_WORDS = {
    "minimum worthwhile effect": r"minimum worthwhile effects?",
    "MWE": r"(?-i:MWEs?)",
    "guardrail": r"guardrails?",
    "margin": r"(?<!profit )(?<!contribution )margins?",
    "look": r"(?:(?:planned|interim|extension|next|first|second|third|last|final|each|every|between) looks?|looks? \d)",
    "holdback": r"hold-?backs?",
    "ring": r"rings?",
    "shrunken estimate": r"shrunken|shrinkage",
    "learning pilot": r"learning pilots?",
    "INVALID": r"(?-i:INVALID)",
    "UNPROVEN": r"(?-i:UNPROVEN)",
    "OUT_OF_ROUNDS": r"(?-i:OUT_OF_ROUNDS)",
    "expected false scales": r"expected false scales?",
}
"""The left column of the table of words: name -> pattern (upper-case codes only in that spelling)."""

JARGON = {
    "p-value": r"p[- ]values?|(?-i:p ?[<=] ?0?\.\d+)",
    "confidence interval": r"confidence intervals?|confidence limits?",
    "standard error": r"standard errors?|std_error",
    "significance": r"statistical(?:ly)?|significan(?:t|tly|ce)",
    "null hypothesis": r"null hypothes[ei]s",
    "non-inferiority": r"non-?inferior(?:ity)?",
    "regression": r"regressions?|covariates?|(?-i:ANCOVA|CUPED|OLS|CR2|TWFE)",
    "t-test": r"t[- ]tests?|degrees of freedom",
    "alpha": r"alpha|gamma",
    "estimand": r"estimands?|estimators?",
    "code": r"(?-i:\b[A-Z]+_[A-Z_]+\b)",
}


def forbidden_words(text: str) -> list[str]:
    """The words of the code found in ``text`` that people should read in plain words instead."""
    return _found(CODE_WORDS, text)


def jargon_words(text: str) -> list[str]:
    """The words of statistics found in ``text``: not before the method section."""
    return _found(JARGON, text)


def _found(patterns: dict[str, str], text: str) -> list[str]:
    return [name for name, pattern in patterns.items() if re.search(rf"(?i:\b(?:{pattern})\b)", text)]
