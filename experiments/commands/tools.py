"""Commands of ``pilot`` that are no stage of a life: worked portfolio, single estimates, calculator, app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.command import Answer, command, json_text, looking
from experiments.words import say

Spec = Annotated[Path, typer.Argument(metavar="SPEC.yaml", help="A specification in YAML (docs/spec.md).")]


def tools(app: typer.Typer) -> None:
    """Put these commands beside the stages."""
    for name, body in (("estimate", estimate), ("calc", calc), ("demo", demo), ("docs", docs)):
        command(app, name)(body)
    app.command("app")(serve)


def estimate(spec: Spec) -> Answer:
    """One estimate from one specification, as JSON; needs no registry."""
    from experiments.files import read_yaml
    from stats import engine
    from stats.designs.uses import ignored

    parsed = engine.parse_spec(read_yaml(spec))
    value = engine.result_json(engine.estimate(parsed, spec.parent), parsed)
    left_out = ignored(parsed)
    if left_out:
        value["notes"] = [say("estimate.ignored", parts=list(left_out), estimator=parsed.estimator)]
    return Answer(value=value, lines=(json_text(value),))


def calc(
    kind: Annotated[str, typer.Argument(help="power, sample_size, mde, boundaries, adjust, pool, sample_ratio, ...")],
    spec: Spec,
) -> Answer:
    """The analyst's pocket calculator, as JSON; needs no registry."""
    from experiments.files import read_yaml
    from stats.calculator import calc as calculator
    from stats.errors import Problem, RefusedSpec

    values = read_yaml(spec)
    if not isinstance(values, dict):
        raise RefusedSpec(Problem(code="spec_not_a_mapping"))
    value = calculator.calc(kind, values)
    return Answer(value=value, lines=(json_text(value),))


def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there are pilots already.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Only create the data folder, without pilots.")] = False,
) -> Answer:
    """Fill an empty data folder with the worked portfolio: simulated pilots, through the real stages."""
    from experiments.demo import add_portfolio

    with looking(None) as desk:
        keys = () if empty else add_portfolio(desk, if_empty=if_empty)
    said = say("cli.demo.empty") if empty else say("cli.demo.added" if keys else "cli.demo.there", count=len(keys))
    return Answer(value={"pilots": list(keys), "added": bool(keys)}, lines=(said,))


def docs(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the documentation.")] = Path("docs"),
) -> Answer:
    """Write the generated pages of the documentation."""
    from experiments.commands.metrics_page import metrics_page
    from experiments.commands.spec_page import spec_page
    from experiments.files import write_bytes

    pages = {"spec.md": spec_page, "metrics.md": metrics_page}
    for name, page in pages.items():
        write_bytes(output / name, page().encode())
    written = [str(output / name) for name in pages]
    return Answer(value={"written": written}, lines=tuple(say("cli.written", file=file) for file in written))


def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to serve at: any but this machine's own only with a login.")
    ] = "localhost",
) -> None:
    """Open the app on this machine."""
    import os
    import sys

    from experiments.errors import Refused, sentences
    from experiments.limits import upload_mb
    from experiments.login import bound_to
    from experiments.memo import missing_fonts

    for sentence in missing_fonts():
        print(sentence, file=sys.stderr, flush=True)
    script = Path(__file__).resolve().parents[2] / "app.py"
    try:
        megabytes, host = upload_mb(), bound_to(address)
    except Refused as refused:
        raise SystemExit("\n".join(sentences(refused))) from None
    _read_once()
    where = ["--server.address", host, "--server.port", str(port), "--server.maxUploadSize", str(megabytes)]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(script), *where])


def _read_once() -> None:
    """Read the portfolio before anybody waits for it: a large one is then kept in the data folder."""
    from experiments.errors import REFUSALS
    from experiments.portfolio.survey import portfolio

    try:
        with looking(None) as desk:
            portfolio(desk)
    except REFUSALS:
        return  # said by the app, to whoever opens it
