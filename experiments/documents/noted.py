"""What the rule noted beside its verdict, in the places where it matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from experiments.documents.why import Stored
from experiments.hidden import TELLS_NO_EFFECT, closed
from experiments.words import knows, say
from experiments.words.catalogue import listed

GATE = "gate_"
PLACES: Mapping[str, str] = {
    "no_finance": "memo.money.off",
    "favourable_sites": "note.favourable_sites",
    "simulated": "memo.simulated",
    "last_third_smaller": "note.last_third_smaller",
}
"""The sentence of each note. Money, the choice of the places and the band of a made-up pilot show their own; the rest,
and the checks that have no say in the verdict (gate_...), stand where trust is weighed: ``worth_knowing``; there are
too many of those to name there, so the method does: ``without_a_say``."""


def worth_knowing(rule: Stored) -> Iterable[str]:
    """What does not change the verdict, and whoever relies on it wants to know."""
    if "last_third_smaller" in (rule.get("notes") or ()):
        yield say(PLACES["last_third_smaller"])
    if gates := _gates(rule):
        yield say("note.gates", count=len(gates))


def without_a_say(rule: Stored) -> Iterable[str]:
    """The checks that did not pass and have no say in the verdict, by name."""
    names = [say("note.gate", name=say(f"check.{key}.name")) for key in _gates(rule)]
    if names:
        yield say("note.named", names=listed(names))


def _gates(rule: Stored) -> list[str]:
    """Only those that may be told where the results are closed."""
    keys = [note.removeprefix(GATE) for note in rule.get("notes") or () if note.startswith(GATE)]
    return [key for key in keys if knows(f"check.{key}.name") and (not closed(rule) or key in TELLS_NO_EFFECT)]
