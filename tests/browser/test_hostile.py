"""Texts that would be run, drawn or linked if a page took them for markup: shown as they were written, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

MARK = "INJECTED"
TEXTS = (
    f"<script>document.title='{MARK}';alert(1)</script>",
    f"<img src=x onerror=\"document.title='{MARK}';alert(2)\">",
    f"'\"><svg onload=\"document.title='{MARK}'\"></svg>",
    '<b class="injected">bold</b> </p></div></td>',
    "[click here](javascript:alert(3)) ![p](http://192.0.2.1/p.png)",
    "**bold** _italic_ `code` ~~gone~~ # not a heading",
    ":red[red] :material/home: :smile: $x^2$ {column} {{7*7}}",
    '=HYPERLINK("http://192.0.2.1","x") & &lt;i&gt; \\*',
    "<iframe src='javascript:alert(4)'></iframe>",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "عربي \u2067isolated\u2069 回电 👩‍👩‍👧",
    "<style>body{display:none}</style><!-- ",
)
PAGES = ("", "portfolio", "register", "plan", "rehearse", "assign", "data", "along", "evidence", "review", "decide",
         "versions", "history", "people", "metrics")  # fmt: skip


def charter() -> dict[str, Any]:
    """A plain pilot in which every text that people write is hostile."""
    text = iter(TEXTS * 5)
    return {
        "pilot": "hostile",
        "title": next(text),
        "problem": next(text),
        "team": next(text),
        "owner": {"name": f"Ana {next(text)[:60]}", "department": f"Own {next(text)[:60]}"},
        "sponsor": {"name": f"Ruth {next(text)[:60]}", "department": f"Ops {next(text)[:60]}"},
        "hypothesis": {"change": next(text), "for_whom": next(text), "because": next(text), "metric": "wait",
                       "direction": "down", "by": 1.0},
        "metrics": {
            "success": [{"key": "wait", "name": f"Wait {next(text)}", "unit": "<b>s</b>", "better": "lower", "mwe": 1.0,
                         "measure": {"kind": "mean", "column": "<b>wait</b>"}}],
            "guardrails": [{"key": "solved", "name": f"Solved {next(text)}", "unit": "share", "margin": 0.05,
                            "measure": {"kind": "share", "column": "solved"}, "partner": "Part <b>ner</b> *x*"}],
        },
        "partners": [{"department": "Part <b>ner</b> *x*", "benefit": next(text), "metric": "solved",
                      "contact": f"Tom {next(text)[:60]}", "pulls_against": next(text), "relief": next(text)}],
        "where": {
            "how_chosen": next(text),
            "design": "randomised_sites",
            "unit_word": "<i>branch</i>",
            "sites": [f"{TEXTS[place][:80]} {place}" for place in range(12)],
            "columns": {"site": "site", "period": "week", "post": {"column": "week", "from": "2026-03-02"}},
            "assignment": {"method": "complete", "n_treatment": 6, "seed": 7},
            "baseline_from": "2026-01-05",
            "start": "2026-03-02",
            "end": "2026-05-10",
        },
        "history": {"wait": {"spread": 18, "steadiness": 0.7}, "solved": {"spread": 0.03, "steadiness": 0.6}},
        "draws": 499,
    }  # fmt: skip


@pytest.fixture
def hostile_home(tmp_path: Path) -> Path:
    """A data folder with that pilot, signed and drawn, and hostile words in its log."""
    from experiments import register
    from experiments.desk import Desk
    from experiments.planning import plan
    from experiments.running import assign, changes
    from experiments.signing import sign
    from registry import find
    from registry.open import Registry

    home = tmp_path / "home"
    with Registry.open(home) as registry:
        desk = Desk(registry=registry)
        document = charter()
        key = register.register(desk, document).key
        with desk.read() as session:
            names = [person.name for person in find.people(session)]
        owner, contact = (next(name for name in names if name.startswith(start)) for start in ("Ana", "Tom"))
        plan.plan(desk.as_person(owner), key)
        sign.sign(desk.as_person(contact), key)
        sign.sign(desk.as_person(owner), key)
        assign.assign(desk.as_person(owner), key)
        for text in TEXTS:
            changes.note(desk.as_person(owner), key, text, kind="suggestion", why=text, credited_to=text, site=text)
    return home


@pytest.fixture
def watched(screen_on: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """A window that notes whatever a page should never do: open a dialog, or ask another machine for anything."""
    noted: list[str] = []

    def on(address: str) -> Any:
        at = screen_on(address)
        at.page.on("dialog", lambda dialog: (noted.append(f"dialog {dialog.message}"), dialog.dismiss()))
        at.page.on(
            "request",
            lambda asked: (
                noted.append(asked.url)
                if not asked.url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:"))
                else None
            ),
        )
        return at

    yield on
    assert noted == []


def unharmed(at: Any) -> None:
    """Nothing ran, nothing was drawn or linked, nothing broke."""
    at.unbroken()
    page = at.page
    assert MARK not in page.title()
    for selector in (".injected", "[onerror]", "[onload]", "a[href^='javascript']", "iframe[src^='javascript']",
                     "[data-testid='stMain'] img[src^='http']", "[data-testid='stMain'] i", ".katex"):  # fmt: skip
        assert page.locator(selector).count() == 0, (selector, at.text[:2000])


def test_no_page_takes_what_people_wrote_for_markup(
    hostile_home: Path, serve: Callable[[Path], Any], watched: Callable[[str], Any]
) -> None:
    with serve(hostile_home) as address:
        at = watched(address)
        seen = ""
        for name in PAGES:
            at.open(name, pilot="hostile")
            unharmed(at)
            seen += at.text
        for text in TEXTS:
            start = " ".join(text.split())[:25]
            assert start in " ".join(seen.split()), start


def test_hostile_words_typed_into_the_form_are_kept_as_they_are(empty_app: str, watched: Callable[[str], Any]) -> None:
    at = watched(empty_app)
    at.open("register")
    at.page.get_by_text("Start from a template").click()
    at.press_until("Start from this", "r-title", "Call-back at peak")
    for key, text in (("r-title", TEXTS[0]), ("r-problem", TEXTS[1]), ("r-owner", TEXTS[4]), ("r-team", TEXTS[6]),
                      ("r-owner-department", TEXTS[5]), ("r-sponsor", TEXTS[3])):  # fmt: skip
        at.write(key, text)
        unharmed(at)
    at.press("Save and go on")
    unharmed(at)
    assert TEXTS[0][:30] in at.text


FORMS_THERE = """forms => forms.filter(form => form.checkVisibility()).map(form =>
  [...(form.querySelector('[class*=st-key-FormSubmitter]')?.classList ?? [])].find(name => name.startsWith('st-key-'))
).filter(Boolean)"""
"""A form is known by the name of its button."""
TYPED = "textarea:visible, [data-testid='stTextInput'] input:visible"
STEADY = 6
"""So many looks in a row at the same forms; folds open over a moment."""
TRIES = 4
"""A page that is drawn again takes a field away from under the hand; a person opens it again and types once more."""
WITH_FORMS = ("metrics", "along", "plan", "objectives", "people")
"""People last: what is done there takes the other pages away."""
LEAST = 20
"""So many forms these pages show to their keeper."""


@pytest.fixture
def keeper_home(hostile_home: Path) -> Path:
    """The same folder, where its owner may also keep people, metrics and objectives: so that all forms are shown."""
    from experiments.desk import Desk
    from experiments.people.keeping import give_role
    from registry import find
    from registry.kinds import Role
    from registry.open import Registry

    with Registry.open(hostile_home) as registry:
        desk = Desk(registry=registry)
        with desk.read() as session:
            owner = next(person for person in find.people(session) if person.name.startswith("Ana"))
        give_role(desk, owner, Role.ADMINISTRATOR)
    return hostile_home


def test_hostile_words_typed_into_every_form_of_a_page_run_nothing(
    keeper_home: Path, serve: Callable[[Path], Any], watched: Callable[[str], Any]
) -> None:
    """Every form is filled field by field, with a text of its own each, and sent; whatever comes of it is only text."""
    with serve(keeper_home) as address:
        at = watched(address)
        sent: dict[str, int] = {}
        for name in WITH_FORMS:
            at.open(name, pilot="hostile")
            met: set[str] = set()
            while fresh := [key for key in _forms(at) if key not in met]:
                met.add(fresh[0])
                sent[f"{name} {fresh[0]}"] = _send(at, name, fresh[0], len(sent))
                unharmed(at)
        assert {name for name in WITH_FORMS if not any(key.startswith(name) for key in sent)} == set()
        assert len(sent) >= LEAST, sent
        assert sum(sent.values()) >= LEAST, sent


def _forms(at: Any) -> list[str]:
    """Keys of the forms that can be seen, with everything unfolded, once none comes or goes any more."""
    from playwright.sync_api import TimeoutError as Gone

    folded = at.page.locator("[data-testid='stMain'] details:not([open]) > summary:visible")
    seen: list[list[str]] = []
    while len(seen) < STEADY or any(look != seen[-1] for look in seen[-STEADY:]):
        at.idle()
        try:
            if folded.count():
                folded.first.click(timeout=2_000)
        except Gone:
            pass  # drawn again meanwhile; the next look counts
        seen.append(at.page.locator("[data-testid='stForm']").evaluate_all(FORMS_THERE))
        at.page.wait_for_timeout(100)
    return seen[-1]


def _send(at: Any, page: str, key: str, turn: int) -> int:
    """Fill and send the form; how many fields it has. Begun anew on a fresh page where the form was drawn again."""
    from playwright.sync_api import TimeoutError as Gone

    for left in reversed(range(TRIES)):
        form = at.page.locator(f"[data-testid='stForm']:has(.{key})")
        try:
            fields = form.locator(TYPED)
            many = fields.count()
            for place in range(many):
                fields.nth(place).fill(TEXTS[(turn + place) % len(TEXTS)], timeout=10_000)
            button = form.locator("[data-testid='stFormSubmitButton'] button").first
            at.after(lambda button=button: button.click(timeout=10_000))
            return int(many)
        except Gone:
            if not left:
                raise
            at.open(page, pilot="hostile")
            if key not in _forms(at):
                return 0
    raise AssertionError("unreachable")
