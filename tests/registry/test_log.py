"""The log is a chain, and the database itself refuses to edit it or anything that was promised or decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import DBAPIError

from registry import find, triggers
from registry.canonical import canonical_json, sha256_text
from registry.errors import Locked
from registry.events import BEGINNING
from registry.kinds import Via
from registry.open import Registry
from registry.people import Person
from registry.pilots import Pilot
from registry.plans import PlanRecord
from registry.seals import event_hash, to_be_stored
from registry.verify import verify

PLAN = canonical_json({"pilot": "call-back", "alpha": 0.05})


def test_every_event_carries_the_hash_of_the_one_before(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session:
        events = find.events(session)
    assert [event.seq for event in events] == [1, 2]
    assert events[0].previous_hash == BEGINNING
    assert events[1].previous_hash == events[0].hash
    assert all(event.hash == event_hash(to_be_stored(event)) for event in events)


def test_an_event_does_not_carry_the_name_of_its_actor(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session:
        told = [to_be_stored(event) for event in find.events(session)]
    assert "Ada" not in canonical_json(told)


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {key} = {key}", "DELETE FROM {table}"])
def test_the_database_refuses_to_edit_what_is_append_only(worked: Registry, table: str, statement: str) -> None:
    key = "seq" if table == "event" else "id"
    with pytest.raises(DBAPIError, match=f"{triggers.REFUSAL}{table}"), worked._engine.begin() as connection:
        connection.exec_driver_sql(statement.format(table=table, key=key))
    assert verify(worked).whole


def test_insert_or_replace_does_not_slip_past_the_guard(worked: Registry) -> None:
    if worked.url.get_backend_name() != "sqlite":
        pytest.skip("a statement of SQLite only")
    with pytest.raises(DBAPIError, match=triggers.REFUSAL), worked._engine.begin() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO event SELECT * FROM event")


@pytest.mark.postgres
def test_the_log_can_not_be_truncated(worked: Registry) -> None:
    if worked.url.get_backend_name() != "postgresql":
        pytest.skip("a statement of PostgreSQL only")
    with pytest.raises(DBAPIError, match=triggers.REFUSAL), worked._engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE event CASCADE")


def test_the_head_of_the_log_only_moves_forward(worked: Registry) -> None:
    for statement in ("UPDATE log_head SET seq = seq - 1", "DELETE FROM log_head"):
        with pytest.raises(DBAPIError, match=triggers.REFUSAL), worked._engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_plan_may_change_until_it_is_locked_and_never_after(registry: Registry, pilot: Pilot, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        plan = work.add(PlanRecord(pilot_id=pilot.id, canonical=PLAN, sha256=sha256_text(PLAN)))
        work.record("plan.proposed", plan)
    with registry.work(ada, Via.APP) as work:
        row = work.edit(PlanRecord, plan.id, revision=1)
        work.change(row, "plan.locked", locked_at=work.now, locked_by_id=ada.id)
    for values in ({"canonical": "{}"}, {"locked_at": None, "locked_by_id": None}):
        with pytest.raises(Locked) as locked, registry.work(ada, Via.APP) as work:
            work.change(work.get(PlanRecord, plan.id), "plan.changed", **values)
        assert locked.value.problems[0].facts == {"table": "plan_record"}
    with registry.read() as session:
        assert find.locked_plan(session, pilot.id).canonical == PLAN
    assert verify(registry).whole


def test_times_are_kept_in_utc_whatever_zone_they_came_in(registry: Registry, pilot: Pilot) -> None:
    moment = datetime(2026, 3, 12, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=7)))
    with registry.work(None, Via.APP) as work:
        work.change(work.get(Pilot, pilot.id), "pilot.staged", stage_since=moment)
    with registry.read() as session:
        kept = find.pilot(session, "call-back").stage_since
    assert kept == moment
    assert kept.tzinfo is UTC
    assert kept.day == 11


def test_guards_that_were_removed_are_missed(registry: Registry) -> None:
    on = "" if registry.url.get_backend_name() == "sqlite" else " ON decision"
    with registry._engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER guard_decision_update{on}")
    (finding,) = verify(registry).findings
    assert (finding.code, finding.subject) == ("guard_missing", "guard_decision_update")
