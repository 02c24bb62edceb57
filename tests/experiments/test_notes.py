"""Comments that mention people, and files that are kept by their hash and handed out as they came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from experiments.deciding.choice import Choice
from experiments.deciding.close import close
from experiments.deciding.decide import decide
from experiments.desk import Desk
from experiments.errors import Refused, sentences
from experiments.notes import LARGEST_MB, attach, attachments, comment, comments, download
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register
from experiments.telling.inbox import moves

Charters = Callable[..., dict[str, Any]]
PNG = b"\x89PNG\r\n\x1a\n" + b"poster"


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def key(desk: Desk, waiting: Charters) -> str:
    return register(desk, waiting()).key


def _mentions(desk: Desk, name: str) -> int:
    return sum(move.act == "mentioned" for move in moves(desk.as_person(name)) if move.mine)


def test_a_mention_is_in_the_list_of_who_is_meant_until_they_answer(desk: Desk, key: str, calendar: Any) -> None:
    said = comment(desk.as_person("Ana Lima"), key, "@Tom Berg, and @ruth vogel: which tours?", about="plan")
    assert set(said.mentions) == {"Tom Berg", "Ruth Vogel"}
    assert (_mentions(desk, "Tom Berg"), _mentions(desk, "Ana Lima")) == (1, 0)
    calendar.today += timedelta(days=1)
    comment(desk.as_person("Tom Berg"), key, "The early ones.")
    assert (_mentions(desk, "Tom Berg"), _mentions(desk, "Ruth Vogel")) == (0, 1)
    calendar.today += timedelta(days=14)
    assert _mentions(desk, "Ruth Vogel") == 0
    assert [remark.text for remark in comments(desk, desk.pilot(key))][-1] == "The early ones."
    assert verify(desk).whole


def test_a_comment_is_refused_with_everything_that_is_wrong_with_it(desk: Desk, key: str) -> None:
    owner = desk.as_person("Ana Lima")
    assert _refused(lambda: comment(owner, key, " ")) == ["comment_empty"]
    assert _refused(lambda: comment(owner, key, "@Tim, @Tomas " + "x" * 6000)) == [
        "mention_unknown",
        "mention_unknown",
        "comment_too_long",
    ]
    assert _refused(lambda: comment(owner, key, "fine", about="hindsight")) == ["comment_about"]
    assert comment(owner, key, "Write to ana@example.org or a@b.").mentions == ()


def test_what_people_wrote_is_not_in_the_log(desk: Desk, key: str) -> None:
    comment(desk.as_person("Ana Lima"), key, "Marie has been ill.")
    event = history(desk, key)[-1]
    assert event.sentence == "Ana Lima commented."
    assert "Marie" not in str(vars(event))


def test_a_takeaway_is_no_comment(lead: Any, committed: Any) -> None:
    led = lead("reviewed")
    decide(led.desk.as_person("Ruth Vogel"), led.key, Choice(verdict="SCALE", commitments=committed))
    close(led.desk.as_person("Ana Lima"), led.key, "Say so at once.")
    assert comments(led.desk, led.desk.pilot(led.key)) == ()


def test_a_file_comes_out_byte_by_byte_as_it_came_under_a_plain_name(desk: Desk, key: str) -> None:
    owner, pilot = desk.as_person("Ana Lima"), desk.pilot(key)
    kept = attach(owner, key, "../../etc/poster.PNG", PNG, caption="at the counter")
    assert (kept.name, kept.media_type, kept.size) == ("poster.PNG", "image/png", len(PNG))
    assert download(desk, pilot, kept.id) == PNG
    assert desk.registry.snapshots.verified_path(kept.sha256).is_file()
    assert desk.registry.collect_orphans(older_than=0) == 0
    assert [file.caption for file in attachments(desk, pilot)] == ["at the counter"]
    assert verify(desk).whole


@pytest.mark.parametrize(
    ("name", "content", "codes"),
    [
        ("page.html", b"<script>", ["attachment_kind"]),
        ("drawing.svg", b"<svg onload=x>", ["attachment_kind"]),
        ("nothing", b"x", ["attachment_kind"]),
        ("poster.png", b"<script>alert(1)</script>", ["attachment_content"]),
        ("notes.txt", b"a\x00b", ["attachment_content"]),
        ("notes.txt", b"", ["attachment_empty"]),
        ("large.csv", b"a" * ((LARGEST_MB << 20) + 1), ["attachment_large"]),
    ],
)
def test_what_is_no_plain_document_is_refused_and_nothing_kept(
    desk: Desk, key: str, name: str, content: bytes, codes: list[str]
) -> None:
    assert _refused(lambda: attach(desk.as_person("Ana Lima"), key, name, content)) == codes
    assert attachments(desk, desk.pilot(key)) == ()
    assert list(desk.registry.snapshots.stored()) == []


def test_a_file_of_another_pilot_is_not_handed_out(desk: Desk, key: str, waiting: Charters) -> None:
    other = register(desk, waiting(title="Another pilot")).key
    kept = attach(desk.as_person("Ana Lima"), key, "poster.png", PNG)
    assert _refused(lambda: download(desk, desk.pilot(other), kept.id)) == ["no_such_attachment"]
    assert kept.at.date() == date(2026, 1, 12)
