"""A planned check is used up once made, so data that can't answer it are refused before it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.running.assign import assigned
from experiments.running.check_ins import Said, check_in
from experiments.running.ingest import ingest

Lead = Callable[..., Any]


def brought(led: Any, send_records: Callable[..., None], weeks: int, path: Path) -> Any:
    """The owner's desk, with data of so many weeks after the start."""
    owner = led.desk.as_person("Ana Lima")
    drawn = assigned(led.desk, led.desk.pilot(led.key))
    assert drawn is not None
    send_records(path, drawn.arms, wait=-40, on_time=0.0, weeks_after=weeks)
    ingest(owner, led.key, path)
    return owner


def test_data_of_before_the_start_alone_use_up_no_check(lead: Lead, send_records: Any, tmp_path: Path) -> None:
    led = lead("assigned")
    whole = tmp_path / "whole.csv"
    owner = led.desk.as_person("Ana Lima")
    lines = led.data.read_text().splitlines()
    week = lines[0].replace('"', "").split(",").index("week")
    before = tmp_path / "before.csv"
    kept = [line for line in lines[1:] if line.split(",")[week].strip('"') < "2026-03-02"]
    before.write_text("\n".join([lines[0], *kept]))
    ingest(owner, led.key, before)
    with pytest.raises(Refused) as caught:
        assess(owner, led.key)
    assert [problem.code for problem in caught.value.problems] == ["nothing_after_start"]
    brought(led, send_records, 10, whole)
    assert assess(owner, led.key)[0].look == 1


def test_data_that_end_long_before_the_check_use_up_no_check(lead: Lead, send_records: Any, tmp_path: Path) -> None:
    led = lead("assigned")
    owner = brought(led, send_records, 3, tmp_path / "three.csv")
    with pytest.raises(Refused) as caught:
        assess(owner, led.key)
    assert caught.value.problems[0].facts["due"] == date(2026, 5, 10)
    assert "end on 22 Mar 2026" in sentences(caught.value)[0]
    brought(led, send_records, 10, tmp_path / "ten.csv")
    assert assess(owner, led.key)[0].look == 1


def test_a_week_that_is_not_in_yet_is_no_reason_to_wait(lead: Lead, send_records: Any, tmp_path: Path) -> None:
    led = lead("assigned")
    assert assess(brought(led, send_records, 9, tmp_path / "nine.csv"), led.key)[0].look == 1


def test_a_group_that_there_is_not_is_said_and_not_taken_for_data_that_lack(lead: Lead) -> None:
    led = lead("assessed")
    with pytest.raises(Refused) as caught:
        recommend(led.desk.as_person("Ana Lima"), led.key, arm=7)
    assert "no group number 7" in sentences(caught.value)[0]


def test_a_check_in_without_its_site_asks_for_it_alone(lead: Lead) -> None:
    led = lead("assigned")
    with pytest.raises(Refused) as caught:
        check_in(led.desk.as_person("Ana Lima"), led.key, [Said(site=" ", week=date(2026, 3, 2))])
    assert [problem.code for problem in caught.value.problems] == ["check_in_no_site"]
