"""What executives ask first: beside peers, before and after, and what comes back for each unit of cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from experiments.deciding.evidence_in_force import in_force
from experiments.demo import add_portfolio
from experiments.desk import Desk
from experiments.documents.beside import Peer, before_and_after, levels_now, peer_sentences
from experiments.errors import Refused
from experiments.memo import memo
from experiments.peers import keep_peer, peers
from experiments.planning.plan import locked_plan
from experiments.portfolio.survey import portfolio
from registry import find
from registry.open import Registry

PILOT, CLOSED = "call-back-at-peak", "chat-at-lunch"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Registry.open(tmp_path_factory.mktemp("peers") / "home", "") as registry:
        desk = Desk(registry=registry)
        add_portfolio(desk, only=(PILOT, CLOSED, "printed-welcome-folder"))
        with desk.read() as session:
            keeper = next(person.name for person in find.people(session) if "analyst" in find.roles(session, person.id))
        yield desk.as_person(keeper)


def test_a_peer_value_stands_on_the_memo_and_in_the_portfolio_with_its_source(desk: Desk) -> None:
    plan = locked_plan(desk, desk.pilot(PILOT))[1]
    first = plan.success[0]
    keep_peer(desk, first.key, 150.0, "Benchmark of forty centres", date(2025, 6, 30))
    keep_peer(desk, first.key, 140.0, "Benchmark of forty centres", date(2026, 1, 31))
    assert [(peer.value, peer.as_of) for peer in peers(desk)] == [(140.0, date(2026, 1, 31))]
    said = "Waiting time: teams with the change now 168 s, peers 140 s: behind them (Benchmark of forty centres, 2026)."
    assert said in memo(desk, PILOT).metrics_note
    rows = {row.key: row for row in portfolio(desk)}
    assert said in rows[PILOT].peers
    assert rows[CLOSED].peers == ""
    with desk.read() as session:
        assert [e.act for e in find.events(session) if e.act.startswith("peer.")] == ["peer.kept", "peer.changed"]


@pytest.mark.parametrize(
    ("value", "state"), [(200.0, "ahead of them"), (150.0, "behind them"), (168.2, "level with them")]
)
def test_the_gap_is_said_in_the_direction_that_is_better(desk: Desk, value: float, state: str) -> None:
    pilot = desk.pilot(PILOT)
    plan = locked_plan(desk, pilot)[1]
    now = levels_now(json.loads(in_force(desk, pilot).evidence.canonical))
    peer = Peer(metric=plan.success[0].key, source="X", value=value, as_of=date(2025, 1, 1))
    (said,) = peer_sentences(plan, now, [peer])
    assert state in said


def test_numbers_that_are_closed_are_not_told_beside_peers_either(desk: Desk) -> None:
    plan = locked_plan(desk, desk.pilot(CLOSED))[1]
    keep_peer(desk, plan.success[0].key, 50.0, "Another benchmark", date(2025, 6, 30))
    assert "Another benchmark" not in memo(desk, CLOSED).metrics_note
    assert "Another benchmark" not in {row.key: row for row in portfolio(desk)}[CLOSED].peers


@pytest.mark.parametrize("value", [float("nan"), 1e308, 5e-324])
def test_every_problem_of_a_peer_value_is_told_at_once(desk: Desk, value: float) -> None:
    with pytest.raises(Refused) as refused:
        keep_peer(desk, " ", value, "  ", date(2999, 1, 1))
    codes = {problem.code for problem in refused.value.problems}
    assert codes == {"peer_source", "peer_value", "peer_day", "peer_metric"}


def test_only_who_keeps_the_catalogue_keeps_peer_values(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        keep_peer(desk.as_person("Ana Lima"), "churn", 0.1, "X", date(2025, 1, 1))
    assert [problem.code for problem in refused.value.problems] == ["may_not"]


def test_churn_is_told_before_and_after_on_both_sides(desk: Desk) -> None:
    """The stored evidence of a real pilot, its metric under the catalogue's key of churn."""
    pilot = desk.pilot(PILOT)
    plan = locked_plan(desk, pilot)[1]
    found = json.loads(in_force(desk, pilot).evidence.canonical)
    first = plan.success[0]
    assert before_and_after(plan, found) == ()
    found["metrics"]["churn"] = found["metrics"].pop(first.key)
    named = plan.model_copy(
        update={"metrics": [first.model_copy(update={"key": "churn", "name": "Churn"}), *plan.metrics[1:]]}
    )
    sites = found["metrics"]["churn"]["sites"]
    mean = {
        (arm, part): sum(site[part] for site in sites if site["arm"] == arm)
        / sum(1 for site in sites if site["arm"] == arm)
        for arm in (0, 1)
        for part in ("pre", "value")
    }
    (said,) = before_and_after(named, found)
    for number in mean.values():
        assert f"{number:.0f} s" in said, said


def test_what_comes_back_is_net_benefit_over_costs_and_only_where_money_was_given(desk: Desk) -> None:
    rows = {row.key: row for row in portfolio(desk)}
    found = in_force(desk, desk.pilot(PILOT)).said["inputs"]["money"]
    assert rows[PILOT].roi == pytest.approx(found["expected"] / found["costs"])
    assert rows[CLOSED].roi is None
    assert any(line == "That is 7 times what it costs." for line in memo(desk, PILOT).money)
    assert not any("times what it costs" in line for line in memo(desk, "printed-welcome-folder").money)
