"""How every command of ``pilot`` answers: sentences or JSON, exit code 0 done, 1 refused with all reasons, 2 usage.

A command's function returns an ``Answer``; ``command`` gives it ``--json``, prints the answer and turns refusals of
the stages, the engine and the registry into their sentences. Bugs are not caught: they crash, loudly.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.errors import REFUSALS, Refused, problems_of, sentences
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.desk import Desk
    from registry.open import Registry

REFUSED = 1
_FOR_TERMINALS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
Who = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", envvar="PROVING_GROUND_PERSON", help="Who acts: a name or e-mail address."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for programs.")]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command found: lines for people, and the same as one JSON object for programs."""

    value: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    refused: bool = False
    """The command ran, and its finding is bad (a record that does not verify): exit 1."""


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Register ``body`` as a command of ``app``."""

    def register(body: Callable[..., Answer]) -> Callable[..., None]:
        signature = inspect.signature(body, eval_str=True)
        as_json = inspect.Parameter("json_output", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson)

        @wraps(body)
        def run(*, json_output: bool = False, **arguments: Any) -> None:
            _answer(lambda: body(**arguments), json_output)

        keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
        run.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*keyword_only, as_json], return_annotation=None
        )
        run.__annotations__ = {p.name: p.annotation for p in (*keyword_only, as_json)}
        return app.command(name)(run)

    return register


def _answer(body: Callable[[], Answer], json_output: bool) -> None:
    try:
        answer = body()
    except REFUSALS as error:
        _refuse(sentences(error), problems_of(error), json_output)
        raise typer.Exit(REFUSED) from None
    if json_output:
        print(json_text(answer.value))
    else:
        for line in answer.lines:
            print(printable(line))
    if answer.refused:
        raise typer.Exit(REFUSED)


def json_text(value: Any) -> str:
    """A JSON object for programs: dataclasses as objects, no NaN."""
    from stats.evidence import as_json

    return json.dumps(as_json(value), ensure_ascii=False, allow_nan=False, indent=2)


def _refuse(said: list[str], problems: tuple[Problem, ...], json_output: bool) -> None:
    if json_output:
        print(json_text({"refused": said, "problems": problems}))
        return
    for sentence in said:
        print(printable(sentence), file=sys.stderr)


def printable(text: str) -> str:
    """The text as a terminal may have it: what would move its cursor or turn its direction is shown as ``�``."""
    return _FOR_TERMINALS.sub("\ufffd", text)


def shown(problems: Iterable[Problem]) -> list[str]:
    """Warnings as sentences."""
    from experiments.words import problem_sentence

    return [problem_sentence(problem) for problem in problems]


@contextmanager
def looking(who: str | None) -> Iterator[Desk]:
    """The desk of this machine's registry; acts are done by ``who``, if anybody."""
    from experiments.desk import Desk
    from experiments.login import login_required

    with _opened() as registry:
        desk = Desk(registry=registry, login=login_required())
        yield desk.as_person(who) if who else desk


@contextmanager
def acting(who: str | None, key: str | None = None) -> Iterator[Desk]:
    """As ``looking``; in single-user mode the owner of the pilot ``key`` acts where nobody is named."""
    from registry import find

    with looking(who) as desk:
        if desk.person is None and key is not None and not desk.login:
            with desk.read() as session:
                owner = find.pilot(session, key).owner_id
                desk = desk.as_person(find.person(session, owner).name) if owner else desk
        yield desk


def _opened() -> Registry:
    from registry.open import Registry

    try:
        return Registry.open()
    except OSError as error:
        facts = {"folder": error.filename or "", "said": error.strerror or type(error).__name__}
        raise Refused(Problem(code="home_not_usable", facts=facts)) from None
