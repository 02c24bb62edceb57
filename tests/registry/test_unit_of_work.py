"""A change and its event are kept together, or not at all."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import update

from registry import find
from registry.canonical import canonical_json, sha256_text
from registry.decisions import Decision
from registry.errors import Conflict, NotFound, Refused, RegistryError, Taken
from registry.events import Event
from registry.kinds import MetricRole, Stage, Via
from registry.metrics import MetricVersion
from registry.notes import ChangeEntry, Comment
from registry.open import Registry
from registry.people import Person, PersonRole
from registry.pilots import Pilot, PilotMetric
from registry.plans import PlanRecord
from registry.verify import verify


def test_a_change_is_kept_with_its_event(registry: Registry, ada: Person) -> None:
    with registry.work(ada, Via.CLI) as work:
        pilot = work.add(Pilot(key="call-back", title="Call-back at peak", owner_id=ada.id))
        work.record("pilot.registered", pilot, after={"key": pilot.key}, why="asked for by Logistics")

    with registry.read() as session:
        assert find.pilot(session, "call-back").title == "Call-back at peak"
        (event,) = find.events(session, pilot_id=pilot.id)
    assert (event.act, event.actor_id, event.via, event.why) == (
        "pilot.registered",
        ada.id,
        Via.CLI,
        "asked for by Logistics",
    )
    assert event.after == {"key": "call-back"}
    assert event.subject == f"pilot/{pilot.id}"
    assert event.at.utcoffset().total_seconds() == 0


def test_rows_can_be_used_after_the_unit_is_closed(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session:
        found = find.pilot(session, "call-back")
    assert (found.stage, found.draft, found.owner_id) == (Stage.DRAFT, {}, pilot.owner_id)


def test_nothing_is_kept_when_the_block_raises(registry: Registry, ada: Person) -> None:
    before = registry.head_hash()
    with pytest.raises(ZeroDivisionError), registry.work(ada, Via.APP) as work:
        work.record("pilot.registered", work.add(Pilot(key="call-back", title="Call-back"))).seq = 1 // 0
    assert registry.head_hash() == before
    with registry.read() as session:
        assert find.pilots(session) == []
        assert [event.act for event in find.events(session)] == ["person.added"]


def test_a_change_without_an_event_is_refused(registry: Registry, ada: Person) -> None:
    with pytest.raises(Refused) as refused, registry.work(ada, Via.APP) as work:
        work.add(Pilot(key="call-back", title="Call-back"))
    assert refused.value.problems[0].code == "change_without_event"
    with registry.read() as session:
        assert find.pilots(session) == []


def test_an_edit_without_an_event_is_refused(registry: Registry, pilot: Pilot) -> None:
    with pytest.raises(Refused), registry.work(None, Via.APP) as work:
        work.get(Pilot, pilot.id).title = "Quietly renamed"
    with registry.read() as session:
        assert find.pilot(session, "call-back").title == "Call-back at peak"


def test_an_act_that_changes_nothing_can_be_recorded(registry: Registry, pilot: Pilot) -> None:
    with registry.work(None, Via.APP) as work:
        work.record("decision.refused", pilot, why="not an executive")
    with registry.read() as session:
        assert find.events(session, act="decision.refused")[0].pilot_id == pilot.id


def test_bulk_statements_are_not_possible(registry: Registry, pilot: Pilot) -> None:
    with pytest.raises(TypeError, match="bulk"), registry.work(None, Via.APP) as work:
        work.session.exec(update(Pilot).values(title="All renamed"))


def test_a_reading_session_does_not_write(registry: Registry, pilot: Pilot) -> None:
    with registry.read() as session:
        session.add(Pilot(key="other", title="Other"))
        with pytest.raises(TypeError, match="does not write"):
            session.flush()


def test_change_records_what_was_and_what_is(registry: Registry, pilot: Pilot, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        row = work.edit(Pilot, pilot.id, revision=1)
        work.change(row, "pilot.staged", stage=Stage.PLAN, title=row.title, why="charter complete")
        assert work.change(row, "pilot.staged", stage=Stage.PLAN) is None
    with registry.read() as session:
        event = find.events(session)[-1]
    assert (event.before, event.after, event.why) == ({"stage": "draft"}, {"stage": "plan"}, "charter complete")


def test_personal_data_never_enter_the_log(registry: Registry, pilot: Pilot, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        work.change(work.get(Person, ada.id), "person.changed", name="Ada Lovelace", email="ada@example.org")
        work.change(work.get(Pilot, pilot.id), "pilot.draft_saved", draft={"owner": "Ada"}, draft_step="partners")
    with registry.read() as session:
        person, draft = find.events(session, newest=2)
    assert person.after == {"name": {"withheld": True}, "email": {"withheld": True}}
    assert draft.after == {"draft": {"withheld": True}, "draft_step": "partners"}


def test_a_row_deleted_on_record_is_not_missed(registry: Registry, pilot: Pilot, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        comment = work.add(Comment(pilot_id=pilot.id, author_id=ada.id, content="A slip"))
        work.record("comment.added", comment)
    with registry.work(ada, Via.APP) as work:
        row = work.get(Comment, comment.id)
        work.delete(row)
        work.record("comment.deleted", row)
    with registry.read() as session:
        assert find.comments(session, pilot.id) == []
        assert find.events(session)[-1].seals == {f"comment/{comment.id}": None}
    assert verify(registry).whole


def test_a_stale_edit_is_told_who_changed_what_and_loses_nothing(registry: Registry, pilot: Pilot, ada: Person) -> None:
    with registry.work(ada, Via.APP) as work:
        work.change(work.edit(Pilot, pilot.id, revision=1), "pilot.renamed", title="Call-back within the hour")
    with pytest.raises(Conflict) as conflict, registry.work(None, Via.APP) as work:
        work.edit(Pilot, pilot.id, revision=1)
    (problem,) = conflict.value.problems
    assert problem.code == "changed_meanwhile"
    assert (problem.facts["who"], problem.facts["act"], problem.facts["changed"]) == ("Ada", "pilot.renamed", ["title"])
    with registry.read() as session:
        assert find.pilot(session, "call-back").title == "Call-back within the hour"


def test_a_row_read_earlier_can_not_overwrite_a_later_edit(registry: Registry, ada: Person, pilot: Pilot) -> None:
    with registry.read() as session:
        stale = find.pilot(session, "call-back")
    with registry.work(ada, Via.APP) as work:
        work.change(work.get(Pilot, pilot.id), "pilot.renamed", title="Newer")
    stale.title = "Older"
    with pytest.raises(Conflict) as conflict, registry.work(ada, Via.APP) as work:
        work.record("pilot.renamed", work.add(stale))
    assert conflict.value.problems[0].facts["who"] == "Ada"
    with registry.read() as session:
        assert find.pilot(session, "call-back").title == "Newer"


def test_every_problem_of_a_row_is_told_at_once(registry: Registry) -> None:
    with pytest.raises(Refused) as refused, registry.work(None, Via.APP) as work:
        work.add(Pilot(key="Not a slug!", title="", version=0))
    assert {(p.code, p.column) for p in refused.value.problems} == {
        ("field_pattern", "key"),
        ("field_missing", "title"),
        ("field_value", "version"),
    }


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (lambda p: Pilot(key="call-back", title="Twice"), "already_taken", "key"),
        (lambda p: Pilot(key="child", title="Child", version=2), "rule_broken", None),
        (lambda p: Pilot(key="orphan", title="Orphan", owner_id=uuid4()), "reference_missing", None),
        (lambda p: Pilot(key="null-byte", title="a\x00b"), "text_not_storable", "title"),
        (lambda p: Pilot(key="surrogate", title="a\ud800b"), "text_not_storable", "title"),
        (lambda p: Pilot(key="in-json", title="x", draft={"note": "a\ud800b"}), "text_not_storable", "draft"),
        (lambda p: Pilot(key="nan", title="x", draft={"cost": float("nan")}), "number_not_finite", "draft"),
        (
            lambda p: Pilot(key="no-zone", title="x", stage_since=datetime(2026, 1, 1)),
            "time_without_zone",
            "stage_since",
        ),
        (lambda p: Pilot(key="stage", title="x", stage="flying"), "field_value", "stage"),
        (lambda p: Pilot(key="long", title="x" * 201), "field_too_long", "title"),
        (lambda p: Pilot(key="paused", title="x", stage="paused"), "rule_broken", None),
        (lambda p: Comment(pilot_id=p.id, author_id=p.owner_id, content=""), "field_missing", "content"),
    ],
)
def test_what_can_not_be_kept_is_refused_with_its_reason(registry: Registry, pilot: Pilot, row, code, column) -> None:
    with pytest.raises(RegistryError) as refused, registry.work(None, Via.APP) as work:
        work.record("tried", work.add(row(pilot)))
    assert [(p.code, p.column) for p in refused.value.problems] == [(code, column)]
    assert verify(registry).whole


def test_an_event_that_can_not_be_kept_is_refused(registry: Registry, pilot: Pilot) -> None:
    for told in ({"why": "half a \ud800 character"}, {"after": {"cost": float("inf")}}):
        with pytest.raises(Refused), registry.work(None, Via.APP) as work:
            work.record("pilot.remarked", pilot, **told)
    assert verify(registry).whole


def test_a_guardrail_needs_a_margin_and_a_class(registry: Registry, pilot: Pilot, waiting_time: MetricVersion) -> None:
    row = PilotMetric(pilot_id=pilot.id, metric_version_id=waiting_time.id, role=MetricRole.GUARDRAIL, margin=2)
    with pytest.raises(Refused) as refused, registry.work(None, Via.APP) as work:
        work.record("metric.chosen", work.add(row))
    assert refused.value.problems[0].facts["rule"] == "ck_pilot_metric_guardrail_has_margin"


def test_a_role_is_given_once_with_and_without_department(registry: Registry, ada: Person) -> None:
    with registry.work(None, Via.APP) as work:
        work.record("role.given", work.add(PersonRole(person_id=ada.id, role="analyst")))
    with pytest.raises(Taken) as taken, registry.work(None, Via.APP) as work:
        work.record("role.given", work.add(PersonRole(person_id=ada.id, role="analyst")))
    assert taken.value.problems[0].facts["columns"] == ["person_id", "role"]


def test_an_unknown_key_raises_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound), registry.work(None, Via.APP) as work:
        work.get(Decision, uuid4())


def test_words_become_members_of_their_lists(registry: Registry) -> None:
    with registry.work(None, Via.APP) as work:
        row = work.add(Pilot(key="a", title="A", stage="running"))
        work.record("pilot.registered", row)
    assert row.stage is Stage.RUNNING


def test_a_second_submit_of_the_same_form_writes_no_second_row(registry: Registry, pilot: Pilot) -> None:
    key = uuid4()

    def submit() -> None:
        with registry.work(None, Via.APP) as work:
            row = Comment(id=key, pilot_id=pilot.id, author_id=pilot.owner_id, content="Well done")
            work.record("comment.added", work.add(row))

    submit()
    with pytest.raises(Taken):
        submit()
    with registry.read() as session:
        assert len(find.comments(session, pilot.id)) == 1


def test_a_check_made_inside_the_work_can_not_be_overtaken(registry: Registry, pilot: Pilot) -> None:
    """Four threads each decide only if nobody has: one does."""
    done: list[str] = []

    def decide(name: str) -> None:
        with registry.work(None, Via.APP) as work:
            if find.events(work.session, act="pilot.decided"):
                return
            work.record("pilot.decided", pilot)
            done.append(name)

    threads = [threading.Thread(target=decide, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1


def test_events_of_one_unit_follow_each_other(registry: Registry, pilot: Pilot) -> None:
    with registry.work(None, Via.APP) as work:
        for act in ("one", "two", "three"):
            work.record(act, pilot)
    with registry.read() as session:
        last: list[Event] = find.events(session, newest=3)
    assert [event.act for event in last] == ["one", "two", "three"]
    assert last[1].previous_hash == last[0].hash
    assert last[2].previous_hash == last[1].hash
    assert registry.head_hash() == last[2].hash


def test_a_text_without_end_is_refused_wherever_it_stands(registry: Registry, ada: Person, pilot: Pilot) -> None:
    """Every page that shows it would have to carry it; what is worked out here may be long."""
    from registry.validation import LONGEST_TEXT

    endless = "x" * (LONGEST_TEXT + 1)
    for row in (
        ChangeEntry(pilot_id=pilot.id, what=endless, entered_by_id=ada.id),
        Pilot(key="long", title="Long", draft={"problem": {"said": [endless]}}),
    ):
        with pytest.raises(Refused) as refused, registry.work(ada, Via.APP) as work:
            work.add(row)
        assert [problem.code for problem in refused.value.problems] == ["field_too_long"]
    with pytest.raises(Refused), registry.work(ada, Via.APP) as work:
        work.record("pilot.remarked", pilot, why=endless)
    with registry.work(ada, Via.APP) as work:
        work.add(ChangeEntry(pilot_id=pilot.id, what=endless[1:], entered_by_id=ada.id))
        text = canonical_json({"long": endless})
        work.add(PlanRecord(pilot_id=pilot.id, number=1, canonical=text, sha256=sha256_text(text)))
        work.record("change.noted", pilot)
