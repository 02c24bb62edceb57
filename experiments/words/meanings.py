"""What the words on the screens mean: states, verdicts, strengths of evidence and the terms around them."""

from __future__ import annotations

from experiments.words.catalogue import say

VERDICTS = ("SCALE", "ITERATE", "STOP", "NOT_YET", "INVALID")
STATES = ("WIN", "SMALL", "UNCLEAR", "RULED_OUT", "PASS", "UNPROVEN", "HARM", "BREACH", "MISSING")
GRADES = ("A", "B", "C", "D")
TERMS = (
    "as_before", "with_change", "likely", "worth_having", "accepted_loss", "must_not", "planned_check", "worst",
    "cautious", "wave", "kept_back",
)  # fmt: skip


def glossary() -> tuple[tuple[str, str], ...]:
    """Every word with its meaning, in the order in which people meet them."""
    return (
        *((say(f"verdict.{key}"), say(f"meaning.verdict.{key}")) for key in VERDICTS),
        *((say(f"state.{key}"), say(f"meaning.state.{key}")) for key in STATES),
        *((say("portfolio.grade", grade=key), of_grade(key)) for key in GRADES),
        *((say(f"meaning.word.{key}"), say(f"meaning.term.{key}")) for key in TERMS),
    )


def of_grade(grade: str) -> str:
    """What a strength of evidence can carry; "" for a letter that nobody knows."""
    return say(f"meaning.grade.{grade}") if grade in GRADES else ""


def of_verdict(verdict: str) -> str:
    """What a verdict asks for."""
    return say(f"meaning.verdict.{verdict}") if verdict in VERDICTS else ""


def of_word(word: str) -> str:
    """The meaning of a state as it stands in a table; "" for any other word."""
    return next((say(f"meaning.state.{key}") for key in STATES if say(f"state.{key}") == word), "")
