"""What no charter can promise: it is refused before anybody signs, everything at once, in sentences."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.charters.check import read_charter, warnings
from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.planning.plan import plan
from experiments.register import register
from experiments.running.assign import assign
from experiments.running.ingest import ingest
from experiments.signing.amend import amend

Waiting = Callable[..., dict[str, Any]]
DEMO = Path(__file__).resolve().parents[2] / "experiments" / "demo" / "charters"


def refused(document: dict[str, Any]) -> list[str]:
    """The codes of what stands against it; each has its sentence."""
    with pytest.raises(Refused) as caught:
        read_charter(document)
    assert all(sentences(caught.value))
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["alpha", "gamma", "alpha_guard", "alpha_harm"])
@pytest.mark.parametrize("given", [0, -0.1, 0.9, 1.5])
def test_a_chance_of_error_that_decides_everything_or_nothing_is_refused(
    waiting: Waiting, name: str, given: float
) -> None:
    assert refused(waiting(errors={name: given})) == ["promise_error_rate"]


@pytest.mark.parametrize(
    ("looks", "code"),
    [
        ({"fractions": []}, "promise_no_looks"),
        ({"fractions": [1, 0.5]}, "promise_looks"),
        ({"fractions": [0.5, 0.5]}, "promise_looks"),
        ({"fractions": [0, 1]}, "promise_looks"),
        ({"fractions": [0.5]}, "promise_looks"),
        ({"fractions": [0.2, 0.4, 0.6, 1]}, "promise_many_looks"),
        ({"fractions": [0.5, 1], "extension": 0.8}, "promise_extension"),
        ({"fractions": [0.5, 1], "minimum_days": -5}, "promise_minimum_days"),
    ],
)
def test_checks_that_can_t_follow_each_other_are_refused(waiting: Waiting, looks: Any, code: str) -> None:
    assert refused(waiting(looks=looks)) == [code]


def test_a_share_can_t_fall_by_five_so_five_points_are_meant(waiting: Waiting) -> None:
    document = waiting()
    document["metrics"]["guardrails"][0]["margin"] = 5
    with pytest.raises(Refused) as caught:
        read_charter(document)
    assert sentences(caught.value) == [
        "Deliveries on time is a share, which lies between 0 and 1: 5 can't be gained or lost. "
        "Write 0.05 if you mean 5 points of a hundred."
    ]


@pytest.mark.parametrize(
    "measure",
    [{"kind": "mean"}, {"kind": "ratio", "numerator": "a"}, {"kind": "quantile", "column": "wait_s"},
     {"kind": "share_beyond", "column": "wait_s"}, {"kind": "survival", "start": "joined"}],
)  # fmt: skip
def test_a_figure_that_no_data_could_give_is_refused(waiting: Waiting, measure: Any) -> None:
    document = waiting()
    document["metrics"]["success"][0] |= {"measure": measure, "mwe": 0.5}
    assert refused(document) == ["promise_metric_needs"]


def test_a_gain_whose_square_is_no_number_is_refused_once(waiting: Waiting) -> None:
    document = waiting()
    document["metrics"]["success"][0]["mwe"] = 1e-300
    assert refused(document) == ["promise_line_size"]


def test_a_draw_that_could_not_be_made_is_refused_before_anybody_signs(waiting: Waiting) -> None:
    document = waiting()
    document["where"]["assignment"] = {"method": "stratified"}
    assert set(refused(document)) == {"assign_no_stratum"}
    document["where"]["assignment"] = {"method": "rerandomised", "keep_best": 2}
    assert refused(document) == ["assign_nothing_to_balance_on", "assign_keep_best"]


def test_money_that_is_no_money_is_refused_all_at_once(waiting: Waiting) -> None:
    finance = {"currency": "EUR", "value_per_unit": {"waits": 1, "wait": -1}, "volume": -5, "horizon": 0,
               "run_cost": -1, "transport_discount": 7}  # fmt: skip
    assert refused(waiting(finance=finance)) == [
        "promise_finance_metric", "promise_finance_value", *["promise_finance_number"] * 3, "promise_finance_share",
    ]  # fmt: skip


def test_a_hypothesis_that_promises_less_than_is_worth_having_is_said(waiting: Waiting) -> None:
    document = waiting()
    document["hypothesis"]["by"] = 1
    assert "warn_small_hypothesis" in [problem.code for problem in warnings(read_charter(document))]
    assert "warn_small_hypothesis" not in [problem.code for problem in warnings(read_charter(waiting()))]


def test_a_signed_plan_can_t_be_amended_into_what_a_charter_can_t_promise(lead: Callable[..., Any]) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    with pytest.raises(Refused) as caught:
        amend(owner, led.key, {"errors": {"alpha": 0.9}, "looks": {"fractions": [1, 0.5]}}, "so that it passes")
    assert [problem.code for problem in caught.value.problems] == ["promise_error_rate", "promise_looks"]


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_charter_of_the_worked_portfolio_can_be_promised(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert read_charter(document).title


def test_nobody_sponsors_their_own_pilot(waiting: Waiting) -> None:
    assert refused(waiting(sponsor={"name": "ana lima", "department": "Operations"})) == ["charter_sponsor_is_owner"]


def test_a_site_s_name_is_kept_as_data_will_be_read(waiting: Waiting) -> None:
    document = waiting()
    names = [unicodedata.normalize("NFD", f"Köln\u00a0{number}") + " " for number in range(12)]
    document["where"] |= {"sites": [*names[:6], *({"key": name, "size": 5} for name in names[6:])]}
    document["where"]["scorecard"] = [{"site": names[0], "size": "small"}]
    where = read_charter(document).where
    assert [site.key for site in where.sites] == [f"Köln {number}" for number in range(12)]
    assert where.scorecard[0].site == "Köln 0"


def test_two_spellings_of_one_site_are_one_site_named_twice(waiting: Waiting) -> None:
    document = waiting()
    document["where"]["sites"][1] = document["where"]["sites"][0] + " "
    assert refused(document) == ["charter_value"]


def test_names_from_another_system_find_the_sites_of_the_plan(
    desk: Any, calendar: Any, waiting: Waiting, sign_all: Any, send_records: Any, tmp_path: Path
) -> None:
    names = [f"Köln {number}" for number in range(12)]
    document = waiting()
    document["where"]["sites"] = [unicodedata.normalize("NFD", name) + " " for name in names]
    key = register(desk, document).key
    owner = desk.as_person("Ana Lima")
    plan(owner, key)
    sign_all(desk, key)
    arms = assign(owner, key).arms
    assert sorted(arms) == sorted(names)
    send_records(tmp_path / "data.csv", arms, wait=-40, on_time=0.0)
    copied = (tmp_path / "data.csv").read_text(encoding="utf-8").replace("Köln ", "Köln\u00a0")
    (tmp_path / "copied.csv").write_text(copied, encoding="utf-8")
    calendar.today = date(2026, 5, 12)
    assert ingest(owner, key, tmp_path / "copied.csv").rows
    assert assess(owner, key)[0].n_control == 6


@pytest.mark.parametrize(("marked", "code"), [(0, "promise_nobody_chosen"), (6, "promise_all_chosen")])
def test_chosen_sites_are_marked_and_some_are_left_to_compare_with(waiting: Waiting, marked: int, code: str) -> None:
    document = waiting()
    keys = [f"S{place}" for place in range(6)]
    document["where"]["sites"] = [{"key": key, "forced": place < marked} for place, key in enumerate(keys)]
    document["where"]["assignment"] = {"method": "chosen"}
    assert code in refused(document)
    document["where"]["sites"][0]["forced"] = not document["where"]["sites"][0]["forced"]
    read_charter(document)
