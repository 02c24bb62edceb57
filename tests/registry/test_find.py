"""Questions to the record."""

from __future__ import annotations

import pytest

from registry import find
from registry.errors import NotFound
from registry.kinds import Role, Stage, Via
from registry.metrics import MetricVersion
from registry.open import Registry
from registry.people import Department, Person
from registry.pilots import Pilot
from registry.plans import PlanRecord


def test_an_unknown_pilot_is_told_with_the_nearest_names(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session, pytest.raises(NotFound) as missing:
        find.pilot(session, "Call-bak")
    (problem,) = missing.value.problems
    assert (problem.code, problem.facts) == ("pilot_not_found_near", {"value": "Call-bak", "near": ["call-back"]})


def test_an_unknown_pilot_without_near_names_is_told_plainly(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session, pytest.raises(NotFound) as missing:
        find.pilot(session, "zzz")
    assert missing.value.problems[0].code == "pilot_not_found"


def test_everything_of_a_pilot_is_found(worked: Registry, pilot: Pilot, waiting_time: MetricVersion) -> None:
    with worked.read() as session:
        assert find.hypothesis(session, pilot.id).change == "offer a call-back"
        assert [department.key for _, department in find.partners(session, pilot.id)] == ["logistics"]
        assert [version for _, version, _ in find.pilot_metrics(session, pilot.id)] == [
            session.get(MetricVersion, waiting_time.id)
        ]
        assert [plan.number for plan in find.plans(session, pilot.id)] == [1, 2]
        latest = find.latest_plan(session, pilot.id)
        assert latest.number == 2
        assert find.locked_plan(session, pilot.id) is None
        assert find.amendments(session, pilot.id)[0].to_plan_id == latest.id
        plan = find.plans(session, pilot.id)[0]
        assert len(find.signatures(session, plan.id)) == 1
        assert find.assignment(session, plan.id).seed == 7
        assert find.assignment(session, latest.id) is None
        assert find.latest_snapshot(session, pilot.id) == find.snapshots(session, pilot.id)[-1]
        evidence = find.latest_evidence(session, pilot.id)
        assert find.evidence(session, pilot.id) == [evidence]
        assert find.latest_evidence(session, pilot.id, arm=2) is None
        assert find.evidence_by_hash(session, evidence.sha256) == evidence
        assert find.recommendation(session, evidence.id).verdict == "SCALE"
        assert find.reviews(session, evidence.id)[0].stance == "concern"
        assert find.latest_decision(session, pilot.id) == find.decisions(session, pilot.id)[0]
        assert find.check_ins(session, pilot.id)[0].site == "A"
        assert find.change_entries(session, pilot.id)[0].what == "a new script"
        assert find.comments(session, pilot.id)[0].content == "Well done"
        assert find.events(session, pilot_id=pilot.id)[0].act == "pilot.registered"


def test_people_are_found_by_role_and_address(worked: Registry, ada: Person) -> None:
    with worked.work(None, Via.SYSTEM) as work:
        work.change(work.get(Person, ada.id), "person.changed", email="ada@example.org")
    with worked.read() as session:
        assert find.person_by_email(session, " Ada@Example.org ").name == "Ada"
        assert find.person_by_email(session, "nobody@example.org") is None
        (ben,) = find.people_in_role(session, Role.REVIEWER)
        assert ben.name == "Ben"
        assert find.roles(session, ben.id) == {Role.REVIEWER}
        assert [person.name for person in find.people(session)] == ["Ada", "Ben"]
        assert find.department(session, "logistics").name == "Logistics"
        with pytest.raises(NotFound):
            find.department(session, "logistik")


def test_portfolio_filters(worked: Registry, pilot: Pilot, ada: Person) -> None:
    with worked.work(ada, Via.APP) as work:
        other = Pilot(key="faq", title="Self-service 100 % faq", stage=Stage.RUNNING, simulated=True)
        work.record("pilot.registered", work.add(other))
    with worked.read() as session:
        logistics: Department = find.department(session, "logistics")

        def keys(**filters) -> set[str]:
            return {found.key for found in find.pilots(session, **filters)}

        assert keys() == {"call-back", "faq"}
        assert keys(stages=[Stage.RUNNING]) == {"faq"}
        assert keys(person_id=ada.id) == {"call-back"}
        assert keys(department_id=logistics.id) == {"call-back"}
        assert keys(words="PEAK call") == {"call-back"}
        assert keys(words="100 %") == {"faq"}
        assert keys(words="100_%") == set()
        assert keys(simulated=True) == {"faq"}


def test_a_lineage_is_found_from_any_of_its_versions(registry: Registry, pilot: Pilot) -> None:
    versions = [pilot]
    for number in (2, 3):
        with registry.work(None, Via.APP) as work:
            child = Pilot(key=f"call-back-{number}", title="x", version=number, parent_id=versions[-1].id)
            work.record("pilot.iterated", work.add(child))
        versions.append(child)
    with registry.read() as session:
        for version in versions:
            assert [found.version for found in find.lineage(session, version)] == [1, 2, 3]


def test_the_newest_version_of_a_metric_counts(registry: Registry, waiting_time: MetricVersion) -> None:
    with registry.work(None, Via.APP) as work:
        number = find.next_number(work.session, MetricVersion, metric_id=waiting_time.metric_id)
        values = waiting_time.model_dump(exclude={"id", "created_at"}) | {"number": number, "unit": "s"}
        work.record("metric.defined", work.add(MetricVersion(**values)))
    with registry.read() as session:
        assert find.metric_version(session, "wait").unit == "s"
        assert find.metric_version(session, "wait", 1).unit == ""
        assert [version.number for _, version in find.catalogue(session)] == [2]
        with pytest.raises(NotFound):
            find.metric_version(session, "wait", 3)


def test_the_first_number_is_one(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session:
        assert find.next_number(session, PlanRecord, pilot_id=pilot.id) == 1
