"""Published boundaries: O'Brien-Fleming constants, Lan-DeMets spending, and the BHAT trial."""

from __future__ import annotations

import csv

import pytest

from stats.combining.sequential import boundaries

pytestmark = pytest.mark.shared


def assert_all(case, ours):
    assert set(ours) == set(case["expected"])
    case.agrees(ours)


def test_obrien_fleming_constants_and_inflation(cases):
    case = cases["gs_obf_constants"]
    ours = {}
    for looks in (2, 3, 4, 5):
        equal = [look / looks for look in range(1, looks + 1)]
        got = boundaries(equal, alpha=0.05, sides=2, spending="classical", power=0.9)
        ours[f"K{looks}.C"] = got.constant
        ours[f"K{looks}.bounds"] = list(got.z)
        ours[f"K{looks}.max_information_inflation_power90"] = got.inflation
    assert_all(case, ours)


def test_lan_demets_at_five_equal_looks(cases):
    got = boundaries(cases["gs_ldof_equal_k5"]["options"]["t"], alpha=0.05, sides=2)
    ours = {"info": list(got.fractions), "cum_alpha": list(got.cumulative_alpha), "upper": list(got.z)}
    assert_all(cases["gs_ldof_equal_k5"], ours)


def test_bhat_crosses_at_its_sixth_look(cases, shared):
    with shared("cases", "data", "bhat.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    z = [float(row["z"]) for row in rows]
    got = boundaries([float(row["info_fraction"]) for row in rows], alpha=0.05, sides=2, z=z)
    trial = boundaries([look / 7 for look in range(1, 8)], alpha=0.05, sides=2, spending="classical", z=z)
    ours = {
        "info": list(got.fractions),
        "z": z,
        "cum_alpha": list(got.cumulative_alpha),
        "upper": list(got.z),
        "first_look_crossing": got.first_crossing,
        "obf_k7_bounds": list(trial.z),
        "first_look_crossing_obf_k7": trial.first_crossing,
    }
    assert_all(cases["gs_bhat_lan_demets"], ours)
