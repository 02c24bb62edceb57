"""``pilot``: the stages of a pilot's life without a screen. Every command takes ``--json``.

Exit codes: 0 done, 1 refused with reasons, 2 usage. Libraries load when their command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli_command import Answer, command, json_text

app = typer.Typer(
    name="pilot",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _pilot() -> None:
    """Run pilot projects so that scale, iterate or stop can be trusted."""


def main() -> None:
    """The console script."""
    app()


@command(app, "estimate")
def estimate(spec: Annotated[Path, typer.Argument(help="A specification in YAML (docs/spec.md).")]) -> Answer:
    """One estimate from one specification; needs no registry. Prints JSON in any case."""
    from experiments.files import read_yaml
    from stats import engine

    parsed = engine.parse_spec(read_yaml(spec))
    value = engine.result_json(engine.estimate(parsed, spec.parent), parsed)
    return Answer(value=value, lines=(json_text(value),))


if __name__ == "__main__":
    main()
