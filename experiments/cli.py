"""``pilot``: the stages of a pilot's life without a screen. Every command takes ``--json``.

Exit codes: 0 done, 1 refused with reasons, 2 usage. Libraries load when their command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.afterwards import afterwards_commands
from experiments.commands.aside import aside
from experiments.commands.command import Answer, Who, acting, command, looking, shown
from experiments.commands.learned import learned_commands
from experiments.commands.library import library_commands
from experiments.commands.life import life
from experiments.commands.measures import measures
from experiments.commands.objectives import objectives_commands
from experiments.commands.organisation import organisation
from experiments.commands.people import people_commands
from experiments.commands.planning import planning
from experiments.commands.record import record
from experiments.commands.records import records_commands
from experiments.commands.rollout import rollout_command
from experiments.commands.showcase import showcase_commands
from experiments.commands.telling import telling
from experiments.commands.tools import tools
from experiments.commands.written import Output, written
from experiments.words import say

app = typer.Typer(name="pilot", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The pilot's key, as in its address.")]
Seen = Annotated[str | None, typer.Option("--seen", help="Hash of the evidence that you saw; refused if it changed.")]


@app.callback()
def _pilot() -> None:
    """Run pilot projects so that scale, iterate or stop can be trusted."""


def main() -> None:
    """The console script."""
    app()


@command(app, "register")
def register(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The charter (docs/spec.md).")],
    draft: Annotated[
        str | None, typer.Option(metavar="KEY", help="The draft, or reopened charter, it completes.")
    ] = None,
    who: Who = None,
) -> Answer:
    """Register a pilot from its charter; says which earlier pilots are like it."""
    from experiments import register as stage
    from experiments.commands.library import tried_before
    from experiments.files import read_yaml

    document = read_yaml(file)
    with looking(who) as desk:
        made = stage.register(desk, document, key=draft)
        before = tried_before(desk, document, made.key)
    warned = shown(made.warnings)
    value = {"pilot": made.key, "title": made.title, "warnings": warned, "similar": before.value["similar"]}
    return Answer(value=value, lines=(say("cli.registered", pilot=made.key), *warned, *before.lines))


@command(app, "plan")
def plan(key: Key, who: Who = None) -> Answer:
    """Make the plan from the charter; say what it can decide at this size."""
    from experiments.planning import plan as stage

    with acting(who, key) as desk:
        made = stage.plan(desk, key)
    sizing, warned = made.sizing, shown(made.warnings)
    value = {
        "pilot": key,
        "plan_sha256": made.sha256,
        "sizing": sizing.sizing,
        "n_treatment": sizing.n_treatment,
        "n_control": sizing.n_control,
        "best_grade": sizing.best_grade,
        "smallest_p": sizing.smallest_p,
        "metrics": sizing.metrics,
        "warnings": warned,
        "plan": made.plan.model_dump(mode="json", by_alias=True),
    }
    return Answer(value=value, lines=(say(f"sizing.{sizing.sizing}"), *warned))


@command(app, "assign")
def assign(key: Key, who: Who = None) -> Answer:
    """Draw who gets the change, by the signed rule and seed."""
    from experiments.running import assign as stage

    with acting(who, key) as desk:
        made = stage.assign(desk, key)
    value = {"pilot": key, "method": made.method, "seed": made.seed, "arms": made.arms, "sha256": made.sha256}
    treated = [site for site, arm in made.arms.items() if arm]
    line = say("cli.assigned", sites=treated) if treated else say("cli.assigned_in_data")
    return Answer(value=value, lines=(line,))


@command(app, "ingest")
def ingest(
    key: Key,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV (also gz), Parquet or Excel; or a table's name.")],
    reading: Annotated[
        Path | None, typer.Option("--reading", help="How to read the file, in YAML, where the guess is wrong.")
    ] = None,
    accept_crossovers: Annotated[
        bool, typer.Option("--accept-crossovers", help="Sites in another arm than drawn: it did happen.")
    ] = False,
    connection: Annotated[
        str, typer.Option("--connection", help="DATA is a table behind this connection of connections.toml.")
    ] = "",
    who: Who = None,
) -> Answer:
    """Check a file and keep it as a snapshot; nothing is kept of a file that is refused."""
    from experiments.commands.progress import progress
    from experiments.files import read_yaml
    from experiments.running.connections import ingest_table
    from experiments.running.ingest import ingest as ingest_file

    how = None if reading is None else read_yaml(reading)
    with acting(who, key) as desk, progress(say("cli.reading", file=data.name)) as report:
        if connection:
            crossed = accept_crossovers
            made = ingest_table(desk, key, connection, str(data), accept_crossovers=crossed, report=report)
        else:
            made = ingest_file(desk, key, data, reading=how, accept_crossovers=accept_crossovers, report=report)
    warned = shown(made.warnings)
    value = {
        "pilot": key,
        "number": made.number,
        "sha256": made.sha256,
        "rows": made.rows,
        "reading": made.reading,
        "warnings": warned,
    }
    return Answer(value=value, lines=(say("cli.ingested", rows=made.rows, sha256=made.sha256[:12]), *warned))


@command(app, "assess")
def assess(key: Key, who: Who = None) -> Answer:
    """Make the evidence from the locked plan and the newest snapshot; counts as a planned check."""
    from experiments.evidence import assess as stage

    with acting(who, key) as desk:
        made = stage.assess(desk, key)
    value = {"pilot": key, "look": made[0].look, "evidence": [found.as_shown() for found in made]}
    lines = [say("cli.assessed", look=found.look, grade=found.grade, sha256=found.sha256[:12]) for found in made]
    return Answer(value=value, lines=tuple(lines))


@command(app, "recommend")
def recommend(
    key: Key, arm: Annotated[int, typer.Option(min=1, max=99, help="Treatment arm.")] = 1, who: Who = None
) -> Answer:
    """What the rule says about the evidence: scale, iterate or stop, and why."""
    from experiments.evidence import recommend as stage

    with acting(who, key) as desk:
        said = stage.recommend(desk, key, arm)
        sentence = stage.sentence(desk, key, arm)
    return Answer(value={"pilot": key, "sentence": sentence, "recommendation": said}, lines=(sentence,))


@command(app, "review")
def review(
    key: Key,
    stance: Annotated[str, typer.Argument(help="endorse, concern or object")],
    reason: Annotated[str, typer.Option(help="Why; needed for a concern or an objection.")] = "",
    seen: Seen = None,
    who: Who = None,
) -> Answer:
    """A partner's word on the evidence."""
    from experiments.deciding import review as stage

    with acting(who) as desk:
        made = stage.review(desk, key, stance, reason, seen=seen)
    line = say("cli.reviewed", person=made.person, stance=made.stance)
    return Answer(value={"pilot": key, **vars(made)}, lines=(line,))


@command(app, "close")
def close(
    key: Key,
    takeaway: Annotated[str, typer.Option(help="What was learned, in a sentence or two.")],
    why: Annotated[str, typer.Option(help="Why it turned out so.")] = "",
    differently: Annotated[str, typer.Option(help="What you would do differently.")] = "",
    holds_where: Annotated[str, typer.Option("--holds-where", help="For whom it should hold.")] = "",
    who: Who = None,
) -> Answer:
    """End a decided pilot with its takeaway; `pilot takeaway KEY` drafts one from the record."""
    from experiments.deciding import close as stage
    from experiments.library.takeaways import Lesson

    lesson = Lesson(lesson=takeaway, why=why, differently=differently, holds_where=holds_where)
    with acting(who, key) as desk:
        made = stage.close(desk, key, lesson)
    return Answer(value={"pilot": key, "takeaway": made.takeaway}, lines=(say("cli.closed", pilot=key),))


@command(app, "memo")
def memo(
    key: Key,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    form: Annotated[str, typer.Option("--format", help="html, pdf or docx; else as the file is called.")] = "",
    arm: Annotated[int, typer.Option(min=1, max=99, help="Treatment arm.")] = 1,
) -> Answer:
    """Write the one page that executives decide on, from the stored evidence."""
    from experiments import memo as stage
    from experiments.files import write_bytes

    named = output.suffix.lower().lstrip(".")
    form = form or (named if named in stage.FORMATS else "html")
    with looking(None) as desk:
        head = desk.registry.head_hash()
        content = stage.render(stage.memo(desk, key, arm), form)
    write_bytes(output, content)
    value = {"pilot": key, "format": form, "output": str(output), "bytes": len(content), "log_head": head}
    return Answer(value=value, lines=(say("cli.written", file=str(output)), *stage.missing_fonts(form)))


@command(app, "portfolio")
def portfolio(
    words: Annotated[str, typer.Option(help="Words in key, title, problem or team.")] = "", output: Output = None
) -> Answer:
    """Every pilot with its stage, verdict and first effect."""
    from experiments.commands.progress import table
    from experiments.portfolio import survey as stage
    from experiments.portfolio.rows import to_take_away

    with looking(None) as desk:
        rows, head = stage.portfolio(desk, words=words), desk.registry.head_hash()
    names = ("key", "stage", "verdict", "grade", "effect", "title")
    lines = table(
        [say(f"cli.column.{name}") for name in names], [[getattr(row, n) or "" for n in names] for row in rows]
    )
    lines = (*(lines if rows else (say("cli.no_pilots"),)), *written(output, to_take_away(rows)))
    return Answer(value={"pilots": list(rows), "log_head": head}, lines=lines)


@command(app, "pack")
def pack(
    output: Annotated[Path, typer.Option("--output", "-o", help="PDF to write.")],
    month: Annotated[str, typer.Option(help="Year and month, as in 2026-11.")],
) -> Answer:
    """Write the monthly review pack: where the portfolio stands, what was decided and learned, what waits."""
    from experiments.files import write_bytes
    from experiments.portfolio import pack as stage

    with looking(None) as desk:
        head = desk.registry.head_hash()
        content = stage.pack_pdf_of(desk, month)
    write_bytes(output, content)
    value = {"month": month, "output": str(output), "bytes": len(content), "log_head": head}
    return Answer(value=value, lines=(say("cli.packed", month=stage.month_words(month), file=str(output)),))


@command(app, "reproduce")
def reproduce(key: Key) -> Answer:
    """Compute assignment, evidence and recommendation again and compare them byte for byte."""
    from experiments.evidence import reproduce as stage

    with looking(None) as desk:
        made = stage.reproduce(desk, key)
    value = {"pilot": key, "identical": all(item.identical for item in made), "items": list(made)}
    return Answer(value=value, lines=stage.told(made), refused=not all(i.identical or i.more for i in made))


@command(app, "verify")
def verify(
    head: Annotated[str | None, typer.Option(help="A head hash noted earlier; memos and exports carry one.")] = None,
) -> Answer:
    """Is the record as it was written? Walks the whole log, every row and every snapshot."""
    from experiments.record import verify as stage

    with looking(None) as desk:
        found = stage.verify(desk, head)
    line = say("cli.whole" if found.whole else "cli.not_whole", events=found.events, rows=found.rows, head=found.head)
    return Answer(value=vars(found), lines=(line, *found.findings), refused=not found.whole)


planning(app)
life(app)
rollout_command(app)
organisation(app)
aside(app)
telling(app)
measures(app)
people_commands(app)
objectives_commands(app)
learned_commands(app)
library_commands(app)
showcase_commands(app)
record(app)
afterwards_commands(app)
records_commands(app)
tools(app)

if __name__ == "__main__":
    main()
