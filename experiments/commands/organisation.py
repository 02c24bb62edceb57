"""Commands of ``pilot`` for what people agree on: signatures, reviews, decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from experiments.commands.command import Answer, Who, acting, command, looking
from experiments.words import say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Seen = Annotated[str | None, typer.Option("--seen", help="Hash of the evidence that you saw; refused if it changed.")]
DAY = ["%Y-%m-%d"]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def organisation(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (
        ("sign", sign),
        ("review-round", review_round),
        ("ask", ask),
        ("decide", decide),
        ("confirm", confirm),
        ("overrides", overrides),
    ):
        command(app, name)(body)


def sign(
    key: Key,
    benefit: Annotated[str | None, typer.Option(help="As a partner: what you expect from it.")] = None,
    pulls_against: Annotated[
        str | None, typer.Option("--pulls-against", help="As a partner: which target of yours pulls against it.")
    ] = None,
    relief: Annotated[str | None, typer.Option(help="As a partner: what was agreed about that target.")] = None,
    decline: Annotated[bool, typer.Option("--decline", help="As a partner: do not sign, with --reason.")] = False,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="As sponsor: start without the signatures that did not come, on record.")
    ] = False,
    reason: Reason = "",
    who: Who = None,
) -> Answer:
    """Sign for a partner's own metrics, or as owner or sponsor for the plan, which the last signature locks."""
    from experiments.signing import sign as stage
    from experiments.signing import unsigned as without

    with acting(who, key) as desk:
        if decline:
            names = without.decline(desk, key, reason)
            value = {"pilot": key, "capacity": "partner", "metrics": names, "declined": True}
            return Answer(value=value, lines=(say("cli.declined", metrics=names),))
        terms = stage.Terms(benefit=benefit, pulls_against=pulls_against, relief=relief)
        made = without.start_unsigned(desk, key, reason) if unsigned else stage.sign(desk, key, terms)
    value = {"pilot": key, **vars(made), "declined": False}
    if unsigned:
        said = say("cli.unsigned", partners=made.unsigned, sha256=made.plan_sha256[:12])
    else:
        said = say(
            "cli.signed.partner" if made.capacity == "partner" else "cli.signed.plan", sha256=made.plan_sha256[:12]
        )
    late = (say("cli.recorded_afterwards"),) if made.recorded_afterwards else ()
    return Answer(value=value, lines=(said, *late))


def decide(
    key: Key,
    verdict: Annotated[str | None, typer.Argument(help="SCALE, ITERATE or STOP")] = None,
    scope: Annotated[str | None, typer.Option(help="full, staged or limited; else as recommended.")] = None,
    reason: Annotated[str, typer.Option(help="Why; needed against the recommendation.")] = "",
    second: Annotated[str | None, typer.Option(help="Second approver, needed against the recommendation.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="A condition; may be given several times.")] = None,
    budget: Annotated[str, typer.Option(help="Of a roll-out: budget, with currency and period.")] = "",
    owner: Annotated[str, typer.Option(help="Of a roll-out: who owns it.")] = "",
    targets: Annotated[str, typer.Option(help="Of a roll-out: which departmental targets change, or none.")] = "",
    date: Annotated[str, typer.Option(help="Of a roll-out: from or until when.")] = "",
    send_back: Annotated[bool, typer.Option("--send-back", help="Send the evidence back to the team.")] = False,
    defer: Annotated[
        datetime | None, typer.Option("--defer", formats=DAY, help="Concluded; decide later, until this day.")
    ] = None,
    seen: Seen = None,
    who: Who = None,
) -> Answer:
    """Decide on the recommendation; against it, propose it to a second approver. The owner can't decide."""
    from experiments.deciding import decide as stage
    from experiments.deciding.choice import Choice

    promised = {"budget": budget, "owner": owner, "targets": targets, "date": date}
    choice = Choice(
        verdict=verdict.upper() if verdict else None,
        scope=scope,
        reason=reason,
        second_approver=second,
        conditions=tuple(condition or ()),
        commitments={name: value for name, value in promised.items() if value},
        sent_back=send_back,
        deferred=defer is not None,
        until=defer.date() if defer else None,
    )
    with acting(who) as desk:
        made = stage.decide(desk, key, choice, seen=seen)
    if made.waits_for:
        line = say("cli.proposed", verdict=say(f"verdict.{made.verdict}"), second=made.waits_for, pilot=key)
    elif made.verdict is None:
        line = say("cli.deferred" if made.kind == "deferred" else "cli.sent_back")
    else:
        line = say("cli.decided", verdict=say(f"verdict.{made.verdict}"))
    return Answer(value={"pilot": key, **vars(made)}, lines=(line,))


def confirm(
    key: Key,
    decline: Annotated[bool, typer.Option("--decline", help="Decline it, with --reason: nothing is decided.")] = False,
    reason: Reason = "",
    who: Who = None,
) -> Answer:
    """As second approver: confirm a decision against the recommendation, or decline it."""
    from experiments.deciding import overrule as stage

    with acting(who) as desk:
        made = stage.confirm_overrule(desk, key, decline=decline, reason=reason)
    line = say("cli.overrule_declined") if decline else say("cli.confirmed", verdict=say(f"verdict.{made.verdict}"))
    return Answer(value={"pilot": key, **vars(made)}, lines=(line,))


def overrides(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="With --became: the pilot.")] = None,
    became: Annotated[str, typer.Option(help="Look back on the decision of KEY: what became of it.")] = "",
    found: Annotated[
        str | None, typer.Option(help="With --became: right, wrong or unclear; else as the record suggests.")
    ] = None,
    who: Who = None,
) -> Answer:
    """Every decision against a recommendation, and what became of it."""
    from experiments.commands.progress import table
    from experiments.deciding import overrides as stage

    with looking(who) as desk:
        if key is not None:
            said = stage.suggested(desk, key)
            stage.look_back(desk, key, became, found or (said.found if said else "unclear"))
        rows = stage.overrides(desk)
    columns = stage.override_columns(rows)
    cells = [list(row) for row in zip(*columns.values(), strict=True)]
    lines = [*table([say(f"cli.column.{name}") for name in columns], cells), stage.score_of(rows)] if rows else []
    return Answer(value={"overrides": list(rows)}, lines=tuple(lines) or (say("overrule.none"),))


def review_round(
    key: Key,
    until: Annotated[
        datetime | None, typer.Option(formats=DAY, help="As owner or sponsor: open until this day.")
    ] = None,
    quorum: Annotated[int | None, typer.Option(help="As owner or sponsor: how many words are enough.")] = None,
    reason: Reason = "",
    who: Who = None,
) -> Answer:
    """Until when partners are asked for their word, who has given it, and who has not."""
    from experiments.deciding import rounds as stage
    from experiments.deciding.evidence_in_force import in_force

    with acting(who, key) as desk:
        if until is not None or quorum is not None:
            day = until.date() if until else None
            made = stage.edit_round(desk, key, until=day, quorum=quorum, reason=reason)
        else:
            pilot = desk.pilot(key)
            made = stage.round_of(desk, pilot, in_force(desk, pilot).evidence)
    line = say("cli.round", until=made.until, quorum=made.quorum, waiting=made.waiting or say("fact.none"))
    return Answer(value={"pilot": key, **vars(made)}, lines=(line,))


def ask(
    key: Key,
    what: Annotated[str, typer.Argument(help="What you need; empty: show what was asked.")] = "",
    answer: Annotated[int | None, typer.Option(help="Number of the request that is answered.")] = None,
    words: Annotated[str, typer.Option(help="The answer.")] = "",
    who: Who = None,
) -> Answer:
    """Ask the team for more before giving one's word, or answer a request."""
    from experiments.deciding import requests as stage

    with acting(who, key) as desk:
        if answer is not None:
            stage.answer_request(desk, key, answer, words)
        elif what:
            stage.ask_for_more(desk, key, what)
        found = stage.requests(desk, key)
    lines = [say("cli.request", number=r.number, who=r.asked_by, what=r.what, answer=r.answer).strip() for r in found]
    return Answer(value={"pilot": key, "requests": list(found)}, lines=tuple(lines) or (say("cli.no_requests"),))
