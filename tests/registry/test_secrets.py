"""The password of the database is in nobody's sight: not in errors, not in logs, not on the command line's output."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry import open as opening
from registry.errors import Unavailable
from registry.open import Registry

SECRET = "s3cr3t-p4ss"
ADDRESSES = (
    f"postgresql://pilot:{SECRET}@127.0.0.1:1/registry",
    f"postgres://pilot:{SECRET}@no-such-host.invalid/registry",
    f"postgresql://pilot:{SECRET}@127.0.0.1:notaport/registry",
    f"postgresql://pilot@127.0.0.1:1/registry?password={SECRET}",
    f"mysql://pilot:{SECRET}@127.0.0.1/registry",
    f"postgresql://pilot:{SECRET}",
    f"postgresql//pilot:{SECRET}@127.0.0.1/registry",
    f"postgresql://pilot:{SECRET}@[::1/registry",
)


def told(error: BaseException) -> str:
    """What of an error may come before anybody's eyes: its text, and that of a log with its traceback."""
    return str(error) + repr(error) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unreachable_database_does_not_show_its_password(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Unavailable) as caught:
        Registry.open(tmp_path, address)
    assert SECRET not in told(caught.value)
    with pytest.raises(Unavailable) as caught:
        opening.upgrade(address)
    assert SECRET not in told(caught.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_command_line_does_not_show_it_either(
    address: str, options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.cli import app

    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", address)
    ran = CliRunner().invoke(app, ["portfolio", *options])
    assert ran.exit_code == 1
    assert ran.output.strip()
    assert SECRET not in ran.output
    assert SECRET not in told(ran.exception or ValueError())


def test_an_open_registry_does_not_write_it_where_it_is_shown(tmp_path: Path) -> None:
    from registry.database import parse_url
    from registry.migration import unreachable

    url = parse_url(ADDRESSES[0])
    assert SECRET not in str(url) + repr(url)
    assert SECRET not in str(unreachable(url))
