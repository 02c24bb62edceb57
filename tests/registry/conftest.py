"""A registry on a real SQLite file and on a real PostgreSQL: one server a session, one database a test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from registry import triggers
from registry.canonical import canonical_json, sha256_text
from registry.decisions import Decision, ProposedOverrule, RequestForMore, Review, ReviewRound
from registry.evidence import EvidenceRecord, RecommendationRecord
from registry.keeping import Forgotten, KeptInput
from registry.kinds import Via
from registry.learning import LearnedPrior, Learning, LearningPilot, PeerValue, Reaction, SavedView, Takeaway
from registry.metrics import MetricDefinition, MetricVersion
from registry.notes import Attachment, ChangeEntry, Comment, Concern
from registry.objectives import KeyResult, KeyResultCheckIn, Objective, PilotKeyResult
from registry.open import Registry
from registry.outcomes import CheckIn, Snapshot
from registry.people import Delegation, Department, Identity, Notice, Person, PersonRole
from registry.pilots import Hypothesis, Pilot, PilotMetric, PilotPartner
from registry.plans import Amendment, AssignmentRecord, PlanRecord, Signature
from registry.rollouts import Hindsight, Rollout, RolloutMeasure, RolloutPlan


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
    with registry.work(ada, Via.APP) as work:
        objective = work.add(Objective(key="short-waits", title="Short waits", period="2026", owner_id=ben.id))
        wait = {"kind": "decrease", "baseline": 200.0, "target": 150.0, "unit": "s", "due": date(2026, 12, 31)}
        result = work.add(KeyResult(objective_id=objective.id, key="mean-wait", name="Mean wait", **wait))
        work.add(KeyResultCheckIn(key_result_id=result.id, said_on=date(2026, 4, 1), value=190.0, outlook="on_track"))
        work.add(
            PilotKeyResult(
                pilot_id=pilot.id, key_result_id=result.id, metric_key="wait", exposed_share=0.5, note="soon"
            )
        )
        work.record("objective.added", objective)
    _after_the_verdict(registry, ada, pilot, decision, snapshot)
    return registry


def _after_the_verdict(registry: Registry, ada: Person, pilot: Pilot, decision: Decision, snapshot: Snapshot) -> None:
    empty = sha256_text("{}")
    with registry.work(ada, Via.APP) as work:
        rings = RolloutPlan(pilot_id=pilot.id, decision_id=decision.id, canonical="{}", sha256=empty)
        work.record("rollout.planned", work.add(rings))
        work.add(Rollout(pilot_id=pilot.id, plan_id=rings.id, owner_id=ada.id))
        hashes = {"plan_sha256": empty, "snapshot_sha256": snapshot.sha256, "sha256": empty}
        work.add(
            RolloutMeasure(
                pilot_id=pilot.id,
                plan_id=rings.id,
                snapshot_id=snapshot.id,
                ring=1,
                engine_version="1",
                canonical="{}",
                **hashes,
            )
        )
        later = {"found": "unclear", "reason": "too early", "looked_on": date(2027, 4, 1)}
        work.add(Hindsight(pilot_id=pilot.id, decision_id=decision.id, **later))
    with registry.work(ada, Via.APP) as work:
        work.record("pilot.closed", work.add(Takeaway(pilot_id=pilot.id, lesson="Ring back before noon.")))
        learning = work.add(Learning(key="ring-back", statement="A promised time is worth more than a short queue."))
        work.add(LearningPilot(learning_id=learning.id, pilot_id=pilot.id, bearing="supports"))
        work.add(Reaction(pilot_id=pilot.id, person_id=ada.id, kind="well_done"))
        work.add(LearnedPrior(number=1, canonical="{}", sha256=empty))
        work.add(PeerValue(metric_key="wait", source="the trade's yearbook", value=95.0, as_of=date(2025, 12, 31)))
        work.add(SavedView(person_id=ada.id, page="portfolio", name="mine", query="owner=ada"))


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
