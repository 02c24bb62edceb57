"""The catalogue of sentences and the guard over it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from experiments import words
from experiments.words import catalogue as catalogue_module
from experiments.words import (
    check_sentence,
    forbidden_words,
    jargon_words,
    not_estimable_sentence,
    problem_sentence,
    say,
)
from experiments.words.numbers import Unit
from stats.errors import Problem
from stats.results import Check, NotEstimable, Status

CODE = Path(words.__file__).parents[1]


def keys_said_in_the_code() -> Iterator[tuple[str, str, bool]]:
    """(where, key or its constant beginning, whether it is the whole key) of each ``say(...)`` in experiments/."""
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "say"):
                continue
            where = f"{path.name}:{node.lineno}"
            for key in node.args[:1]:
                if isinstance(key, ast.Constant):
                    yield where, str(key.value), True
                elif isinstance(key, ast.JoinedStr) and key.values and isinstance(key.values[0], ast.Constant):
                    yield where, str(key.values[0].value), False


def test_every_sentence_that_the_code_says_is_in_the_catalogue():
    keys = words.sentences_in("en")
    missing = [
        f"{where}: {key}"
        for where, key, whole in keys_said_in_the_code()
        if not (key in keys if whole else any(known.startswith(key) for known in keys))
    ]
    assert missing == []


def test_every_sentence_is_well_formed():
    for key, sentence in words.sentences_in("en").items():
        assert sentence.strip() == sentence != "", key
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(sentence)), key


def test_no_sentence_uses_a_word_that_people_should_not_read():
    found = {key: forbidden_words(sentence) for key, sentence in words.sentences_in("en").items()}
    assert {key: names for key, names in found.items() if names} == {}


def test_a_missing_sentence_shows_its_key_and_warns():
    with pytest.warns(words.MissingWords, match=r"nothing\.here"):
        assert say("nothing.here") == "nothing.here"


def test_a_missing_fact_shows_the_sentence_and_warns():
    with pytest.warns(words.MissingWords, match="can't be filled"):
        assert say("money.amount", amount="3") == "{currency} {amount}"


def test_what_is_not_translated_yet_is_there_in_english(tmp_path, monkeypatch):
    (tmp_path / "en").mkdir()
    (tmp_path / "fr").mkdir()
    (tmp_path / "en" / "a.toml").write_text('"a" = "yes"\n"b" = "no"\n')
    (tmp_path / "fr" / "a.toml").write_text('"a" = "oui"\n')
    monkeypatch.setattr(catalogue_module, "FOLDER", tmp_path)
    monkeypatch.setenv("PROVING_GROUND_LANGUAGE", "fr")
    words.sentences_in.cache_clear()
    try:
        assert (say("a"), say("b")) == ("oui", "no")
    finally:
        words.sentences_in.cache_clear()


def test_no_sentence_is_in_two_files():
    found: dict[str, list[str]] = {}
    for path in catalogue_module.files_of("en"):
        for key in catalogue_module.sentences_of(path):
            found.setdefault(key, []).append(path.name)
    assert {key: files for key, files in found.items() if len(files) > 1} == {}


@pytest.fixture
def sentences(monkeypatch):
    """A catalogue of the test's own."""

    def use(**own: str) -> None:
        known = {**words.sentences_in("en"), **{key.replace("__", "."): text for key, text in own.items()}}
        monkeypatch.setattr(catalogue_module, "sentences_in", lambda name: known)

    return use


def test_facts_are_written_for_people(sentences):
    sentences(t="{a} {b} {c:percent} {d:signed} {e:row|rows} {f} {g} {h:.2f} {i} {j}")
    said = say(
        "t", a=0.123456, b=12345, c=0.4567, d=3.0, e=1, f=["x", "y", "z"], g=date(2026, 3, 12), h=-1.5, i=None, j=2026
    )
    assert said == "0.123 12,345 45.7 % +3 1 row x, y and z 12 Mar 2026 −1.50 – 2026"


def test_text_of_users_is_never_taken_for_a_sentence(sentences):
    sentences(t="Hello {name}")
    assert say("t", name="{secret} {0} {{") == "Hello {secret} {0} {{"


def test_a_problem_says_column_rows_and_count(sentences):
    sentences(problem__bad="{column}, rows {rows}, {count:row|rows}, like {near}")
    problem = Problem(code="bad", column="wait", rows=(2, 5, 9), count=14, facts={"near": "waits"})
    assert problem_sentence(problem) == "wait, rows 2, 5, 9 and 11 more, 14 rows, like waits"


def test_a_check_that_was_not_run_says_so_even_without_its_own_sentence():
    check = Check(key="sample_thing", status=Status.NOT_RUN)
    assert check_sentence(check) == "Not checked: sample thing."


def test_a_check_names_the_metric_in_its_readers_words(sentences):
    sentences(check__c__FAIL="{metric}: {value:percent} above {threshold:percent}")
    check = Check(key="c", status=Status.FAIL, value=0.2, threshold=0.1, metric="wait")
    assert check_sentence(check, names={"wait": "Waiting time"}) == "Waiting time: 20 % above 10 %"


def test_what_is_not_estimable_says_why(sentences):
    sentences(not_estimable__few="Only {n:site|sites}.")
    assert not_estimable_sentence(NotEstimable(code="few", facts={"n": 1})) == "Only 1 site."


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the minimum worthwhile effect", "minimum worthwhile effect"),
        ("below its MWE", "MWE"),
        ("two guardrails", "guardrail"),
        ("within the margin", "margin"),
        ("at the second look", "look"),
        ("a holdback of 10 %", "holdback"),
        ("the first ring", "ring"),
        ("shrunken estimate", "shrunken estimate"),
        ("a learning pilot", "learning pilot"),
        ("INVALID", "INVALID"),
        ("UNPROVEN", "UNPROVEN"),
        ("OUT_OF_ROUNDS", "OUT_OF_ROUNDS"),
        ("expected false scales", "expected false scales"),
    ],
)
def test_the_guard_finds_each_word_of_the_code(text, word):
    assert forbidden_words(text) == [word]


def test_the_guard_lets_plain_words_pass():
    plain = "Look at the ringing phones: during spring the invalid tickets brought no profit margin. It looks good."
    assert forbidden_words(plain) == []


def test_the_guard_finds_jargon():
    assert jargon_words("p-value .03, statistically significant, GUARDRAIL_MISSING") == [
        "p-value",
        "significance",
        "code",
    ]
    assert jargon_words("Customers were served faster; between −31 s and −6 s. Not enough data yet.") == []


def test_facts_of_checks_in_the_metrics_unit_are_told_with_it():
    check = Check(key="selection", status=Status.FAIL, metric="late", facts={"change": -0.028, "adjusted": -0.0465})
    told = check_sentence(check, units={"late": Unit.of("share", "share")})
    assert "the effect is −2.8 points" in told
    assert "alike −4.7 points" in told
