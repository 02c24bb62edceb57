"""Shaping, the change log, check-ins and amendments, on a real registry."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from experiments.deciding.evidence_in_force import in_force
from experiments.errors import Refused, sentences
from experiments.evidence.assess import assess
from experiments.evidence.recommend import recommend
from experiments.evidence.reproduce import reproduce
from experiments.memo import memo
from experiments.planning.plan import locked_plan, plan
from experiments.record.history import history
from experiments.record.verify import verify
from experiments.register import register
from experiments.running.changes import changes, note, sentence, settle
from experiments.running.check_ins import Said, check_in, check_in_file, check_ins, treated_sites
from experiments.running.ingest import ingest
from experiments.shape import freeze, shape
from experiments.signing.amend import amend, amendments, sign_amendment
from experiments.signing.sign import sign
from registry.kinds import Stage

Lead = Callable[..., Any]


def _refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    assert all("problem." not in said for said in sentences(refused.value))
    return [problem.code for problem in refused.value.problems]


# --- shaping ---------------------------------------------------------------------------------------------------------


def test_shaping_is_free_logged_without_a_verdict_and_ends_with_freeze_and_prove(desk: Any, waiting: Any) -> None:
    key = register(desk, waiting()).key
    owner = desk.as_person("Ana Lima")
    shape(owner, key)
    assert desk.pilot(key).stage == Stage.SHAPING
    assert _refused(lambda: plan(owner, key)) == ["still_shaping"]
    assert _refused(lambda: sign(owner, key)) == ["first_plan"]
    assert _refused(lambda: assess(owner, key)) == ["first_running"]
    note(owner, key, "Call back within half an hour instead", alters_treatment=True, on=date(2026, 1, 5))
    made = note(
        owner,
        key,
        "Say the number of callers ahead",
        kind="suggestion",
        credited_to="Tom Berg",
        site="B01",
        on=date(2026, 1, 6),
    )
    settle(owner, key, made.id, "adopted")
    declined = note(owner, key, "Play music", kind="suggestion", credited_to="Ines Duarte")
    assert _refused(lambda: settle(owner, key, declined.id, "declined")) == ["reason_missing"]
    settle(owner, key, declined.id, "declined", "licences")
    document = waiting()
    document["hypothesis"]["change"] = "offer a call-back within half an hour"
    document["metrics"]["success"][0]["mwe"] = document["hypothesis"]["by"] = 20
    made_plan = freeze(owner, key, document)
    assert made_plan.plan.change == "offer a call-back within half an hour"
    assert made_plan.plan.success[0].mwe == 20
    assert made_plan.plan.version == 1
    assert desk.pilot(key).stage == Stage.PLAN
    log = changes(desk, key)
    assert [(entry.suggestion, entry.credited_to, entry.closes_version) for entry in log] == [
        ("", "", False),
        ("adopted", "Tom Berg", False),
        ("declined", "Ines Duarte", False),
    ]
    assert "Idea: Tom Berg. Adopted." in sentence(log[1])
    assert verify(desk).whole
    assert all("event." not in event.sentence for event in history(desk, key))


def test_a_signed_pilot_is_not_shaped_any_more(lead: Lead) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    assert _refused(lambda: shape(owner, led.key)) == ["already_signed"]
    assert _refused(lambda: freeze(owner, led.key)) == ["already_signed"]


def test_what_was_altered_while_shaping_does_not_count_against_the_promise(desk: Any, lead: Lead, waiting: Any) -> None:
    led = lead("recommended")
    assert _gate(led, "treatment_changed") == "PASS"


def test_a_change_that_alters_the_treatment_closes_the_version(lead: Lead, calendar: Any) -> None:
    led = lead("assigned")
    owner = led.desk.as_person("Ana Lima")
    entry = note(owner, led.key, "Agents now also text the caller", alters_treatment=True, on=date(2026, 4, 1))
    assert entry.closes_version
    assert "this version ends here" in sentence(entry)
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["next_step"]["repairs"]) == ("INVALID", {"treatment_changed": "new_version"})
    assert said["hidden"]


def _gate(led: Any, key: str) -> str:
    found = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)
    return next(check["status"] for check in found["checks"] if check["key"] == key)


# --- check-ins -------------------------------------------------------------------------------------------------------


def _without_delivery(path: Path) -> None:
    """The same file as a system sends it that does not know what was delivered."""
    head, *rows = path.read_text().splitlines()
    place = head.replace('"', "").split(",").index("delivered")
    kept = [",".join(cell for n, cell in enumerate(row.split(",")) if n != place) for row in (head, *rows)]
    path.write_text("\n".join(kept) + "\n")


@pytest.fixture
def undelivered(waiting: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The plain charter whose data hold no word about delivery."""
    document = waiting(looks={"fractions": [1.0], "extension": None})
    document["metrics"]["success"][0]["worst"] = {"beyond": 500, "margin": 0.05}
    del document["where"]["columns"]["delivered"]
    return document


def _weeks(led: Any, share: float, used: float | None = None) -> list[Said]:
    sites = treated_sites(led.desk, led.desk.pilot(led.key))
    return [
        Said(site=site, week=date(2026, 3, 2) + timedelta(weeks=week), delivered=share, used=used)
        for site in sites
        for week in range(10)
    ]


@pytest.mark.parametrize(("used", "verdict", "reason"), [(0.30, "ITERATE", "LOW_FIDELITY"), (0.95, "SCALE", "SHOWN")])
def test_a_true_effect_used_by_thirty_per_cent_is_iterated_and_by_ninety_five_scaled(
    lead: Lead, undelivered: Any, used: float, verdict: str, reason: str
) -> None:
    led = lead("assigned", document=undelivered)
    owner = led.desk.as_person("Ana Lima")
    _without_delivery(led.data)
    ingest(owner, led.key, led.data)
    assert check_in(owner, led.key, _weeks(led, 0.97, used)) == 60
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["reasons"][0]["code"]) == (verdict, reason)
    delivery = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)["delivery"]
    assert [(part["component"], part["source"], part["n"]) for part in delivery] == [
        ("delivered", "check-ins", 60.0),
        ("used", "check-ins", 60.0),
    ]


def test_evidence_is_made_again_from_what_the_sites_had_said_by_then(
    lead: Lead, undelivered: Any, calendar: Any
) -> None:
    led = lead("assigned", document=undelivered)
    owner = led.desk.as_person("Ana Lima")
    _without_delivery(led.data)
    ingest(owner, led.key, led.data)
    check_in(owner, led.key, _weeks(led, 0.9))
    assess(owner, led.key)
    recommend(owner, led.key)
    calendar.today += timedelta(days=1)
    assert check_in(owner, led.key, [Said(site=_weeks(led, 0)[0].site, week=date(2026, 3, 4), delivered=0.1)]) == 1
    assert check_ins(led.desk, led.key)[0].delivered == 0.1
    assert len(check_ins(led.desk, led.key)) == 60
    assert all(item.identical for item in reproduce(led.desk, led.key))
    assert verify(led.desk).whole


def test_data_that_record_delivery_are_believed_before_the_check_ins(lead: Lead) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    check_in(owner, led.key, _weeks(led, 0.1))
    assess(owner, led.key)
    (delivery,) = json.loads(in_force(led.desk, led.desk.pilot(led.key)).evidence.canonical)["delivery"]
    assert delivery["source"] == "data"
    assert delivery["share"] > 0.9


def test_a_check_in_file_is_kept_whole_or_not_at_all(lead: Lead, tmp_path: Path) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    site = treated_sites(led.desk, led.desk.pilot(led.key))[0]
    path = tmp_path / "weeks.csv"
    path.write_text(f"site;week;delivered;used;trouble\n{site};2026-03-05;90 %;yes;\n{site};2026-03-09;0,8;;late\n")
    assert check_in_file(owner, led.key, path) == 2
    assert check_in_file(owner, led.key, path) == 0
    first, second = check_ins(led.desk, led.key)
    assert (first.week, first.delivered, first.used) == (date(2026, 3, 2), 0.9, 1.0)
    assert (second.delivered, second.used, second.trouble) == (0.8, None, "late")
    path.write_text(f"site,week,delivered\n{site},soon,1\n{site},2026-03-16,much\n")
    assert _refused(lambda: check_in_file(owner, led.key, path)) == ["check_in_value"] * 2
    path.write_text(f"site,week,delivered\nX,2026-03-16,1\n{site},2027-01-04,1\n{site},2026-03-16,1.4\n")
    codes = ["check_in_site", "check_in_week", "check_in_share"]
    assert _refused(lambda: check_in_file(owner, led.key, path)) == codes
    assert len(check_ins(led.desk, led.key)) == 2


# --- amendments ------------------------------------------------------------------------------------------------------


def test_a_minor_amendment_changes_words_and_costs_nothing(lead: Lead) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    made = amend(owner, led.key, {"metrics": {"wait": {"name": "Time on hold"}}}, "clearer")
    assert (made.kind, made.costs_grade, made.unsigned) == ("minor", False, ())
    assert made.difference == {"metrics.wait.name": ["Waiting time", "Time on hold"]}
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["grade"]) == ("SCALE", "A")
    assert all(item.identical for item in reproduce(led.desk, led.key))


def test_t8_a_major_amendment_after_the_first_data_costs_a_grade_and_is_in_the_memo(lead: Lead) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    assert _refused(lambda: amend(owner, led.key, {"metrics": {"wait": {"mwe": 12}}}, " ")) == ["reason_missing"]
    made = amend(owner, led.key, {"metrics": {"wait": {"mwe": 12}}}, "finance gave a new figure")
    assert (made.kind, made.after_first_data, made.costs_grade) == ("major", True, True)
    assert made.difference == {"metrics.wait.mwe": [15, 12]}
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["scope"], said["grade"]) == ("SCALE", "staged", "B")
    view = memo(led.desk, led.key)
    assert any("finance gave a new figure" in line.done for line in view.planned)
    assert all(item.identical for item in reproduce(led.desk, led.key))
    assert verify(led.desk).whole


def test_t8_a_plan_edited_without_an_amendment_can_not_be_judged(lead: Lead) -> None:
    from sqlalchemy import create_engine

    led = lead("ingested")
    engine = create_engine(led.desk.registry.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER guard_plan_record_update")
        connection.exec_driver_sql("UPDATE plan_record SET canonical = replace(canonical, '\"mwe\":15', '\"mwe\":1')")
    engine.dispose()
    owner = led.desk.as_person("Ana Lima")
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert (said["verdict"], said["reasons"][0]["gates"]) == ("INVALID", ["plan_hash"])
    assert not verify(led.desk).whole


def test_a_partner_whose_margin_was_amended_signs_again(lead: Lead) -> None:
    led = lead("ingested")
    owner, partner = led.desk.as_person("Ana Lima"), led.desk.as_person("Tom Berg")
    assert _refused(lambda: sign_amendment(partner, led.key)) == ["signs_for_nobody"]
    made = amend(owner, led.key, {"metrics": {"on_time": {"margin": 0.08}}}, "two depots moved")
    assert made.unsigned == ("Logistics",)
    _, planned = locked_plan(led.desk, led.desk.pilot(led.key))
    assert not planned.metric("on_time").signed
    again = sign_amendment(partner, led.key)
    assert (again.kind, again.unsigned) == ("minor", ())
    assert [row.kind.value for row in amendments(led.desk, led.key)] == ["major", "minor"]
    assess(owner, led.key)
    assert recommend(owner, led.key)["inputs"]["unsigned_partners"] == []
    assert verify(led.desk).whole


def test_neither_the_draw_nor_anything_after_the_effects_is_amended(lead: Lead) -> None:
    led = lead("ingested")
    owner = led.desk.as_person("Ana Lima")
    assert _refused(lambda: amend(owner, led.key, {"assignment": {"seed": 8}}, "unlucky")) == ["amend_draw"]
    assert _refused(lambda: amend(owner, led.key, {"version": 2}, "why not")) == ["amend_fixed"]
    assert _refused(lambda: amend(owner, led.key, {"metrics": {"wait": {"mwe": 15}}}, "same")) == ["amend_nothing"]
    assess(owner, led.key)
    recommend(owner, led.key)
    late = {"metrics": {"wait": {"mwe": 5}}}
    assert _refused(lambda: amend(owner, led.key, late, "it nearly won")) == ["amend_effects_seen"]
    assert copy.deepcopy(late) == late


# --- partners --------------------------------------------------------------------------------------------------------


def test_every_partner_has_its_own_line_also_one_whose_number_is_shared(lead: Lead, waiting: Any) -> None:
    document = waiting(looks={"fractions": [1.0], "extension": None})
    document["metrics"]["success"][0]["worst"] = {"beyond": 500, "margin": 0.05}
    document["partners"].append(
        {"department": "Quality", "benefit": "fewer complaints", "metric": "wait", "contact": "Ines Duarte"}
    )
    led = lead("assigned", document=document, on_time=-0.12, signed=False)
    owner = led.desk.as_person("Ana Lima")
    ingest(owner, led.key, led.data)
    assess(owner, led.key)
    said = recommend(owner, led.key)
    assert "PARTNER_LOSES" in [reason["code"] for reason in said["reasons"]]
    lines = {line.partner: line for line in memo(led.desk, led.key).partners}
    assert set(lines) == {"Logistics", "Quality"}
    assert lines["Logistics"].tone == "bad"
    assert lines["Logistics"].change
    assert lines["Quality"].metric == "Waiting time"
    assert "Logistics" in memo(led.desk, led.key).why or "Deliveries on time" in memo(led.desk, led.key).why
