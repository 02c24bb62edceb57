"""All words that people read: the catalogue of sentences and the one way to write numbers."""

from experiments.words.catalogue import MissingWords, knows, language, one_of, say, sentences_in
from experiments.words.forbidden import forbidden_words, jargon_words
from experiments.words.sentences import check_name, check_sentence, not_estimable_sentence, problem_sentence

__all__ = [
    "MissingWords",
    "check_name",
    "check_sentence",
    "forbidden_words",
    "jargon_words",
    "knows",
    "language",
    "not_estimable_sentence",
    "one_of",
    "problem_sentence",
    "say",
    "sentences_in",
]
