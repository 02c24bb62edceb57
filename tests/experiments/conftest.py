"""What tests of the stages start from."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from experiments.charters.charter import Person
from experiments.deciding.review import review
from experiments.desk import Desk
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.people import person_of
from experiments.planning.plan import plan
from experiments.register import register
from experiments.running.assign import assign, assigned
from experiments.running.ingest import ingest
from experiments.signing.sign import TERMS, Terms, sign
from experiments.signing.unsigned import start_unsigned
from registry import find
from registry.kinds import Role
from registry.open import Registry
from stats.simulate import SimulatedMetric, World, simulate

_WAITING: dict[str, Any] = {
    "title": "Call-back at peak",
    "problem": "Callers wait longest between nine and ten, and a third of them give up.",
    "team": "Service innovation",
    "owner": {"name": "Ana Lima", "department": "Contact centre"},
    "sponsor": {"name": "Ruth Vogel", "department": "Operations"},
    "hypothesis": {
        "change": "offer a call-back within the hour",
        "for_whom": "callers at peak",
        "metric": "wait",
        "direction": "down",
        "by": 15,
        "because": "nobody has to hold the line",
    },
    "metrics": {
        "success": [
            {
                "key": "wait",
                "name": "Waiting time",
                "measure": {"kind": "mean", "column": "wait_s"},
                "unit": "s",
                "better": "lower",
                "mwe": 15,
            }
        ],
        "guardrails": [
            {
                "key": "on_time",
                "name": "Deliveries on time",
                "measure": {"kind": "share", "column": "on_time"},
                "unit": "share",
                "better": "higher",
                "margin": 0.05,
                "class": "watch",
                "partner": "Logistics",
            }
        ],
    },
    "partners": [
        {
            "department": "Logistics",
            "benefit": "fewer calls about late parcels",
            "metric": "on_time",
            "contact": "Tom Berg",
            "pulls_against": "tours finished by five",
            "relief": "tours with call-backs are counted apart",
        }
    ],
    "where": {
        "how_chosen": "all branches with a phone team",
        "design": "randomised_sites",
        "unit_word": "branch",
        "sites": [f"B{number:02d}" for number in range(1, 13)],
        "columns": {
            "site": "site",
            "delivered": "delivered",
            "period": "week",
            "post": {"column": "week", "from": "2026-03-02"},
        },
        "assignment": {"method": "complete", "n_treatment": 6, "seed": 7},
        "baseline_from": "2026-01-05",
        "start": "2026-03-02",
        "end": "2026-05-10",
    },
    "history": {"wait": {"spread": 18, "steadiness": 0.7}, "on_time": {"spread": 0.03, "steadiness": 0.6}},
    "draws": 499,
}


@pytest.fixture
def pilot() -> Callable[..., Any]:
    """Runs a command in this process, on the data folder of the environment: ``pilot("plan", key)`` gives its JSON,
    held against what is promised; ``refused=True`` its sentences."""
    import json

    from typer.testing import CliRunner

    from experiments.cli import app
    from experiments.commands.outputs import OUTPUTS, Refusal

    def run(*arguments: object, refused: bool = False) -> Any:
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == (1 if refused else 0), result.output
        value = json.loads(result.stdout)
        if refused:
            return Refusal.model_validate(value).refused
        return OUTPUTS[str(arguments[0])].model_validate(value).model_dump()

    return run


@pytest.fixture(scope="session")
def waiting() -> Callable[..., dict[str, Any]]:
    """A plain and complete charter (``waiting(title=...)`` replaces parts); each test changes what it is about."""

    def charter(**changes: Any) -> dict[str, Any]:
        return {**copy.deepcopy(_WAITING), **changes}

    return charter


class Calendar:
    """The registry's clock in tests: stands on a day until it is moved."""

    def __init__(self) -> None:
        self.today = date(2026, 1, 12)

    def __call__(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def desk(tmp_path: Path, calendar: Calendar) -> Iterator[Desk]:
    """A real registry on SQLite, on a day before the plain charter's start."""
    with Registry.open(tmp_path / "home", "", clock=calendar) as registry:
        yield Desk(registry=registry)


@dataclass(frozen=True, kw_only=True)
class Led:
    """A pilot led to its data, or further. data: the file that its sites sent."""

    desk: Desk
    key: str
    data: Path


ONE_LOOK = {"fractions": [1.0], "extension": None}
"""One planned check, at the end: what most tests are about needs no other."""


def sign_everything(desk: Desk, key: str) -> None:
    """Every partner, then the owner."""
    pilot = desk.pilot(key)
    with desk.read() as session:
        waiting = {m.partner_id for m, _, _ in find.pilot_metrics(session, pilot.id) if m.signed_at is None}
        contacts = [
            (find.person(session, partner.contact_id).name, {name: getattr(partner, name) or "none" for name in TERMS})
            for partner, _ in find.partners(session, pilot.id)
            if partner.id in waiting
        ]
        owner = find.person(session, pilot.owner_id).name
    for name, terms in contacts:
        sign(desk.as_person(name), key, Terms(**terms))
    sign(desk.as_person(owner), key)


def endorse_all(desk: Desk, key: str) -> None:
    """Every partner says yes."""
    with desk.read() as session:
        partners = find.partners(session, find.pilot(session, key).id)
        names = {find.person(session, partner.contact_id).name for partner, _ in partners if partner.contact_id}
    for name in sorted(names):
        review(desk.as_person(name), key, "endorse")


def add_executive(desk: Desk, name: str = "Karin Holm", department: str = "Finance") -> Desk:
    """The desk of one more executive."""
    with desk.work() as work:
        person_of(work, Person(name=name, department=department), Role.EXECUTIVE)
    return desk.as_person(name)


COMMITTED = {"budget": "EUR 20,000 a year", "owner": "Ana Lima", "targets": "none", "date": "from July on"}


@pytest.fixture
def committed() -> dict[str, str]:
    """What a roll-out needs to be promised."""
    return dict(COMMITTED)


@pytest.fixture
def executive() -> Callable[..., Desk]:
    return add_executive


@pytest.fixture
def sign_all() -> Callable[[Desk, str], None]:
    return sign_everything


STAGES = ("assigned", "ingested", "assessed", "recommended", "reviewed")


@pytest.fixture
def lead(desk: Desk, calendar: Calendar, waiting: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., Led]:
    """Leads the plain pilot through the stages: ``lead("recommended", wait=-30, on_time=-0.1)``.

    wait, on_time: true effects; missing: share of waits lost (control, treatment); signed: whether Logistics signs,
    else the sponsor starts without.
    """

    def run(
        until: str = "recommended",
        *,
        wait: float = -40,
        on_time: float = 0.0,
        missing: tuple[float, float] = (0.0, 0.0),
        signed: bool = True,
        seed: int = 8,
        document: dict[str, Any] | None = None,
    ) -> Led:
        plain = waiting(looks=ONE_LOOK)
        plain["metrics"]["success"][0]["worst"] = {"beyond": 500, "margin": 0.05}
        key = register(desk, document or plain).key
        owner = desk.as_person("Ana Lima")
        plan(owner, key)
        if signed:
            sign_everything(desk, key)
        else:
            calendar.today = max(calendar.today, date(2026, 2, 24))
            start_unsigned(desk.as_person("Ruth Vogel"), key, "We can't wait any longer.")
        assign(owner, key)
        drawn = assigned(desk, desk.pilot(key))
        assert drawn is not None
        data = tmp_path / f"{key}.csv"
        write_records(data, drawn.arms, wait=wait, on_time=on_time, missing=missing, seed=seed)
        calendar.today = date(2026, 5, 12)
        acts: tuple[Callable[[], object], ...] = (
            lambda: ingest(owner, key, data),
            lambda: assess(owner, key),
            lambda: recommend(owner, key),
            lambda: endorse_all(desk, key),
        )
        for act in acts[: STAGES.index(until)]:
            act()
        return Led(desk=desk, key=key, data=data)

    return run


def write_records(
    path: Path,
    arms: Any,
    *,
    wait: float,
    on_time: float,
    missing: tuple[float, float] = (0.0, 0.0),
    seed: int = 8,
    weeks_after: int = 10,
) -> None:
    """What the sites of the plain charter send: a contact a row."""
    import pyarrow.csv

    world = World(
        sites=arms,
        metrics=(
            SimulatedMetric(
                column="wait_s", family="duration", level=200, spread=150, effect=wait, icc=0.005, missing=missing
            ),
            SimulatedMetric(column="on_time", family="share", level=0.9, effect=on_time, icc=0.003),
        ),
        start=date(2026, 3, 2),
        weeks_after=weeks_after,
        contacts=20,
        seed=seed,
        delivered=0.95,
    )
    pyarrow.csv.write_csv(simulate(world).table.drop_columns(["arm"]), path)


@pytest.fixture(scope="session")
def send_records() -> Callable[..., None]:
    return write_records
