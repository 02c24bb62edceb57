"""The table of access, cell by cell, asked at the stage functions on a real record: refused rightly, and on record."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from experiments.desk import Desk, may, why_not
from experiments.errors import REFUSALS, Refused, problems_of
from registry import find
from registry.access import LIFE, TABLE, Act, Relation, Who
from registry.kinds import Role, Stage, Via
from registry.open import Registry
from registry.people import Delegation, Department, Person, PersonRole
from registry.pilots import Pilot
from registry.unit_of_work import Work

TODAY = date(2026, 5, 12)
KEY = "call-back-at-peak"
BARRED = frozenset({"may_not", "barred", "nobody_acts", "person_inactive"})
"""Codes of refusals to a person, whatever the stage."""
CODE = Path(__file__).resolve().parents[2] / "experiments"


def clock() -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


# --- how each act is asked for ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an act is asked with, beside the desk."""

    data: Path
    rehearsal: Any
    charter: dict[str, Any]


def _of(module: str, name: str) -> Any:
    return getattr(import_module(f"experiments.{module}"), name)


def _another(charter: dict[str, Any]) -> dict[str, Any]:
    return {**charter, "title": "Another pilot"}


def _check_in(desk: Desk) -> object:
    said = _of("check_ins", "Said")(site="B01", week=date(2026, 3, 9), delivered=1.0, used=1.0)
    return _of("check_ins", "check_in")(desk, KEY, [said])


def _decide(desk: Desk) -> object:
    choice = _of("decide", "Choice")(verdict="ITERATE", reason="More weeks are needed.")
    return _of("decide", "decide")(desk, KEY, choice)


def _somebody(desk: Desk) -> Person:
    return _of("people.keeping", "person_called")(desk, "Tom Berg")


def _stand_in(desk: Desk) -> object:
    return _of("people.standing_in", "delegate")(desk, _somebody(desk), starts=TODAY, ends=TODAY)


def _objective() -> Any:
    return _of("objectives.keep", "NewObjective")(title="Nobody waits", period="2026")


def _lesson(text: str) -> Any:
    return _of("library.takeaways", "Lesson")(lesson=text)


def _fresh(asked: Asked) -> Path:
    """A file that is not there yet."""
    return asked.data.with_name(f"{uuid4()}.zip")


CALLS: dict[Act, Callable[[Desk, Asked], object]] = {
    Act.REGISTER: lambda desk, asked: _of("register", "register")(desk, _another(asked.charter)),
    Act.REVISE: lambda desk, _: _of("register", "save_draft")(desk, {"title": "New"}, "problem", pilot=desk.pilot(KEY)),
    Act.SHAPE: lambda desk, _: _of("shape", "shape")(desk, KEY),
    Act.PLAN: lambda desk, _: _of("plan", "plan")(desk, KEY),
    Act.REHEARSE: lambda desk, asked: _of("rehearse", "keep")(desk, KEY, asked.rehearsal),
    Act.SIGN: lambda desk, _: _of("sign", "sign")(desk, KEY),
    Act.SIGN_METRIC: lambda desk, _: _of("unsigned", "decline")(desk, KEY, "Too much is asked."),
    Act.START_UNSIGNED: lambda desk, _: _of("unsigned", "start_unsigned")(desk, KEY, "Nobody answered."),
    Act.AMEND: lambda desk, _: _of("amend", "amend")(desk, KEY, {"end": "2026-05-24"}, "A holiday fell into it."),
    Act.SIGN_AMENDMENT: lambda desk, _: _of("amend", "sign_amendment")(desk, KEY),
    Act.ASSIGN: lambda desk, _: _of("assign", "assign")(desk, KEY),
    Act.INGEST: lambda desk, asked: _of("ingest", "ingest")(desk, KEY, asked.data),
    Act.EXPORT: lambda desk, asked: _of("archive.pack", "export_pilot")(desk, KEY, _fresh(asked), data=False),
    Act.CHECK_IN: lambda desk, _: _check_in(desk),
    Act.CHANGE: lambda desk, _: _of("changes", "note")(desk, KEY, "A new poster."),
    Act.ASSESS: lambda desk, _: _of("assess", "assess")(desk, KEY),
    Act.RECOMMEND: lambda desk, _: _of("recommend", "recommend")(desk, KEY),
    Act.REVIEW: lambda desk, _: _of("review", "review")(desk, KEY, "endorse"),
    Act.EDIT_ROUND: lambda desk, _: _of("rounds", "edit_round")(desk, KEY, quorum=1, reason="Holidays."),
    Act.ASK_FOR_MORE: lambda desk, _: _of("requests", "ask_for_more")(desk, KEY, "The evenings alone."),
    Act.ANSWER_REQUEST: lambda desk, _: _of("requests", "answer_request")(desk, KEY, 1, "Here they are."),
    Act.DECIDE: lambda desk, _: _decide(desk),
    Act.CONFIRM_OVERRULE: lambda desk, _: _of("overrule", "confirm_overrule")(desk, KEY),
    Act.ITERATE: lambda desk, _: _of("iterate", "iterate")(desk, KEY),
    Act.CLOSE: lambda desk, _: _of("close", "close")(desk, KEY, "Call back within the hour."),
    Act.CORRECT_TAKEAWAY: lambda desk, _: _of("library.takeaways", "correct")(desk, KEY, _lesson("Call back at once.")),
    Act.KEEP_LEARNINGS: lambda desk, _: _of("library.learnings", "add_learning")(desk, "Waiting is worse than no."),
    Act.PLAN_ROLLOUT: lambda desk, _: _of("rollouts.keep", "keep_plan")(desk, KEY),
    Act.MEASURE_ROLLOUT: lambda desk, asked: _of("rollouts.measure", "measure")(desk, KEY, asked.data),
    Act.PAUSE_ROLLOUT: lambda desk, _: _of("rollouts.acts", "pause")(desk, KEY, "A strike."),
    Act.RESUME_ROLLOUT: lambda desk, _: _of("rollouts.acts", "resume")(desk, KEY, "It is over."),
    Act.ROLL_BACK: lambda desk, _: _of("rollouts.acts", "roll_back")(desk, KEY, "Customers wait longer."),
    Act.RAISE_CONCERN: lambda desk, _: _of("concerns", "raise_concern")(desk, KEY, "Smoke in the depot."),
    Act.ANSWER_CONCERN: lambda desk, _: _of("concerns", "answer_concern")(desk, KEY, 1, "The fan was repaired."),
    Act.PAUSE: lambda desk, _: _of("pauses", "pause")(desk, KEY, "A strike."),
    Act.RESUME: lambda desk, _: _of("pauses", "resume")(desk, KEY, "It is over."),
    Act.WITHDRAW: lambda desk, _: _of("pauses", "withdraw")(desk, KEY, "Nobody wants it any more."),
    Act.FORGET: lambda desk, _: _of("forget", "forget")(desk, KEY, "The customers asked for it."),
    Act.COMMENT: lambda desk, _: _of("notes", "comment")(desk, KEY, "Well done."),
    Act.LOOK_BACK: lambda desk, _: _of("overrides", "look_back")(desk, KEY, "It went well.", "right"),
    Act.LEARN_PRIOR: lambda desk, _: _of("learned.prior", "learn")(desk),
    Act.ATTACH: lambda desk, _: _of("notes", "attach")(desk, KEY, "poster.txt", b"Call back at peak"),
    Act.KEEP_METRICS: lambda desk, _: _of("keep_metrics", "retire")(desk, "wait", "Nobody uses it."),
    Act.KEEP_OBJECTIVES: lambda desk, _: _of("objectives.keep", "add_objective")(desk, _objective()),
    Act.DELEGATE: lambda desk, _: _stand_in(desk),
    Act.SAVE_VIEW: lambda desk, _: _of("saved_views", "save_view")(desk, "portfolio", "Late ones", "overdue=True"),
    Act.REACT: lambda desk, _: _of("showcase.reactions", "react")(desk, KEY, "well_done"),
    Act.KEEP_PEOPLE: lambda desk, _: _of("people.keeping", "add_person")(desk, "New Person"),
}
FURTHER: dict[str, tuple[Act, Callable[[Desk, Asked], object]]] = {
    "register a draft": (Act.REVISE, lambda desk, asked: _of("register", "register")(desk, asked.charter, key=KEY)),
    "reopen": (Act.REVISE, lambda desk, _: _of("revise", "reopen")(desk, KEY)),
    "start a roll-out": (Act.PLAN_ROLLOUT, lambda desk, _: _of("rollouts.keep", "start")(desk, KEY)),
    "bring data of a roll-out": (
        Act.MEASURE_ROLLOUT,
        lambda desk, asked: _of("rollouts.bring", "bring")(desk, KEY, asked.data),
    ),
    "freeze": (Act.SHAPE, lambda desk, _: _of("shape", "freeze")(desk, KEY)),
    "look for harm": (Act.ASSESS, lambda desk, _: _of("harm_check", "harm_check")(desk, KEY)),
    "settle": (Act.CHANGE, lambda desk, _: _of("changes", "settle")(desk, KEY, UUID(int=1), "adopted")),
    "check in": (Act.KEEP_OBJECTIVES, lambda desk, _: _of("objectives.keep", "check_in")(desk, "x", 1.0, "on_track")),
    "retarget": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: _of("objectives.keep", "retarget")(desk, "x", "Why.", target=1.0),
    ),
    "add a key result": (Act.KEEP_OBJECTIVES, lambda desk, _: _of("objectives.keep", "add_key_result")(desk, None)),
    "serve": (Act.KEEP_OBJECTIVES, lambda desk, _: _of("objectives.serve", "attach")(desk, None)),
    "reached": (Act.KEEP_OBJECTIVES, lambda desk, _: _of("objectives.serve", "reached")(desk, KEY, "x", 0.5, "Why.")),
    "objectives from a file": (
        Act.KEEP_OBJECTIVES,
        lambda desk, _: _of("objectives.file", "add_from_file")(desk, {}),
    ),
    "move": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "move_person")(desk, _somebody(desk), manager="")),
    "give": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "give_role")(desk, _somebody(desk), "executive")),
    "take": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "take_role")(desk, _somebody(desk), "executive")),
    "deactivate": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "deactivate")(desk, _somebody(desk))),
    "reactivate": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "reactivate")(desk, _somebody(desk))),
    "keep a peer value": (
        Act.KEEP_METRICS,
        lambda desk, _: _of("peers", "keep_peer")(desk, "wait", 1.0, "A benchmark", date(2026, 1, 1)),
    ),
    "add a department": (Act.KEEP_PEOPLE, lambda desk, _: _of("people.keeping", "add_department")(desk, "New")),
}
"""Other stage functions of the same acts."""


def test_every_act_that_a_stage_asks_for_is_asked_here() -> None:
    code = "\n".join(path.read_text() for path in CODE.rglob("*.py") if "pages" not in path.parts)
    found = {
        Act(name.lower()) for line in re.findall(r"\bmay\(.*", code) for name in re.findall(r"Act\.([A-Z_]+)", line)
    }
    assert found - set(CALLS) - {Act.KEEP_RECORD} == set(), "give CALLS a call for each"


# --- who asks --------------------------------------------------------------------------------------------------------

STANDINGS: dict[str, frozenset[Who]] = {
    "nobody in particular": frozenset(),
    **{f"{role.value} alone": frozenset({role}) for role in Role},
    "owner": frozenset({Relation.OWNER}),
    "innovator of the owner's department": frozenset({Relation.TEAM, Role.INNOVATOR}),
    "sponsor": frozenset({Relation.SPONSOR}),
    "who stands in for the sponsor": frozenset({Relation.SPONSOR}),
    "contact of the partner": frozenset({Relation.PARTNER}),
    "reviewer of the partner's department": frozenset({Relation.PARTNER, Role.REVIEWER}),
    "who stands in for the partner's contact": frozenset({Relation.PARTNER}),
    "somebody under the sponsor": frozenset({Relation.REPORTS_TO_SPONSOR}),
    "executive under the sponsor": frozenset({Relation.REPORTS_TO_SPONSOR, Role.EXECUTIVE}),
    "owner who is executive": frozenset({Relation.OWNER, Role.EXECUTIVE}),
    "owner who is contact of the partner": frozenset({Relation.OWNER, Relation.PARTNER}),
}


def put(work: Work, name: str) -> Person:
    """The person who stands so to the pilot, made on the record."""
    pilot = find.pilot(work.session, KEY)
    known = {person.name: person for person in find.people(work.session)}
    given = [item for item in STANDINGS[name] if isinstance(item, Role)]
    if name.startswith("owner"):
        person = known["Ana Lima"]
    elif name == "sponsor":
        person = known["Ruth Vogel"]
    elif name == "contact of the partner":
        person = known["Tom Berg"]
    else:
        person = work.add(Person(name="Kim Sato", department_id=_home(work, name).id, manager_id=_above(known, name)))
    for role in given:
        work.add(PersonRole(person_id=person.id, role=role))
    if name.startswith("who stands in"):
        away = known["Ruth Vogel" if "sponsor" in name else "Tom Berg"]
        work.add(Delegation(from_id=away.id, to_id=person.id, starts=TODAY, ends=TODAY + timedelta(days=1)))
    if name == "owner who is contact of the partner":
        partner, _ = find.partners(work.session, pilot.id)[0]
        partner.contact_id = person.id
    work.record("person.added", person)
    return person


def _home(work: Work, name: str) -> Department:
    key = {"innovator of the owner's department": "contact-centre", "reviewer of the partner's department": "logistics"}
    return find.department(work.session, key.get(name, "elsewhere"))


def _above(known: dict[str, Person], name: str) -> Any:
    return known["Ruth Vogel"].id if "under the sponsor" in name else None


# --- the record that is asked ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory, waiting: Any, send_records: Any) -> tuple[Path, Asked]:
    """A pilot with everything that a life brings; its people have lost their roles: what they are to it counts."""
    folder = tmp_path_factory.mktemp("access")
    charter = waiting(looks={"fractions": [1.0], "extension": None})
    moment = [datetime(2026, 1, 12, 9, tzinfo=UTC)]
    with Registry.open(folder / "home", "", clock=lambda: moment[0]) as registry:
        desk = Desk(registry=registry)
        _of("register", "register")(desk, charter)
        ana = desk.as_person("Ana Lima")
        plan = _of("plan", "plan")(ana, KEY).plan
        _of("sign", "sign")(desk.as_person("Tom Berg"), KEY)
        if desk.pilot(KEY).stage != Stage.SIGNED:
            _of("sign", "sign")(ana, KEY)
        _of("assign", "assign")(ana, KEY)
        data = folder / "weeks.csv"
        send_records(data, _of("assign", "assigned")(desk, desk.pilot(KEY)).arms, wait=-40, on_time=0.0)
        moment[0] = clock()
        _of("ingest", "ingest")(ana, KEY, data)
        _of("assess", "assess")(ana, KEY)
        _of("recommend", "recommend")(ana, KEY)
        with registry.work(None, Via.SYSTEM) as work:
            for row in find.role_rows(work.session):
                work.delete(row)
            keeper = work.add(Person(name="Ada Root", department_id=None))
            work.add(PersonRole(person_id=keeper.id, role=Role.ADMINISTRATOR))
            work.add(Department(key="elsewhere", name="Elsewhere"))
            work.record("person.added", keeper)
    from stats.rehearsing.rehearsal import rehearse

    return folder / "home", Asked(data=data, rehearsal=rehearse(plan, pilots=20), charter=charter)


@pytest.fixture
def record(settled: tuple[Path, Asked], tmp_path: Path) -> Callable[..., Any]:
    """``with record(stage) as registry``: the record for this test alone, its pilot at that stage."""

    @contextmanager
    def open_at(stage: Stage) -> Iterator[Registry]:
        home = tmp_path / "home"
        shutil.copytree(settled[0], home)
        with Registry.open(home, "", clock=clock) as registry:
            with registry.work(None, Via.SYSTEM) as work:
                pilot = find.pilot(work.session, KEY)
                work.change(pilot, "stage.set", stage=stage, stage_reason="-" if stage not in LIFE else "")
            yield registry

    return open_at


def ask(registry: Registry, act: Act, person: Person | None, asked: Asked) -> set[str]:
    """Codes of the refusal; empty where it was done."""
    desk = Desk(registry=registry, person=person, via=Via.APP)
    try:
        if act in CALLS:
            CALLS[act](desk, asked)
        else:
            may(desk, act, desk.pilot(KEY) if TABLE[act].who & set(Relation) else None)
    except REFUSALS as refused:
        return {problem.code for problem in problems_of(refused)}
    return set()


def refusals_on_record(registry: Registry) -> list[Any]:
    with registry.read() as session:
        return find.events(session, act="access.refused")


def right_stage(act: Act) -> Stage:
    stages = TABLE[act].stages
    return Stage.RUNNING if stages is None else next(stage for stage in (*LIFE, Stage.PAUSED) if stage in stages)


def expected(act: Act, standing: frozenset[Who]) -> str:
    """By the table: "" for allowed."""
    acts = {act}
    if act == Act.SIGN and Relation.PARTNER in standing and Relation.OWNER not in standing:
        acts = {Act.SIGN_METRIC}  # one button signs: a partner's signature is its own act
    rules = [TABLE[act] for act in acts]
    if any(rule.never & standing for rule in rules):
        return "barred"
    return "" if any(rule.who & standing for rule in rules) else "may_not"


@pytest.mark.parametrize("name", STANDINGS)
@pytest.mark.parametrize("act", Act)
def test_a_cell_by_who_one_is(act: Act, name: str, record: Callable[..., Any], settled: tuple[Path, Asked]) -> None:
    with record(right_stage(act)) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, name)
        codes = ask(registry, act, person, settled[1])
        told = refusals_on_record(registry)
        if code := expected(act, STANDINGS[name]):
            assert codes == {code}
            assert [(event.actor_id, event.via) for event in told] == [(person.id, Via.APP)]
            assert told[0].after["code"] == code
        else:
            assert not codes & BARRED, "the table allows it"
            assert told == []


@pytest.mark.parametrize("name", FURTHER)
def test_every_other_function_of_an_act_asks_the_table_too(
    name: str, record: Callable[..., Any], settled: tuple[Path, Asked]
) -> None:
    act, call = FURTHER[name]
    with record(right_stage(act)) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, "viewer alone")
        with pytest.raises(Refused) as refused:
            call(Desk(registry=registry, person=person, via=Via.APP), settled[1])
        assert [problem.code for problem in refused.value.problems] == ["may_not"]
        assert [event.after["act"] for event in refusals_on_record(registry)] == [act]


def _somebody_allowed(act: Act) -> str:
    rule = TABLE[act]
    return next(name for name, is_ in STANDINGS.items() if rule.who & is_ and not rule.never & is_)


CLOSED_CELLS = [(act, stage) for act in Act for stage in Stage if not TABLE[act].open_at(stage)]


@pytest.mark.parametrize(("act", "stage"), CLOSED_CELLS, ids=lambda item: item.value)
def test_a_cell_by_stage(act: Act, stage: Stage, record: Callable[..., Any], settled: tuple[Path, Asked]) -> None:
    """Too early, too late, paused or withdrawn: refused to those who may, and nothing is changed."""
    with record(stage) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, _somebody_allowed(act))
        desk = Desk(registry=registry, person=person)
        told = why_not(desk, act, desk.pilot(KEY))
        head = registry.head_hash()
        assert told is not None
        assert ask(registry, act, person, settled[1]) == {told.code}
        assert registry.head_hash() == head
        assert desk.pilot(KEY).stage == stage


@pytest.mark.parametrize("act", Act)
def test_nobody_acts_without_a_name(act: Act, record: Callable[..., Any], settled: tuple[Path, Asked]) -> None:
    with record(right_stage(act)) as registry:
        codes = ask(registry, act, None, settled[1])
        # Without login a first charter is written by nobody yet, and names the people.
        assert codes == {"nobody_acts"} or act in {Act.REGISTER, Act.REVISE}


@pytest.mark.parametrize("act", Act)
def test_who_was_deactivated_does_nothing_any_more(
    act: Act, record: Callable[..., Any], settled: tuple[Path, Asked]
) -> None:
    with record(right_stage(act)) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, _somebody_allowed(act))
        with registry.work(None, Via.SYSTEM) as work:
            work.change(work.get(Person, person.id), "person.deactivated", active=False)
        assert ask(registry, act, person, settled[1]) == {"person_inactive"}
        assert len(refusals_on_record(registry)) == 1


def test_the_lines_that_nobody_crosses() -> None:
    """What the table must say, in words of its own: it is data, and data can be mistyped."""
    for act in (Act.REVIEW, Act.SIGN_METRIC, Act.SIGN_AMENDMENT, Act.DECIDE, Act.CONFIRM_OVERRULE):
        assert Relation.OWNER in TABLE[act].never, act
    for act in (Act.DECIDE, Act.CONFIRM_OVERRULE):
        assert TABLE[act].who == {Role.EXECUTIVE}
        assert Relation.REPORTS_TO_SPONSOR in TABLE[act].never
    assert TABLE[Act.SIGN_METRIC].who == TABLE[Act.SIGN_AMENDMENT].who == {Relation.PARTNER}
    assert TABLE[Act.START_UNSIGNED].who == {Relation.SPONSOR}
    assert TABLE[Act.KEEP_PEOPLE].who == TABLE[Act.KEEP_RECORD].who == {Role.ADMINISTRATOR}
    changing = {act for act in Act if act not in {Act.EXPORT, Act.DELEGATE, Act.REACT, Act.SAVE_VIEW}}
    assert not [act for act in changing if Role.VIEWER in TABLE[act].who]


def test_a_form_that_was_opened_before_a_role_was_taken_is_refused_when_it_is_sent(
    record: Callable[..., Any], settled: tuple[Path, Asked]
) -> None:
    """The page held the right person, and the record changed since."""
    with record(Stage.IN_REVIEW) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, "executive alone")
        opened = Desk(registry=registry, person=person, via=Via.APP)
        assert why_not(opened, Act.DECIDE, opened.pilot(KEY)) is None
        with registry.work(None, Via.SYSTEM) as work:
            for row in find.role_rows(work.session, person.id):
                work.record("person.role_taken", row)
                work.delete(row)
        assert ask(registry, Act.DECIDE, person, settled[1]) == {"may_not"}
        assert [event.after["act"] for event in refusals_on_record(registry)] == ["decide"]
        with registry.read() as session:
            assert find.decisions(session, find.pilot(session, KEY).id) == []


def test_a_form_with_another_persons_name_is_taken_at_no_better_word(
    record: Callable[..., Any], settled: tuple[Path, Asked]
) -> None:
    """A forged post: the person is changed in memory, with roles that the record does not know."""
    with record(Stage.IN_REVIEW) as registry:
        with registry.work(None, Via.SYSTEM) as work:
            person = put(work, "viewer alone")
        forged = Person(id=person.id, name="Ruth Vogel", department_id=person.department_id)
        assert ask(registry, Act.DECIDE, forged, settled[1]) == {"may_not"}
        stranger = Person(name="Ruth Vogel")
        assert ask(registry, Act.DECIDE, stranger, settled[1]) == {"person_not_found"}
        assert len(refusals_on_record(registry)) == 1


def test_a_forged_call_of_the_command_line_is_refused_and_recorded(
    record: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from experiments.cli import app

    with record(Stage.IN_REVIEW) as registry, registry.work(None, Via.SYSTEM) as work:
        put(work, "viewer alone")
    monkeypatch.setenv("PROVING_GROUND_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    said = CliRunner().invoke(app, ["decide", KEY, "STOP", "--reason", "No.", "--as", "Kim Sato"])
    assert said.exit_code == 1
    assert "can't decide on it" in said.output
    with Registry.open(tmp_path / "home", "") as registry:
        assert [(event.via, event.after["act"]) for event in refusals_on_record(registry)] == [(Via.CLI, "decide")]
        assert registry_pilot(registry).stage == Stage.IN_REVIEW


def registry_pilot(registry: Registry) -> Pilot:
    with registry.read() as session:
        return find.pilot(session, KEY)
