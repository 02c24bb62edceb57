"""The history page checks the record, also against a mark that somebody noted earlier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Show = Callable[..., Any]
Press = Callable[[Any, str], Any]
Read = Callable[[Any], str]
PILOT = "drop-in-repair-hour"


def check(at: Any, press: Press, noted: str) -> Any:
    at.text_input(key="noted-head").set_value(noted)
    return press(at, "Check that the record is whole")


def test_a_noted_mark_is_looked_for(worked: Path, show: Show, press: Press, read: Read, desk: Any) -> None:
    head = desk.registry.head_hash()
    at = check(show("history", pilot=PILOT), press, head[:12])
    assert "are as they were recorded" in read(at)
    assert [block.value for block in at.code] == [head]
    at = check(at, press, "f" * 64)
    assert "not as it was written" in read(at)
    assert "is not in the log any more" in read(at)
    at = check(at, press, "page 3")
    assert "is no mark of the record" in read(at)
    assert not at.code
