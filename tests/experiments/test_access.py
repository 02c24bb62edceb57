"""The table of access, cell by cell, asked at the stage functions on a real record: refused rightly, and on record."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

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

BARRED = frozenset({"may_not", "barred", "nobody_acts", "person_inactive"})
"""Codes of refusals to a person, whatever the stage."""
CODE = Path(__file__).resolve().parents[2] / "experiments"


def _beside(name: str) -> Any:
    """A module of this folder: tests are no package."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_calls = _beside("access_calls")
Asked, CALLS, FURTHER, KEY, TODAY = _calls.Asked, _calls.CALLS, _calls.FURTHER, _calls.KEY, _calls.TODAY
_of = _calls.stage_function


def clock() -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


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
        plan = _of("planning.plan", "plan")(ana, KEY).plan
        _of("signing.sign", "sign")(desk.as_person("Tom Berg"), KEY)
        if desk.pilot(KEY).stage != Stage.SIGNED:
            _of("signing.sign", "sign")(ana, KEY)
        _of("running.assign", "assign")(ana, KEY)
        data = folder / "weeks.csv"
        send_records(data, _of("running.assign", "assigned")(desk, desk.pilot(KEY)).arms, wait=-40, on_time=0.0)
        moment[0] = clock()
        _of("running.ingest", "ingest")(ana, KEY, data)
        _of("evidence.assess", "assess")(ana, KEY)
        _of("evidence.recommend", "recommend")(ana, KEY)
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
    for act in (Act.REVIEW, Act.SIGN_METRIC, Act.SIGN_AMENDMENT, Act.DECIDE, Act.CONFIRM_OVERRULE, Act.START_UNSIGNED):
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
