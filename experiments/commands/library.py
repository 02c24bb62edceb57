"""Commands of ``pilot`` for what was learned: the library, takeaways, learnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.commands.written import Output, written
from experiments.errors import Refused
from experiments.words import say
from stats.errors import Problem

if TYPE_CHECKING:
    from experiments.desk import Desk
    from experiments.library.cards import Card
    from experiments.library.learnings import Taught


def library_commands(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    command(app, "library")(library)
    command(app, "learnings")(learnings)
    command(app, "takeaway")(takeaway)


def library(
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="Words to look for; all of them.")] = "",
    department: Annotated[list[str] | None, typer.Option(help="Of the owner or a partner, by name.")] = None,
    verdict: Annotated[list[str] | None, typer.Option(help="Decided: SCALE, ITERATE or STOP.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Key of what should get better.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kind of that metric: mean, share, ratio ...")] = None,
    step: Annotated[list[str] | None, typer.Option(help="Step of the customer's journey.")] = None,
    year: Annotated[list[int] | None, typer.Option(help="Of the decision.")] = None,
    grade: Annotated[list[str] | None, typer.Option(help="Strength of the evidence, A to D.")] = None,
    order: Annotated[str, typer.Option(help="match, newest, title or grade.")] = "match",
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    output: Output = None,
) -> Answer:
    """What was tried and what it taught: cards of decided and closed pilots."""
    from experiments.library import shelf
    from experiments.library.cards import to_take_away

    wanted = shelf.Wanted(
        words=query,
        departments=department or (),
        verdicts=[name.upper() for name in verdict or ()],
        metrics=metric or (),
        kinds=kind or (),
        steps=step or (),
        years=year or (),
        grades=[name.upper() for name in grade or ()],
    )
    with looking(None) as desk:
        found = shelf.library(desk, wanted, order=order, page=page)
        files = written(output, to_take_away(shelf.every_card(desk, wanted, order=order)) if output else {})
    lines = [line for card in found.cards for line in _card_lines(card)]
    said = [say("library.any_word")] if found.any_word else []
    end = say("cli.library.count", count=found.total, page=found.page, pages=found.pages)
    return Answer(value=vars(found), lines=(*said, *lines, end, *files))


def learnings(
    action: Annotated[
        str | None, typer.Argument(metavar="[ACTION]", help="add, reword, attach or detach; nothing shows all.")
    ] = None,
    what: Annotated[
        str, typer.Argument(metavar="[SENTENCE|KEY]", help="With add the sentence, else the learning's key.")
    ] = "",
    pilot: Annotated[str, typer.Option(help="With attach and detach: the pilot's key.")] = "",
    bearing: Annotated[str, typer.Option(help="With attach: supports or contradicts.")] = "supports",
    note: Annotated[str, typer.Option(help="With attach: how it bears on it.")] = "",
    statement: Annotated[str, typer.Option(help="With reword: the new sentence.")] = "",
    words: Annotated[str, typer.Option(help="Show only learnings that have these words.")] = "",
    who: Who = None,
) -> Answer:
    """Sentences that hold beyond one pilot, with the pilots that support and contradict them."""
    from experiments.library import learnings as kept

    acts: Mapping[str, tuple[Callable[[Desk], Taught], tuple[str, ...]]] = {
        "add": (lambda desk: kept.add_learning(desk, what), ()),
        "reword": (lambda desk: kept.reword(desk, what, statement), (statement,)),
        "attach": (lambda desk: kept.bear_out(desk, what, pilot, bearing, note), (pilot,)),
        "detach": (lambda desk: kept.take_back(desk, what, pilot), (pilot,)),
    }
    with looking(who) as desk:
        if action is None:
            shown = kept.learnings(desk, words)
        elif action not in acts:
            raise Refused(Problem(code="learning_action", facts={"given": action}))
        elif not all((what, *acts[action][1])):
            needs = {"reword": "KEY --statement", "add": "SENTENCE"}.get(action, "KEY --pilot")
            raise Refused(Problem(code="learning_action_needs", facts={"action": action, "needs": needs}))
        else:
            shown = (acts[action][0](desk),)
    lines = [line for one in shown for line in _learning_lines(one)]
    return Answer(value={"learnings": list(shown)}, lines=tuple(lines) or (say("cli.no_learnings"),))


def takeaway(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")],
    lesson: Annotated[str, typer.Option(help="A better lesson, put beside the first.")] = "",
    why: Annotated[str, typer.Option(help="Why it turned out so.")] = "",
    differently: Annotated[str, typer.Option(help="What you would do differently.")] = "",
    holds_where: Annotated[str, typer.Option("--holds-where", help="For whom it should hold.")] = "",
    who: Who = None,
) -> Answer:
    """The takeaway of a closed pilot, or a draft of one from the record; with --lesson a better one."""
    from experiments.library.drafted import drafted
    from experiments.library.takeaways import PARTS, Lesson, Written, correct, newest

    with acting(who, key) as desk:
        said: Lesson | None
        first: tuple[str, ...] = ()
        if lesson or why or differently or holds_where:
            said = correct(desk, key, Lesson(lesson=lesson, why=why, differently=differently, holds_where=holds_where))
            first = (say("cli.takeaway.corrected", pilot=key),)
        else:
            said = newest(desk, desk.pilot(key))
        if said is None:
            said, first = drafted(desk, key), (say("cli.takeaway.drafted"),)
    parts = {name: getattr(said, name) for name in PARTS}
    number = said.number if isinstance(said, Written) else None
    value = {"pilot": key, "kept": number is not None, "number": number, **parts}
    lines = [f"{say(f'takeaway.{name}')}: {text}" for name, text in parts.items() if text]
    return Answer(value=value, lines=(*first, *lines))


def tried_before(desk: Desk, document: Mapping[str, Any], key: str) -> Answer:
    """Earlier pilots like the charter, as notes."""
    from experiments.library.similar import sentence, similar

    found = similar(desk, document, pilot=desk.pilot(key))
    return Answer(value={"similar": list(found)}, lines=tuple(say("similar.note", said=sentence(one)) for one in found))


def _card_lines(card: Card) -> list[str]:
    ended = say(f"verdict.{card.decided}") if card.decided else ""
    line = say("cli.library.card", key=card.key, title=card.title, ended=ended, effect=card.effect or "-")
    lesson = card.lesson or say("library.not_closed")
    return [line, f"    {lesson}"]


def _learning_lines(taught: Taught) -> list[str]:
    from experiments.library.learnings import witness_words

    counts = {"supporting": taught.supporting, "contradicting": taught.contradicting}
    head = say("cli.learning", key=taught.key, statement=taught.statement, **counts)
    return [
        head,
        *(
            "    " + say("cli.learning.witness", bearing=say(f"learnings.{one.bearing}"), said=witness_words(one))
            for one in taught.witnesses
        ),
    ]
